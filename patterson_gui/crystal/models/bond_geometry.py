"""Bond lengths and angles of a refined model with standard uncertainties, for tables."""

from collections.abc import Callable
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.models.bonds import Bonds

_STEP = 1e-5  # Å or degrees, of derivatives

# A value (m,) of positions (k, m, 3), fractional, and matrices (3, 3) to Cartesian coordinates.
_Value = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class BondLengths:
    """Each bond of the asymmetric unit once.

    Attributes
    ----------
    row : (m,) rows of the `Bonds` that were used.
    length, sigma : (m,) Å; sigma is 0 for bonds to riding hydrogen atoms and before refinement.
    """

    row: NDArray[np.int64]
    length: NDArray[np.float64]
    sigma: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BondAngles:
    """All angles at the atoms of the asymmetric unit.

    Attributes
    ----------
    first, second : (m,) rows of the `Bonds` from the atom at the apex to the other two.
    angle, sigma : (m,) degrees; sigma is 0 where a hydrogen atom rides.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    angle: NDArray[np.float64]
    sigma: NDArray[np.float64]


def bond_lengths(
    model: AsymmetricUnit,
    cell: gemmi.UnitCell,
    bonds: Bonds,
    cell_sigma: NDArray[np.float64] | None = None,
) -> BondLengths:
    """Lengths of all bonds, those between two independent atoms from the first of them.

    Uncertainties come from those of the coordinates and of the cell, `cell_sigma` (6,) Å and
    degrees, all taken as independent.
    """
    direct = (bonds.operation == 0) & ~bonds.shift.any(axis=1)
    row = np.flatnonzero(~direct | (bonds.atom < bonds.neighbour))
    if len(row) == 0:
        return BondLengths(row, np.zeros(0), np.zeros(0))
    places = np.stack([model.frac[bonds.atom[row]], bonds.places(model.frac)[row]])
    variances = np.stack([_variances(model, bonds.atom[row]), _moved_variances(model, bonds, row)])
    rides = model.parent >= 0
    riding = rides[bonds.atom[row]] | rides[bonds.neighbour[row]]

    def length(x: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.linalg.norm((x[1] - x[0]) @ axes, axis=1))

    value, sigma = _with_sigma(length, places, variances, cell, cell_sigma)
    return BondLengths(row, value, np.where(riding, 0.0, sigma))


def bond_angles(
    model: AsymmetricUnit,
    cell: gemmi.UnitCell,
    bonds: Bonds,
    cell_sigma: NDArray[np.float64] | None = None,
) -> BondAngles:
    """All angles; uncertainties as in `bond_lengths`."""
    pairs = [
        (int(one), int(other))
        for atom in range(len(model))
        for rows in [np.flatnonzero(bonds.atom == atom)]
        for k, one in enumerate(rows)
        for other in rows[k + 1 :]
    ]
    if not pairs:
        empty = np.zeros(0, dtype=np.int64)
        return BondAngles(empty, empty, np.zeros(0), np.zeros(0))
    first, second = np.array(pairs, dtype=np.int64).T
    apex = bonds.atom[first]
    places = bonds.places(model.frac)
    x = np.stack([places[first], model.frac[apex], places[second]])
    variances = np.stack(
        [
            _moved_variances(model, bonds, first),
            _variances(model, apex),
            _moved_variances(model, bonds, second),
        ]
    )
    rides = model.parent >= 0
    riding = rides[bonds.neighbour[first]] | rides[bonds.neighbour[second]] | rides[apex]

    def angle(x: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
        one, other = (x[0] - x[1]) @ axes, (x[2] - x[1]) @ axes
        product = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        cosine = np.einsum("mi,mi->m", one, other) / product
        return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))

    value, sigma = _with_sigma(angle, x, variances, cell, cell_sigma)
    # At 180° the derivative vanishes and says nothing.
    sigma = np.where(riding | (value > 179.9), 0.0, sigma)
    return BondAngles(first, second, value, sigma)


def _variances(model: AsymmetricUnit, atoms: NDArray[np.int64]) -> NDArray[np.float64]:
    if model.sigma_frac is None:
        return np.zeros((len(atoms), 3))
    return np.asarray(model.sigma_frac[atoms] ** 2)


def _moved_variances(
    model: AsymmetricUnit, bonds: Bonds, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Variances of the coordinates of neighbours, moved by their operations."""
    rotation = bonds.images.operations.rotations[bonds.operation[rows]].astype(np.float64)
    variances = _variances(model, bonds.neighbour[rows])
    return np.asarray(np.einsum("mij,mj->mi", rotation**2, variances))


def _with_sigma(
    value: _Value,
    places: NDArray[np.float64],
    variances: NDArray[np.float64],
    cell: gemmi.UnitCell,
    cell_sigma: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The value and its uncertainty by numerical derivatives: σ² = Σ (∂v/∂p)² σ_p²."""
    parameters = np.array(cell.parameters)
    axes = _axes(parameters)
    total = np.zeros(places.shape[1])
    for atom in range(len(places)):
        for axis in range(3):
            step = np.zeros(3)
            step[axis] = _STEP / parameters[axis]
            ahead, behind = places.copy(), places.copy()
            ahead[atom] += step
            behind[atom] -= step
            slope = (value(ahead, axes) - value(behind, axes)) / (2.0 * step[axis])
            total += slope**2 * variances[atom, :, axis]
    if cell_sigma is not None:
        for i in np.flatnonzero(cell_sigma > 0):
            step = _STEP * np.eye(6)[i]
            ahead, behind = _axes(parameters + step), _axes(parameters - step)
            slope = (value(places, ahead) - value(places, behind)) / (2.0 * _STEP)
            total += slope**2 * cell_sigma[i] ** 2
    return value(places, axes), np.sqrt(total)


def _axes(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array(gemmi.UnitCell(*parameters).orth.mat.tolist()).T
