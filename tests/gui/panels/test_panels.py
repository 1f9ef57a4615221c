"""Panels of peaks, jobs, Patterson settings, layers and statistics."""

import threading

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.jobs.jobs import JobContext, JobState, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.colours import DIFFERENCE_COLOURS
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.maps.peak_columns import PEAK_COLUMNS
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.prediction import Progress
from patterson_gui.gui.jobs.panel import JobsPanel
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.panels.patterson import PattersonPanel
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.panels.statistics import StatisticsPanel
from patterson_gui.gui.threads.gui_thread_calls import GuiThreadCalls

pytestmark = pytest.mark.gui

PEAKS = (
    Peak(120.0, 40.0, (0.0, 0.0, 0.0), 0.0, 1, is_origin=True),
    Peak(12.5, 6.2, (0.125, 0.25, 0.5), 3.4567, 2),
    Peak(9.5, 4.1, (0.3, 0.7, 0.1), 5.2, 2),
)


def test_a_click_on_a_peak_emits_its_place(qtbot: QtBot) -> None:
    panel = PeaksPanel()
    qtbot.addWidget(panel)
    panel.set_peaks(PEAKS, "e²/Å³")
    panel.show()
    place = panel.table.visualRect(panel.rows.index(1, 2)).center()
    with qtbot.waitSignal(panel.peak_chosen) as chosen:
        qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [(0.125, 0.25, 0.5)]


def test_arrow_keys_select_peaks_and_rows_can_be_copied(qtbot: QtBot) -> None:
    panel = PeaksPanel()
    qtbot.addWidget(panel)
    panel.set_peaks(PEAKS, "e²/Å³")
    panel.show()
    panel.table.setFocus()
    panel.table.selectRow(0)
    with qtbot.waitSignal(panel.peak_chosen) as chosen:
        qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    assert chosen.args[0] == PEAKS[1].frac
    panel.table.copy_rows()
    cells = ["1", *(column.text(PEAKS[1]) for column in PEAK_COLUMNS), ""]
    assert QApplication.clipboard().text() == "\t".join(cells)


def test_chosen_peaks_are_emitted_to_solve_from_them(qtbot: QtBot) -> None:
    panel = PeaksPanel()
    qtbot.addWidget(panel)
    panel.set_peaks(PEAKS, "e²/Å³")
    button = next(b for b in panel.findChildren(QPushButton) if b.text().startswith("Solve"))
    panel.set_solvable(None)
    panel.table.selectRow(0)  # the origin peak alone
    assert not button.isEnabled()
    panel.table.selectAll()
    assert button.isEnabled()
    with qtbot.waitSignal(panel.solve_clicked) as clicked:
        button.click()
    assert clicked.args == [(PEAKS[1].frac, PEAKS[2].frac)]
    panel.set_solvable("Wait until it is finished, or stop it.")
    assert not button.isEnabled()
    assert button.toolTip() == "Wait until it is finished, or stop it."


def test_names_the_origin_peak_and_does_not_count_it(qtbot: QtBot) -> None:
    panel = PeaksPanel()
    qtbot.addWidget(panel)
    panel.set_peaks(PEAKS, "e²/Å³")
    assert panel.model.data(panel.model.index(0, 0)) == "origin"
    assert any("2 unique Patterson peaks" in label.text() for label in panel.findChildren(QLabel))


def test_a_job_can_be_cancelled_in_its_row(qtbot: QtBot) -> None:
    deliverer = GuiThreadCalls()
    runner = JobRunner(deliverer)
    panel = JobsPanel()
    qtbot.addWidget(panel)
    panel.show()
    runner.changed.connect(panel.update_job)
    clicked = threading.Event()
    panel.cancel_clicked.connect(runner.cancel)
    panel.cancel_clicked.connect(lambda job: clicked.set())

    def work(context: JobContext) -> None:
        context.report(Progress(0.5, "half-way"))
        clicked.wait(10)
        context.check()

    job = runner.submit("Predicting", work, lane=Lane.PREDICTION)
    row = panel.topLevelItem(0)
    assert row is not None
    qtbot.waitUntil(lambda: job.progress is not None)
    button = panel.itemWidget(row, 4)
    assert isinstance(button, QToolButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: job.state is JobState.CANCELLED)
    assert row.text(1) == "cancelled"
    assert panel.itemWidget(row, 4) is None
    assert runner.shutdown()


