"""The Explorer's window.

Left: the encoded crystal. Centre: both densities, and below them the line between two crystals.
Right: tabs to move the latent, and the checks of the decoded crystal.
"""

from functools import partial

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QCloseEvent, QImage, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QSlider,
    QSplitter,
    QTabWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.jobs.notice import Notice
from patterson_gui.gui.explorer.crystal_list import RowsTable
from patterson_gui.gui.explorer.crystal_panel import CrystalPanel
from patterson_gui.gui.explorer.cube_view import CubeViews
from patterson_gui.gui.explorer.directions_tab import DirectionsTab
from patterson_gui.gui.explorer.line_bar import LineBar
from patterson_gui.gui.explorer.map_tab import MapTab
from patterson_gui.gui.explorer.samples_tab import SamplesTab
from patterson_gui.gui.explorer.validity_box import ValidityBox
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.dropped_files import DroppedFiles
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import horizontal_line, text_label
from patterson_gui.gui.widgets.messages.toasts import ToastArea
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.io.viewers.scene import Viewer

LEFT_WIDTH, RIGHT_WIDTH = 272, 352
STEPS_PER_RMSD = 20
HIGHEST_RMSD = 12.0
FIRST_LEVEL = 2.5  # rmsd
NEIGHBOURS = (
    "Known crystals with the most similar densities, by rms difference in the cube (e/Å³). "
    "Double-click to encode one."
)
COLOURS = {
    "atoms": "Number of atoms",
    "mean_z": "Mean atomic number",
    "volume_per_atom": "Volume per atom",
}
# name, words, icon, tooltip
ACTIONS = (
    ("encode_open", "Encode open crystal", "model",
     "Encode the structure that is open in the main window"),
    ("open", "Open crystal…", "open", "Encode a crystal file: CIF, extended XYZ, POSCAR, PDB …"),
    ("known", "Known crystals…", "known", "Encode one of the crystals that come with the program"),
    ("save_crystal", "Export CIF…", "save",
     "Save the decoded crystal and its origin (CIF, extended XYZ, POSCAR or PDB)"),
    ("save_density", "Save density…", "density", "Save the decoded density (CCP4)"),
    ("send", "ChimeraX", "send", "Send both densities and their atoms to another program"),
    ("to_main", "Open in main window", "window",
     "Open the decoded crystal with its Patterson map, to predict its density"),
)  # fmt: skip


