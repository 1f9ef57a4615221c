import itertools
from dataclasses import fields, replace

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Problem, Progress
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.retrieval import retrieve as retrieval
from patterson_gui.solvers.retrieval import search
from patterson_gui.solvers.retrieval.retrieve import retrieve, retrieve_many

SETTINGS = PredictionSettings(seed=1)


@pytest.fixture(scope="module")
def solved(dipeptide: Crystal) -> Prediction:
    assert dipeptide.amplitudes is not None
    return retrieve(dipeptide.amplitudes, dipeptide.composition, SETTINGS)


def test_a_dipeptide_is_solved_from_its_amplitudes(dipeptide: Crystal, solved: Prediction) -> None:
    comparison = compare_prediction(solved, dipeptide)
    assert comparison.aligned.r > 0.985
    assert comparison.aligned.phase_error_deg < 15
    assert solved.solved
    assert not solved.hand_determined


def test_arguments_of_a_predictor_hold_no_phases_and_no_coordinates() -> None:
    carried = {field.name for field in fields(Amplitudes)}
    assert carried == {"hkl", "f", "cell", "spacegroup", "sigma", "label", "absolute"}
    assert {field.name for field in fields(Composition)} == {"counts"}


def test_the_map_has_exactly_the_measured_moduli(solved: Prediction) -> None:
    data = solved.amplitudes
    f = coefficients_from_map(solved.density.grid, data.cell, data.hkl)
    assert np.allclose(np.abs(f), data.f, atol=1e-3 * data.f.max())


def test_the_phases_are_those_of_the_map(solved: Prediction) -> None:
    data = solved.amplitudes
    f = coefficients_from_map(solved.density.grid, data.cell, data.hkl)
    given = data.f * np.exp(1j * np.radians(solved.phases_deg.astype(float)))
    assert np.allclose(f, given, atol=1e-3 * data.f.max())


def test_the_centre_of_mass_lies_at_the_middle_of_the_cell(
    dipeptide: Crystal, solved: Prediction
) -> None:
    comparison = compare_prediction(solved, dipeptide)
    shift = np.array(comparison.shift_frac)
    shift -= np.round(shift)
    assert np.abs(shift * 12.0).max() < 0.4  # Å


def test_the_same_seed_gives_the_same_map(dipeptide: Crystal, solved: Prediction) -> None:
    again = retrieve(dipeptide.amplitudes, dipeptide.composition, SETTINGS)
    assert np.array_equal(again.density.grid, solved.density.grid)


def test_another_seed_gives_another_start(dipeptide: Crystal, solved: Prediction) -> None:
    other = retrieve(dipeptide.amplitudes, dipeptide.composition, PredictionSettings(seed=2))
    assert {s.seed for s in other.starts}.isdisjoint(s.seed for s in solved.starts)


def test_a_crystal_is_solved_the_same_alone_and_in_a_batch(
    dipeptide: Crystal, solved: Prediction
) -> None:
    assert dipeptide.amplitudes is not None
    problem = Problem(dipeptide.amplitudes, dipeptide.composition)
    batch = retrieve_many([problem] * 3, SETTINGS, [5, 1, 9])
    assert np.allclose(batch[1].density.grid, solved.density.grid, atol=1e-3)


def test_the_order_and_hemisphere_of_the_data_do_not_matter(
    dipeptide: Crystal, solved: Prediction
) -> None:
    data = dipeptide.amplitudes
    assert data is not None
    order = np.random.default_rng(0).permutation(len(data))
    shuffled = replace(data, hkl=-data.hkl[order], f=data.f[order])
    again = retrieve(shuffled, dipeptide.composition, SETTINGS)
    assert np.allclose(again.density.grid, solved.density.grid, atol=1e-3)


def noise_for(crystal: Crystal) -> Amplitudes:
    """The crystal's amplitudes given to the wrong reflections."""
    data = crystal.amplitudes
    assert data is not None
    return replace(data, f=np.random.default_rng(0).permutation(data.f))


def test_meaningless_amplitudes_are_not_called_solved(dipeptide: Crystal) -> None:
    prediction = retrieve(
        noise_for(dipeptide), dipeptide.composition, PredictionSettings(starts=8, iterations=60)
    )
    assert not prediction.solved
    assert "Not solved" in prediction.verdict


def test_makes_no_more_starts_than_allowed(dipeptide: Crystal) -> None:
    settings = PredictionSettings(starts=11, iterations=20)
    assert len(retrieve(noise_for(dipeptide), dipeptide.composition, settings).starts) == 11


def test_a_start_records_its_number_of_iterations(dipeptide: Crystal) -> None:
    """A start that is clearly right goes to its end at once; one that fails takes all."""
    long = PredictionSettings(seed=1, starts=8, iterations=400)
    right = retrieve(dipeptide.amplitudes, dipeptide.composition, long)
    wrong = retrieve(noise_for(dipeptide), dipeptide.composition, long)
    assert {start.iterations for start in right.starts} < set(range(40, 200))
    assert {start.iterations for start in wrong.starts} == {430}


