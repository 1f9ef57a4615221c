"""The panel of the Python console: input and output, with buttons to interrupt and to restart.

Import it after `console_blocked` says that its libraries are there; that takes half a second.
"""

from pathlib import Path
from typing import Any

from ipython_pygments_lexers import IPython3Lexer
from pygments.lexers import Python3Lexer
from PyQt6.QtCore import QEvent, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from patterson_gui import __version__
from patterson_gui.gui.console.kernel import Kernel
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.labels import FittingLabel

# After the kernel, which tells qtpy which Qt to use.
from qtconsole.rich_jupyter_widget import RichJupyterWidget  # isort: skip

BANNER = (
    f"patterson_gui {__version__}: pg is the package, np is numpy.\n"
    "crystal is a copy of what is open in the window, maps has copies of its maps by name: "
    'maps["patterson"].grid is an array.\n'
)
_BEGIN = "import numpy as np\nimport patterson_gui as pg\ncrystal, maps = None, {}"
_TAKE = """from patterson_gui.api.console import from_window as _from_window
crystal, maps = _from_window({folder!r})
del _from_window"""


def prepare() -> None:
    """Compile the colours of the syntax, which takes a fifth of a second, in any thread."""
    IPython3Lexer()
    Python3Lexer()


class _Console(RichJupyterWidget):
    """Tells when the kernel has started again."""

    restarted = pyqtSignal()

    def restart_kernel(self, message: str, now: bool = False) -> None:
        super().restart_kernel(message, now=now)
        self.restarted.emit()

    def _handle_kernel_restarted(self, died: bool = True) -> None:
        super()._handle_kernel_restarted(died)
        if died:
            self.restarted.emit()


class ConsolePanel(QWidget):
    """A console on a kernel.

    Signals
    -------
    handover_wanted : the kernel has no crystal yet: it was started, or the user presses Reload.
    taken(folder) : the kernel has read what was handed over, or could not.
    """

    handover_wanted = pyqtSignal()
    taken = pyqtSignal(object)

    def __init__(self, kernel: Kernel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kernel = kernel
        self._asked: dict[str, tuple[Path, str]] = {}  # by the number of the request
        self.console = _Console()
        self.console.banner = BANNER
        self.console.confirm_restart = False  # its question would hold the whole window
        self.console.kernel_manager = self.kernel.manager
        self.console.kernel_client = self.kernel.client
        self.console.set_default_style("linux" if theme.current().name == "dark" else "lightbg")
        self.interrupt = QPushButton("Interrupt")
        self.interrupt.setToolTip("Stop the running command (Ctrl+C in the console)")
        self.interrupt.setEnabled(False)
        self.restart = QPushButton("Restart")
        self.restart.setToolTip("Start Python again; its variables are lost")
        self.reload = QPushButton("Reload crystal")
        self.reload.setToolTip("Set crystal and maps to what is open in the window now")
        self.status = FittingLabel()
        self._lay_out()
        self._connect()
        self._restyle()
        self._begin()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        row.setSpacing(theme.GRID)
        for button in (self.interrupt, self.restart, self.reload):
            row.addWidget(button)
        row.addWidget(self.status, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.console, 1)

    def _connect(self) -> None:
        self.interrupt.clicked.connect(self._interrupt)
        self.restart.clicked.connect(
            lambda: self.console.restart_kernel("Python was started again.", now=True)
        )
        self.reload.clicked.connect(self.handover_wanted)
        self.console.restarted.connect(self._begin)
        self.console.executing.connect(lambda _: self._show_running(on=True))
        self.console.executed.connect(lambda _: self._show_running(on=False))
        self.kernel.client.shell_channel.message_received.connect(self._answered)

    def _interrupt(self, _checked: bool = False) -> None:
        self.console.request_interrupt_kernel()

    def _begin(self) -> None:
        """Import what the banner names, and ask for the crystal."""
        self._asked.clear()
        self._show_running(on=False)
        self.kernel.client.execute(_BEGIN, silent=True)
        self.handover_wanted.emit()

    def _show_running(self, *, on: bool) -> None:
        self.interrupt.setEnabled(on)
        self.status.set_texts("running…" if on else "")

    # ------------------------------------------------------------------ the crystal
    def hand_over(self, folder: Path, name: str) -> None:
        """Let the kernel read the crystal called `name` from a folder, once it is free."""
        code = _TAKE.format(folder=str(folder))
        self._asked[self.kernel.client.execute(code, silent=True)] = (folder, name)

    def _answered(self, message: dict[str, Any]) -> None:
        asked = self._asked.pop(message.get("parent_header", {}).get("msg_id", ""), None)
        if asked is None:
            return
        folder, name = asked
        content = message["content"]
        if content.get("status") == "ok":
            self.console.append_stream(f"crystal and maps are those of {name}.\n")
        else:
            why = content.get("evalue") or content.get("status")
            self.console.append_stream(f"crystal and maps are as before: {why}\n")
        self.taken.emit(folder)

    # ------------------------------------------------------------------ appearance and end
    def _restyle(self) -> None:
        look = theme.current()
        self.console.set_default_style("linux" if look.name == "dark" else "lightbg")
        self.console.style_sheet = (
            f"QPlainTextEdit, QTextEdit {{ background: {look.field}; color: {look.text}; "
            f"selection-background-color: {look.accent}; }}"
            f".error {{ color: {look.error}; }}"
            f".in-prompt {{ color: {look.accent}; }} .in-prompt-number {{ font-weight: bold; }}"
            f".out-prompt {{ color: {look.warning}; }} .out-prompt-number {{ font-weight: bold; }}"
        )

        # The colours of tracebacks. qtconsole has no other way to choose them, and its own are too
        # dark to be read on a dark background.
        colours = (look.text, look.error, look.good, look.warning, look.accent, look.dim)
        eight = (*colours, look.accent, look.text)
        self.console._ansi_processor.color_map.update(enumerate(eight * 2))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._restyle()

    def end(self) -> None:
        """Listen to the kernel no more: it is being killed."""
        self.kernel.client.shell_channel.message_received.disconnect(self._answered)
