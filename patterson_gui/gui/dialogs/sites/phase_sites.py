"""The dialog that asks for the solvent content before phasing with heavy-atom sites."""

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.crystal.differences.heavy_phases import USUAL_SOLVENT
from patterson_gui.crystal.measured.matthews import MASS_PER_RESIDUE, SolventContent
from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.dialog_buttons import dialog_buttons
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import text_label

_LISTED = 8
_WORDS = (
    "The sites are refined with the phases. Both hands are phased where the data have anomalous "
    "differences, and the density is modified: the solvent is made flat."
)


_NOTE = f"The solvent was taken as {USUAL_SOLVENT:.0%} of the cell."
_ASSUMED = "50 % is assumed: state the residues of the protein, or the share, if you know them."
_MOST_RESIDUES, _MOST_COPIES = 50_000, 240


class PhaseSitesDialog(QDialog):
    """Emits `chosen` with the share of the cell that is solvent, and a sentence on where it comes
    from ("" where the user stated it)."""

    chosen = pyqtSignal(float, str)

    def __init__(
        self,
        data: str,
        labels: Sequence[str],
        solvent: float,
        content: Callable[[float, int | None], SolventContent],
        parent: QWidget | None = None,
    ) -> None:
        """
        Parameters
        ----------
        data : which differences are used.
        labels : of the sites.
        solvent : proposed share.
        content : the solvent content with a molecule of some mass (Da) and a number of molecules in
            the asymmetric unit, None: the usual one; `UserError` where these do not fit.
        """
        super().__init__(parent)
        self._content = content
        self._note = ""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Phase with these sites")
        self.setMinimumWidth(440)
        self.solvent = QSpinBox()
        self.solvent.setRange(10, 90)
        self.solvent.setSuffix(" %")
        self.solvent.setValue(round(100 * solvent))
        self.solvent.setToolTip("Share of the cell that is solvent; 50 % is usual for proteins")
        self.solvent.valueChanged.connect(self._solvent_changed)
        self.residues, self.copies = QSpinBox(), QSpinBox()
        self.residues.setRange(0, _MOST_RESIDUES)
        self.residues.setSpecialValueText("not known")
        self.residues.setToolTip("Residues of one molecule of the protein, 110 Da each")
        self.copies.setRange(0, _MOST_COPIES)
        self.copies.setSpecialValueText("as usual")
        self.copies.setToolTip(
            "Molecules in the asymmetric unit; as usual: as many as leave the solvent nearest to "
            "50 %"
        )
        self.copies.setEnabled(False)
        for box in (self.residues, self.copies):
            box.valueChanged.connect(self._protein_changed)
        self.words = text_label("", dim=True)
        form = form_layout()
        form.addRow("Residues", self.residues)
        form.addRow("Molecules", self.copies)
        form.addRow("Solvent content", self.solvent)
        form.addRow("", self.words)
        self.phase_button = QPushButton("Phase")
        buttons = dialog_buttons(self, self.phase_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(text_label(f"{data}\nSites: {_listed(labels)}"))
        layout.addLayout(form)
        layout.addWidget(text_label(_WORDS, dim=True))
        layout.addWidget(buttons)
        assumed = abs(solvent - USUAL_SOLVENT) < 1e-9
        self._say(_ASSUMED if assumed else "", _NOTE if assumed else "")

    def accept(self) -> None:
        super().accept()
        self.chosen.emit(self.solvent.value() / 100.0, self._note)

    def _say(self, words: str, note: str) -> None:
        self.words.setText(words)
        self._note = note

    def _solvent_changed(self) -> None:
        self._say("", "")  # the user states it

    def _protein_changed(self) -> None:
        """Show the solvent content that follows from the protein."""
        n = self.residues.value()
        self.copies.setEnabled(n > 0)
        if not n:
            self._say("", "")
            return
        copies = self.copies.value() or None
        try:
            found = self._content(n * MASS_PER_RESIDUE, copies)
        except UserError as error:
            self._say(str(error), "")
            return
        with QSignalBlocker(self.solvent):
            self.solvent.setValue(round(100 * found.share))
        chosen = "" if copies else "; the number of molecules was chosen"
        self._say(found.words, f"Solvent content: {found.words}{chosen}.")


def _listed(labels: Sequence[str]) -> str:
    """The first labels, and how many more there are."""
    more = len(labels) - _LISTED
    return ", ".join(labels[:_LISTED]) + (f" and {more} more" if more > 0 else "")
