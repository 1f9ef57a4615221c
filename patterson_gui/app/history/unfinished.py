"""A prediction made of the best map of a search that was stopped."""

import math

import numpy as np

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.maps.centring import centre_of_density, shifted_phases
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Progress
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes


def unfinished_prediction(
    preview: DensityMap,
    r_factor: float | None,
    amplitudes: Amplitudes,
    settings: PredictionSettings,
    progress: Progress,
    seconds: float,
) -> Prediction:
    """The phases of a preview with the measured amplitudes, in the fixed frame.

    Parameters
    ----------
    preview : the best map that the search has shown, P1. Its amplitudes may be the measured ones,
        so that no figure can be calculated from it.
    r_factor : its R, as the search reported it; None: not known.
    amplitudes : the data that were searched; `settings.d_min` cuts them.
    progress : how far the search was.

    Returns
    -------
    A prediction that is not solved; its verdict says that it is not finished. Its density is on a
    grid that holds all reflections to its `d_min`, so that it can be compared with a truth.
    Self-consistency is NaN and figures of merit are zero: they are not known.
    """
    data = amplitudes.expand_to_p1()
    if settings.d_min is not None:
        data = data.cut(settings.d_min)
    # A preview may be coarser than the data; it has phases of what its grid can hold.
    held = np.asarray((2 * np.abs(data.hkl) < np.array(preview.shape)).all(axis=1))
    data = data.select(held)
    calculated = coefficients_from_map(preview.grid, data.cell, data.hkl)
    fo = data.f.astype(np.float64)
    phases = np.angle(calculated).astype(np.float64)
    phases = shifted_phases(phases, data.hkl, 0.5 - centre_of_density(preview.grid))
    shape = grid_shape(data.cell, data.d_min / 3.0, d_min=data.d_min)
    grid = map_from_terms(data.hkl, fo * np.exp(1j * phases), data.cell, shape)
    done, total = progress.starts_done, progress.starts_total
    how_far = f"after {done} of {total} starts" if total else f"at {progress.fraction:.0%}"
    return Prediction(
        density=preview.with_grid(grid),
        amplitudes=data,
        phases_deg=(np.degrees(phases) % 360.0).astype(np.float32),
        fom=np.zeros(len(data), dtype=np.float32),
        r_factor=math.nan if r_factor is None else r_factor,
        self_consistency=math.nan,
        solved=False,
        verdict=f"Not finished: stopped {how_far}. This is the best map that it showed.",
        hand_determined=False,
        settings=settings,
        seconds=seconds,
        notes=("Phased in P1: symmetry was not used.",),
    )
