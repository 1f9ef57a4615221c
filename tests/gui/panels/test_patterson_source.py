"""The rows of the Patterson panel that choose what the map is of."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.patterson_source import NATIVE, PattersonSource, SourceChoices
from patterson_gui.gui.panels.patterson import PattersonPanel
from patterson_gui.gui.panels.patterson_source import PattersonSourceRows

pytestmark = pytest.mark.gui

CHOICES = SourceChoices(("FNAT", "FHG(+)", "FPT"), ("FHG(+)",), "FNAT")


@pytest.fixture
def panel(qtbot: QtBot) -> PattersonPanel:
    panel = PattersonPanel()
    qtbot.addWidget(panel)
    panel.show()
    return panel


def choose(box: QComboBox, text: str) -> None:
    """Choose an entry, as a click does."""
    place = box.findText(text)
    assert place >= 0
    box.setCurrentIndex(place)
    box.activated.emit(place)


def visible(rows: PattersonSourceRows) -> list[bool]:
    return [w.isVisible() for w in (rows.kind, rows.data_set, rows.native, rows.result)]


def test_a_file_without_data_sets_shows_no_choice(panel: PattersonPanel) -> None:
    assert visible(panel.source) == [False, False, False, False]
    panel.source.show_source(NATIVE, CHOICES, "")
    assert visible(panel.source) == [True, False, False, False]


def test_choosing_differences_emits_them(qtbot: QtBot, panel: PattersonPanel) -> None:
    rows = panel.source
    rows.show_source(NATIVE, CHOICES, "")
    with qtbot.waitSignal(rows.chosen) as chosen:
        choose(rows.kind, "Anomalous ΔF")
    assert chosen.args == [PattersonSource("anomalous", "FHG(+)")]
    assert visible(rows) == [True, True, False, False]
    with qtbot.waitSignal(rows.chosen) as chosen:
        choose(rows.kind, "Isomorphous ΔF")
    assert chosen.args == [PattersonSource("isomorphous", "FHG(+)", "FNAT")]
    with qtbot.waitSignal(rows.chosen) as chosen:
        choose(rows.data_set, "FPT")
    assert chosen.args == [PattersonSource("isomorphous", "FPT", "FNAT")]
    with qtbot.waitSignal(rows.chosen) as chosen:
        choose(rows.kind, "Native")
    assert chosen.args == [NATIVE]


def test_anomalous_differences_need_friedel_mates(panel: PattersonPanel) -> None:
    rows = panel.source
    rows.show_source(NATIVE, SourceChoices(("FP",)), "")
    model = rows.kind.model()
    assert model is not None
    enabled = [
        bool(model.flags(model.index(i, 0)) & model.flags(model.index(0, 0)).ItemIsEnabled)
        for i in range(3)
    ]
    assert enabled == [True, False, True]


def test_asks_for_a_native_that_is_not_clear(qtbot: QtBot, panel: PattersonPanel) -> None:
    rows = panel.source
    rows.show_source(NATIVE, SourceChoices(("FP",)), "")
    with qtbot.assertNotEmitted(rows.chosen):
        choose(rows.kind, "Isomorphous ΔF")
    assert "Choose the native" in rows.result.text()
    with qtbot.waitSignal(rows.native_file_wanted) as wanted:
        choose(rows.native, "Another file…")
    assert wanted.args == [PattersonSource("isomorphous", "FP")]
    other = Path("other.mtz")
    choices = SourceChoices(("FP",), other_file=other, other_sets=("FA", "FB"))
    rows.show_source(NATIVE, choices, "")
    rows.ask_for_native(PattersonSource("isomorphous", "FP", "", other))
    with qtbot.waitSignal(rows.chosen) as chosen:
        choose(rows.native, "FB of other.mtz")
    assert chosen.args == [PattersonSource("isomorphous", "FP", "FB", other)]


def test_shows_what_was_found(panel: PattersonPanel) -> None:
    source = PattersonSource("isomorphous", "FPT", "FNAT")
    panel.source.show_source(source, CHOICES, "R_iso 24.0 %, signal to 2.50 Å")
    assert panel.source.native.currentText() == "FNAT"
    assert panel.source.data_set.currentText() == "FPT"
    assert panel.source.result.text() == "R_iso 24.0 %, signal to 2.50 Å"
    assert visible(panel.source) == [True, True, True, True]
