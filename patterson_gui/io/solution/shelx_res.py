"""Write a solved structure as SHELX instructions (.res) that SHELXL refines on.

After the SHELX-97 manual and the help of SHELXL-2019; the lines REM at the beginning are those
of structure solution programs, those after HKLF are those of SHELXL, which other programs read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

import patterson_gui
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.displacements import u_of
from patterson_gui.crystal.models.bonds import Bonds, find_bonds
from patterson_gui.crystal.models.formula import contents_of, hill_order
from patterson_gui.crystal.models.riding import afix_codes
from patterson_gui.crystal.solution import RefinedStructure, Solution
from patterson_gui.io.formats.shelx_symmetry import ShelxSymmetry, shelx_symmetry
from patterson_gui.io.solution.cell_uncertainties import cell_sigma_of
from patterson_gui.io.solution.shelx_factors import factor_lines
from patterson_gui.io.text.plain_text import plain

_WIDTH = 79
_UNKNOWN_WAVELENGTH = 0.71073  # written where the wavelength is not known, with a REM
_RIDING_U = (1.2, 1.5)
_LONGEST_LABEL = 4


@dataclass(frozen=True)
class DifferencePeak:
    """A peak of the difference map, e/Å³, at fractional coordinates."""

    frac: tuple[float, float, float]
    height: float


def res_text(
    structure: RefinedStructure,
    solution: Solution,
    name: str,
    peaks: Sequence[DifferencePeak] = (),
    *,
    hkl_factor: float = 1.0,
) -> str:
    """SHELX instructions of a refined structure.

    Atoms come strongest scatterer first, each followed by the hydrogen atoms that ride on it.
    The reflections belong into NAME.hkl, in the axes of the structure (HKLF 4 without a matrix).

    Parameters
    ----------
    peaks : of the difference map; written as Q peaks after END.
    hkl_factor : factor on the intensities of NAME.hkl, as `hkl_text` gives it.
    """
    symmetry = shelx_symmetry(structure.spacegroup)
    bonds = find_bonds(structure.model, structure.merged.cell, structure.spacegroup)
    lines = [
        *_title(structure, solution, name, symmetry),
        *_crystal(structure, solution, symmetry, bonds),
        *_refinement(structure, hkl_factor),
        *_atoms(structure, solution, symmetry, bonds),
        "HKLF 4",
        "",
        *_summary(structure, name),
        "END",
        "",
        f"WGHT {structure.figures.weight_a:12.6f}{structure.figures.weight_b:12.6f}",
        "",
        *_peaks(structure, symmetry, peaks),
    ]
    blank = False
    kept = []
    for line in lines:
        if line or not blank:
            kept.append(line)
        blank = not line
    return "\n".join(kept).rstrip("\n") + "\n"


# ---------------------------------------------------------------- head
def _title(
    structure: RefinedStructure, solution: Solution, name: str, symmetry: ShelxSymmetry
) -> list[str]:
    group = compact_name(symmetry.spacegroup)
    figures = structure.figures
    chosen = next((c for c in solution.candidates if c.name == structure.spacegroup.xhm()), None)
    best = max(solution.starts, key=lambda start: start.figure, default=None)
    weak = "" if best is None or math.isnan(best.r_weak) else f"  Rweak {best.r_weak:.3f},"
    alpha = "" if chosen is None else f"  Alpha {max(0.0, 1 - chosen.mean_agreement):.3f},"
    identity = np.array_equal(structure.change_of_axes, np.eye(3))
    orientation = "as input" if identity else "changed"
    lines = [
        f"TITL {plain(name)} in {group}"[:_WIDTH],
        f"REM patterson_gui solution in {group}",
        f"REM R1 {figures.r1:.3f},{weak}{alpha}  Orientation {orientation}",
    ]
    if chosen is not None and chosen.n_absences:
        absences = f"{chosen.absences_i_over_sigma:.3f} for {chosen.n_absences:4d}"
        lines.append(f"REM <I/s> {absences} systematic absences,  Orientation {orientation}")
    if math.isfinite(figures.flack):
        lines.append(f"REM Flack x = {figures.flack:.3f} ( {figures.flack_sigma:.3f} )")
    lines += _wrapped(f"Verdict: {solution.verdict}. {solution.reason}")
    lines += _wrapped(f"Written by patterson_gui {patterson_gui.__version__}.")
    if not identity:
        entries = " ".join(f"{v:d}" for v in structure.change_of_axes.ravel().tolist())
        lines += _wrapped(
            f"The axes were changed. For the original reflection file write: HKLF 4 1 {entries}"
        )
    if symmetry.origin.any():
        shift = " ".join(f"{x:.5f}" for x in symmetry.origin)
        lines += _wrapped(
            f"The origin was moved to the centre of symmetry at {shift} of "
            f"{structure.spacegroup.xhm()}."
        )
    if solution.intensities.wavelength is None:
        lines += _wrapped("The wavelength is not known: correct it in CELL.")
    return lines


def compact_name(spacegroup: gemmi.SpaceGroup) -> str:
    """The name as SHELX programs write it: P2(1)/c, R-3c, I4(1)/a."""
    words = spacegroup.hm.split()
    lattice, *axes = words
    if spacegroup.number < 16 and len(axes) == 3 and axes.count("1") == 2:
        axes = [word for word in axes if word != "1"]
    written = []
    for word in axes:
        head = word.split("/")[0]
        screw = len(head) == 2 and head.isdigit()
        written.append(f"{head[0]}({head[1]}){word[2:]}" if screw else word)
    return lattice + "".join(written)


def _wrapped(text: str) -> list[str]:
    lines, line = [], "REM"
    for word in plain(text).split():
        if len(line) + 1 + len(word) > _WIDTH:
            lines.append(line)
            line = "REM"
        line += f" {word}"
    return [*lines, line]


def _crystal(
    structure: RefinedStructure, solution: Solution, symmetry: ShelxSymmetry, bonds: Bonds
) -> list[str]:
    merged, model = structure.merged, structure.model
    contents = contents_of(model, merged.cell, bonds)
    wavelength = merged.wavelength or solution.intensities.wavelength
    edges = [f"{value:10.5f}" for value in merged.cell.parameters[:3]]
    angles = [f"{value:9.4f}" for value in merged.cell.parameters[3:]]
    sigma = cell_sigma_of(structure, solution.intensities)
    uncertain = sigma if sigma is not None else np.zeros(6)
    lines = [
        f"CELL {wavelength or _UNKNOWN_WAVELENGTH:8.5f}{''.join(edges)}{''.join(angles)}",
        f"ZERR {contents.z:8d}"
        + "".join(f"{value:10.5f}" for value in uncertain[:3])
        + "".join(f"{value:9.4f}" for value in uncertain[3:]),
        f"LATT {symmetry.latt}",
        *(f"SYMM {operation}" for operation in symmetry.operations),
    ]
    formula = contents.formula
    if formula:
        lines.insert(0, f"REM Formula found by patterson_gui:  {formula}")
    counts = _with_stated_hydrogen(contents.in_cell, solution)
    if counts:
        lines += factor_lines(counts, merged.radiation, wavelength)
    return lines


def _with_stated_hydrogen(in_cell: Mapping[str, float], solution: Solution) -> dict[str, float]:
    """The atoms in the cell; with hydrogen, if it is expected and not placed, so that SHELXL and
    Olex2 can place it. Its number is the stated one, 0 where none is stated."""
    counts, stated = dict(in_cell), solution.contents
    if counts and "H" not in counts and stated is not None and "H" in stated.elements:
        counts["H"] = float((stated.counts or {}).get("H", 0.0))
    return {element: counts[element] for element in hill_order(counts)}


def _refinement(structure: RefinedStructure, hkl_factor: float) -> list[str]:
    figures = structure.figures
    lines = [
        "L.S. 10",
        "BOND $H" if structure.model.is_hydrogen.any() else "BOND",
        "LIST 4",
        "CONF",
        "FMAP 2",
        "PLAN 20",
        "ACTA",
        f"WGHT {figures.weight_a:10.6f}{figures.weight_b:12.6f}",
    ]
    if figures.extinction > 0:
        lines.append(f"EXTI {figures.extinction:.6f}")
    if figures.twin_law is not None:
        entries = " ".join(str(int(v)) for row in figures.twin_law for v in row)
        lines += [f"TWIN {entries} 2", f"BASF {figures.twin_fraction:.5f}"]
    elif figures.inverted > 0:
        lines += ["TWIN", f"BASF {figures.inverted:.5f}"]
    # FVAR is the scale of |F|, the figure that of the intensities; then the occupancies that
    # alternatives share.
    model = structure.model
    shared = "".join(f" {model.occ[one[0]]:.5f}" for one, _ in model.alternatives())
    lines.append(f"FVAR {math.sqrt(max(figures.scale * hkl_factor, 1e-12)):.6g}{shared}")
    return lines


# ---------------------------------------------------------------- atoms
def _atoms(
    structure: RefinedStructure, solution: Solution, symmetry: ShelxSymmetry, bonds: Bonds
) -> list[str]:
    model, cell = structure.model, structure.merged.cell
    if len(model) == 0:
        return []
    frac = model.frac - symmetry.origin
    elements = list(_with_stated_hydrogen(contents_of(model, cell, bonds).in_cell, solution))
    labels = shelx_labels(model)
    fixed = fixed_coordinates(bonds)
    share = bonds.images.share
    codes = afix_codes(model, bonds, model.frac, orthogonalization(cell).T)
    u_eq = u_of(model, cell)
    occupancies = _occupancies(model, share)
    lines: list[str] = []
    part = 0

    def write(atom: int, u_words: list[str]) -> None:
        nonlocal part
        if model.part[atom] != part:
            part = int(model.part[atom])
            lines.append(f"PART {part}")
        x = [
            f"{10 + value if is_fixed else value:10.6f}"
            for value, is_fixed in zip(frac[atom], fixed[atom], strict=True)
        ]
        number = elements.index(model.elements[atom]) + 1
        head = f"{labels[atom]:<4} {number:2d} {' '.join(x)} {occupancies[atom]:10.7f}"
        if len(u_words) == 1:
            lines.append(f"{head} {u_words[0]}")
        else:
            lines.append(f"{head} {' '.join(u_words[:2])} =")
            lines.append(f"     {' '.join(u_words[2:])}")

    for atom in strongest_first(model):
        write(atom, _u_words(model, atom))
        riders = np.flatnonzero(model.parent == atom)
        if len(riders):
            lines.append(f"AFIX {codes[atom]}")
            for rider in riders:
                write(int(rider), [_riding_u(model.u_iso[rider], u_eq[atom])])
            lines.append("AFIX 0")
    if part != 0:
        lines.append("PART 0")
    return lines


def _occupancies(model: AsymmetricUnit, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) occupancies as SHELX codes them: 10 + p is fixed at p, 10 m + p is p times the free
    variable m of FVAR, −(10 m + p) is p times (1 − free variable m)."""
    refined = np.zeros(len(model), bool) if model.sigma_occ is None else model.sigma_occ > 0
    code = np.where(refined, 0.0, 10.0) + model.occ * share
    for number, (one, other) in enumerate(model.alternatives(), start=2):
        for rows, sign in ((one, 1.0), (other, -1.0)):
            p = share[rows] * model.occ[rows] / model.occ[rows[0]]
            code[rows] = sign * (10.0 * number + p)
    return np.asarray(code)


