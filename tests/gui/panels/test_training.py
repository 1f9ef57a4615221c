"""The training panel: curves, figures of an epoch, buttons."""

import itertools
import math

import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from patterson_gui.gui.panels.training import TrainingPanel
from patterson_gui.gui.panels.training_plots import TrainingPlots, figures_of, log_ticks
from patterson_gui.io.training.run_folder import EpochRecord, shell_limits

pytestmark = pytest.mark.gui


def record(epoch: int, **more: object) -> EpochRecord:
    values = {
        "epoch": epoch, "step": epoch, "samples": epoch, "seconds": epoch, "learning_rate": 1e-3,
        "train_loss": 1.0 / epoch, "val_loss": 1.1 / epoch, "val_r_median": 1 - 0.8 / epoch,
        "val_phase_error_deg": 90.0 / epoch, "best": True, "shells": shell_limits(1.5),
        "shell_phase_error_deg": tuple(90.0 / epoch + i for i in range(12)),
    }  # fmt: skip
    return EpochRecord(**{**values, **more})  # type: ignore[arg-type]


RECORDS = tuple(record(epoch) for epoch in range(1, 7))


@pytest.fixture
def plots(qtbot: QtBot) -> TrainingPlots:
    plots = TrainingPlots()
    qtbot.addWidget(plots)
    plots.resize(900, 220)
    plots.show()
    qtbot.waitExposed(plots)
    plots.set_records(RECORDS)
    return plots


def point_at(plots: TrainingPlots, epoch: int) -> None:
    """Put the mouse over an epoch of the loss."""
    box = plots.loss.plot.getPlotItem().vb
    height = box.viewRange()[1][0]
    plots.loss.plot.scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(epoch + 0.1, height)))


def test_losses_and_correlation_are_drawn_by_epoch(plots: TrainingPlots) -> None:
    train, val = plots.loss.plot.listDataItems()
    assert list(train.getData()[0]) == [1, 2, 3, 4, 5, 6]
    assert list(train.getData()[1]) == pytest.approx([r.train_loss for r in RECORDS])
    assert list(val.getData()[1]) == pytest.approx([r.val_loss for r in RECORDS])
    (r,) = plots.agreement.plot.listDataItems()
    assert list(r.getData()[1]) == pytest.approx([r.val_r_median for r in RECORDS])


def test_leaves_out_values_that_are_nan(plots: TrainingPlots) -> None:
    plots.set_records([*RECORDS[:3], record(4, val_loss=math.nan, val_r_median=math.nan)])
    _, val = plots.loss.plot.listDataItems()
    assert list(val.getData()[0]) == [1, 2, 3]
    assert "nan" not in figures_of(record(4, val_loss=math.nan))


def test_the_log_button_gives_the_loss_a_logarithmic_axis(
    qtbot: QtBot, plots: TrainingPlots
) -> None:
    qtbot.mouseClick(plots.log_button, Qt.MouseButton.LeftButton)
    train, _ = plots.loss.plot.listDataItems()
    assert list(train.getData()[1]) == pytest.approx([math.log10(r.train_loss) for r in RECORDS])
    plots.set_records([*RECORDS, record(7, train_loss=0.0)])  # what has no logarithm
    assert len(plots.loss.plot.listDataItems()[0].getData()[0]) == 6


def test_logarithmic_ticks_are_round_numbers_at_their_logarithms() -> None:
    ticks = log_ticks(0.03, 0.9)
    assert all(math.log10(float(words)) == pytest.approx(x) for x, words in ticks)
    assert {"0.05", "0.1", "0.2", "0.5"} <= {words for _, words in ticks}


def test_phase_errors_are_those_of_the_latest_epoch(plots: TrainingPlots) -> None:
    assert plots.phases.record == RECORDS[-1]
    curve = plots.phases.plot.listDataItems()[-1]
    x, y = curve.getData()
    assert list(y) == pytest.approx(RECORDS[-1].shell_phase_error_deg)
    steps = [b - a for a, b in itertools.pairwise(x)]
    assert steps == pytest.approx([steps[0]] * 11)  # shells of equal volume


def test_pointing_at_an_epoch_shows_its_figures_and_phase_errors(plots: TrainingPlots) -> None:
    point_at(plots, 3)
    assert plots.phases.record == RECORDS[2]
    assert plots.loss.marked == plots.agreement.marked == 3
    assert "Epoch 3" in figures_of(RECORDS[2])
    assert "median r 0.733" in figures_of(RECORDS[2])
    plots.loss.pointed.emit(None)
    assert plots.phases.record == RECORDS[-1]
    assert plots.loss.marked is None


def test_a_thousand_epochs_are_drawn_without_points(plots: TrainingPlots) -> None:
    plots.set_records([record(i) for i in range(1, 1001)])
    train, _ = plots.loss.plot.listDataItems()
    assert train.opts["symbol"] is None
    assert len(train.getData()[0]) == 1000


@pytest.fixture
def panel(qtbot: QtBot) -> TrainingPanel:
    panel = TrainingPanel()
    qtbot.addWidget(panel)
    panel.resize(1200, 220)
    panel.show()
    return panel


def buttons(panel: TrainingPanel) -> set[str]:
    return {b.text() for b in panel.findChildren(QPushButton) if b.isVisible() and b.isEnabled()}


def test_offers_to_train_or_resume_before_any_training(qtbot: QtBot, panel: TrainingPanel) -> None:
    assert buttons(panel) == {"Train…", "Resume a run…"}
    with qtbot.waitSignal(panel.train_clicked):
        qtbot.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.resume_run_clicked):
        qtbot.mouseClick(panel.resume_run, Qt.MouseButton.LeftButton)


def test_the_buttons_suit_the_state_of_the_training(qtbot: QtBot, panel: TrainingPanel) -> None:
    panel.set_state("starting", "toy", "")
    assert buttons(panel) == {"Stop"}
    panel.set_state("running", "toy", "")
    assert buttons(panel) == {"Pause", "Stop"}
    with qtbot.waitSignal(panel.pause_clicked):
        qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    panel.set_state("paused", "toy", "")
    assert buttons(panel) == {"Resume", "Stop"}
    with qtbot.waitSignal(panel.resume_clicked):
        qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.stop_clicked):
        qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    panel.set_state("stopping", "toy", "")
    assert buttons(panel) == {"Stop now"}
    with qtbot.waitSignal(panel.kill_clicked):
        qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    panel.set_state("idle", "toy", "")
    assert buttons(panel) == {"Resume", "Train…"}
    with qtbot.waitSignal(panel.continue_clicked):
        qtbot.mouseClick(panel.again, Qt.MouseButton.LeftButton)


def test_shows_the_present_r_beside_the_best_one(panel: TrainingPanel) -> None:
    panel.set_state("running", "toy", "")
    panel.set_records([record(1), record(2), record(3, val_r_median=0.5, best=False)])
    assert panel.r.text() == "r 0.500"
    assert panel.best.text() == "best 0.600, epoch 2"


def test_the_example_button_shows_the_example_and_goes_back(
    qtbot: QtBot, panel: TrainingPanel
) -> None:
    panel.set_state("running", "toy", "")
    panel.set_example(there=False, shown=False)
    assert not panel.example.isEnabled()
    assert "first epoch" in panel.example.toolTip()
    panel.set_example(there=True, shown=False)
    with qtbot.waitSignal(panel.example_clicked) as asked:
        qtbot.mouseClick(panel.example, Qt.MouseButton.LeftButton)
    assert asked.args == [True]
    panel.set_example(there=True, shown=True)
    assert panel.example.text() == "Back to the open crystal"