def test_makes_no_more_starts_after_a_solution(solved: Prediction) -> None:
    assert len(solved.starts) == 8


def test_cancelling_ends_the_work(dipeptide: Crystal) -> None:
    endless = PredictionSettings(iterations=10**6)
    asked = itertools.count()
    with pytest.raises(Cancelled):
        retrieve(noise_for(dipeptide), None, endless, cancelled=lambda: next(asked) >= 3)
    assert next(asked) < 50  # it stopped soon after it was asked to


def test_progress_reports_starts_iterations_and_the_lowest_r(dipeptide: Crystal) -> None:
    reports: list[Progress] = []
    retrieve(dipeptide.amplitudes, dipeptide.composition, SETTINGS, reports.append)
    assert reports
    assert all(0 <= p.fraction <= 1 for p in reports)
    assert reports[-1].best_r is not None
    assert "starts 1–8" in reports[0].message
    alone: list[Progress] = []
    one = PredictionSettings(starts=1)
    retrieve(dipeptide.amplitudes, dipeptide.composition, one, alone.append)
    assert alone[0].message.startswith("start 1 of at most 1, iteration")
    previews = [p.preview for p in reports if p.preview is not None]
    assert previews[0].grid.std() == pytest.approx(
        dipeptide.truth.grid.std() if dipeptide.truth else 0, rel=0.2
    )


def test_rejects_too_few_reflections(dipeptide: Crystal) -> None:
    with pytest.raises(UserError, match="too few to phase"):
        retrieve(dipeptide.amplitudes, dipeptide.composition, PredictionSettings(d_min=9.0))


def test_reports_a_missing_gpu(dipeptide: Crystal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="--device cpu"):
        retrieve(dipeptide.amplitudes, dipeptide.composition, PredictionSettings(device="cuda"))


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("no room"), torch.AcceleratorError("CUDA error: unspecified")]
)
def test_falls_back_to_the_cpu_when_the_gpu_fails(
    error: RuntimeError, dipeptide: Crystal, solved: Prediction, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices: list[str] = []
    solve = search.Search.solve

    def fails_once(self: search.Search) -> list[torch.Tensor]:
        devices.append(self._device.type)
        if len(devices) == 1:
            raise error
        return solve(self)

    monkeypatch.setattr(search.Search, "solve", fails_once)
    monkeypatch.setattr(retrieval, "choose_device", lambda name: torch.device("meta"))
    prediction = retrieve(dipeptide.amplitudes, dipeptide.composition, SETTINGS)
    assert devices == ["meta", "cpu"]
    assert np.array_equal(prediction.density.grid, solved.density.grid)


def test_solves_data_of_a_space_group_in_p1_and_reports_agreement() -> None:
    """Ten carbon atoms in P2₁2₁2₁ at atomic resolution, amplitudes by gemmi's summation."""
    rng = np.random.default_rng(3)
    small = gemmi.SmallStructure()
    small.cell = gemmi.UnitCell(6.1, 7.3, 8.9, 90, 90, 90)
    small.spacegroup_hm = "P 21 21 21"
    while len(small.sites) < 7:
        site = gemmi.SmallStructure.Site()
        site.element, site.type_symbol = gemmi.Element("C"), "C"
        site.label = f"C{len(small.sites)}"
        site.fract = gemmi.Fractional(*rng.random(3))
        site.u_iso, site.occ = 0.03, 1.0
        near = [
            small.cell.find_nearest_image(
                small.cell.orthogonalize(site.fract), small.cell.orthogonalize(other.fract)
            ).dist()
            for other in small.sites
        ]
        if all(d > 1.4 for d in near):
            small.add_site(site)
    small.determine_and_set_spacegroup("1")
    assert len(small.cell.images) == 3
    group = gemmi.SpaceGroup("P 21 21 21")
    hkl = gemmi.make_miller_array(small.cell, group, 0.85)
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    f = np.array(
        [calculator.calculate_sf_from_small_structure(small, list(h)) for h in hkl.tolist()]
    )
    data = Amplitudes(hkl.astype(np.int32), np.abs(f).astype(np.float32), small.cell, group)
    prediction = retrieve(data, None, PredictionSettings(starts=16))
    assert prediction.amplitudes.spacegroup.hm == "P 1"
    assert prediction.solved
    # Independent of our metrics: the map's highest points lie where atoms are, up to origin
    # and hand, so the true phases are reproduced as well as the map's own.
    assert prediction.r_factor < 0.2


def test_notes_that_most_of_the_data_are_missing(dipeptide: Crystal) -> None:
    data = dipeptide.amplitudes
    assert data is not None
    third = data.select(np.arange(len(data)) % 3 == 0)
    prediction = retrieve(third, dipeptide.composition, PredictionSettings(starts=2, iterations=20))
    assert any("33 % of the reflections" in note for note in prediction.notes)
