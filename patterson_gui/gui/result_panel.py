"""How good the prediction is, in numbers, words and a plot."""

import math

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.metrics import Comparison
from patterson_gui.crystal.prediction import Prediction, Progress
from patterson_gui.gui import theme
from patterson_gui.gui.plots import ConvergencePlot, ShellPlot

NO_TRUTH = (
    "There is no truth to compare with. Origin and hand are arbitrary, and the hand is "
    "undetermined: the mirror image fits the same amplitudes equally well."
)
NO_TRUTH_HAND_KNOWN = (
    "There is no truth to compare with. The origin is arbitrary; the method chose the hand."
)


class ResultPanel(QScrollArea):
    """Shows a prediction, a running one, or what would appear here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = _Nothing()
        self._running = _Running()
        self._result = _Result()
        self._pages = QStackedWidget()
        for page in (self._nothing, self._running, self._result):
            self._pages.addWidget(page)
        self.setWidget(self._pages)
        self.setMinimumWidth(264)

    def show_prediction(self, prediction: Prediction, comparison: Comparison | None) -> None:
        self._result.show_prediction(prediction, comparison)
        self._pages.setCurrentWidget(self._result)

    def show_running(self, progress: Progress) -> None:
        self._running.show_progress(progress)
        self._pages.setCurrentWidget(self._running)

    def clear(self) -> None:
        self._pages.setCurrentWidget(self._nothing)

    def text(self) -> str:
        """All that can be read on the panel."""
        page = self._pages.currentWidget()
        assert page is not None
        labels = page.findChildren(QLabel)
        return "\n".join(label.text() for label in labels if label.isVisibleTo(page))


class _Nothing(QWidget):
    def __init__(self) -> None:
        super().__init__()
        label = _words("How good the prediction is will stand here.", dim=True)
        layout = _column(self)
        layout.addWidget(label)
        layout.addStretch(1)


class _Running(QWidget):
    """Live figures of a prediction under way."""

    def __init__(self) -> None:
        super().__init__()
        self.message = _words("")
        self.best = _Readout("Lowest R so far")
        self.starts = _Readout("Starts")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.plot = ConvergencePlot()
        grid = QGridLayout()
        grid.setSpacing(theme.GRID)
        grid.addWidget(self.best, 0, 0)
        grid.addWidget(self.starts, 0, 1)
        layout = _column(self)
        layout.addWidget(self.message)
        layout.addWidget(self.bar)
        layout.addLayout(grid)
        layout.addWidget(self.plot)
        layout.addStretch(1)

    def show_progress(self, progress: Progress) -> None:
        self.message.setText(progress.message)
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * min(max(progress.fraction, 0.0), 1.0)))
        self.best.set(_number(progress.best_r, 3))
        total = progress.starts_total
        self.starts.set(f"{progress.starts_done} / {total}" if total else "–")
        self.plot.set_history(progress.history)


class _Result(QWidget):
    """A finished prediction."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict = _words("")
        self.r = _Readout("R")
        self.r.setToolTip("Σ|s|Fc| − |Fo|| / Σ|Fo| of the constrained density")
        self.consistency = _Readout("Self-consistency")
        self.consistency.setToolTip(
            "Correlation of the prediction's own Patterson map with the measured one"
        )
        self.hand = _words("", dim=True)
        alone = QGridLayout()
        alone.setSpacing(theme.GRID)
        alone.addWidget(self.r, 0, 0)
        alone.addWidget(self.consistency, 0, 1)
        self.truth = _AgainstTruth()
        self.sentence = _words("")
        self.effort = _words("", dim=True)
        layout = _column(self)
        layout.addWidget(self.verdict)
        layout.addLayout(alone)
        layout.addWidget(self.hand)
        layout.addWidget(_rule())
        layout.addWidget(self.truth)
        layout.addWidget(self.sentence)
        layout.addWidget(self.truth.plot)
        layout.addWidget(_rule())
        layout.addWidget(self.effort)
        layout.addStretch(1)

    def show_prediction(self, prediction: Prediction, comparison: Comparison | None) -> None:
        sure = prediction.solved and prediction.certain
        self.verdict.setText(f"{'✓' if sure else '△'} {prediction.verdict}")
        _set_property(self.verdict, "good", sure)
        _set_property(self.verdict, "warning", not sure)
        self.r.set(_number(prediction.r_factor, 3))
        self.consistency.set(_number(prediction.self_consistency, 3))
        self.hand.setText(
            "Hand: chosen by the method" if prediction.hand_determined else "Hand: undetermined"
        )
        self.truth.setVisible(comparison is not None)
        self.truth.plot.setVisible(comparison is not None)
        if comparison is not None:
            self.truth.show_comparison(comparison)
        self.sentence.setText(frame_sentence(prediction, comparison))
        self.effort.setText(_effort(prediction))