def strongest_first(model: AsymmetricUnit) -> list[int]:
    """Rows of the atoms that do not ride: by atomic number, hydrogen last, else as given."""
    numbers = np.array([gemmi.Element(element).atomic_number for element in model.elements])
    order = np.argsort(-numbers, kind="stable")
    return [int(i) for i in order if model.parent[i] < 0]


def shelx_labels(model: AsymmetricUnit) -> list[str]:
    """Labels of at most four letters and digits, each once; as given where they are so."""
    given = [label.upper() for label in model.labels]
    usable = len(set(given)) == len(given) and all(
        len(label) <= _LONGEST_LABEL and label.isalnum() and label[0].isalpha() for label in given
    )
    if usable:
        return list(model.labels)
    counts: dict[str, int] = {}
    labels = []
    for element in model.elements:
        counts[element] = counts.get(element, 0) + 1
        labels.append(f"{element}{_number(counts[element], _LONGEST_LABEL - len(element))}")
    return labels


def _number(count: int, width: int) -> str:
    """A count in `width` characters: digits, then letters and digits ('A0', 'A1' ...)."""
    if count < 10**width:
        return str(count)
    over = count - 10**width
    letter, rest = divmod(over, 10 ** (width - 1))
    return f"{chr(ord('A') + letter % 26)}{rest:0{width - 1}d}"


