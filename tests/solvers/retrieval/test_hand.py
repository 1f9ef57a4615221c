import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind, invert_grid
from patterson_gui.crystal.prediction import Prediction, PredictionSettings
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.solvers.inversion import invert_prediction
from patterson_gui.solvers.pipeline import predict
from patterson_gui.solvers.retrieval.hand import correlation_by_hand


@pytest.fixture(scope="module")
def prediction(dipeptide: Crystal) -> Prediction:
    settings = PredictionSettings(method="retrieval", atoms=False)
    return predict(dipeptide.amplitudes, dipeptide.composition, settings)


def test_the_other_hand_has_the_same_moduli_and_opposite_phases(prediction: Prediction) -> None:
    other = invert_prediction(prediction)
    f = coefficients_from_map(other.density.grid, other.density.cell, other.amplitudes.hkl)
    strong = other.amplitudes.f > np.median(other.amplitudes.f)
    assert np.abs(f)[strong] == pytest.approx(other.amplitudes.f[strong], rel=1e-3)
    apart = np.angle(f * np.exp(-1j * np.radians(other.phases_deg)))
    assert np.abs(apart[strong]).max() < 1e-3


def test_one_of_the_two_hands_is_the_truth_without_being_aligned(
    prediction: Prediction, dipeptide: Crystal
) -> None:
    both = [compare_prediction(p, dipeptide) for p in (prediction, invert_prediction(prediction))]
    assert max(c.fixed.r for c in both) > 0.97
    assert both[0].inverted != both[1].inverted


def test_a_model_is_inverted_with_its_density(prediction: Prediction, dipeptide: Crystal) -> None:
    from dataclasses import replace

    other = invert_prediction(replace(prediction, model=dipeptide.model))
    for one, two in zip(dipeptide.model[0].all(), other.model[0].all(), strict=True):
        middle = (np.array(one.atom.pos.tolist()) + np.array(two.atom.pos.tolist())) / 2
        assert middle == pytest.approx([6, 6, 6])
    assert isinstance(other.model, gemmi.Structure)


def test_a_density_is_most_like_its_own_hand(prediction: Prediction, dipeptide: Crystal) -> None:
    as_is, inverse = correlation_by_hand(prediction.density, dipeptide.truth)
    comparison = compare_prediction(prediction, dipeptide)
    assert (as_is > inverse) == (not comparison.inverted)
    assert max(as_is, inverse) > 0.95
    swapped = correlation_by_hand(invert_prediction(prediction).density, dipeptide.truth)
    assert swapped == pytest.approx((inverse, as_is), abs=1e-3)


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("inverted", [False, True])
def test_shifts_up_to_two_angstrom_along_each_axis_are_tried(
    axis: int, sign: int, inverted: bool
) -> None:
    # Uncorrelated densities on grids of 0.5 Å, in a cell with three different edges.
    cell = gemmi.UnitCell(12, 18, 9, 90, 90, 90)
    grid = np.random.default_rng(0).normal(size=(24, 36, 18)).astype(np.float32)

    def r_after(steps: int) -> float:
        moved = np.roll(invert_grid(grid) if inverted else grid, sign * steps, axis)
        maps = [DensityMap(g, cell, p1(), MapKind.PREDICTED, 1.5) for g in (grid, moved)]
        return correlation_by_hand(*maps)[int(inverted)]

    assert r_after(4) == pytest.approx(1.0, abs=1e-4)
    assert r_after(5) < 0.2
