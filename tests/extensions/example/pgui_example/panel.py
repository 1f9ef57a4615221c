"""A panel that says what is open and finds the highest point of the Patterson map."""

from PyQt6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from patterson_gui.gui.window.extension_panels import PanelHost


class ContentsPanel(QWidget):
    """The name of the crystal and its maps, and a button."""

    def __init__(self, host: PanelHost) -> None:
        super().__init__()
        self.setWindowTitle("Contents")
        self._host = host
        self.words = QLabel()
        self.button = QPushButton("Largest value")
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addWidget(self.button)
        layout.addStretch()
        host.changed.connect(self._show)
        self.button.clicked.connect(self._find)
        self._show()

    def _show(self) -> None:
        crystal = self._host.crystal
        name = "Nothing is open." if crystal is None else crystal.name
        self.words.setText(f"{name} {', '.join(self._host.maps)}")

    def _find(self) -> None:
        density = self._host.maps.get("patterson")
        if density is not None:
            self._host.run("Looking for the largest value", density.grid.max, self._tell)

    def _tell(self, largest: float) -> None:
        self._host.tell(f"The largest value is {largest:.1f}.")


def make(host: PanelHost) -> QWidget:
    """What the entry point names."""
    return ContentsPanel(host)
