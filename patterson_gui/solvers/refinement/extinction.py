"""Whether extinction shows, before it is refined."""

import numpy as np

from patterson_gui.solvers.refinement.least_squares.figures import goodness_of_fit
from patterson_gui.solvers.refinement.least_squares.minimise import Outcome
from patterson_gui.solvers.refinement.least_squares.reflection_data import ReflectionData


def extinction_estimate(outcome: Outcome, data: ReflectionData) -> tuple[float, float]:
    """x and σ(x) of a linear fit of scale and extinction to the residuals.

    To first order I/√(1 + x q I) = I − x q I²/2.
    """
    if data.extinction_terms is None or outcome.state.extinction > 0:
        return 0.0, 1.0
    q = data.extinction_terms.cpu().numpy()
    by_scale = outcome.calculated
    by_x = -0.5 * q * outcome.calculated**2 / outcome.state.scale
    residual = data.merged.value - outcome.calculated
    root = np.sqrt(outcome.weight)
    design = np.column_stack([by_scale, by_x]) * root[:, None]
    norms = np.linalg.norm(design, axis=0)
    if not norms.all():
        return 0.0, 1.0
    solution, *_ = np.linalg.lstsq(design / norms, residual * root, rcond=None)
    inverse = np.linalg.pinv((design / norms).T @ (design / norms))
    sigma = np.sqrt(inverse[1, 1]) * goodness_of_fit(outcome)
    return float(solution[1] / norms[1]), float(sigma / norms[1])
