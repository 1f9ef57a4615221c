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

from patterson_gui.app.training.training import Training, TrainingState
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.train.dialog import TrainDialog
from patterson_gui.gui.rendering.contouring import Contour, ContourRequest, compute_contour
from patterson_gui.gui.viewer3d import map_contour
from patterson_gui.io.training import run_folder
from patterson_gui.io.training.events import Finished
from patterson_gui.io.training.run_folder import Preview
from tests.app.example_datasets import write_small_dataset
from tests.gui.desk import Desk, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture
def gym(desk: Desk) -> Iterator[Desk]:
    yield desk
    if not sip.isdeleted(desk.window):
        training(desk).kill()
        desk.wait(lambda: not training(desk).active)


def training(desk: Desk) -> Training:
    return desk.workbench.training


def fill_in(desk: Desk, tmp_path: Path, name: str = "toy", epochs: int = 100_000) -> TrainDialog:
    """The dialog, opened from the menu and filled in."""
    desk.press("train")
    dialog = desk.dialog(TrainDialog)
    data = tmp_path / "data.h5"
    if not data.exists():
        write_small_dataset(data)
    for key, value in (
        ("data", data), ("output", tmp_path / name), ("name", name), ("epochs", epochs),
    ):  # fmt: skip
        dialog.form.fields[key].set_value(value)
    dialog.form.fields["data"].changed.emit()
    return dialog


def begin(desk: Desk, tmp_path: Path, name: str = "toy", epochs: int = 100_000) -> None:
    desk.click(fill_in(desk, tmp_path, name, epochs).start)
    desk.wait(lambda: training(desk).active)


def reach(desk: Desk, epoch: int) -> None:
    desk.wait(lambda: len(training(desk).records) >= epoch)


def test_trains_from_the_menu_and_lists_the_trained_network(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path, epochs=3)
    panel = gym.window.training.panel
    assert gym.window.tables.currentWidget() is panel
    reach(gym, 1)
    assert "training" in gym.window.windowTitle()
    gym.wait(lambda: not training(gym).active)
    assert panel.name.text() == "toy"
    assert panel.state_words.text() == "All epochs are done."
    assert len(panel.plots.loss.plot.listDataItems()[0].getData()[0]) == 3
    gym.wait(lambda: any(choice.name == "toy" for choice in gym.workbench.networks.choices))
    assert any("“toy”" in text for text in gym.toasts())
    assert gym.window.window_actions["train"].iconText() == "Train…"


def test_the_dialog_suggests_the_open_data_set_and_an_unused_folder(
    gym: Desk, tmp_path: Path
) -> None:
    gym.drop(write_small_dataset(tmp_path / "proteins.h5"))
    gym.wait(lambda: gym.window.datasets.viewer is not None)
    gym.rest()
    viewer = gym.window.datasets.viewer
    assert viewer is not None
    gym.click(viewer.train)
    dialog = gym.dialog(TrainDialog)
    assert dialog.form.fields["data"].value() == tmp_path / "proteins.h5"
    assert dialog.form.fields["output"].value().name == "proteins-1"
    assert dialog.settings() is not None
    gym.wait(lambda: dialog.cost.text().startswith("About 3 s an epoch"))
    box = dialog.form.fields["network"].box  # type: ignore[attr-defined]
    gym.wait(lambda: box.findData("resunet2") >= 0)
    dialog.reject()


def test_shows_a_failed_estimate_in_the_dialog(gym: Desk, tmp_path: Path) -> None:
    dialog = fill_in(gym, tmp_path, name="no memory")
    gym.wait(lambda: dialog.cost.text() == "The disk is full.")
    assert gym.toasts() == []
    dialog.reject()


def test_pauses_and_resumes_by_the_buttons(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 1)
    panel = gym.window.training.panel
    gym.click(panel.pause)
    assert training(gym).state is TrainingState.PAUSED
    assert panel.state_words.text().startswith("Paused")
    gym.press("pause_training")
    assert training(gym).state is TrainingState.RUNNING
    gym.click(panel.stop)
    gym.wait(lambda: not training(gym).active)


def test_a_stopped_run_is_resumed_from_its_panel(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 2)
    gym.press("stop_training")
    gym.wait(lambda: not training(gym).active)
    done = len(training(gym).records)
    gym.click(gym.window.training.panel.again)
    dialog = gym.dialog(TrainDialog)
    dialog.form.fields["epochs"].set_value(done + 1)
    dialog.form.fields["epochs"].changed.emit()
    gym.click(dialog.start)
    gym.wait(lambda: training(gym).end is not None and not training(gym).active)
    assert [r.epoch for r in training(gym).records] == list(range(1, done + 2))


def test_a_folder_without_a_run_cannot_be_resumed(gym: Desk, tmp_path: Path) -> None:
    gym.window.training._start.resume_run(tmp_path)
    gym.wait(lambda: bool(gym.toasts()))
    assert "holds no training" in gym.toasts()[0]


def test_refuses_a_second_training_and_shows_the_first(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 1)
    gym.window.tables.setCurrentWidget(gym.window.jobs)
    gym.press("train")
    assert gym.window.tables.currentWidget() is gym.window.training.panel
    assert "Only one training can run at a time" in gym.toasts()[-1]
    assert not any(isinstance(w, TrainDialog) for w in shown_windows())


