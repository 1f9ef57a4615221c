"""Calculate the difference map of a predicted and a true density."""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import same_cell
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.fourier import fourier_interpolate


def difference_map(predicted: DensityMap, true: DensityMap) -> DensityMap:
    """The predicted minus the true density, in the units of the true one, both with zero mean.

    Both are brought to one grid by their Fourier terms. A prediction that is not on
    absolute scale is scaled to the truth by least squares first.

    Parameters
    ----------
    predicted, true : maps of the same cell; `predicted` is already aligned.

    Raises
    ------
    ValueError
        when the cells differ.
    """
    if not same_cell(predicted.cell, true.cell):
        raise ValueError(f"maps of different cells: {predicted.cell} and {true.cell}")
    nu, nv, nw = (max(a, b) for a, b in zip(predicted.shape, true.shape, strict=True))
    p, t = (_on_grid(each, (nu, nv, nw)) for each in (predicted, true))
    if not (predicted.absolute and true.absolute):
        square = float(np.vdot(p, p))
        p *= float(np.vdot(p, t)) / square if square > 0 else 0.0
    return true.with_grid(
        (p - t).astype(np.float32),
        spacegroup=predicted.spacegroup,
        kind=MapKind.DIFFERENCE,
        d_min=max((d for d in (predicted.d_min, true.d_min) if d is not None), default=None),
        name="predicted - true",
    )


def _on_grid(density: DensityMap, shape: tuple[int, int, int]) -> NDArray[np.float64]:
    grid = density.grid if density.shape == shape else fourier_interpolate(density.grid, shape)
    values = grid.astype(np.float64)
    return np.asarray(values - values.mean())