def fixed_coordinates(bonds: Bonds) -> NDArray[np.bool_]:
    """(n, 3) whether the site symmetry of an atom leaves a coordinate no freedom."""
    images = bonds.images
    at_home = images.first == 0  # operations that leave the atom where it is
    mean = np.einsum("kn,kij->nij", at_home, images.operations.rotations)
    return np.asarray((mean == 0).all(axis=2))


def _u_words(model: AsymmetricUnit, atom: int) -> list[str]:
    """U11 U22 U33 U23 U13 U12, or the one isotropic U."""
    if not model.is_anisotropic[atom]:
        return [f"{model.u_iso[atom]:10.5f}"]
    u11, u22, u33, u12, u13, u23 = model.u_aniso[atom]
    return [f"{value:9.5f}" for value in (u11, u22, u33, u23, u13, u12)]


def _riding_u(u: float, parent: float) -> str:
    """−1.2 or −1.5 where U is that multiple of the parent's, otherwise U itself."""
    for factor in _RIDING_U:
        if parent > 0 and abs(u / parent - factor) < 0.03:
            return f"{-factor:10.5f}"
    return f"{u:10.5f}"


# ---------------------------------------------------------------- tail
def _summary(structure: RefinedStructure, name: str) -> list[str]:
    f = structure.figures
    return [
        f"REM  {plain(name)} in {compact_name(structure.spacegroup)}"[:_WIDTH],
        f"REM wR2 = {f.wr2:.4f}, GooF = S = {f.goof:.3f}, Restrained GooF = {f.goof:.3f} "
        "for all data",
        f"REM R1 = {f.r1:.4f} for {f.n_observed:6d} Fo > 4sig(Fo) and {f.r1_all:.4f} for all "
        f"{f.n_reflections:6d} data",
        f"REM {f.n_parameters:6d} parameters refined using      0 restraints",
        "",
    ]


def _peaks(
    structure: RefinedStructure, symmetry: ShelxSymmetry, peaks: Sequence[DifferencePeak]
) -> list[str]:
    f = structure.figures
    lines = []
    if math.isfinite(f.highest_peak) and math.isfinite(f.deepest_hole):
        level = (
            f",  1-sigma level {f.difference_rms:6.3f}" if math.isfinite(f.difference_rms) else ""
        )
        lines.append(
            f"REM Highest difference peak {f.highest_peak:6.3f},  "
            f"deepest hole {f.deepest_hole:6.3f}{level}"
        )
    for number, peak in enumerate(peaks, start=1):
        x, y, z = np.array(peak.frac) - symmetry.origin
        lines.append(
            f"Q{number:<3d}  1 {x:9.5f} {y:9.5f} {z:9.5f}  11.00000  0.05 {peak.height:8.2f}"
        )
    return lines
