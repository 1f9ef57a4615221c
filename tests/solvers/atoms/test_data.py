"""Weights of reflections in the refinement of atoms."""

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.solvers.atoms.data import refinement_data


def weights_of(f, sigma) -> np.ndarray:
    hkl = np.array([[1, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]], np.int32)[: len(f)]
    data = Amplitudes(
        hkl,
        np.array(f, np.float32),
        gemmi.UnitCell(10, 10, 10, 90, 90, 90),
        p1(),
        sigma=None if sigma is None else np.array(sigma, np.float32),
    )
    return refinement_data([data], (12, 12, 12), torch.device("cpu")).weight[0].numpy()


def test_weights_are_inverse_variances_of_sigma_and_two_per_cent_of_f_with_mean_one() -> None:
    inverse = np.array([1 / (0 + 4), 1 / (9 + 4), 1 / (1 + 1), 1 / (4 + 0.04)])
    weights = weights_of([100, 100, 50, 10], [0, 3, 1, 2])
    assert weights == pytest.approx(inverse / inverse.mean(), rel=1e-6)


def test_a_reflection_without_variance_gets_the_lowest_weight() -> None:
    inverse = np.array([1 / 13, 1 / 2, 1 / 13])
    weights = weights_of([100, 50, 0], [3, 1, 0])
    assert weights == pytest.approx(inverse / inverse.mean(), rel=1e-6)


@pytest.mark.parametrize(("f", "sigma"), [([5, 7, 9], None), ([0, 0, 0], [0, 0, 0])])
def test_reflections_without_sigma_or_without_any_variance_get_equal_weights(f, sigma) -> None:
    assert weights_of(f, sigma).tolist() == [1.0, 1.0, 1.0]
