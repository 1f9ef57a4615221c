"""Structure factors of amplitudes and phases, where both are known."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns

_LARGEST = 1e12


def terms_of(
    hkl: NDArray[np.int32],
    f: NDArray[np.float64],
    phi: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup | None,
    columns: MapColumns,
    name: str,
) -> Coefficients:
    """F · exp(iφ) of (n, 3) indices; F(000) and those without both values are left out.

    Parameters
    ----------
    phi : degrees.
    columns, name : where they were read, for messages.

    Raises
    ------
    UserError : there is no space group, there are no values, or they are absurd.
    """
    if spacegroup is None:
        raise UserError(
            f"{name} states no space group, so its map cannot be calculated: write the file again "
            "with it."
        )
    known = np.isfinite(f) & np.isfinite(phi) & hkl.any(axis=1)
    if not known.any() or not f[known].any():
        raise UserError(f"{name} has no values in {columns}: choose other columns.")
    values = f[known] * np.exp(1j * np.radians(phi[known]))
    if np.abs(values).max() > _LARGEST:
        raise UserError(f"{name} has absurd values in {columns}: it is damaged; get it again.")
    return Coefficients(hkl[known], values.astype(np.complex64), cell, spacegroup)