def test_shows_the_validation_example_of_each_epoch(gym: Desk, tmp_path: Path) -> None:
    gym.open_example()
    crystal = gym.document.crystal
    true = gym.window.views.view(MapKind.TRUE).density
    begin(gym, tmp_path)
    reach(gym, 1)
    commands, example = gym.window.training, gym.window.training.example
    gym.wait(commands.panel.example.isEnabled)
    gym.click(commands.panel.example)
    assert example.views is not None
    assert example.views.isVisible()
    assert not gym.window.views.isVisible()
    view = example.views.views.view(MapKind.PREDICTED)
    first = view.density
    assert first is not None
    gym.wait(lambda: view.density is not first)
    assert "1abc A:10-11" in example.views.words.text()
    gym.window.layers.level_changed.emit("predicted", 3.25)
    assert view.level == 3.25
    assert crystal is not None
    assert example.views.back.text() == f"Back to {crystal.name}"
    gym.window.saving.copy_picture()
    assert QApplication.clipboard().image().size() == gym.window.centre.shown_views.size()
    gym.click(example.views.back)
    assert gym.window.views.isVisible()
    assert gym.document.crystal is crystal
    assert gym.window.views.view(MapKind.TRUE).density is true


def test_opening_a_file_brings_the_crystals_views_back(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 1)
    gym.wait(lambda: training(gym).example is not None)
    gym.press("show_example")
    assert gym.window.training.example.shown
    gym.workbench.open_example()
    gym.wait(lambda: not gym.window.training.example.shown)
    assert gym.window.views.isVisible()
    assert not gym.window.window_actions["show_example"].isChecked()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_killed_training_process_gives_one_sentence(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 1)
    run = training(gym)._process
    assert run is not None
    os.kill(run.pid, signal.SIGKILL)
    gym.wait(lambda: not training(gym).active)
    toast = gym.window.toasts.toasts[-1]
    assert toast.error
    assert "SIGKILL" in toast.text
    assert toast.details_button is not None
    assert "SIGKILL" in gym.window.training.panel.state_words.text()
    gym.open_example()


def test_closing_while_training_can_be_cancelled(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 1)
    gym.window.close()
    gym.answer("Keep working")
    assert gym.window.isVisible()
    assert training(gym).state is TrainingState.RUNNING


def test_closing_can_stop_the_training_with_a_checkpoint(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 1)
    run, window = training(gym), gym.window
    with gym.qtbot.waitSignal(window.closed, timeout=30_000):
        window.close()
        gym.answer("Stop with a checkpoint and close")
    assert isinstance(run.end, Finished)
    assert run.end.reason == "stopped"
    assert (tmp_path / "toy" / "checkpoint.json").exists()


def test_closing_can_wait_for_the_end_of_the_training(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path, epochs=15)
    reach(gym, 1)
    run, window = training(gym), gym.window
    with gym.qtbot.waitSignal(window.closed, timeout=60_000):
        window.close()
        gym.answer("Close when it is done")
        assert window.isVisible()
    assert isinstance(run.end, Finished)
    assert run.end.reason == "epochs"


def test_answering_after_the_training_has_ended_closes_the_window(
    gym: Desk, tmp_path: Path
) -> None:
    begin(gym, tmp_path, epochs=3)
    reach(gym, 1)
    window = gym.window
    window.close()
    gym.wait(lambda: not training(gym).active)
    box = gym.dialog(QMessageBox)
    with gym.qtbot.waitSignal(window.closed, timeout=30_000):
        button = next(b for b in box.buttons() if b.text().startswith("Stop with"))
        gym.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_window_closes_while_the_training_dialog_is_open(gym: Desk, tmp_path: Path) -> None:
    dialog = fill_in(gym, tmp_path, name="slow")
    gym.wait(lambda: any(job.key == "estimate" for job in gym.workbench.runner.unfinished()))
    gym.window.close()
    gym.wait(lambda: sip.isdeleted(dialog) or not dialog.isVisible())


def test_closing_at_once_leaves_no_training_process(gym: Desk, tmp_path: Path) -> None:
    begin(gym, tmp_path)
    reach(gym, 1)
    run = training(gym)._process
    assert run is not None
    gym.window.close_now()
    assert not run.alive
    assert (tmp_path / "toy" / "checkpoint.json").exists()


@pytest.mark.timeout(300)
def test_the_window_reacts_while_a_training_runs(
    gym: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time happens outside the GUI thread; the benchmarks measure stalls."""
    threads = {"contours": set(), "examples": set()}

    def contour(request: ContourRequest) -> Contour:
        threads["contours"].add(threading.current_thread())
        return compute_contour(request)

    def preview(*values: object) -> Preview:
        threads["examples"].add(threading.current_thread())
        return Preview(*values)

    monkeypatch.setattr(map_contour, "compute_contour", contour)
    monkeypatch.setattr(run_folder, "Preview", preview)
    gym.open_example()
    begin(gym, tmp_path)
    gym.wait(lambda: training(gym).example is not None)
    gym.window.training.example.show(True)
    views = gym.window.centre.shown_views
    assert views is not gym.window.views
    view = views.view(MapKind.PREDICTED)
    for _ in range(2):
        reach(gym, len(training(gym).records) + 1)
        before = view.level
        gym.turn_wheel(MapKind.PREDICTED, 1)
        assert view.level > before
        gym.wait(lambda: view.contours.settled)
    assert training(gym).state is TrainingState.RUNNING
    run = training(gym)._process
    assert run is not None
    assert run.pid != os.getpid()
    for kind, used in threads.items():
        assert used, kind
        assert threading.current_thread() not in used, kind
