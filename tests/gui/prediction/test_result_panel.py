"""The result panel: figures of both frames, hand, atoms, method."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.compare_with_truth import TruthComparison
from patterson_gui.crystal.comparison.atom_agreement import AtomAgreement
from patterson_gui.crystal.comparison.prediction_metrics import Comparison, FrameFigures, Shell
from patterson_gui.crystal.prediction import (
    BuiltAtoms,
    HandEvidence,
    Prediction,
    PredictionSettings,
    Progress,
    StartResult,
)
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.gui.prediction.result_panel import ResultPanel, frame_sentence
from tests.gui.scenes import CUBE, blob, peptide

pytestmark = pytest.mark.gui

SHELLS = (Shell(12.0, 2.0, 90, 9.0, 5.0), Shell(2.0, 1.5, 90, None, None))
FIXED = FrameFigures(0.0892, None, 88.24, float("nan"), SHELLS)
ALIGNED = FrameFigures(0.9946, 0.9971, 10.21, 5.43, SHELLS)
COMPARISON = Comparison(FIXED, ALIGNED, (-0.131, 0.25, 0.5), True)
COMPARED = TruthComparison(COMPARISON, blob())
KEPT = TruthComparison(replace(COMPARISON, inverted=False), blob())
HKL = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.int32)
PREDICTION = Prediction(
    density=blob(),
    amplitudes=Amplitudes(HKL, np.ones(2, np.float32), CUBE, gemmi.SpaceGroup("P 1")),
    phases_deg=np.zeros(2, np.float32),
    fom=np.ones(2, np.float32),
    r_factor=0.0612,
    self_consistency=0.9941,
    solved=True,
    verdict="Solved.",
    hand_determined=False,
    settings=PredictionSettings(),
    starts=(StartResult(0, 0.06, 50, ""),) * 8,
    seconds=0.21,
)

BUILT = replace(
    PREDICTION,
    model=peptide(),
    built=BuiltAtoms(6, 7, 0.0213, "One atom is missing."),
    hand=HandEvidence(0.91, 0.62, "the backbone template"),
    hand_determined=True,
)


def test_shows_figures_of_the_fixed_frame_before_the_aligned_ones(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show_prediction(PREDICTION, COMPARED)
    text = panel.text()
    for words in ("0.061", "0.994", "0.089", "0.995", "88.2°", "10.2°", "5.4°", "8 starts"):
        assert words in text
    assert text.index("▪ fixed") < text.index("aligned")
    assert text.index("0.089") < text.index("0.995")
    assert "nan" not in text.lower()
    assert "None" not in text


def test_says_how_the_prediction_was_aligned(qtbot: QtBot) -> None:
    sentence = frame_sentence(PREDICTION, COMPARED)
    assert "shifted by (−0.131, 0.250, 0.500)" in sentence
    assert "inverted" in sentence
    kept = frame_sentence(PREDICTION, KEPT)
    assert "hand kept" in kept
    assert "determine neither origin nor hand" in kept
    determined = replace(PREDICTION, hand_determined=True)
    assert "determined hand is wrong" in frame_sentence(determined, COMPARED)
    assert "hand is correct" in frame_sentence(determined, KEPT)


def test_without_a_truth_the_hand_is_undetermined(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show_prediction(PREDICTION, COMPARED)
    panel.show_prediction(replace(PREDICTION, solved=False, verdict="Not solved."), None)
    assert "Hand: undetermined" in panel.text()
    assert "Not solved." in panel.text()
    assert "aligned" not in panel.text()
    assert "method chose the hand" in frame_sentence(
        replace(PREDICTION, hand_determined=True), None
    )


def test_shows_number_r1_and_elements_of_built_atoms(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show_prediction(BUILT, None)
    text = panel.text()
    for expected in ("6\nof 7 atoms built", "0.021", "C 3 · N 1 · O 2"):
        assert expected in text
    assert "atoms found" not in text
    panel.show_prediction(PREDICTION, None)
    assert "atoms built" not in panel.text()


def test_compares_built_atoms_with_true_ones_in_both_frames(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    fixed = AtomAgreement(7, 6, 0.0, 0.0, 0.0, 0.0, None, None)
    atoms = AtomAgreement(7, 6, 0.7, 6 / 7, 0.8, 1.0, 0.0123, 0.9999)
    panel.show_prediction(BUILT, replace(COMPARED, atoms_fixed=fixed, atoms=atoms))
    text = panel.text()
    for expected in ("atoms found", "0 %", "86 %", "100 %", "0.012 Å", "99 %"):
        assert expected in text
    panel.show_prediction(PREDICTION, COMPARED)
    assert "atoms found" not in panel.text()


def test_shows_the_evidence_for_the_hand_with_both_scores(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show_prediction(PREDICTION, COMPARED)
    assert "Hand: undetermined" in panel.text()
    panel.show_prediction(BUILT, COMPARED)
    assert "determined from the backbone template: score 0.91, mirror image 0.62" in panel.text()


def test_names_method_network_and_notes(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show_prediction(PREDICTION, None)
    assert "Phase retrieval" in panel.text()
    assert "etwork" not in panel.text()
    hybrid = replace(PREDICTION, network="dialanine", notes=("Its cell is larger.", "The hand x"))
    panel.show_prediction(hybrid, None)
    assert "Phase retrieval with the network “dialanine”" in panel.text()
    assert "Its cell is larger." in panel.text()
    assert "The hand x" not in panel.text()
    alone = replace(hybrid, settings=PredictionSettings(method="network"))
    panel.show_prediction(alone, None)
    assert "Network “dialanine” alone" in panel.text()


def test_a_running_prediction_shows_its_best_r_and_its_starts(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show_running(Progress(0.1, "Starting"))
    assert "–" in panel.text()
    panel.show_running(Progress(0.6, "Start 5 of 8", 0.1234, 4, 8, ((0, 0.5), (9, 0.1234))))
    for words in ("Start 5 of 8", "0.123", "4 / 8"):
        assert words in panel.text()
    panel.clear()
    assert "after a prediction" in panel.text()


def test_every_figure_can_be_copied(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show_prediction(PREDICTION, COMPARED)
    selectable = Qt.TextInteractionFlag.TextSelectableByMouse
    labels = [label for label in panel.findChildren(QLabel) if any(map(str.isdigit, label.text()))]
    assert labels
    assert all(label.textInteractionFlags() & selectable for label in labels)


def test_a_crystal_with_a_centre_of_symmetry_has_no_hand(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.show_prediction(replace(PREDICTION, has_hand=False, hand_determined=False), None)
    assert "Hand: none, the crystal has a centre of symmetry" in panel.text()
    assert "undetermined" not in panel.text()


def test_the_verdict_stays_in_sight_while_the_figures_scroll(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 160)
    panel.show()
    panel.show_prediction(PREDICTION, COMPARED)
    bar = panel.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    place = panel.verdict.mapTo(panel, panel.verdict.rect().center())
    assert panel.rect().contains(place)
    assert not panel.area.isAncestorOf(panel.verdict)
    panel.show_prediction(PREDICTION, COMPARED)  # the truth came: the same result
    assert bar.value() == bar.maximum()
    panel.show_prediction(BUILT, COMPARED)
    assert bar.value() == 0


def test_details_are_folded_until_asked_for(qtbot: QtBot) -> None:
    panel = ResultPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 700)
    panel.show()
    panel.show_prediction(BUILT, COMPARED)
    r, weighted = (
        panel._result.truth.values["aligned", name] for name in ("r", "phase_error_weighted_deg")
    )
    assert r.isVisible()
    assert not weighted.isVisible()
    qtbot.mouseClick(panel.details.button, Qt.MouseButton.LeftButton)
    assert weighted.isVisible()
    assert panel.details.button.accessibleName() == "Details: shown"
    assert panel.details.is_open
