"""Compare built atoms with true ones: recall, precision, distances and elements."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from patterson_gui.crystal.cells import orthogonalization, p1
from patterson_gui.crystal.comparison.prediction_metrics import Comparison
from patterson_gui.crystal.lattices import distances, steps_within
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.structure_factors import with_ncs_copies
from patterson_gui.crystal.symmetry_images import symmetry_images

NEAR, AT_ALL = 0.1, 0.5  # Å: limits for an accurately placed atom and for an atom that is found
_SAME_PLACE = 0.1  # Å: closer copies of an atom are one atom on a special position


@dataclass(frozen=True)
class AtomAgreement:
    """Atoms of two models in the same frame, paired one to one.

    `recall` is the share of true atoms with a partner within the limit, `precision` the share of
    built atoms. `rmsd` (Å) and `element_accuracy` are over the pairs within 0.5 Å, None if there
    are no pairs; `distances` (Å) are those of the pairs.
    """

    n_true: int
    n_built: int
    recall_near: float  # within 0.1 Å
    recall: float  # within 0.5 Å
    precision_near: float
    precision: float
    rmsd: float | None
    element_accuracy: float | None
    distances: tuple[float, ...] = ()


def atom_agreement(
    built: NDArray[np.float64],
    built_numbers: NDArray[np.int64],
    true: NDArray[np.float64],
    true_numbers: NDArray[np.int64],
    cell: gemmi.UnitCell,
) -> AtomAgreement:
    """Pair fractional positions (n, 3) and (m, 3) with atomic numbers (n,) and (m,).

    Each atom has at most one partner, the pairing is the one with the smallest sum of
    squared distances cut off at 0.5 Å, and distances are to the nearest lattice copy.
    """
    n, m = len(built), len(true)
    rows, columns, distance = _pairs(built, true, cell)
    found, near = len(distance), int((distance <= NEAR).sum())
    right = built_numbers[rows] == true_numbers[columns]
    return AtomAgreement(
        n_true=m,
        n_built=n,
        recall_near=near / m if m else 0.0,
        recall=found / m if m else 0.0,
        precision_near=near / n if n else 0.0,
        precision=found / n if n else 0.0,
        rmsd=float(np.sqrt((distance**2).mean())) if found else None,
        element_accuracy=float(right.mean()) if found else None,
        distances=tuple(distance.tolist()),
    )


def compare_atoms(
    prediction: Prediction, truth: gemmi.Structure, comparison: Comparison | None
) -> AtomAgreement | None:
    """Compare the atoms built into `prediction` with all atoms of the true model in the cell.

    The atoms are aligned to the truth as `comparison` aligns the density; with None they stay in
    the fixed frame. The result is None if no atoms were built.
    """
    if prediction.model is None or len(prediction.model) == 0 or len(truth) == 0:
        return None
    model = prediction.model
    built, numbers = _atoms(model if comparison is None else aligned_model(model, comparison))
    true, true_numbers = _atoms(truth)
    return atom_agreement(built, numbers, true, true_numbers, truth.cell)


def aligned_model(model: gemmi.Structure, comparison: Comparison) -> gemmi.Structure:
    """A P1 model aligned to the truth as `comparison` aligns the density it was built from.

    The whole model is moved by lattice vectors so that its centroid lies in the cell.
    """
    moved = model.clone()
    sign = -1.0 if comparison.inverted else 1.0
    cell = moved.cell
    atoms = [cra.atom for m in moved for cra in m.all()]
    frac = np.array([cell.fractionalize(atom.pos).tolist() for atom in atoms]).reshape(-1, 3)
    frac = sign * frac + np.array(comparison.shift_frac)
    if len(frac):
        frac -= np.rint(frac.mean(axis=0) - 0.5)
    for atom, place in zip(atoms, frac, strict=True):
        atom.pos = cell.orthogonalize(gemmi.Fractional(*place))
    return moved


def _pairs(
    built: NDArray[np.float64], true: NDArray[np.float64], cell: gemmi.UnitCell
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """(k,) indices of `built` and of `true`, and the distance (Å) of each pair.

    Only pairs within the cut-off count, so atoms are assigned in small groups that such pairs
    connect.
    """
    # Imported here because the import is slow, and the window needs it only later.
    from scipy.optimize import linear_sum_assignment

    i, j, distance = _within(built, true, cell, AT_ALL)
    n, m = len(built), len(true)
    graph = coo_array((np.ones(len(i)), (i, j + n)), shape=(n + m, n + m))
    group = connected_components(graph, directed=False)[1][i] if len(i) else i
    order = np.argsort(group, kind="stable")
    rows, columns, apart = [], [], []
    for part in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        ours, at_i = np.unique(i[part], return_inverse=True)
        theirs, at_j = np.unique(j[part], return_inverse=True)
        cost = np.zeros((len(ours), len(theirs)))
        cost[at_i, at_j] = distance[part] ** 2 - AT_ALL**2
        at = {(a, b): d for a, b, d in zip(at_i, at_j, distance[part], strict=True)}
        for a, b in zip(*linear_sum_assignment(cost), strict=True):
            if (a, b) in at:
                rows.append(ours[a])
                columns.append(theirs[b])
                apart.append(at[a, b])
    return np.array(rows, np.intp), np.array(columns, np.intp), np.array(apart, np.float64)


def _within(
    one: NDArray[np.float64], other: NDArray[np.float64], cell: gemmi.UnitCell, reach: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """(k,) indices of every pair of fractional positions within `reach` Å of one another
    in the crystal, and their distances to the nearest copy."""
    to_cartesian = orthogonalization(cell).T
    steps = steps_within(to_cartesian, reach)[:, None]
    reciprocal = cell.reciprocal()
    margin = np.array([reciprocal.a, reciprocal.b, reciprocal.c]) * (reach + 1e-6)
    copies = (other % 1.0 + steps).reshape(-1, 3)
    of = np.tile(np.arange(len(other)), len(steps))
    inside = ((copies >= -margin) & (copies <= 1.0 + margin)).all(axis=1)
    copies, of = copies[inside], of[inside]
    if len(one) == 0 or len(copies) == 0:
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, np.zeros(0)
    near = cKDTree(one % 1.0 @ to_cartesian).sparse_distance_matrix(
        cKDTree(copies @ to_cartesian), reach, output_type="ndarray"
    )
    nearest: dict[tuple[int, int], float] = {}
    for a, b, distance in zip(near["i"], of[near["j"]], near["v"], strict=True):
        nearest[a, b] = min(distance, nearest.get((a, b), np.inf))
    pairs = np.array(list(nearest), dtype=np.intp).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.array(list(nearest.values()))


def _atoms(structure: gemmi.Structure) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(n, 3) fractional positions and (n,) atomic numbers of the non-hydrogen atoms of the
    whole cell; one on a special position counts once."""
    structure = with_ncs_copies(structure)
    atoms = [
        cra.atom for cra in structure[0].all() if not cra.atom.is_hydrogen() and cra.atom.occ > 0
    ]
    frac = np.array([structure.cell.fractionalize(atom.pos).tolist() for atom in atoms])
    frac = frac.reshape(-1, 3)
    numbers = np.array([atom.element.atomic_number for atom in atoms], dtype=np.int64)
    to_cartesian = orthogonalization(structure.cell).T
    kept: list[NDArray[np.float64]] = []
    own: list[NDArray[np.bool_]] = []
    spacegroup = structure.find_spacegroup() or p1()
    for image in symmetry_images(frac, spacegroup.operations()):
        is_new = np.ones(len(image), dtype=bool)
        for earlier in kept:
            is_new &= distances(image - earlier, to_cartesian) > _SAME_PLACE
        kept.append(image)
        own.append(is_new)
    new = np.concatenate(own)
    return np.concatenate(kept)[new], np.tile(numbers, len(kept))[new]
