"""Read the atoms of a small-molecule CIF: elements, coordinates, displacements, occupancies.

What the file leaves open (no element type, B in place of U) is decided by the formula and by the
size of the values, and told in notes.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.io.formats.cif_blocks import both_dialects, text_value
from patterson_gui.io.formats.element_names import (
    FoundElement,
    element_of_label,
    element_of_type,
    elements_in_formula,
    first_sight,
)
from patterson_gui.io.formats.sites import U_TO_B, Site

DEFAULT_U = 0.05  # Å², of atoms without a displacement parameter, as in SHELX
_ELEMENTS_ORDER = ("11", "22", "33", "12", "13", "23")
# Of the atoms of a structure. U of 0.4 Å² is B of 32 Å²; B of 0.04 Å² is less than zero-point
# motion gives to the hardest crystals.
_LARGEST_MEDIAN_U = 0.4
_LARGEST_MEDIAN_U_CALLED_B = 0.15
_SMALLEST_MEDIAN_B = 0.04
_SMALLEST_MEDIAN_B_CALLED_U = 0.1
_TOO_NEAR = 0.7  # of the sum of the covalent radii
_NAMED = 6  # atoms that a note names


@dataclass
class _Told:
    """Atoms to name in notes, by what was decided about them."""

    nowhere: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    dummies: list[str] = field(default_factory=list)
    untyped: int = 0
    surprising: list[str] = field(default_factory=list)
    by_distance: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Row:
    """A row of the atom loop with its element."""

    label: str
    found: FoundElement
    from_label: bool
    frac: tuple[float, float, float]
    occ: float
    u: float  # NaN: not given
    b: float
    called: str  # the type of its displacement, 'Uiso', 'Biso', …; '' where not stated
    part: int


def sites_of_block(
    block: cif.Block, cell: gemmi.UnitCell, operations: gemmi.GroupOps
) -> tuple[list[Site], tuple[str, ...]]:
    """The atoms of a block of the core dictionary, with chemical occupancies, and notes.

    Left out, and counted in the notes, are atoms without coordinates and what is no atom.

    Parameters
    ----------
    operations : of the space group, for distances between atoms.
    """
    told = _Told()
    formula = _formula(block)
    rows = _rows(block, formula, told)
    rows = _without_overlaps(rows, cell, operations, told)
    sites, notes = _with_displacements(rows, _anisotropic(block, cell), _called_b(rows))
    return sites, (*_element_notes(told, len(sites)), *notes)


def prefix_of_sites(block: cif.Block) -> str | None:
    """The beginning of the tags of atoms: '_atom_site_' or, in the dot names that CIF 2.0 files of
    the core dictionary may have, '_atom_site.'; None: the block has no fractional coordinates."""
    if len(block.find_values("_atom_site_fract_x")):
        return "_atom_site_"
    dots = len(block.find_values("_atom_site.fract_x")) and len(
        block.find_values("_atom_site.label")
    )
    return "_atom_site." if dots else None


def _formula(block: cif.Block) -> frozenset[str]:
    """The elements of the formula; empty where there is none that can be understood."""
    for item in ("sum", "moiety"):
        if elements := elements_in_formula(
            text_value(block, *both_dialects("_chemical_formula", item))
        ):
            return elements
    return frozenset()


def _rows(block: cif.Block, formula: Collection[str], told: _Told) -> list[_Row]:
    prefix = prefix_of_sites(block)
    if prefix is None:
        return []
    items = ["label", "fract_x", "fract_y", "fract_z"]
    optional = [
        "type_symbol", "occupancy", "U_iso_or_equiv", "B_iso_or_equiv", "disorder_group",
        "adp_type", "thermal_displace_type", "calc_flag",
    ]  # fmt: skip
    rows = []
    for row in block.find(prefix, [*items, *(f"?{item}" for item in optional)]):
        label = cif.as_string(row[0])
        values = {
            item: row[i] if row.has(i) else "?" for i, item in enumerate(optional, start=len(items))
        }
        typed = not cif.is_null(values["type_symbol"])
        if cif.as_string(values["calc_flag"]).lower() == "dum":
            told.dummies.append(label)
            continue
        symbol = cif.as_string(values["type_symbol"])
        found = element_of_type(symbol, formula) if typed else element_of_label(label, formula)
        if found is None:
            named = symbol if typed and symbol != label else ""
            missing = told.excluded if not typed and element_of_label(label) else told.unknown
            missing.append(f"{label} ({named})" if named else label)
            continue
        frac = tuple(_coordinate(row[i]) for i in (1, 2, 3))
        if not np.isfinite(frac).all():
            told.nowhere.append(label)
            continue
        if not typed:
            told.untyped += 1
            if found.element != first_sight(label):
                told.surprising.append(f"{label} as {found.element}")
        if found.hydrogens:
            told.groups[symbol] = found.element
        group = cif.as_string(values["disorder_group"])
        called = values["adp_type"]
        if cif.is_null(called):
            called = values["thermal_displace_type"]
        rows.append(
            _Row(
                label, found, not typed, (frac[0], frac[1], frac[2]),
                cif.as_number(values["occupancy"], 1.0),
                cif.as_number(values["U_iso_or_equiv"]),
                cif.as_number(values["B_iso_or_equiv"]),
                "" if cif.is_null(called) else cif.as_string(called),
                int(group) if group.lstrip("-").isdigit() else 0,
            )
        )  # fmt: skip
    return rows


def _coordinate(text: str) -> float:
    """A coordinate; NaN where none is given. Some files have '0.231(?)'."""
    return cif.as_number(re.sub(r"\([^)]*\)?$", "", text))


# ------------------------------------------------------------------ elements
def _without_overlaps(
    rows: list[_Row], cell: gemmi.UnitCell, operations: gemmi.GroupOps, told: _Told
) -> list[_Row]:
    """Labels that name two elements (HO1: holmium or hydrogen) mean the smaller one where another
    atom is too near for the larger one."""
    if not any(row.found.other for row in rows):
        return rows
    lattice = np.array(cell.orth.mat.tolist()).T
    frac = np.array([row.frac for row in rows])
    radii = np.array([_radius(row.found.other or row.found.element) for row in rows])
    decided = []
    for i, row in enumerate(rows):
        if row.found.other:
            near = _nearest(i, frac, lattice, operations)
            touching = _TOO_NEAR * (_radius(row.found.element) + radii)
            if (near < touching).any():
                told.by_distance.append(f"{row.label} as {row.found.other}")
                decided.append(replace(row, found=FoundElement(row.found.other)))
                continue
            if row.label[:2].isupper():  # "Ca1" is clear
                told.ambiguous.append(f"{row.label} as {row.found.element}")
        decided.append(row)
    return decided


def _nearest(
    i: int, frac: NDArray[np.float64], lattice: NDArray[np.float64], operations: gemmi.GroupOps
) -> NDArray[np.float64]:
    """(n,) Å, the shortest distance of each atom from atom i; infinite for atom i itself."""
    near = np.full(len(frac), np.inf)
    for image in symmetry_images(frac, operations):
        near = np.minimum(near, distances(image - frac[i], lattice))
    near[i] = np.inf
    near[near < 0.4] = np.inf  # another element on the same site
    return near


def _radius(element: str) -> float:
    return float(gemmi.Element(element).covalent_r)


def _element_notes(told: _Told, kept: int) -> list[str]:
    notes = []
    if told.untyped:
        notes.append(
            f"{_have(told.untyped, kept)} no type symbol: the elements are those of the labels."
        )
    if told.surprising:
        notes.append(
            "Some labels begin like other elements, but the formula or names of water show what "
            f"they are: {_listed(told.surprising)}."
        )
    if told.by_distance:
        notes.append(
            "Some labels begin like other elements, but their neighbours are too near for those: "
            f"{_listed(told.by_distance)}."
        )
    if told.ambiguous:
        notes.append(
            "Labels in capitals can mean two elements, and no formula decides: "
            f"{_listed(told.ambiguous)}."
        )
    notes += [
        f"Sites of type {symbol} were taken as {element}: their hydrogen atoms do not count."
        for symbol, element in told.groups.items()
    ]
    for labels, why in (
        (told.nowhere, "without coordinates"),
        (told.unknown, "of no known element"),
        (told.excluded, "of an element that the formula of the file does not have"),
        (told.dummies, "that the file calls dummies"),
    ):
        if labels:
            what = "1 atom" if len(labels) == 1 else f"{len(labels)} atoms"
            was = "was" if len(labels) == 1 else "were"
            notes.append(f"{what} {why} {was} left out: {_listed(labels)}.")
    return notes


def _have(n: int, of: int) -> str:
    if n >= of:
        return "The atoms have"
    return "1 atom has" if n == 1 else f"{n} atoms have"


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:_NAMED])
    return shown if len(labels) <= _NAMED else f"{shown} and {len(labels) - _NAMED} more"


# ------------------------------------------------------------------ displacements
def _anisotropic(
    block: cif.Block, cell: gemmi.UnitCell
) -> dict[str, tuple[str, tuple[float, ...]]]:
    """'U' or 'B' and its six values, Å², for each label, in the order of `Site.u_aniso`.

    Values of β become U_ij = β_ij/(2π² a*_i a*_j) (Trueblood et al., Acta Cryst. A52, 770, 1996).
    """
    reciprocal = cell.reciprocal()
    axes = {"1": reciprocal.a, "2": reciprocal.b, "3": reciprocal.c}
    u_of_beta = [1.0 / (2.0 * np.pi**2 * axes[ij[0]] * axes[ij[1]]) for ij in _ELEMENTS_ORDER]
    found: dict[str, tuple[str, tuple[float, ...]]] = {}
    for separator in "_.":
        for letter in ("U", "B", "beta"):
            tags = ["label", *(f"{letter}_{ij}" for ij in _ELEMENTS_ORDER)]
            for row in block.find(f"_atom_site_aniso{separator}", tags):
                values = tuple(cif.as_number(row[i]) for i in range(1, 7))
                if letter == "beta":
                    values = tuple(v * factor for v, factor in zip(values, u_of_beta, strict=True))
                if np.isfinite(values).all():
                    found.setdefault(cif.as_string(row[0]), ("B" if letter == "B" else "U", values))
    return found


def _called_b(rows: Sequence[_Row]) -> str:
    """'B' or 'U' where most atoms are said to have that displacement; '' where nothing is said."""
    letters = Counter(
        row.called[:1].upper() for row in rows if row.called[:1].upper() in ("U", "B")
    )
    return letters.most_common(1)[0][0] if letters else ""


def _with_displacements(
    rows: Sequence[_Row], aniso: dict[str, tuple[str, tuple[float, ...]]], called: str
) -> tuple[list[Site], list[str]]:
    """Sites with U, and notes where B stands in place of U, or nothing is given."""
    notes = []
    given_u = [row.u for row in rows if np.isfinite(row.u)]
    given_b = [row.b for row in rows if np.isfinite(row.b) and not np.isfinite(row.u)]
    diagonals = {
        letter: [x for its, six in aniso.values() if its == letter for x in six[:3]]
        for letter in "UB"
    }
    u_is_b = _is_b(given_u, called)
    b_is_u = _is_u(given_b, called)
    aniso_u_is_b = _is_b(diagonals["U"], called)
    aniso_b_is_u = _is_u(diagonals["B"], called)
    if u_is_b or aniso_u_is_b:
        why = "as the file says" if called == "B" else "because U is never so large"
        notes.append(f"The values that stand as U were taken as B = 8π²U, {why}.")
    if b_is_u or aniso_b_is_u:
        why = "as the file says" if called == "U" else "because B is never so small"
        notes.append(f"The values that stand as B were taken as U, {why}.")
    sites, without = [], 0
    for row in rows:
        u = row.u / U_TO_B if u_is_b else row.u
        if not np.isfinite(u):
            u = row.b if b_is_u else row.b / U_TO_B
        six = None
        if row.label in aniso:
            letter, values = aniso[row.label]
            is_b = aniso_u_is_b if letter == "U" else not aniso_b_is_u
            six = tuple(x / U_TO_B for x in values) if is_b else values
        if six is None and not np.isfinite(u):
            without += 1
        sites.append(
            Site(
                row.label, row.found.element, row.frac, row.occ,
                float(u) if np.isfinite(u) else DEFAULT_U, six, row.part,
            )
        )  # fmt: skip
    negative = [site.label for site in sites if _is_negative(site)]
    if negative:
        notes.append(
            f"The displacement parameters of {_listed(negative)} are negative, which no atom has: "
            "check the refinement."
        )
    if without:
        notes.append(
            f"{_have(without, len(sites))} no displacement parameter: U = {DEFAULT_U:g} Å² was "
            "assumed."
        )
    return sites, notes


def _is_negative(site: Site) -> bool:
    return site.u_iso < 0 if site.u_aniso is None else min(site.u_aniso[:3]) < 0


def _is_b(values: Sequence[float], called: str) -> bool:
    """Whether values that stand as U are B, as their size shows."""
    largest = _LARGEST_MEDIAN_U_CALLED_B if called == "B" else _LARGEST_MEDIAN_U
    return bool(values) and float(np.median(values)) > largest


def _is_u(values: Sequence[float], called: str) -> bool:
    """Whether values that stand as B are U, as their size shows."""
    smallest = _SMALLEST_MEDIAN_B_CALLED_U if called == "U" else _SMALLEST_MEDIAN_B
    positive = [value for value in values if value > 0]
    return bool(positive) and float(np.median(positive)) < smallest
