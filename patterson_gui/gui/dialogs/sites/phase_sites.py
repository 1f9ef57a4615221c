"""The dialog that asks for the solvent content before phasing with heavy-atom sites."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.widgets.dialog_buttons import dialog_buttons
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import text_label

_LISTED = 8
_WORDS = (
    "The sites are refined with the phases. Both hands are phased where the data have anomalous "
    "differences, and the density is modified: the solvent is made flat."
)


class PhaseSitesDialog(QDialog):
    """Emits `chosen` with the share of the cell that is solvent."""

    chosen = pyqtSignal(float)

    def __init__(
        self, data: str, labels: Sequence[str], solvent: float, parent: QWidget | None = None
    ) -> None:
        """`data` : which differences are used; `labels` : of the sites; `solvent` : proposed."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Phase with these sites")
        self.setMinimumWidth(440)
        self.solvent = QSpinBox()
        self.solvent.setRange(10, 90)
        self.solvent.setSuffix(" %")
        self.solvent.setValue(round(100 * solvent))
        self.solvent.setToolTip("Share of the cell that is solvent; 50 % is usual for proteins")
        form = form_layout()
        form.addRow("Solvent content", self.solvent)
        self.phase_button = QPushButton("Phase")
        buttons = dialog_buttons(self, self.phase_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(text_label(f"{data}\nSites: {_listed(labels)}"))
        layout.addLayout(form)
        layout.addWidget(text_label(_WORDS, dim=True))
        layout.addWidget(buttons)

    def accept(self) -> None:
        super().accept()
        self.chosen.emit(self.solvent.value() / 100.0)


def _listed(labels: Sequence[str]) -> str:
    """The first labels, and how many more there are."""
    more = len(labels) - _LISTED
    return ", ".join(labels[:_LISTED]) + (f" and {more} more" if more > 0 else "")
