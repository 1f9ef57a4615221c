from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import Prediction, PredictionSettings
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.solvers.retrieval.network_density import judge_network_density


def proposal(crystal: Crystal, error_deg: float) -> Prediction:
    """The measured amplitudes with true phases that are off by so much: R is 0 in any case."""
    data = crystal.amplitudes
    true = coefficients_from_map(crystal.truth.grid, data.cell, data.hkl)
    errors = np.random.default_rng(0).normal(0.0, np.radians(error_deg), len(data))
    terms = true * np.exp(1j * errors)
    grid = map_from_terms(data.hkl, terms, data.cell, (24, 24, 24))
    density: DensityMap = crystal.truth.with_grid(grid)
    return Prediction(
        density=density,
        amplitudes=data,
        phases_deg=np.degrees(np.angle(terms)).astype(np.float32),
        fom=np.ones(len(data), np.float32),
        r_factor=0.0,
        self_consistency=1.0,
        solved=False,
        verdict="",
        hand_determined=True,
        settings=PredictionSettings(method="network"),
    )


@pytest.mark.parametrize(
    ("error_deg", "solved"), [(0, True), (25, True), (60, False), (200, False)]
)
def test_wrong_phases_with_right_amplitudes_are_not_called_solved(
    dipeptide: Crystal, error_deg: float, solved: bool
) -> None:
    given = proposal(dipeptide, error_deg)
    answer = judge_network_density(given, 11)
    assert answer.solved == solved
    assert answer.r_factor > 0.02
    assert answer.density is given.density


def test_worse_phases_have_a_higher_r(dipeptide: Crystal) -> None:
    r = [
        judge_network_density(proposal(dipeptide, error), 11).r_factor for error in (0, 20, 40, 80)
    ]
    assert r == sorted(r)


def test_unknown_content_and_full_cells_are_not_judged(dipeptide: Crystal) -> None:
    given = proposal(dipeptide, 0)
    for n_atoms in (None, 90):
        answer = judge_network_density(replace(given, solved=True), n_atoms)
        assert not answer.solved
        assert answer.verdict.startswith("Not judged")
