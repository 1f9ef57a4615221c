"""Kept predictions: finished ones, the best map of a stopped one, saving, comparing two."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.app.history.compare_two import ComparedPair
from patterson_gui.app.history.unfinished import unfinished_prediction
from patterson_gui.app.predict import PredictState
from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.centring import centre_of_density
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.prediction import PredictionSettings, Progress
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.resources import example_path
from tests.app.workbench_driver import WorkbenchDriver


def predict(driver: WorkbenchDriver, seed: int = 0) -> None:
    driver.workbench.settings.prediction.seed = seed
    driver.workbench.predicting.start()
    driver.wait_until_idle()


def test_keeps_each_prediction_with_its_figures(driver: WorkbenchDriver, fragment: Crystal) -> None:
    driver.workbench.show(fragment)
    driver.predictor.truth = fragment
    for seed in (0, 1):
        predict(driver, seed)
    kept = driver.workbench.predicting.kept
    assert [item.name for item in kept.items] == ["Prediction 1", "Prediction 2"]
    assert kept.shown is kept.items[1]
    assert all(item.r is not None and item.r > 0.9 for item in kept.items)
    driver.workbench.predicting.show_kept(kept.items[0])
    driver.wait_until_idle()
    assert driver.document.prediction is kept.items[0].prediction
    assert kept.shown is kept.items[0]
    kept.remove(kept.items[0])  # the one that is shown stays
    assert len(kept.items) == 2
    kept.rename(kept.items[0], " first ")
    kept.rename(kept.items[1], "  ")
    assert [item.name for item in kept.items] == ["first", "Prediction 2"]


def test_predictions_go_with_their_crystal(driver: WorkbenchDriver, fragment: Crystal) -> None:
    driver.workbench.show(fragment)
    predict(driver)
    assert len(driver.workbench.unsaved_predictions) == 1
    driver.workbench.show(fragment)
    assert driver.workbench.predicting.kept.items == []


def test_a_stopped_prediction_keeps_its_best_map(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(fragment)
    predict(driver)
    driver.predictor.previews = True
    driver.predictor.go.clear()
    predicting = driver.workbench.predicting
    predicting.start()
    driver.mailbox.pump(lambda: predicting.preview is not None)
    predicting.cancel()
    driver.wait_until_idle()
    assert predicting.state is PredictState.IDLE
    assert predicting.preview is None
    first, second = predicting.kept.items
    assert (first.finished, second.finished) == (True, False)
    shown = driver.document.prediction
    assert shown is second.prediction
    assert not shown.solved
    assert shown.verdict.startswith("Not finished: stopped after ")
    assert predicting.kept.unsaved == [first]
    assert driver.errors() == []


def test_of_several_previews_the_one_of_lowest_r_is_kept(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(fragment)
    predicting = driver.workbench.predicting
    density = fragment.truth or true_density(fragment.model, 1.5, 0.5)
    maps = [density.with_grid(density.grid * factor) for factor in (1, 2, 3, 4)]
    for r, preview in zip((0.5, 0.3, 0.4, None), maps, strict=True):
        predicting._keep_better(r, preview)
    assert predicting._best == (0.3, maps[1])
    predicting.forget_progress()
    assert predicting._best is None


def test_opening_another_crystal_keeps_nothing_of_a_stopped_prediction(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(fragment)
    driver.predictor.previews = True
    driver.predictor.go.clear()
    predicting = driver.workbench.predicting
    predicting.start()
    driver.mailbox.pump(lambda: predicting.preview is not None)
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert predicting.kept.items == []
    assert driver.document.prediction is None


def test_the_phases_of_an_unfinished_prediction_are_those_of_its_map(fragment: Crystal) -> None:
    data, model = fragment.amplitudes, fragment.model
    assert data is not None
    assert model is not None
    density = true_density(model, data.d_min, data.d_min / 3)
    progress = Progress(0.4, "start 2 of 5", starts_done=2, starts_total=5)
    found = unfinished_prediction(density, 0.3, data, PredictionSettings(), progress, 1.0)
    assert found.r_factor == 0.3
    # Nothing that the measured amplitudes in the map would make look perfect.
    assert np.isnan(found.self_consistency)
    assert not found.fom.any()
    assert found.verdict.startswith("Not finished: stopped after 2 of 5 starts.")
    assert centre_of_density(found.density.grid) == pytest.approx([0.5] * 3, abs=1e-3)
    shift = 0.5 - centre_of_density(density.grid)
    points = np.random.default_rng(0).random((500, 3))
    moved = found.density.value_at(points + shift)
    assert np.corrcoef(moved, density.value_at(points))[0, 1] > 0.995


def test_a_preview_coarser_than_the_data_phases_what_its_grid_holds(fragment: Crystal) -> None:
    data, model = fragment.amplitudes, fragment.model
    assert data is not None
    assert model is not None
    preview = true_density(model, 2 * data.d_min)
    found = unfinished_prediction(preview, 0.4, data, PredictionSettings(), Progress(0.5, ""), 1.0)
    every = data.expand_to_p1()
    held = (2 * np.abs(every.hkl) < np.array(preview.shape)).all(axis=1)
    assert 0 < held.sum() < len(every)
    np.testing.assert_array_equal(found.amplitudes.hkl, every.hkl[held])
    np.testing.assert_array_equal(found.amplitudes.f, every.f[held])
    # Its own map is fine enough to be compared with the truth.
    assert (2 * np.abs(every.hkl) < np.array(found.density.shape)).all()
    assert compare_prediction(found, fragment).aligned.r > 0.4
    assert not found.solved


def test_two_predictions_are_compared_whatever_their_origin_and_hand(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(fragment)
    driver.predictor.truth, driver.predictor.error_deg = fragment, 5.0
    predict(driver, 0)
    driver.predictor.inverted = False
    predict(driver, 1)
    predicting, document = driver.workbench.predicting, driver.document
    first, second = predicting.kept.items
    predicting.compare(first, second)
    driver.wait_until_idle()
    pair = document.compared
    assert isinstance(pair, ComparedPair)
    assert (pair.shown, pair.other) == (second, first)  # the one that is shown stays
    assert pair.comparison.inverted
    assert pair.comparison.aligned.r > 0.9
    assert "as its mirror image" in pair.sentence
    shown = document.displayed_prediction
    assert shown is second.prediction.density  # as predicted, so that both agree
    points = np.random.default_rng(0).random((500, 3))
    assert np.corrcoef(pair.density.value_at(points), shown.value_at(points))[0, 1] > 0.9
    predicting.show_kept(first)
    driver.wait_until_idle()
    assert document.compared is None


def test_a_saved_prediction_is_saved_with_its_crystal(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    driver.workbench.show(fragment)
    for seed in (0, 1, 2):
        predict(driver, seed)
    kept, done = driver.workbench.predicting.kept, []
    first, *others = kept.items
    driver.saver.save_prediction(tmp_path / "one.pgz", first, lambda: done.append("one"))
    driver.wait_until_idle()
    assert first.saved
    assert kept.unsaved == others
    contents = read_bundle(tmp_path / "one.pgz")
    assert contents.prediction is not None
    assert contents.prediction.settings.seed == 0
    (tmp_path / "all").mkdir()
    mine = tmp_path / "all" / driver.saver.suggested_name("bundle").replace(".pgz", "-1.pgz")
    mine.write_text("of the user")
    driver.saver.save_predictions(tmp_path / "all", others, lambda: done.append("all"))
    driver.wait_until_idle()
    assert kept.unsaved == []
    assert mine.read_text() == "of the user"
    mine.unlink()
    assert done == ["one", "all"]
    seeds = [read_bundle(path).prediction for path in sorted((tmp_path / "all").iterdir())]
    assert [p.settings.seed for p in seeds if p is not None] == [1, 2]


def test_a_prediction_that_cannot_be_saved_stays_unsaved(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    driver.workbench.show(fragment)
    predict(driver)
    (item,) = driver.workbench.predicting.kept.items
    missing = tmp_path / "no such folder" / "a.pgz"
    driver.saver.save_prediction(missing, item, lambda: pytest.fail("it went on"))
    driver.wait_until_idle()
    assert not item.saved
    assert len(driver.errors()) == 1


def test_nobody_is_asked_about_an_example(driver: WorkbenchDriver) -> None:
    driver.workbench.open_example()
    driver.wait_until_idle()
    predict(driver)
    crystal = driver.document.crystal
    assert crystal is not None
    assert crystal.source == example_path()
    assert driver.workbench.predicting.kept.unsaved
    assert driver.workbench.unsaved_predictions == []
