"""Choose a twin law by a model: which second domain explains the misfit of the intensities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from patterson_gui.solvers.refinement.least_squares.minimise import Outcome
from patterson_gui.solvers.refinement.least_squares.reflection_data import TwinLaw, prepare
from patterson_gui.solvers.refinement.least_squares.structure_factors import calculate


@dataclass(frozen=True)
class TwinTrial:
    """A twin law with the fit of its share to a model that was refined without it.

    Attributes
    ----------
    fraction : share of the second domain.
    gain : share of the weighted misfit that it removes, the scale being refined too.
    """

    law: TwinLaw
    fraction: float
    gain: float


def best_twin_law(outcome: Outcome, laws: Sequence[TwinLaw]) -> TwinTrial | None:
    """The law that removes most of the misfit Σ w (Fo² − k((1 − t) Fc² + t F′c²))²; None where
    none fits with a positive share.

    F′c are calculated at the indices that the law gives.
    """
    data = outcome.parameters.data
    root = np.sqrt(outcome.weight)
    measured = data.merged.value * root
    atoms = outcome.parameters.atoms(outcome.state.model)
    n = len(measured)
    best: TwinTrial | None = None
    for law in laws:
        twin = prepare(data.merged, data.device, data.dtype, law)
        intensity = calculate(atoms, twin, outcome.state.inverted).intensity.cpu().numpy()
        single = intensity[:n] * root
        design = np.column_stack([single, intensity[n:] * root])
        alone = float(single @ measured) / float(single @ single)
        before = float(((measured - alone * single) ** 2).sum())
        scales, *_ = np.linalg.lstsq(design, measured, rcond=None)
        if scales.min() <= 0 or before <= 0:
            continue
        gain = 1.0 - float(((measured - design @ scales) ** 2).sum()) / before
        if best is None or gain > best.gain:
            best = TwinTrial(law, float(scales[1] / scales.sum()), gain)
    return best
