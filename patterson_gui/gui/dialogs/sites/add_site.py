"""The dialog that adds a site: its element, and which of several places where there are some."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.sites.from_peaks import PeakSolution
from patterson_gui.gui.dialogs.sites.element_field import ElementField
from patterson_gui.gui.widgets.dialog_buttons import dialog_buttons
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none

_HEADINGS = ("x", "y", "z", "Misfit, Å", "Cross vectors, rmsd", "Open coordinates")
_TIPS = (
    "", "", "",
    "Root mean square distance of the peaks from the vectors of the site",
    "The lowest value of the map over the vectors to the other sites in the list",
    "Coordinates that the chosen peaks do not determine",
)  # fmt: skip
_WIDTHS = (64, 64, 64, 80, 144)


class AddSiteDialog(QDialog):
    """Emits `chosen` with one of the solutions (None where none were given) and an element."""

    chosen = pyqtSignal(object, str)

    def __init__(
        self,
        title: str,
        words: str,
        element: str,
        solutions: Sequence[PeakSolution] = (),
        parent: QWidget | None = None,
    ) -> None:
        """`words` stand above; `element` is proposed; the first of `solutions` is selected."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._solutions = tuple(solutions)
        self.element = ElementField(element)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Possible sites")
        form = form_layout()
        form.addRow("Element", self.element)
        self.add = QPushButton("Add site")
        buttons = dialog_buttons(self, self.add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(text_label(words))
        if self._solutions:
            self._fill()
            layout.addWidget(self.list, 1)
            self.resize(800, 320)
        else:
            self.setMinimumWidth(440)
        layout.addLayout(form)
        layout.addWidget(self.element.error)
        layout.addWidget(buttons)

    def _fill(self) -> None:
        self.list.setHeaderLabels(list(_HEADINGS))
        self.list.setRootIsDecorated(False)
        self.list.setAlternatingRowColors(True)
        self.list.ensurePolished()  # the height of a row is set when it is added
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        head = not_none(self.list.headerItem())
        for column, tip in enumerate(_TIPS):
            head.setToolTip(column, tip)
            if column < len(_WIDTHS):
                head.setTextAlignment(column, right)
        for each in self._solutions:
            lowest = "–" if each.lowest is None else f"{each.lowest:.1f}"
            place = [f"{value:.4f}" for value in each.frac]
            row = QTreeWidgetItem([*place, f"{each.misfit:.2f}", lowest, each.open or "none"])
            row.setToolTip(5, each.open)
            for column in range(len(_WIDTHS)):
                row.setTextAlignment(column, right)
            self.list.addTopLevelItem(row)
        header = not_none(self.list.header())
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, width)
        header.setSectionResizeMode(len(_WIDTHS), QHeaderView.ResizeMode.Stretch)
        self.list.setColumnHidden(4, all(each.lowest is None for each in self._solutions))
        self.list.setCurrentItem(self.list.topLevelItem(0))
        self.list.itemDoubleClicked.connect(self.accept)

    def accept(self) -> None:
        element = self.element.symbol()
        if element is None:
            return
        solution = None
        if self._solutions:
            row = self.list.indexOfTopLevelItem(self.list.currentItem())
            if row < 0:
                return
            solution = self._solutions[row]
        super().accept()
        self.chosen.emit(solution, element)
