"""Measured data made similar to the training data of a network, without the network."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import PredictionSettings, Problem
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, structure_factors
from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
from patterson_gui.nets.inference.prepare_data import prepare, stack_data

CELL = gemmi.UnitCell(10, 11, 12, 90, 90, 90)
CARD = ModelCard(
    name="small",
    network="resunet1",
    scales=CardScales(patterson=60.0, density=4.0),
    data=SeenData(cell_edges=(10.0, 12.0), d_min=(1.5, 1.5), spacing=0.5, b_iso=(15.0, 25.0)),
)
CONTENT = Composition({"C": 30, "N": 9, "O": 11})
SETTINGS = PredictionSettings(method="network", device="cpu")


def measured(b: float = 20.0, scale: float = 0.02) -> Amplitudes:
    """Amplitudes of 50 random atoms with this B, on a relative scale."""
    symbols = ("C",) * 30 + ("N",) * 9 + ("O",) * 11
    positions = np.random.default_rng(1).uniform(0, 1, (50, 3))
    atoms = Scatterers(symbols, positions, np.full(50, b), np.ones(50))
    data = structure_factors(atoms, CELL, p1(), 1.5).amplitudes()
    return replace(data, f=data.f * np.float32(scale), absolute=False)


def absolute(d_min: float = 1.5) -> Amplitudes:
    hkl = unique_reflections(CELL, p1(), d_min)
    f = np.random.default_rng(0).rayleigh(10.0, len(hkl)).astype(np.float32)
    return Amplitudes(hkl, f, CELL, p1(), absolute=True)


def test_absolute_data_are_not_scaled() -> None:
    prepared = prepare(Problem(absolute(), None), SETTINGS, CARD)
    assert np.array_equal(prepared.f_absolute, prepared.data.f)
    assert prepared.notes == ()


@pytest.mark.parametrize(("b", "wanted"), [(20.0, 20.0), (80.0, 33.0), (1.0, 7.0)])
def test_scaled_data_have_the_b_of_the_training_data(b: float, wanted: float) -> None:
    """The B of the result is within 8 Å² of the range 15–25 Å² of the training."""
    prepared = prepare(Problem(measured(b), CONTENT), SETTINGS, CARD)
    same_b = prepare(Problem(measured(wanted), CONTENT), SETTINGS, CARD)
    ratio = prepared.f_absolute.astype(float) / same_b.f_absolute
    slope = np.polyfit(1 / (4 * prepared.data.d**2), np.log(ratio), 1)[0]
    assert abs(slope) < 6.0  # Å²: the uncertainty of two Wilson plots
    assert ("brought to" in prepared.notes[-1]) == (b != wanted)


def test_the_measured_scale_does_not_matter() -> None:
    one, other = (
        prepare(Problem(measured(scale=scale), CONTENT), SETTINGS, CARD) for scale in (0.02, 7.0)
    )
    assert other.f_absolute == pytest.approx(one.f_absolute, rel=1e-3)


def test_settings_can_cut_the_data_further() -> None:
    prepared = prepare(Problem(absolute(), None), replace(SETTINGS, d_min=2.0), CARD)
    assert prepared.data.d_min >= 2.0 - 1e-6
    assert "2.00 Å" in prepared.notes[0]


def test_rejects_data_with_few_reflections() -> None:
    few = absolute().select(np.arange(len(absolute())) < 19)
    with pytest.raises(UserError, match="Only 19 reflections"):
        prepare(Problem(few, None), SETTINGS, CARD)


def test_rejects_an_unknown_content_if_the_scale_needs_it() -> None:
    with pytest.raises(UserError, match="give its number of atoms"):
        prepare(Problem(measured(), None), SETTINGS, CARD)


def test_a_number_of_atoms_replaces_an_unknown_content() -> None:
    by_content = prepare(Problem(measured(), CONTENT), SETTINGS, CARD)
    by_number = prepare(Problem(measured(), None), replace(SETTINGS, n_atoms=50), CARD)
    ratio = by_number.f_absolute.mean() / by_content.f_absolute.mean()
    assert ratio == pytest.approx(1.0, abs=0.02)


def test_the_half_spectrum_holds_both_friedel_mates_and_marks_missing_terms() -> None:
    whole = absolute()
    missing = (whole.hkl == [1, 2, 0]).all(axis=1)
    assert missing.sum() == 1
    prepared = prepare(Problem(whole.select(~missing), None), SETTINGS, CARD)
    data = stack_data([prepared], (20, 24, 24))
    moduli, observed = data.moduli[0].numpy(), data.observed[0].numpy()
    for i in range(0, len(prepared.data), 7):
        hkl = prepared.data.hkl[i]
        mates = [tuple(mate) for mate in (hkl, -hkl) if mate[2] >= 0]
        assert all(moduli[mate] == prepared.f_absolute[i] for mate in mates)
    absent = {(1, 2, 0), (19, 22, 0)}  # the second is (−1, −2, 0)
    assert set(zip(*(axis.tolist() for axis in np.nonzero(~observed)), strict=True)) == absent
    in_plane = int((prepared.data.hkl[:, 2] == 0).sum())
    assert moduli.astype(bool).sum() == len(prepared.data) + in_plane
