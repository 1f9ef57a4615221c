"""Built atoms against true ones: how many are there, how near, and of the right element."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.metrics import Comparison
from patterson_gui.crystal.prediction import Prediction

NEAR, AT_ALL = 0.1, 0.5  # Å: placed as well as data show, and found at all
_MOST_PAIRS = 25_000_000


@dataclass(frozen=True)
class AtomAgreement:
    """Atoms of two models in the same frame, paired one to one.

    `recall` is the share of the true atoms that a built one lies within so many Å of,
    `precision` the share of the built ones that do; `rmsd` (Å) and `element_accuracy` are
    over the pairs within 0.5 Å, None where there is none.
    """

    n_true: int
    n_built: int
    recall_near: float  # within 0.1 Å
    recall: float  # within 0.5 Å
    precision_near: float
    precision: float
    rmsd: float | None
    element_accuracy: float | None


def atom_agreement(
    built: NDArray[np.float64],
    built_numbers: NDArray[np.int64],
    true: NDArray[np.float64],
    true_numbers: NDArray[np.int64],
    cell: gemmi.UnitCell,
) -> AtomAgreement:
    """Pair fractional positions (n, 3) and (m, 3) with atomic numbers (n,) and (m,).

    Each true atom has at most one partner, the pairing is the one with the smallest sum of
    squared distances cut off at 0.5 Å, and distances are to the nearest lattice copy.
    """
    n, m = len(built), len(true)
    if n == 0 or m == 0 or n * m > _MOST_PAIRS:
        return AtomAgreement(m, n, 0.0, 0.0, 0.0, 0.0, None, None)
    apart = built[:, None] - true[None, :]
    apart -= np.rint(apart)
    squared = ((apart @ orthogonalization(cell).T) ** 2).sum(axis=-1)
    rows, columns = linear_sum_assignment(np.minimum(squared, AT_ALL**2))
    distance = np.sqrt(squared[rows, columns])
    paired = distance <= AT_ALL
    near = int((distance <= NEAR).sum())
    found = int(paired.sum())
    right = built_numbers[rows[paired]] == true_numbers[columns[paired]]
    return AtomAgreement(
        n_true=m,
        n_built=n,
        recall_near=near / m,
        recall=found / m,
        precision_near=near / n,
        precision=found / n,
        rmsd=float(np.sqrt((distance[paired] ** 2).mean())) if found else None,
        element_accuracy=float(right.mean()) if found else None,
    )


def compare_atoms(
    prediction: Prediction, truth: gemmi.Structure, comparison: Comparison
) -> AtomAgreement | None:
    """Atoms built into `prediction`, laid over the truth as its density was (`comparison`).

    None where none were built. The truth is a P1 model, as of a fragment.
    """
    if prediction.model is None or len(prediction.model) == 0 or len(truth) == 0:
        return None
    built, numbers = _atoms(prediction.model)
    if comparison.inverted:
        built = -built
    built = built + np.array(comparison.shift_frac)
    true, true_numbers = _atoms(truth)
    return atom_agreement(built, numbers, true, true_numbers, truth.cell)


def _atoms(structure: gemmi.Structure) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(n, 3) fractional positions and (n,) atomic numbers of the non-hydrogen atoms."""
    atoms = [cra.atom for cra in structure[0].all() if not cra.atom.is_hydrogen()]
    frac = [structure.cell.fractionalize(atom.pos).tolist() for atom in atoms]
    numbers = np.array([atom.element.atomic_number for atom in atoms], dtype=np.int64)
    return np.array(frac, dtype=np.float64).reshape(-1, 3), numbers
