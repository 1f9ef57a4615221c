"""The result panel: quality figures of a prediction, and live figures of a running one."""

from collections import Counter

import gemmi
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.document.compare_with_truth import TruthComparison
from patterson_gui.crystal.prediction import HEAVY_ATOMS, BuiltAtoms, Prediction, Progress
from patterson_gui.gui.prediction.truth_figures import TruthFigures
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.labels import (
    Readout,
    format_number,
    horizontal_line,
    panel_layout,
    set_property,
    text_label,
)
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import plain_tip
from patterson_gui.gui.widgets.plots import ConvergencePlot
from patterson_gui.gui.widgets.scrolled import Disclosure, scrolled

NO_TRUTH = (
    "There is no true density to compare with. Origin and hand are arbitrary: the mirror image "
    "fits the amplitudes equally well."
)
NO_TRUTH_NO_HAND = (
    "There is no true density to compare with. The origin is arbitrary; the crystal has a centre "
    "of symmetry and no hand."
)
NO_TRUTH_HAND_KNOWN = (
    "There is no true density to compare with. The origin is arbitrary; the method chose the hand."
)
NO_TRUTH_SITES = "There is no true density to compare with. The origin is that of the sites."


class ResultPanel(QWidget):
    """Shows a prediction, a running one, or what would appear here.

    The verdict stands above what scrolls, so that it is always in sight.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nothing = _Nothing()
        self._running = _Running()
        self._result = _Result()
        self.verdict = text_label("")
        self.details = self._result.details
        self._pages = QStackedWidget()
        for page in (self._nothing, self._running, self._result):
            self._pages.addWidget(page)
        self.area = scrolled(self._pages)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._head = QFrame()
        self._head.setObjectName("panel-head")
        head = QVBoxLayout(self._head)
        head.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        head.addWidget(self.verdict)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self.area, 1)
        self.setMinimumWidth(280)
        self._shown: Prediction | None = None
        self.clear()

    def show_prediction(
        self, prediction: Prediction, truth_comparison: TruthComparison | None
    ) -> None:
        sure = prediction.solved and prediction.certain
        self.verdict.setText(f"{'✓' if sure else '△'} {prediction.verdict}")
        set_property(self.verdict, "good", sure)
        set_property(self.verdict, "warning", not sure)
        self._result.show_prediction(prediction, truth_comparison)
        self._show(self._result)
        if prediction is not self._shown:
            not_none(self.area.verticalScrollBar()).setValue(0)
        self._shown = prediction

    def show_running(self, progress: Progress) -> None:
        self._running.show_progress(progress)
        self._show(self._running)

    def clear(self) -> None:
        self._show(self._nothing)

    def _show(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self._head.setVisible(page is self._result)

    def text(self) -> str:
        """Everything that is written on the panel, what is folded too."""
        page = not_none(self._pages.currentWidget())
        labels = page.findChildren(QLabel)
        folded = self.details.content
        written = [
            label.text()
            for label in labels
            if label.isVisibleTo(folded if folded.isAncestorOf(label) else page)
        ]
        return "\n".join([self.verdict.text(), *written] if page is self._result else written)


class _Nothing(QWidget):
    def __init__(self) -> None:
        super().__init__()
        label = text_label("Quality figures appear here after a prediction.", dim=True)
        layout = panel_layout(self)
        layout.addWidget(label)
        layout.addStretch(1)


class _Running(QWidget):
    """Live figures of a running prediction."""

    def __init__(self) -> None:
        super().__init__()
        self.message = text_label("")
        self.best = Readout("Lowest R so far")
        self.starts = Readout("Starts")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the prediction")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.plot = ConvergencePlot()
        grid = QGridLayout()
        grid.setSpacing(theme.GRID)
        grid.addWidget(self.best, 0, 0)
        grid.addWidget(self.starts, 0, 1)
        layout = panel_layout(self)
        layout.addWidget(self.message)
        layout.addWidget(self.bar)
        layout.addLayout(grid)
        layout.addWidget(self.plot)
        layout.addStretch(1)

    def show_progress(self, progress: Progress) -> None:
        self.message.setText(progress.message)
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * min(max(progress.fraction, 0.0), 1.0)))
        self.best.set(format_number(progress.best_r, 3))
        total = progress.starts_total
        self.starts.set(f"{progress.starts_done} / {total}" if total else "–")
        self.plot.set_history(progress.history)


class _Result(QWidget):
    """A finished prediction."""

    def __init__(self) -> None:
        super().__init__()
        self.r = Readout("R")
        self.r.setToolTip("Σ|s|Fc| − |Fo|| / Σ|Fo| of the constrained density")
        self.consistency = Readout("Self-consistency")
        self.consistency.setToolTip(
            "Correlation of the prediction's own Patterson map with the measured one"
        )
        self.hand = text_label("", dim=True)
        alone = QGridLayout()
        alone.setSpacing(theme.GRID)
        alone.addWidget(self.r, 0, 0)
        alone.addWidget(self.consistency, 0, 1)
        self.atoms = _Atoms()
        self.truth = TruthFigures()
        self.no_truth = text_label("")
        self.sentence = text_label("")
        self.method = text_label("")
        self.effort = text_label("", dim=True)
        self.notes = text_label("", dim=True)
        inside = QWidget()
        folded = QVBoxLayout(inside)
        folded.setContentsMargins(0, 0, 0, 0)
        folded.setSpacing(theme.GRID)
        for widget in (self.truth.details, self.sentence, self.method, self.effort):
            folded.addWidget(widget)
        self.details = Disclosure("Details", inside)
        layout = panel_layout(self)
        layout.addLayout(alone)
        layout.addWidget(self.hand)
        layout.addWidget(self.atoms)
        layout.addWidget(horizontal_line())
        for widget in (self.truth, self.truth.plot, self.no_truth, self.notes, self.details):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_prediction(
        self, prediction: Prediction, truth_comparison: TruthComparison | None
    ) -> None:
        if prediction.settings.method == HEAVY_ATOMS:  # there is no structure to give R
            self.r.set(format_number(float(prediction.fom.mean()), 2))
            self.r.words.setText("Figure of merit")
        else:
            self.r.set(format_number(prediction.r_factor, 3))
            self.r.words.setText("R")
        self.consistency.set(format_number(prediction.self_consistency, 3))
        self.hand.setText(hand_words(prediction))
        self.atoms.setVisible(prediction.built is not None)
        if prediction.built is not None:
            self.atoms.show_atoms(prediction.built, prediction.model)
        self.truth.setVisible(truth_comparison is not None)
        self.truth.plot.setVisible(truth_comparison is not None)
        self.truth.details.setVisible(truth_comparison is not None)
        self.sentence.setVisible(truth_comparison is not None)
        self.no_truth.setVisible(truth_comparison is None)
        if truth_comparison is not None:
            self.truth.show_comparison(truth_comparison)
        words = frame_sentence(prediction, truth_comparison)
        (self.no_truth if truth_comparison is None else self.sentence).setText(words)
        self.method.setText(method_words(prediction))
        # The hand has a line of its own.
        notes = [note for note in prediction.notes if not note.startswith("The hand ")]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.effort.setText(_effort(prediction))


class _Atoms(QWidget):
    """The atoms built into the density, and how well they explain the data."""

    def __init__(self) -> None:
        super().__init__()
        self.count = Readout("atoms built")
        self.r1 = Readout("R1")
        self.r1.setToolTip("Σ|s|Fc| − |Fo|| / Σ|Fo| of the refined atoms")
        self.elements = text_label("", dim=True)
        grid = QGridLayout()
        grid.setSpacing(theme.GRID)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.count, 0, 0, top)
        grid.addWidget(self.r1, 0, 1, top)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addWidget(horizontal_line())
        layout.addLayout(grid)
        layout.addWidget(self.elements)

    def show_atoms(self, built: BuiltAtoms, model: gemmi.Structure | None) -> None:
        self.count.set(str(built.n_atoms))
        known = built.n_expected is not None
        words = "atoms built" if built.refined else "atoms found"
        self.count.words.setText(f"of {built.n_expected} {words}" if known else words)
        self.count.setToolTip(plain_tip(built.verdict))
        self.r1.set(format_number(built.r1, 3))
        self.elements.setText("" if model is None else elements_words(model))
        self.elements.setVisible(bool(self.elements.text()))


def elements_words(model: gemmi.Structure) -> str:
    """How many of each element: carbon first, then by the alphabet."""
    counts = Counter(cra.atom.element.name for cra in model[0].all()) if len(model) else Counter()
    order = sorted(counts, key=lambda symbol: (symbol != "C", symbol))
    return " · ".join(f"{symbol} {counts[symbol]}" for symbol in order)


def hand_words(prediction: Prediction) -> str:
    """Whether the hand is determined, from what, and how clearly."""
    if not prediction.has_hand:
        return "Hand: none, the crystal has a centre of symmetry"
    if not prediction.hand_determined:
        return "Hand: undetermined"
    evidence = prediction.hand
    if evidence is None:
        return "Hand: chosen by the method"
    return (
        f"Hand determined from {evidence.how}: score {format_number(evidence.score, 2)}, "
        f"mirror image {format_number(evidence.other_score, 2)}"
    )


def method_words(prediction: Prediction) -> str:
    """The method, and the network if one was used."""
    if prediction.settings.method == HEAVY_ATOMS:
        return "Phases from heavy atoms, with solvent flipping"
    network = prediction.network
    if network is None:
        return "Phase retrieval"
    if prediction.settings.method == "network":
        return f"Network “{network}” alone"
    return f"Phase retrieval with the network “{network}”"


def frame_sentence(prediction: Prediction, truth_comparison: TruthComparison | None) -> str:
    """Whether origin and hand were aligned to the truth for the display."""
    of_sites = prediction.settings.method == HEAVY_ATOMS
    if truth_comparison is None:
        if of_sites:
            return NO_TRUTH_SITES
        if not prediction.has_hand:
            return NO_TRUTH_NO_HAND
        return NO_TRUTH_HAND_KNOWN if prediction.hand_determined else NO_TRUTH
    comparison = truth_comparison.comparison
    u, v, w = (format_number(x, 3) for x in comparison.shift_frac)
    hand = ", inverted" if comparison.inverted else ", hand kept"
    if of_sites:
        why = "The origin before was that of the sites."
    elif not prediction.hand_determined:
        why = "Amplitudes determine neither origin nor hand."
    elif comparison.inverted:
        why = "The determined hand is wrong; amplitudes do not determine the origin."
    else:
        why = "The hand is correct; amplitudes do not determine the origin."
    return f"Aligned to the truth: shifted by ({u}, {v}, {w}){hand}. {why}"


def _effort(prediction: Prediction) -> str:
    starts = len(prediction.starts)
    parts = [f"{starts} start{'' if starts == 1 else 's'}"] if starts else []
    seconds = prediction.seconds
    parts.append(f"{seconds:.{1 if seconds >= 1 else 2}f} s on {prediction.device}")
    parts.append(f"{len(prediction.amplitudes)} reflections")
    return " · ".join(parts)
