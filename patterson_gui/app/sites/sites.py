"""The list of heavy-atom sites. Every change of it is a step that can be undone."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from psygnal import Signal

from patterson_gui.app.document.document import Document, Frac
from patterson_gui.app.history.steps import History
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.elements import known_element
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.errors import UserError

SEARCHED, AT_CURSOR, EDITED, PHASED = (
    "search",
    "cursor",
    "edited",
    "phasing",
)  # how a site came into the list
MOST_SITES = 1000
_SAME_PLACE = 0.4  # Å: a site closer to another one is that site
_FARTHEST = 10.0  # fractional; beyond it a coordinate is a slip
_MOST_OCCUPANCY = 100.0


class SiteField(StrEnum):
    """What of a site can be edited."""

    ELEMENT = "element"
    X = "x"
    Y = "y"
    Z = "z"
    OCCUPANCY = "occupancy"


@dataclass(frozen=True)
class ListedSite:
    """A site of the list. `how` : where it comes from, in a few words for the user."""

    site: HeavySite
    how: str


@dataclass(frozen=True)
class SitesState:
    """Everything that a step changes. `words` : what a search said about just these sites."""

    sites: tuple[ListedSite, ...] = ()
    words: str = ""


class SiteList:
    """The sites of the open crystal; empty when another one is opened.

    Attributes
    ----------
    chosen : row of the site that is marked in the views; None.
    """

    changed = Signal()
    chosen_changed = Signal()

    def __init__(self, document: Document, history: History) -> None:
        self._document = document
        self._history = history
        self._state = SitesState()
        self._saved = self._state  # what a file has
        self._generation = document.generation
        self.chosen: int | None = None
        document.crystal_changed.connect(self._crystal_changed)

    # ------------------------------------------------------------------ what there is
    def __len__(self) -> int:
        return len(self._state.sites)

    @property
    def listed(self) -> tuple[ListedSite, ...]:
        """The sites, in the order in which they were found or added."""
        return self._state.sites

    @property
    def sites(self) -> tuple[HeavySite, ...]:
        """The same without where they come from."""
        return tuple(each.site for each in self._state.sites)

    @property
    def words(self) -> str:
        """What the search said that found these sites; "" where they are not as it left them."""
        return self._state.words

    @property
    def state(self) -> SitesState:
        """The list as it is now; it does not change any more."""
        return self._state

    @property
    def unsaved(self) -> bool:
        """Whether there are sites that no file has."""
        return bool(self.sites) and self._state is not self._saved

    def mark_saved(self, state: SitesState) -> None:
        """A file has this list now, or the user does not want one."""
        self._saved = state

    def labels(self) -> tuple[str, ...]:
        """Names of the sites: "Au1", "Au2", "Hg1"."""
        return numbered([site.element for site in self.sites])

    def atoms(self) -> AsymmetricUnit | None:
        """The sites as atoms, row by row; None where there are none."""
        if not self.sites:
            return None
        frac = np.array([site.frac for site in self.sites], dtype=np.float64)
        elements = tuple(site.element for site in self.sites)
        unit = AsymmetricUnit.isotropic(elements, frac, labels=self.labels())
        return replace(unit, occ=np.array([s.occupancy for s in self.sites], dtype=np.float64))

    def site_at(self, frac: Sequence[float], within: float = 0.6) -> int | None:
        """Row of the site that is, or has an image, within a distance (Å) of a place."""
        crystal = self._document.crystal
        if crystal is None or not self.sites:
            return None
        images = symmetry_images(
            np.array(frac, dtype=np.float64)[None], crystal.spacegroup.operations()
        ).reshape(-1, 3)
        axes = orthogonalization(crystal.cell).T
        others = np.array([site.frac for site in self.sites])
        apart = np.min([distances(image - others, axes) for image in images], axis=0)
        row = int(apart.argmin())
        return row if apart[row] < within else None

    # ------------------------------------------------------------------ what the user changes
    def add(
        self, element: str, frac: Sequence[float], occupancy: float = 1.0, how: str = AT_CURSOR
    ) -> None:
        """Add a site at the end of the list, and choose it.

        Raises
        ------
        UserError : there is no such element, the list is full, or has a site at this place.
        """
        if len(self) >= MOST_SITES:
            raise UserError(f"The list has {MOST_SITES} sites: remove some first.")
        x, y, z = (float(value) % 1.0 for value in frac)
        self._refuse_taken((x, y, z))
        site = HeavySite(known_element(element), (x, y, z), occupancy, 0.0, math.nan)
        self._change(f"Add {site.element} site", (*self.listed, ListedSite(site, how)))
        self.choose(len(self) - 1)

    def edit(self, row: int, field: SiteField, text: str) -> None:
        """Set one value of a site from what the user typed. Its score, which belongs to the site
        as it was, is forgotten.

        Raises
        ------
        UserError : the text is no such value.
        """
        before = self.listed[row]
        site = edited(before.site, field, text)
        if site == before.site or not _differs(site, before.site):
            return
        sites = list(self.listed)
        sites[row] = ListedSite(site, EDITED)
        self._change(f"Edit {self.labels()[row]}", tuple(sites))

    def remove(self, rows: Collection[int]) -> None:
        """Remove the sites in these rows."""
        gone = set(rows) & set(range(len(self)))
        if not gone:
            return
        labels = self.labels()
        name = f"Remove {labels[min(gone)]}" if len(gone) == 1 else f"Remove {len(gone)} sites"
        self._change(name, tuple(s for i, s in enumerate(self.listed) if i not in gone))

    def clear(self) -> None:
        """Remove all sites."""
        if len(self):
            self._change("Remove all sites", ())

    def replace_all(
        self, sites: Sequence[HeavySite], how: str, words: str = "", step: str = "Find sites"
    ) -> None:
        """Put others in place of the list. `words` : what their search said about them; `step` :
        the name of the step that can be undone."""
        self._change(step, tuple(ListedSite(s, how) for s in sites), words)

    def put_refined(self, sites: Sequence[HeavySite], words: str) -> None:
        """Put refined sites, in the same order, in place of the list; `words` : about them."""
        listed = tuple(
            ListedSite(site, each.how) for site, each in zip(sites, self.listed, strict=True)
        )
        self._change("Refine sites", listed, words)

    def restore(self, sites: Sequence[ListedSite], words: str = "") -> None:
        """Put the list of a session in place; it is no step."""
        self._show(SitesState(tuple(sites), words))

    def choose(self, row: int | None) -> None:
        """Mark a site in the views; None: none."""
        if row is not None and not 0 <= row < len(self):
            row = None
        if row != self.chosen:
            self.chosen = row
            self.chosen_changed.emit()

    def _refuse_taken(self, frac: Frac) -> None:
        """Refuse a place that a site of the list, or an image of one, has already."""
        row = self.site_at(frac, within=_SAME_PLACE)
        if row is not None:
            raise UserError(
                f"{self.labels()[row]} is at this place already: change it, or remove it first."
            )

    # ------------------------------------------------------------------ steps
    def _change(self, name: str, sites: tuple[ListedSite, ...], words: str = "") -> None:
        before, after = self._state, SitesState(sites, words)
        self._show(after)
        self._history.add(name, lambda: self._show(before), lambda: self._show(after))

    def _show(self, state: SitesState) -> None:
        fewer = len(state.sites) < len(self)
        self._state = state
        self.changed.emit()
        if fewer or (self.chosen is not None and self.chosen >= len(self)):
            self.choose(None)  # the row may be that of another site now

    def _crystal_changed(self) -> None:
        if self._document.generation != self._generation:
            self._generation = self._document.generation
            self._show(SitesState())
            self.choose(None)


def numbered(elements: Sequence[str]) -> tuple[str, ...]:
    """Names of sites with these elements: "Au1", "Au2", "Hg1"."""
    seen: dict[str, int] = {}
    names = []
    for element in elements:
        seen[element] = seen.get(element, 0) + 1
        names.append(f"{element}{seen[element]}")
    return tuple(names)


def edited(site: HeavySite, field: SiteField, text: str) -> HeavySite:
    """A site with one value that a user typed, and without its score.

    Raises
    ------
    UserError : the text is no such value.
    """
    site = replace(site, score=math.nan)
    if field is SiteField.ELEMENT:
        return replace(site, element=known_element(text))
    try:
        number = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        number = math.nan
    if field is SiteField.OCCUPANCY:
        if not 0 < number <= _MOST_OCCUPANCY:
            raise UserError(
                f"“{text.strip()}” is no occupancy: write a number above 0, up to "
                f"{_MOST_OCCUPANCY:g}."
            )
        return replace(site, occupancy=number)
    if not abs(number) <= _FARTHEST:
        raise UserError(
            f"“{text.strip()}” is no coordinate: write a fraction of the cell edge, such as 0.25."
        )
    frac = list(site.frac)
    frac["xyz".index(field.value)] = number
    x, y, z = frac
    return replace(site, frac=(x, y, z))


def _differs(one: HeavySite, other: HeavySite) -> bool:
    """Whether two sites differ by more than what the table rounds."""
    numbers = [(*site.frac, site.occupancy) for site in (one, other)]
    apart = max(abs(a - b) for a, b in zip(*numbers, strict=True))
    return one.element != other.element or apart > 1e-9
