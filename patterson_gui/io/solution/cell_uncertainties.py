"""Standard uncertainties of the unit cell in the axes of the structure, and of its volume."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import RefinedStructure

_STEP = 1e-5  # Å or degrees, of derivatives


def cell_sigma_of(
    structure: RefinedStructure, intensities: Intensities
) -> NDArray[np.float64] | None:
    """(6,) uncertainties of a, b, c (Å), α, β, γ (°) of the cell; None where unknown.

    If the axes were changed, those of the measured cell are propagated as independent ones.
    """
    if intensities.cell_sigma is None or not any(intensities.cell_sigma):
        return None
    sigma = np.array(intensities.cell_sigma, dtype=np.float64)
    matrix = np.asarray(structure.change_of_axes, dtype=np.float64)
    if np.array_equal(matrix, np.eye(3)):
        return sigma
    given = np.array(intensities.cell.parameters)
    columns = [
        (_changed(given + step, matrix) - _changed(given - step, matrix)) / (2 * _STEP)
        for step in _STEP * np.eye(6)
    ]
    return np.sqrt((np.stack(columns, axis=1) ** 2) @ sigma**2)


def _changed(cell: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cell parameters after a change of axes, which transform like the indices: a' = M a."""
    axes = matrix @ orthogonalization(gemmi.UnitCell(*cell)).T
    lengths = np.linalg.norm(axes, axis=1)
    cosines = (axes @ axes.T) / np.outer(lengths, lengths)
    angles = np.degrees(np.arccos(cosines[[1, 0, 0], [2, 2, 1]]))
    return np.concatenate([lengths, angles])


def volume_sigma(cell: gemmi.UnitCell, sigma: NDArray[np.float64]) -> float:
    """Uncertainty of the volume, Å³, of independent uncertainties of the cell parameters."""
    values = np.array(cell.parameters)
    slopes = [
        (gemmi.UnitCell(*(values + move)).volume - gemmi.UnitCell(*(values - move)).volume)
        / (2 * _STEP)
        for move in _STEP * np.eye(6)
    ]
    return float(np.sqrt(((np.array(slopes) * sigma) ** 2).sum()))