class _AgainstTruth(QWidget):
    """The figures in both frames, the fixed one first; the plot, which is placed apart."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GRID)
        grid.setVerticalSpacing(theme.GRID // 2)
        for column, words in ((1, "▪ as it stands"), (2, "● aligned")):
            grid.addWidget(_words(words, dim=True), 0, column)
        rows = (
            ("r", "r", "Pearson correlation with the true density over the whole cell", True),
            ("r_masked", "at the atoms", "The same r, within 2 Å of the atoms", False),
            ("phase_error_deg", "phase error", "Mean phase error; 90° is what chance gives", True),
            ("phase_error_weighted_deg", "by |F|", "Mean phase error weighted by |F|", False),
        )
        self.values: dict[tuple[str, str], QLabel] = {}
        for row, (name, words, tip, large) in enumerate(rows, start=1):
            label = _words(words, dim=True)
            label.setToolTip(tip)
            grid.addWidget(label, row, 0)
            for column, frame in ((1, "fixed"), (2, "aligned")):
                value = _words("")
                value.setFont(theme.readout_font() if large else theme.tabular_font())
                value.setToolTip(tip)
                grid.addWidget(value, row, column)
                self.values[frame, name] = value
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        self.plot = ShellPlot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addLayout(grid)

    def show_comparison(self, comparison: Comparison) -> None:
        for frame in ("fixed", "aligned"):
            figures = getattr(comparison, frame)
            for name, unit, digits in (
                ("r", "", 3),
                ("r_masked", "", 3),
                ("phase_error_deg", "°", 1),
                ("phase_error_weighted_deg", "°", 1),
            ):
                text = _number(getattr(figures, name), digits)
                self.values[frame, name].setText(text if text == "–" else text + unit)
        self.plot.set_shells(comparison.fixed.shells, comparison.aligned.shells)


class _Readout(QWidget):
    """A large number with what it is."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.value = _words("–")
        self.value.setFont(theme.readout_font())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.value)
        layout.addWidget(_words(words, dim=True))

    def set(self, text: str) -> None:
        self.value.setText(text)


def frame_sentence(prediction: Prediction, comparison: Comparison | None) -> str:
    """Whether origin and hand were aligned to the truth for the display."""
    if comparison is None:
        return NO_TRUTH_HAND_KNOWN if prediction.hand_determined else NO_TRUTH
    u, v, w = (_signed(x) for x in comparison.shift_frac)
    hand = " and turned into its mirror image" if comparison.inverted else ", its hand kept"
    return (
        f"Aligned: moved onto the truth by ({u}, {v}, {w}){hand}. "
        "Neither origin nor hand follows from the amplitudes."
    )


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def _effort(prediction: Prediction) -> str:
    starts = len(prediction.starts)
    parts = [f"{starts} start{'' if starts == 1 else 's'}"] if starts else []
    seconds = prediction.seconds
    parts.append(f"{seconds:.{1 if seconds >= 1 else 2}f} s on {prediction.device}")
    parts.append(f"{len(prediction.amplitudes)} reflections")
    return " · ".join(parts)


def _number(value: float | None, digits: int) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}"


def _words(text: str, *, dim: bool = False) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if dim:
        label.setProperty("dim", True)
    return label


def _rule() -> QFrame:
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def _column(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
    layout.setSpacing(theme.GRID)
    return layout


def _set_property(widget: QWidget, name: str, value: bool) -> None:
    """Set a property that the style sheet looks at."""
    widget.setProperty(name, value)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
