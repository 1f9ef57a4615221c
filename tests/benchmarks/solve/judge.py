"""Judge what a solver found: atoms, elements, group and verdict against the deposited structure."""

from dataclasses import dataclass, replace
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from tests.benchmarks.solve.cases import Case
from tests.benchmarks.solve.comparison.atoms_in_cell import AtomsInCell, atoms_in_cell
from tests.benchmarks.solve.comparison.groups import operations_in_axes, same_up_to_origin_and_hand
from tests.benchmarks.solve.comparison.matching import match

ENOUGH = 0.95  # share of the atoms of a solved structure
ELEMENTS = 0.80  # share of right elements that a claim "solved" needs: more is a matter of typing
SPURIOUS = 0.10  # highest share of spurious atoms in a claim "solved"
R1_WITHOUT_ANSWER = 0.10
_VOLUME_PER_ATOM = (7.0, 35.0)  # Å³ for each non-hydrogen atom of a sensible formula
_RIVAL_TOLERANCE = 0.4  # Å: its peaks are not refined
_TYPICAL_U = 0.05


@dataclass(frozen=True)
class Judgement:
    """What the benchmark says of one solution.

    Attributes
    ----------
    found, elements, spurious : shares as `matching.Match` has them; NaN without an answer.
    group_rank : place of the right space group in the list, 1 for the first; 0 where absent.
    solved : enough atoms; without an answer a low R1 of a sensible formula in the right group.
    right : solved, and all that a claim "solved" promises: group, elements, no spurious atoms.
    """

    found: float
    elements: float
    spurious: float
    group_rank: int
    solved: bool
    right: bool


def judge(case: Case, data: Intensities, result: dict[str, Any]) -> Judgement:
    """Judge a result of the program's own solver."""
    right_groups = _right_groups(case, data)
    ranked = [_is_right(name, None, right_groups) for name in result.get("candidates", ())]
    rank = ranked.index(True) + 1 if True in ranked else 0
    rows = result.get("atoms")
    if not rows:
        return Judgement(0.0, 0.0, 0.0, rank, solved=False, right=False)
    axes = np.array(result["change_of_axes"], dtype=np.int64)
    in_group = _is_right(result["space_group"], axes, right_groups)
    if in_group and rank != 1:
        rank = 1  # the list may name it in the axes of the file
    atoms = _atoms(data.cell, result["space_group"], axes, rows)
    nan = float("nan")
    if case.truth is None:
        per_atom = data.cell.volume / max(len(atoms), 1)
        sensible = _VOLUME_PER_ATOM[0] < per_atom < _VOLUME_PER_ATOM[1]
        good = bool(result["r1"] < R1_WITHOUT_ANSWER and sensible and in_group)
        return Judgement(nan, nan, nan, rank, solved=good, right=good)
    found = match(case.truth().atoms, atoms, rotations=_orientations(case, data))
    solved = found.found >= ENOUGH
    honest = found.elements_right >= ELEMENTS and found.spurious <= SPURIOUS
    return Judgement(
        found.found,
        found.elements_right,
        found.spurious,
        rank,
        solved=solved,
        right=solved and honest and in_group,
    )


def judge_rival(case: Case, data: Intensities, result: dict[str, Any]) -> Judgement:
    """Judge the rival's peaks. It was given the space group, and it does not refine: its atoms may
    be 0.4 Å away, and surplus peaks do not count."""
    nan = float("nan")
    if case.truth is None:
        claims = bool(result["solved"])
        return Judgement(nan, nan, nan, 1, solved=claims, right=claims)
    rows = [[*row, 1.0, _TYPICAL_U] for row in result["atoms"]]
    if not rows:
        return Judgement(0.0, 0.0, 0.0, 1, solved=False, right=False)
    atoms = _atoms(data.cell, data.spacegroup.xhm(), np.eye(3, dtype=np.int64), rows)
    rotations = _orientations(case, data)
    found = match(case.truth().atoms, atoms, _RIVAL_TOLERANCE, rotations)
    solved = found.found >= ENOUGH
    return Judgement(
        found.found, found.elements_right, found.spurious, 1, solved=solved, right=solved
    )


def _right_groups(case: Case, data: Intensities) -> list[gemmi.SpaceGroup]:
    stated = case.truth().spacegroup if case.truth is not None else data.spacegroup
    return [stated, *(gemmi.SpaceGroup(name) for name in case.also_right)]


def _is_right(name: str, axes: NDArray[np.int64] | None, right: list[gemmi.SpaceGroup]) -> bool:
    operations = operations_in_axes(gemmi.SpaceGroup(name), axes)
    return any(same_up_to_origin_and_hand(operations, operations_in_axes(g)) for g in right)


def _atoms(
    cell: gemmi.UnitCell, group: str, axes: NDArray[np.int64], rows: list[list[Any]]
) -> AtomsInCell:
    """Atoms of the cell in the axes of the data: x = Mᵀ x_group where h_group = M h."""
    there = atoms_in_cell(
        _changed_cell(cell, axes),
        gemmi.SpaceGroup(group).operations(),
        [str(row[0]) for row in rows],
        np.array([row[1:4] for row in rows], dtype=np.float64),
        np.array([row[4] for row in rows], dtype=np.float64),
        np.array([row[5] for row in rows], dtype=np.float64),
    )
    to_cartesian = np.array(cell.orth.mat.tolist()).T
    frac = there.frac @ axes % 1.0
    return replace(there, to_cartesian=to_cartesian, frac=frac)


def _changed_cell(cell: gemmi.UnitCell, axes: NDArray[np.int64]) -> gemmi.UnitCell:
    vectors = axes @ np.array(cell.orth.mat.tolist()).T
    edges = np.linalg.norm(vectors, axis=1)
    unit = vectors / edges[:, None]
    angles = [np.degrees(np.arccos(unit[i] @ unit[j])) for i, j in ((1, 2), (0, 2), (0, 1))]
    return gemmi.UnitCell(*edges, *angles)


def _orientations(case: Case, data: Intensities) -> list[NDArray[np.float64]]:
    """Rotations of the lattice of a twin, without the identity."""
    if not case.twin:
        return []
    lattice = gemmi.find_lattice_symmetry(data.cell, data.spacegroup.centring_type(), 1.0)
    return [np.array(op.rot) / gemmi.Op.DEN for op in lattice.sym_ops][1:]
