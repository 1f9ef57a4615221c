"""Short refinements of trial models while atoms are searched: a few cycles, no esds.

Made for models of which many atoms may be wrong or have the wrong element.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.solvers.refinement.least_squares.figures import r1
from patterson_gui.solvers.refinement.least_squares.minimise import least_squares
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters, State
from patterson_gui.solvers.refinement.least_squares.reflection_data import ReflectionData
from patterson_gui.solvers.refinement.least_squares.weights import Weights

# Errors of the model dominate, so that weights are like those of |F|.
_TRIAL_WEIGHTS = Weights(a=0.2)
_LEAST_GAIN = 2e-3


@dataclass(frozen=True, eq=False)
class Trial:
    """A trial model after refinement.

    Attributes
    ----------
    model : refined positions, U and occupancies, which may exceed 1.
    parameters : order and site symmetries of the atoms.
    electrons : (n,) occupancy × atomic number: what the data give the site.
    calculated : (n_reflections,) k |F|².
    """

    model: AsymmetricUnit
    parameters: Parameters
    r1: float
    scale: float
    electrons: NDArray[np.float64]
    calculated: NDArray[np.float64]
    cycles: int


def refine_trial(
    data: ReflectionData,
    elements: Sequence[str],
    frac: NDArray[np.float64],
    *,
    u_iso: NDArray[np.float64] | float = 0.04,
    occ: NDArray[np.float64] | float = 1.0,
    cycles: int = 6,
    occupancies: bool | NDArray[np.bool_] = False,
    positions: bool = True,
    displacement: bool = True,
    scale: float | None = None,
    on_amplitudes: bool = False,
    special_tolerance: float = 0.3,
    cancelled: Callable[[], bool] = lambda: False,
) -> Trial:
    """Isotropic refinement of atoms at `frac` (n, 3) for at most `cycles` cycles.

    `occupancies` frees those of all atoms or of a mask (n,). If all are free, the scale keeps its
    first value, which is fitted to the start unless `scale` gives it. Atoms closer than
    `special_tolerance` Å to an image move onto the special position.

    Raises `Cancelled` soon after `cancelled()` turns true.
    """
    model = AsymmetricUnit.isotropic(tuple(elements), frac, u_iso)
    n = len(model)
    model.occ[:] = occ
    mask = np.broadcast_to(np.asarray(occupancies, dtype=bool), (n,)).copy()
    freedom = Freedom(
        scale=not mask.all() and scale is None,
        positions=positions,
        displacement=displacement,
        occupancies=mask,
    )
    parameters = Parameters(model, data, freedom, special_tolerance)
    state = State(parameters.place(model), scale=scale if scale is not None else 1.0)
    outcome = least_squares(
        state,
        parameters,
        _TRIAL_WEIGHTS,
        cycles,
        damping=1e-3,
        on_amplitudes=on_amplitudes,
        least_gain=_LEAST_GAIN,
        fit_scale=scale is None,
        cancelled=cancelled,
    )
    final = outcome.state
    z = np.array([gemmi.Element(element).atomic_number for element in elements], dtype=np.float64)
    return Trial(
        final.model,
        outcome.parameters,
        r1(data.merged.value, data.merged.sigma, outcome.calculated),
        final.scale,
        final.model.occ * z,
        outcome.calculated,
        outcome.cycles,
    )
