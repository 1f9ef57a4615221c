"""The About dialog: version, licence and papers to cite."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from patterson_gui import __version__
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.theme import readout_font

CITATIONS = (
    "T. Pan, S. Jin, M. D. Miller, A. Kyrillidis & G. N. Phillips (2023). A deep learning "
    "solution for crystallographic structure determination. IUCrJ 10, 487–496.",
    "J. Hoffmann, L. Maestrati, Y. Sawada, J. Tang, J. M. Sellier & Y. Bengio (2019). "
    "Data-driven approach to encoding and decoding 3-D crystal structures. arXiv:1909.00949.",
)


class AboutDialog(QDialog):
    """Name, version, licence and the two papers to cite."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About patterson_gui")
        title = PlainLabel("patterson_gui")
        title.setFont(readout_font())
        lines = (
            f"Version {__version__}",
            "Patterson maps of crystals, with their sections, peaks and interatomic vectors; heavy "
            "atoms and phases from them; densities and refined structures from amplitudes alone.",
            "Densities are found by phase retrieval, by trained neural networks, or by both; "
            "measured small molecules are solved without networks. The fragment problems follow "
            "the first paper, the Explorer follows the second. Please cite:",
            *CITATIONS,
            "Free software under the GNU General Public License, version 3 or later; "
            "without any warranty.",
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(title)
        for line in lines:
            label = PlainLabel(line)
            label.setWordWrap(True)
            label.setMinimumWidth(520)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = not_none(buttons.addButton("Copy citations", QDialogButtonBox.ButtonRole.ActionRole))
        copy.setAutoDefault(False)
        copy.clicked.connect(self.copy_citations)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    @staticmethod
    def copy_citations() -> None:
        copy_text("\n".join(CITATIONS))