def test_quiet_jobs_show_only_when_they_fail(qtbot: QtBot) -> None:
    runner = JobRunner(GuiThreadCalls())
    panel = JobsPanel()
    qtbot.addWidget(panel)
    runner.changed.connect(panel.update_job)
    good = runner.submit("peaks", lambda context: 1, lane=Lane.MAPS, quiet=True)
    bad = runner.submit("peaks", lambda context: 1 / 0, lane=Lane.MAPS, quiet=True)
    qtbot.waitUntil(lambda: good.is_finished and bad.is_finished)
    assert panel.topLevelItemCount() == 1
    assert panel.topLevelItem(0).text(1) == "failed"
    assert runner.shutdown()


def test_peaks_without_an_origin_peak_are_numbered_from_one(qtbot: QtBot) -> None:
    panel = PeaksPanel()
    qtbot.addWidget(panel)
    for peaks, names in ((PEAKS, ["origin", "1", "2"]), (PEAKS[1:], ["1", "2"])):
        panel.set_peaks(peaks, "e²/Å³")
        assert [panel.model.texts(row)[0] for row in range(len(peaks))] == names


def test_the_patterson_panel_emits_complete_settings(
    qtbot: QtBot,
) -> None:
    panel = PattersonPanel()
    qtbot.addWidget(panel)
    panel.set_settings(PattersonSettings(), 1.4996)
    assert panel.settings().d_min is None
    with qtbot.waitSignal(panel.settings_changed) as changed:
        panel.remove_origin.setChecked(True)
    assert changed.args == [PattersonSettings(remove_origin=True)]
    panel.d_min.setValue(2.5)
    panel.sharpen.setCurrentIndex(panel.sharpen.findData("b_factor"))
    assert panel.settings() == PattersonSettings(2.5, True, "b_factor", 10.0)


def test_the_patterson_panel_has_a_low_resolution_limit(qtbot: QtBot) -> None:
    panel = PattersonPanel()
    qtbot.addWidget(panel)
    panel.set_settings(PattersonSettings(), 1.4996, 36.792)
    assert panel.settings() == PattersonSettings()
    panel.d_max.setValue(10.0)
    assert panel.settings() == PattersonSettings(d_max=10.0)
    panel.set_settings(PattersonSettings(d_min=2.0, d_max=10.0), 1.4996, 36.792)
    assert panel.settings() == PattersonSettings(d_min=2.0, d_max=10.0)


def test_disables_the_patterson_panel_without_data(qtbot: QtBot) -> None:
    panel = PattersonPanel()
    qtbot.addWidget(panel)
    assert not panel.isEnabled()
    assert panel.toolTip()


def test_layers_emit_levels_and_say_why_they_are_unavailable(qtbot: QtBot) -> None:
    panel = LayersPanel()
    qtbot.addWidget(panel)
    row = panel.rows[LayerKey.TRUE]
    panel.set_available(LayerKey.TRUE, False)
    assert not row.isEnabled()
    assert "model" in row.toolTip()
    panel.set_available(LayerKey.TRUE, True)
    row.show_state(True, "wire", 2.0)
    assert row.slider is not None
    with qtbot.waitSignal(panel.level_changed) as changed:
        row.slider.setValue(60)
    assert changed.args == [LayerKey.TRUE, 3.0]


def test_the_row_of_a_difference_map_has_the_colours_of_both_signs(qtbot: QtBot) -> None:
    panel = LayersPanel()
    qtbot.addWidget(panel)
    assert panel.rows[LayerKey.DIFFERENCE].swatch.colours == DIFFERENCE_COLOURS
    assert panel.rows[LayerKey.PREDICTED].swatch.colours == ("#2381c8",)


def test_showing_a_layer_emits_nothing(qtbot: QtBot) -> None:
    panel = LayersPanel()
    qtbot.addWidget(panel)
    with qtbot.assertNotEmitted(panel.level_changed, wait=20):
        panel.rows[LayerKey.PATTERSON].show_state(True, "surface", 7.5)


def test_statistics_can_be_selected_for_copying(qtbot: QtBot) -> None:
    panel = StatisticsPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.set_groups([("Data", (("Resolution", "20.0 – 1.50 Å"),))])
    value = next(x for x in panel.findChildren(QLabel) if x.text().startswith("20.0"))
    assert value.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
