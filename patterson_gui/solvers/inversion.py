"""Change a prediction to the other hand."""

from dataclasses import replace

import gemmi
import numpy as np

from patterson_gui.crystal.maps.density_map import invert_grid
from patterson_gui.crystal.prediction import Prediction


def invert_prediction(prediction: Prediction) -> Prediction:
    """The prediction with the other hand, which explains the amplitudes equally well.

    Density, phases and atoms are inverted through the middle of the cell, so that the centre of
    mass stays there."""
    phases = (-prediction.phases_deg) % np.float32(360.0)
    model = None if prediction.model is None else _invert_model(prediction.model)
    return replace(
        prediction,
        density=prediction.density.with_grid(invert_grid(prediction.density.grid)),
        phases_deg=phases,
        model=model,
    )


def _invert_model(model: gemmi.Structure) -> gemmi.Structure:
    """The model inverted through the middle of the cell."""
    copy = model.clone()
    twice_middle = copy.cell.orthogonalize(gemmi.Fractional(1, 1, 1))
    for cra in copy[0].all():
        cra.atom.pos = twice_middle - cra.atom.pos
    return copy