class ExplorerWindow(QMainWindow):
    """Widgets and actions; `ExplorerPresenter` fills them."""

    closed = pyqtSignal()
    send_clicked = pyqtSignal(object)  # Viewer
    dropped = pyqtSignal(object)  # Path

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Explorer – patterson_gui")
        self.setMinimumSize(960, 600)
        self.resize(1440, 900)
        self.views = CubeViews()
        self.crystal = CrystalPanel()
        self.line = LineBar()
        self.directions = DirectionsTab()
        self.map = MapTab(COLOURS)
        self.nearest = RowsTable(("Formula", "Name", "Atoms", "Distance"), frozenset({2, 3}))
        self.nearest.setAccessibleName("Nearest known crystals")
        self.samples = SamplesTab()
        self.validity = ValidityBox()
        self.by_name: dict[str, QAction] = {}
        self._make_toolbar()
        self._make_centre()
        self._make_status()
        self.toasts = ToastArea(self.views)
        self._make_message_keys()
        drops = DroppedFiles(self)
        drops.dropped.connect(self.dropped)
        drops.refused.connect(lambda sentence: self.show_notice(Notice(sentence, error=True)))
        drops.ignored.connect(lambda sentence: self.show_notice(Notice(sentence)))

    # ------------------------------------------------------------------ making
    def _make_toolbar(self) -> None:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setIconSize(QSize(18, 18))
        for name, text, icon_name, tip in ACTIONS:
            if name == "save_crystal":
                bar.addSeparator()
            action = QAction(icon(icon_name), text, self)
            action.setToolTip(tip)
            action.setProperty("own_tip", tip)
            self.by_name[name] = action
            bar.addAction(action)
        self._make_send_menu(bar)
        self.by_name["open"].setShortcut(QKeySequence(QKeySequence.StandardKey.Open))
        self.by_name["save_crystal"].setShortcut(QKeySequence(QKeySequence.StandardKey.Save))
        close = QAction("Close", self)
        close.setShortcut(QKeySequence(QKeySequence.StandardKey.Close))
        close.triggered.connect(self.close)
        self.addAction(close)
        self.addToolBar(bar)

    def _make_message_keys(self) -> None:
        """Esc closes the newest message, Shift+Esc all, and neither is taken without messages."""
        for key, close in (("Esc", self.toasts.close_newest), ("Shift+Esc", self.toasts.clear)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setEnabled(False)
            shortcut.activated.connect(close)
            self.toasts.changed.connect(partial(self._enable_message_key, shortcut))

    def _enable_message_key(self, shortcut: QShortcut) -> None:
        shortcut.setEnabled(bool(self.toasts.toasts))

    def _make_send_menu(self, bar: QToolBar) -> None:
        """Make the menu of the send button: every program."""
        menu = QMenu(self)
        for viewer in Viewer:
            action = not_none(menu.addAction(f"Send to {viewer.label}"))
            action.triggered.connect(lambda _on=False, v=viewer: self.send_clicked.emit(v))
        self.by_name["send"].setMenu(menu)
        button = bar.widgetForAction(self.by_name["send"])
        if isinstance(button, QToolButton):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)

    def _make_centre(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.views, 1)
        column.addWidget(self._make_level_bar())
        column.addWidget(horizontal_line())
        column.addWidget(self.line)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.directions, "Directions")
        self.tabs.addTab(self.map, "Map")
        self.neighbours = self._make_neighbours()
        self.tabs.addTab(self.neighbours, "Nearest")
        self.tabs.addTab(self.samples, "Samples")
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs, 1)
        column.addWidget(horizontal_line())
        column.addWidget(self.validity)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        for part, stretch in ((self.crystal, 0), (middle, 1), (right, 0)):
            splitter.addWidget(part)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        self.crystal.setMinimumWidth(LEFT_WIDTH)
        right.setMinimumWidth(336)
        splitter.setSizes([LEFT_WIDTH, 1440 - LEFT_WIDTH - RIGHT_WIDTH, RIGHT_WIDTH])
        self.setCentralWidget(splitter)

    def _make_neighbours(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 8)
        column.addWidget(self.nearest, 1)
        self.neighbour_words = text_label(NEIGHBOURS, dim=True)
        self.neighbour_words.setContentsMargins(16, 0, 16, 0)
        column.addWidget(self.neighbour_words)
        return page

    def _make_level_bar(self) -> QWidget:
        self.level = QSlider(Qt.Orientation.Horizontal)
        self.level.setRange(STEPS_PER_RMSD // 4, round(HIGHEST_RMSD * STEPS_PER_RMSD))
        self.level.setAccessibleName("Contour level of both densities")
        self.level.setToolTip("Contour level of both densities (or the mouse wheel over a view)")
        self.level.valueChanged.connect(self._slid)
        self.level_words = PlainLabel()
        self.level_words.setFont(theme.tabular_font())
        self.level_words.setMinimumWidth(72)
        self.surface = QToolButton()
        self.surface.setObjectName("framed")
        self.surface.setText("Surface")
        self.surface.setCheckable(True)
        self.surface.setToolTip("Show surfaces instead of chicken wire")
        self.surface.toggled.connect(lambda on: self.views.set_style("surface" if on else "wire"))
        self.home = QToolButton()
        self.home.setObjectName("framed")
        self.home.setIcon(icon("home"))
        self.home.setToolTip("Show the whole cube (Home)")
        self.home.setAccessibleName("Whole cube")
        self.home.setShortcut(QKeySequence("Home"))
        self.home.clicked.connect(self.views.reset_view)
        self.views.level_changed.connect(self._show_level)
        bar = QFrame()
        bar.setObjectName("panel")
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(8)
        row.addWidget(PlainLabel("Level"))
        row.addWidget(self.level, 1)
        row.addWidget(self.level_words)
        row.addWidget(self.surface)
        row.addWidget(self.home)
        self.set_level(FIRST_LEVEL)
        return bar

    def _make_status(self) -> None:
        bar = not_none(self.statusBar())
        self.state = PlainLabel()
        self.state.setContentsMargins(8, 0, 0, 0)
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.network = PlainLabel()
        self.network.setContentsMargins(0, 0, 8, 0)
        bar.addWidget(self.state, 1)
        bar.addPermanentWidget(self.network)

    # ------------------------------------------------------------------ level and style
    @property
    def style_name(self) -> str:
        """'wire' or 'surface'."""
        return "surface" if self.surface.isChecked() else "wire"

    def set_level(self, rmsd: float) -> None:
        """Contour both densities at a level, in rmsd."""
        self.views.set_level(rmsd)
        self._show_level(rmsd)

    def _slid(self, value: int) -> None:
        self.views.set_level(value / STEPS_PER_RMSD)
        self.level_words.setText(f"{value / STEPS_PER_RMSD:.2f} rmsd")

    def _show_level(self, rmsd: float) -> None:
        blocker = QSignalBlocker(self.level)
        self.level.setValue(round(rmsd * STEPS_PER_RMSD))
        del blocker
        self.level_words.setText(f"{rmsd:.2f} rmsd")

    # ------------------------------------------------------------------ messages and actions
    def show_notice(self, notice: Notice) -> None:
        """Show a notice over the views."""
        self.toasts.add(notice.text, error=notice.error, details=notice.details)

    def set_blocked(self, name: str, reason: str | None) -> None:
        """Enable an action, or disable it with the reason in its tooltip."""
        action = self.by_name[name]
        action.setEnabled(reason is None)
        action.setToolTip(reason or action.property("own_tip"))

    def refresh_icons(self) -> None:
        """Draw the icons in the colours of the present theme."""
        for name, _, icon_name, _ in ACTIONS:
            self.by_name[name].setIcon(icon(icon_name))
        self.home.setIcon(icon("home"))

    def screenshot(self) -> QImage:
        """An image of the whole window."""
        return self.grab().toImage()

    # ------------------------------------------------------------------ Qt's events
    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.closed.emit()
        super().closeEvent(event)
