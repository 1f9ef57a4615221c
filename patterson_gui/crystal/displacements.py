"""Displacement parameters: U_ij in Cartesian axes, equivalent and principal values, limits.

U_ij here are those of CIF and SHELX: exp(−2π² Σ h_i h_j a*_i a*_j U_ij), as rows
U11 U22 U33 U12 U13 U23, in Å².
"""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization

# Rows and columns of U11 U22 U33 U12 U13 U23 in the 3 × 3 matrix.
U_ROWS = (0, 1, 2, 0, 0, 1)
U_COLUMNS = (0, 1, 2, 1, 2, 2)
LOWEST_U, HIGHEST_U = 0.0005, 0.8  # Å², limits of a refinement


def _u_to_cartesian(cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(3, 3) matrix A with U_cartesian = A U_cif Aᵀ: columns a_i times a*_i."""
    star = np.array([cell.reciprocal().a, cell.reciprocal().b, cell.reciprocal().c])
    return np.asarray(orthogonalization(cell) * star, dtype=np.float64)


def equivalent_u(u: NDArray[np.float64], cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(n,) U_eq of U_ij (n, 6): a third of the trace in Cartesian axes."""
    a = _u_to_cartesian(cell)
    gram = a.T @ a
    factor = gram[U_ROWS, U_COLUMNS] * np.array([1, 1, 1, 2, 2, 2])
    return np.asarray(u @ factor / 3.0)


def u_of(model: AsymmetricUnit, cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(n,) Å², U_eq of anisotropic atoms and U of isotropic ones."""
    return np.where(model.is_anisotropic, equivalent_u(model.u_aniso, cell), model.u_iso)


def isotropic_as_u(u_iso: NDArray[np.float64], cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(n, 6) U_ij of isotropic atoms: U11 = U, U12 = U cos γ*, and so on."""
    inverse = np.linalg.inv(_u_to_cartesian(cell))
    unit = inverse @ inverse.T
    return np.asarray(np.asarray(u_iso)[:, None] * unit[U_ROWS, U_COLUMNS])


def principal_u(u: NDArray[np.float64], cell: gemmi.UnitCell) -> NDArray[np.float64]:
    """(n, 3) mean square displacements along the principal axes of U_ij (n, 6), ascending."""
    return np.asarray(np.linalg.eigvalsh(_cartesian(u, cell)))


def u_matrices(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3, 3) symmetric matrices of U_ij (n, 6)."""
    matrix = np.empty((len(u), 3, 3))
    matrix[:, U_ROWS, U_COLUMNS] = u
    matrix[:, U_COLUMNS, U_ROWS] = u
    return matrix


def _cartesian(u: NDArray[np.float64], cell: gemmi.UnitCell) -> NDArray[np.float64]:
    a = _u_to_cartesian(cell)
    return np.asarray(a @ u_matrices(u) @ a.T, dtype=np.float64)


def positive_u(
    u: NDArray[np.float64], cell: gemmi.UnitCell, lowest: float = LOWEST_U
) -> NDArray[np.float64]:
    """U_ij (n, 6) with principal values raised to `lowest` and lowered to 0.8 Å² at most."""
    values, axes = np.linalg.eigh(_cartesian(u, cell))
    bad = (values < lowest).any(axis=1) | (values > HIGHEST_U).any(axis=1)
    if not bad.any():
        return u
    clipped = np.clip(values[bad], lowest, HIGHEST_U)
    matrix = (axes[bad] * clipped[:, None, :]) @ axes[bad].transpose(0, 2, 1)
    inverse = np.linalg.inv(_u_to_cartesian(cell))
    result = u.copy()
    result[bad] = (inverse @ matrix @ inverse.T)[:, U_ROWS, U_COLUMNS]
    return result
