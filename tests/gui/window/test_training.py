"""The main window: start, watch, pause, stop and resume a training; close during one."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QMessageBox

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.settings import SettingsStore
from patterson_gui.app.training.training import Training, TrainingState
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.train.dialog import TrainDialog
from patterson_gui.gui.rendering.contouring import Contour, ContourRequest, compute_contour
from patterson_gui.gui.viewer3d import map_contour
from patterson_gui.io.training import run_folder
from patterson_gui.io.training.events import Finished
from patterson_gui.io.training.run_folder import Preview
from tests.app.example_datasets import write_small_dataset
from tests.gui.main_window_driver import MainWindowDriver, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture
def driver(driver: MainWindowDriver) -> Iterator[MainWindowDriver]:
    yield driver
    if not sip.isdeleted(driver.window):
        training(driver).kill()
        driver.wait(lambda: not training(driver).active)


def training(driver: MainWindowDriver) -> Training:
    return driver.workbench.training


def fill_in(
    driver: MainWindowDriver, tmp_path: Path, name: str = "toy", epochs: int = 100_000
) -> TrainDialog:
    """Open the train dialog from the menu and fill it in."""
    driver.press("train")
    dialog = driver.dialog(TrainDialog)
    data = tmp_path / "data.h5"
    if not data.exists():
        write_small_dataset(data)
    for key, value in (
        ("data", data), ("output", tmp_path / name), ("name", name), ("epochs", epochs),
    ):  # fmt: skip
        dialog.form.fields[key].set_value(value)
    dialog.form.fields["data"].changed.emit()
    return dialog


def begin(
    driver: MainWindowDriver, tmp_path: Path, name: str = "toy", epochs: int = 100_000
) -> None:
    driver.click(fill_in(driver, tmp_path, name, epochs).start)
    driver.wait(lambda: training(driver).active)


def reach(driver: MainWindowDriver, epoch: int) -> None:
    driver.wait(lambda: len(training(driver).records) >= epoch)


def test_the_dialog_begins_with_the_settings_of_the_last_training(
    driver: MainWindowDriver, tmp_path: Path, own_settings: Path
) -> None:
    dialog = fill_in(driver, tmp_path)
    dialog.form.fields["learning_rate"].set_value(0.0123)
    dialog.form.fields["learning_rate"].changed.emit()
    driver.click(dialog.start)
    driver.wait(lambda: training(driver).active)
    training(driver).kill()
    driver.wait(lambda: not training(driver).active)
    assert SettingsStore(own_settings).settings.training is not None
    driver.press("train")
    again = driver.dialog(TrainDialog)
    values = again.form.values()
    assert values["learning_rate"] == pytest.approx(0.0123)
    assert values["epochs"] == 100_000
    assert values["data"] == tmp_path / "data.h5"
    assert values["name"] == ""
    assert values["output"] not in (None, tmp_path / "toy")
    assert "Learning rate" in again.preset_words.text()


def test_trains_from_the_menu_and_lists_the_trained_network(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path, epochs=3)
    panel = driver.window.training.panel
    assert driver.window.tables.currentWidget() is panel
    reach(driver, 1)
    assert "training" in driver.window.windowTitle()
    driver.wait(lambda: not training(driver).active)
    assert panel.name.text() == "toy"
    assert panel.state_words.text() == "All epochs are done."
    assert len(panel.plots.loss.plot.listDataItems()[0].getData()[0]) == 3
    driver.wait(lambda: any(choice.name == "toy" for choice in driver.workbench.networks.choices))
    assert any("“toy”" in text for text in driver.toasts())
    assert driver.window.window_actions["train"].iconText() == "Train…"


def test_the_dialog_suggests_the_open_data_set_and_an_unused_folder(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    driver.drop(write_small_dataset(tmp_path / "proteins.h5"))
    driver.wait(lambda: driver.window.datasets.viewer is not None)
    driver.wait_until_idle()
    viewer = driver.window.datasets.viewer
    assert viewer is not None
    driver.click(viewer.train)
    dialog = driver.dialog(TrainDialog)
    assert dialog.form.fields["data"].value() == tmp_path / "proteins.h5"
    assert dialog.form.fields["output"].value().name == "proteins-1"
    assert dialog.settings() is not None
    driver.wait(lambda: dialog.cost.text().startswith("About 3 s an epoch"))
    box = dialog.form.fields["network"].box  # type: ignore[attr-defined]
    driver.wait(lambda: box.findData("resunet2") >= 0)
    dialog.reject()


def test_shows_a_failed_estimate_in_the_dialog(driver: MainWindowDriver, tmp_path: Path) -> None:
    dialog = fill_in(driver, tmp_path, name="no memory")
    driver.wait(lambda: dialog.cost.text() == "The disk is full.")
    assert driver.toasts() == []
    dialog.reject()


def test_pauses_and_resumes_by_the_buttons(driver: MainWindowDriver, tmp_path: Path) -> None:
    begin(driver, tmp_path)
    reach(driver, 1)
    panel = driver.window.training.panel
    driver.click(panel.pause)
    assert training(driver).state is TrainingState.PAUSED
    assert panel.state_words.text().startswith("Paused")
    driver.press("pause_training")
    assert training(driver).state is TrainingState.RUNNING
    driver.click(panel.stop)
    driver.wait(lambda: not training(driver).active)


def test_a_stopped_run_is_resumed_from_its_panel(driver: MainWindowDriver, tmp_path: Path) -> None:
    begin(driver, tmp_path)
    reach(driver, 2)
    driver.press("stop_training")
    driver.wait(lambda: not training(driver).active)
    done = len(training(driver).records)
    driver.click(driver.window.training.panel.again)
    dialog = driver.dialog(TrainDialog)
    dialog.form.fields["epochs"].set_value(done + 1)
    dialog.form.fields["epochs"].changed.emit()
    driver.click(dialog.start)
    driver.wait(lambda: training(driver).end is not None and not training(driver).active)
    assert [r.epoch for r in training(driver).records] == list(range(1, done + 2))


def test_a_folder_without_a_run_cannot_be_resumed(driver: MainWindowDriver, tmp_path: Path) -> None:
    driver.window.training._start.resume_run(tmp_path)
    driver.wait(lambda: bool(driver.toasts()))
    assert "holds no training" in driver.toasts()[0]


def test_refuses_a_second_training_and_shows_the_first(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path)
    reach(driver, 1)
    driver.window.tables.setCurrentWidget(driver.window.jobs)
    driver.press("train")
    assert driver.window.tables.currentWidget() is driver.window.training.panel
    assert "Only one training can run at a time" in driver.toasts()[-1]
    assert not any(isinstance(w, TrainDialog) for w in shown_windows())


def test_shows_the_validation_example_of_each_epoch(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    driver.open_example()
    crystal = driver.document.crystal
    true = driver.window.views.view(MapKind.TRUE).density
    begin(driver, tmp_path)
    reach(driver, 1)
    commands, example = driver.window.training, driver.window.training.example
    driver.wait(commands.panel.example.isEnabled)
    driver.click(commands.panel.example)
    assert example.views is not None
    assert example.views.isVisible()
    assert not driver.window.views.isVisible()
    view = example.views.views.view(MapKind.PREDICTED)
    first = view.density
    assert first is not None
    driver.wait(lambda: view.density is not first)
    assert "1abc A:10-11" in example.views.words.text()
    driver.window.layers.level_changed.emit(LayerKey.PREDICTED, 3.25)
    assert view.level == 3.25
    assert crystal is not None
    assert example.views.back.text() == f"Back to {crystal.name}"
    driver.window.saving.copy_picture()
    assert QApplication.clipboard().image().size() == driver.window.centre.shown_views.size()
    driver.click(example.views.back)
    assert driver.window.views.isVisible()
    assert driver.document.crystal is crystal
    assert driver.window.views.view(MapKind.TRUE).density is true


def test_opening_a_file_brings_the_crystals_views_back(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path)
    reach(driver, 1)
    driver.wait(lambda: training(driver).example is not None)
    driver.press("show_example")
    assert driver.window.training.example.shown
    driver.workbench.open_example()
    driver.wait(lambda: not driver.window.training.example.shown)
    assert driver.window.views.isVisible()
    assert not driver.window.window_actions["show_example"].isChecked()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_killed_training_process_gives_one_sentence(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path)
    reach(driver, 1)
    run = training(driver)._process
    assert run is not None
    os.kill(run.pid, signal.SIGKILL)
    driver.wait(lambda: not training(driver).active)
    toast = driver.window.toasts.toasts[-1]
    assert toast.error
    assert "SIGKILL" in toast.text
    assert toast.details_button is not None
    assert "SIGKILL" in driver.window.training.panel.state_words.text()
    driver.open_example()


def test_closing_while_training_can_be_cancelled(driver: MainWindowDriver, tmp_path: Path) -> None:
    begin(driver, tmp_path)
    reach(driver, 1)
    driver.window.close()
    driver.answer("Keep working")
    assert driver.window.isVisible()
    assert training(driver).state is TrainingState.RUNNING


def test_closing_can_stop_the_training_with_a_checkpoint(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path)
    reach(driver, 1)
    run, window = training(driver), driver.window
    with driver.qtbot.waitSignal(window.closed, timeout=30_000):
        window.close()
        driver.answer("Stop with a checkpoint and close")
    assert isinstance(run.end, Finished)
    assert run.end.reason == "stopped"
    assert (tmp_path / "toy" / "checkpoint.json").exists()


def test_closing_can_wait_for_the_end_of_the_training(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path, epochs=15)
    reach(driver, 1)
    run, window = training(driver), driver.window
    with driver.qtbot.waitSignal(window.closed, timeout=60_000):
        window.close()
        driver.answer("Close when it is done")
        assert window.isVisible()
    assert isinstance(run.end, Finished)
    assert run.end.reason == "epochs"


def test_answering_after_the_training_has_ended_closes_the_window(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path, epochs=3)
    reach(driver, 1)
    window = driver.window
    window.close()
    driver.wait(lambda: not training(driver).active)
    box = driver.dialog(QMessageBox)
    with driver.qtbot.waitSignal(window.closed, timeout=30_000):
        button = next(b for b in box.buttons() if b.text().startswith("Stop with"))
        driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_window_closes_while_the_training_dialog_is_open(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    dialog = fill_in(driver, tmp_path, name="slow")
    driver.wait(lambda: any(job.key == "estimate" for job in driver.workbench.runner.unfinished()))
    driver.window.close()
    driver.wait(lambda: sip.isdeleted(dialog) or not dialog.isVisible())


def test_closing_at_once_leaves_no_training_process(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    begin(driver, tmp_path)
    reach(driver, 1)
    run = training(driver)._process
    assert run is not None
    driver.window.close_now()
    assert not run.alive
    assert (tmp_path / "toy" / "checkpoint.json").exists()


@pytest.mark.timeout(300)
def test_the_window_reacts_while_a_training_runs(
    driver: MainWindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow work happens outside the GUI thread; the benchmarks measure how long it stalls."""
    threads = {"contours": set(), "examples": set()}

    def contour(request: ContourRequest) -> Contour:
        threads["contours"].add(threading.current_thread())
        return compute_contour(request)

    def preview(*values: object) -> Preview:
        threads["examples"].add(threading.current_thread())
        return Preview(*values)

    monkeypatch.setattr(map_contour, "compute_contour", contour)
    monkeypatch.setattr(run_folder, "Preview", preview)
    driver.open_example()
    begin(driver, tmp_path)
    driver.wait(lambda: training(driver).example is not None)
    driver.window.training.example.show(True)
    views = driver.window.centre.shown_views
    assert views is not driver.window.views
    view = views.view(MapKind.PREDICTED)
    for _ in range(2):
        reach(driver, len(training(driver).records) + 1)
        before = view.level
        driver.turn_wheel(MapKind.PREDICTED, 1)
        assert view.level > before
    assert training(driver).state is TrainingState.RUNNING
    # While it runs, a busy machine may get each new map before the contour of the last one.
    training(driver).pause()
    driver.wait(lambda: view.contours.settled)
    run = training(driver)._process
    assert run is not None
    assert run.pid != os.getpid()
    for kind, used in threads.items():
        assert used, kind
        assert threading.current_thread() not in used, kind
