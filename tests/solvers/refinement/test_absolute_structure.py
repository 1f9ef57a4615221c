"""Inversion of models, and Flack parameters of data with known shares of inverted domains."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.solvers.refinement.absolute_structure import (
    flack_from_intensities,
    flack_from_quotients,
    invert,
)
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare
from patterson_gui.solvers.refinement.least_squares.structure_factors import Calculated, calculate

_ELEMENTS = ("C", "Br", "O", "S", "N")


def _merged(group: str, mates: bool = True) -> MergedIntensities:
    spacegroup = gemmi.SpaceGroup(group)
    cell = gemmi.UnitCell(*((8, 8, 11, 90, 90, 90) if "4" in group else (7, 8, 9, 90, 90, 90)))
    if "3" in group:
        cell = gemmi.UnitCell(8, 8, 11, 90, 90, 120)
    hkl = gemmi.make_miller_array(cell, spacegroup, 1.0).astype(np.int32)
    if mates:
        centric = spacegroup.operations().centric_flag_array(hkl).astype(bool)
        hkl = np.concatenate([hkl, -hkl[~centric]])
    n = len(hkl)
    return MergedIntensities(
        hkl, np.ones(n), np.ones(n), np.ones(n, int), cell, spacegroup, False, 1.54184
    )


def _model() -> AsymmetricUnit:
    return AsymmetricUnit.isotropic(_ELEMENTS, np.random.default_rng(3).random((5, 3)), 0.03)


def _calculated(merged: MergedIntensities, model: AsymmetricUnit, x: float = 0.0) -> Calculated:
    data = prepare(merged, dtype=torch.float64)
    return calculate(Parameters(model, data, Freedom()).atoms(model), data, x)


@pytest.mark.parametrize("group", ["P 41", "P 31 2 1", "F d d 2", "I 41", "P 21 21 21", "I -4 2 d"])
def test_inverted_model_has_the_intensities_of_the_friedel_mates(group: str) -> None:
    merged, model = _merged(group), _model()
    mirrored, spacegroup = invert(model, merged.spacegroup)
    mates = replace(merged, hkl=-merged.hkl, spacegroup=spacegroup)
    first = _calculated(merged, model).intensity.numpy()
    assert _calculated(mates, mirrored).intensity.numpy() == pytest.approx(first)


@pytest.mark.parametrize("x", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("mates", [True, False])
def test_finds_the_share_of_inverted_domains(x: float, mates: bool) -> None:
    merged, model = _merged("P 21 21 21", mates), _model()
    value = 2.0 * _calculated(merged, model, x).intensity.numpy()
    sigma = 0.01 * value + 0.001 * value.mean()
    value = value + sigma * np.random.default_rng(0).normal(size=len(value))
    merged = replace(merged, value=value, sigma=sigma)
    upright = _calculated(merged, model)
    fit = 2.0 * upright.intensity.numpy()
    if mates:
        flack = flack_from_quotients(merged, fit)
    else:
        assert flack_from_quotients(merged, fit) is None
        by_x = 2.0 * upright.enantiomer.numpy()
        flack = flack_from_intensities(merged, fit, 1 / sigma**2, by_x)
    assert flack is not None
    assert flack.sigma < 0.05
    assert abs(flack.x - x) < 3 * flack.sigma + 0.01


def test_has_no_flack_parameter_where_mates_are_merged() -> None:
    merged = replace(_merged("P 21 21 21", mates=False), friedel_merged=True)
    assert flack_from_quotients(merged, merged.value) is None
