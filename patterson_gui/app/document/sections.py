"""Which section of which map is shown, and how: the state of the panel of sections."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import gemmi
import numpy as np
from psygnal import Signal

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.sections.contours import ContourLevels, default_levels
from patterson_gui.crystal.sections.harker import HarkerSection, group_named, harker_sections
from patterson_gui.crystal.sections.planes import (
    AXES,
    HIGHEST,
    LOWEST,
    Index,
    Plane,
    axis_plane,
    harker_plane,
    hkl_plane,
)
from patterson_gui.crystal.sections.sampling import (
    BOUNDS,
    PLANE_ALONE,
    Bounds,
    Slab,
    default_bounds,
    default_spacing,
)

Axis = Literal["u", "v", "w", "hkl"]
Frac = tuple[float, float, float]
MOST_IN_MONTAGE = 48  # sections; of more, every second, third ... is shown
MOST_STEPS = 400  # of the wheel through one cell


@dataclass(frozen=True)
class SectionChoices:
    """What the panel of sections shows.

    Attributes
    ----------
    layer : the map that is cut.
    axis : the coordinate that is constant, or "hkl".
    position : of the section, a fraction of the cell; for h k l the distance from the origin in
        spacings.
    hkl : the plane if `axis` is "hkl".
    harker : the Harker section that was chosen; None once another section is shown.
    bounds : "auto", or a name in `BOUNDS`.
    levels : of contour lines; None: those that suit the map.
    montage : whether all sections are shown side by side.
    peaks : whether peaks are marked.
    vectors : whether interatomic vectors are marked in a Patterson map.
    """

    layer: LayerKey = LayerKey.PATTERSON
    axis: Axis = "w"
    position: float = 0.0
    hkl: Index = (1, 1, 0)
    harker: HarkerSection | None = None
    slab: Slab = PLANE_ALONE
    bounds: str = "auto"
    levels: ContourLevels | None = None
    montage: bool = False
    peaks: bool = True
    vectors: bool = False

    def plane(self, cell: gemmi.UnitCell) -> Plane:
        """The plane that is cut."""
        if self.harker is not None:
            return harker_plane(self.harker, cell)
        if self.axis == "hkl":
            return hkl_plane(self.hkl, self.position, cell)
        return axis_plane(self.axis, self.position)

    def bounds_for(self, density: DensityMap) -> Bounds:
        """The part of the plane that is shown."""
        return BOUNDS.get(self.bounds, default_bounds(density))

    def levels_for(self, density: DensityMap, is_fragment: bool = False) -> ContourLevels:
        """The levels of contour lines of a map."""
        return self.levels or default_levels(density, is_fragment)

    def montage_planes(self, density: DensityMap) -> list[Plane]:
        """All sections along the axis, or every second, third ... of them.

        Those of a Patterson map from 0 to ½: its centre of symmetry makes the others the same.
        """
        step = section_step(self, density)
        n = round(1 / step)
        n = n // 2 + 1 if density.kind is MapKind.PATTERSON else n
        every = -(-n // MOST_IN_MONTAGE)
        places = [i * step for i in range(0, n, every)]
        apart = replace(self, harker=None)
        return [replace(apart, position=place).plane(density.cell) for place in places]


def section_step(choices: SectionChoices, density: DensityMap) -> float:
    """The distance of neighbouring sections: that of the points of the map's grid along an axis,
    and about as much for planes h k l; it goes into 1 without a rest."""
    if choices.axis != "hkl":
        return 1.0 / density.shape[AXES.index(choices.axis)]
    spacing = density.cell.calculate_d(choices.hkl)
    n = round(spacing / max(density.spacing, default_spacing(density)))
    return 1.0 / min(max(n, 4), MOST_STEPS)


class SectionState:
    """The choices of the open document, with the signal that tells their changes."""

    changed = Signal()

    def __init__(self) -> None:
        self.choices = SectionChoices()
        self.group: gemmi.SpaceGroup | None = None  # of the crystal, not of its Patterson map
        self.harker: tuple[HarkerSection, ...] = ()

    def open(self, crystal: Crystal) -> None:
        """Another crystal: its Harker sections, and the first of them if there are any.

        How maps are drawn stays, except levels, which belong to a map. A Patterson map in a file
        does not tell the space group of the crystal.
        """
        self.group = None if crystal.of_patterson_map else crystal.spacegroup
        self.harker = () if self.group is None else harker_sections(self.group)
        layer = LayerKey.PATTERSON if crystal.amplitudes is not None else LayerKey.DENSITY
        kept = replace(self.choices, layer=layer, levels=None, montage=False, position=0.0)
        self.choices = (
            self._at_harker(kept, self.harker[0])
            if self.harker
            else replace(kept, axis="w", harker=None)
        )
        self.changed.emit()

    def set_group(self, name: str, cell: gemmi.UnitCell) -> None:
        """List the Harker sections of another space group, as typed by the user.

        Raises
        ------
        UserError : there is no such group, or the cell does not have its symmetry.
        """
        self.group = group_named(name, cell)
        self.harker = harker_sections(self.group)
        if self.harker:
            self.show_harker(self.harker[0])
        else:
            self.choices = replace(self.choices, harker=None)
            self.changed.emit()

    def set(self, **changes: Any) -> None:
        """Change some of the choices; another axis or position leaves the Harker section."""
        if {"axis", "position", "hkl"} & changes.keys():
            changes.setdefault("harker", None)
        if changes.get("layer", self.choices.layer) is not self.choices.layer:
            changes.setdefault("levels", None)
        changed = replace(self.choices, **changes)
        if changed != self.choices:
            self.choices = changed
            self.changed.emit()

    def show_harker(self, section: HarkerSection) -> None:
        """Show a Harker section of the Patterson map."""
        choices = self._at_harker(self.choices, section)
        self.choices = replace(choices, layer=LayerKey.PATTERSON, montage=False)
        self.changed.emit()

    def step(self, steps: int, density: DensityMap) -> None:
        """Go on by some sections, not beyond −1…2."""
        step = section_step(self.choices, density)
        position = round(self.choices.position / step + steps) * step
        if self.choices.axis != "hkl":
            position = float(np.clip(position, LOWEST, HIGHEST))
        self.set(position=round(position, 9))

    def home(self) -> None:
        """The section through the origin."""
        self.set(position=0.0, montage=False)

    def through(self, frac: Frac) -> None:
        """The section through a point."""
        if self.choices.axis == "hkl":
            place = float(np.dot(self.choices.hkl, frac))
        else:
            place = frac[AXES.index(self.choices.axis)]
            place = place if LOWEST <= place <= HIGHEST else place % 1.0
        self.set(position=round(place, 6), montage=False)

    @staticmethod
    def _at_harker(choices: SectionChoices, section: HarkerSection) -> SectionChoices:
        """The choices with a Harker section, from which the wheel goes on."""
        constant = [i for i in range(3) if section.normal[i]]
        axis: Axis = "hkl"
        hkl = section.normal
        if len(constant) == 1:
            axis = ("u", "v", "w")[constant[0]]
            hkl = choices.hkl
        return replace(choices, axis=axis, hkl=hkl, position=float(section.offset), harker=section)
