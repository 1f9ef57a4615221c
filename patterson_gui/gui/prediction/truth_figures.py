"""Figures of a prediction compared with the truth: fixed frame and aligned, side by side."""

from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from patterson_gui.app.document.compare_with_truth import TruthComparison
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.labels import format_number, format_percent, text_label
from patterson_gui.gui.widgets.plots import ShellPlot

# (name of the figure, words, what it is, large)
_DENSITY = (
    ("r", "r", "Pearson correlation with the true density over the whole cell", True),
    ("r_masked", "r near atoms", "The same r, within 2 Å of the atoms", False),
    ("phase_error_deg", "phase error", "Mean phase error; random phases give 90°", True),
    ("phase_error_weighted_deg", "|F|-weighted", "Mean phase error weighted by |F|", False),
)
_ATOMS = (
    ("recall", "atoms found", "Share of the true atoms with a built one within 0.5 Å", False),
    ("precision", "atoms correct", "Share of the built atoms within 0.5 Å of a true one", False),
    ("rmsd", "rmsd", "Root-mean-square distance of these pairs", False),
    ("element_accuracy", "elements", "Share of these pairs with the right element", False),
)
# (frame, words, what it is)
_FRAMES = (
    ("fixed", "▪ fixed", "As predicted: origin and hand are not aligned to the truth"),
    (
        "aligned",
        "● aligned",
        "After the shift and, where needed, the inversion that match the truth",
    ),
)


class TruthFigures(QWidget):
    """The figures in both frames, the fixed one first.

    Attributes
    ----------
    details, plot : the less important figures, and the plot by resolution; they are placed apart.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[tuple[str, str], QLabel] = {}
        self._of_atoms: list[QLabel] = []
        self.details = QWidget()
        main, minor = QGridLayout(self), QGridLayout(self.details)
        for grid in (main, minor):
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(theme.GRID)
            grid.setVerticalSpacing(theme.GRID // 2)
            for column, (_, text, tip) in enumerate(_FRAMES, start=1):
                head = text_label(text, dim=True)
                head.setToolTip(tip)
                grid.addWidget(head, 0, column)
                grid.setColumnStretch(column, 1)
        for row, figure in enumerate((*_DENSITY, *_ATOMS), start=1):
            labels = self._add(main if figure[3] else minor, row, figure)
            if row > len(_DENSITY):
                self._of_atoms += labels
        # The columns of both stand below one another.
        names = [grid.itemAtPosition(row, 0) for grid in (main, minor) for row in range(1, 9)]
        widest = max(item.sizeHint().width() for item in names if item is not None)
        main.setColumnMinimumWidth(0, widest)
        minor.setColumnMinimumWidth(0, widest)
        self.plot = ShellPlot()

    def _add(self, grid: QGridLayout, row: int, figure: tuple[str, str, str, bool]) -> list[QLabel]:
        """Put a figure into a grid: its name, and its value in each frame."""
        name, text, tip, large = figure
        labels = [text_label(text, dim=True)]
        labels[0].setWordWrap(False)
        for frame, *_ in _FRAMES:
            value = text_label("")
            value.setFont(theme.readout_font() if large else theme.tabular_font())
            self.values[frame, name] = value
            labels.append(value)
        for column, label in enumerate(labels):
            label.setToolTip(tip)
            grid.addWidget(label, row, column)
        return labels

    def show_comparison(self, truth_comparison: TruthComparison) -> None:
        """Show the figures; those of atoms only where atoms were built and true ones known."""
        comparison = truth_comparison.comparison
        for frame, figures in (("fixed", comparison.fixed), ("aligned", comparison.aligned)):
            for name, text in (
                ("r", format_number(figures.r, 3)),
                ("r_masked", format_number(figures.r_masked, 3)),
                ("phase_error_deg", format_number(figures.phase_error_deg, 1, "°")),
                (
                    "phase_error_weighted_deg",
                    format_number(figures.phase_error_weighted_deg, 1, "°"),
                ),
            ):
                self.values[frame, name].setText(text)
        for frame, atoms in (
            ("fixed", truth_comparison.atoms_fixed),
            ("aligned", truth_comparison.atoms),
        ):
            if atoms is None:
                continue
            for name, text in (
                ("recall", format_percent(atoms.recall)),
                ("precision", format_percent(atoms.precision)),
                ("rmsd", format_number(atoms.rmsd, 3, " Å")),
                ("element_accuracy", format_percent(atoms.element_accuracy)),
            ):
                self.values[frame, name].setText(text)
        for label in self._of_atoms:
            label.setVisible(truth_comparison.atoms is not None)
        self.plot.set_shells(comparison.fixed.shells, comparison.aligned.shells)
