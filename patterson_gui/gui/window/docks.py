"""The panels around the views, each in a dock: layers, Patterson map, result, tables."""

from functools import partial

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabWidget, QWidget

from patterson_gui.app.predict import Predicting, PredictState
from patterson_gui.app.solving.solving import SolveState, Solving
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.scrolled import scrolled_vertically

LEFT_WIDTH = 240
RIGHT_WIDTH = 304
SECTIONS_WIDTH = 472
SIDE_TABLES_WIDTH = 560
BOTTOM_HEIGHT, TALL_TABLE_HEIGHT = 208, 256
LAYERS_HEIGHT, PATTERSON_HEIGHT = 324, 232
PATTERSON_LEAST_HEIGHT = 148


class Docks:
    """Puts panels around the centre of a window; `menu` gets an entry to hide and show each."""

    def __init__(
        self,
        window: QMainWindow,
        menu: QMenu,
        layers: LayersPanel,
        patterson: QWidget,
        result: QWidget,
        sections: QWidget,
        tables: Tables,
    ) -> None:
        self._window = window
        self._menu = menu
        area = Qt.DockWidgetArea
        layers_dock = self._add("Layers", scrolled_vertically(layers), area.LeftDockWidgetArea)
        patterson_dock = self._add(
            "Patterson map", scrolled_vertically(patterson), area.LeftDockWidgetArea
        )
        result_dock = self._add("Result", result, area.RightDockWidgetArea)
        self._sections = self._add("Sections", sections, area.RightDockWidgetArea)
        window.setTabPosition(area.RightDockWidgetArea, QTabWidget.TabPosition.North)
        window.tabifyDockWidget(result_dock, self._sections)
        self._result = result_dock
        self._working: set[Predicting | Solving] = set()
        self._result_width = 0  # before the sections came to the front; 0: they did not
        sections.setMinimumWidth(RIGHT_WIDTH)
        for dock in (result_dock, self._sections):
            dock.setTitleBarWidget(QWidget())  # none: the tabs name what is inside
        result_dock.raise_()
        self._sections.visibilityChanged.connect(self._give_sections_room)
        self._layers, self._patterson = layers_dock, patterson_dock
        layers.room_wanted.connect(partial(self._give_layers_room, layers))
        self._tables = self._add("Tables", tables, area.BottomDockWidgetArea)
        self._tables.setTitleBarWidget(QWidget())  # none: the tabs name what is inside
        tables.room_wanted.connect(self._give_tables_room)
        self._tables.visibilityChanged.connect(self._tables_shown)
        window.setCorner(Qt.Corner.BottomLeftCorner, area.BottomDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.resizeDocks([layers_dock, result_dock], [LEFT_WIDTH, RIGHT_WIDTH], across)
        window.resizeDocks([layers_dock, patterson_dock], [LAYERS_HEIGHT, PATTERSON_HEIGHT], down)
        window.resizeDocks([self._tables], [BOTTOM_HEIGHT], down)

    def _add(self, title: str, inside: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(title.lower().replace(" ", "-"))
        dock.setWidget(inside)
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self._window.addDockWidget(area, dock)
        toggle = dock.toggleViewAction()
        if toggle is not None:
            self._menu.addAction(toggle)
        return dock

    def follow(self, *works: Predicting | Solving) -> None:
        """Bring the result to the front whenever one of these begins to work: its progress and
        verdict are there."""
        for work in works:
            work.changed.connect(partial(self._show_work, work))

    def _show_work(self, work: Predicting | Solving) -> None:
        working = work.state in (PredictState.RUNNING, SolveState.RUNNING)
        if working and work not in self._working:
            self._result.raise_()
        (self._working.add if working else self._working.discard)(work)

    def show_sections(self) -> None:
        """Bring the sections to the front."""
        self._sections.show()
        self._sections.raise_()

    def show_tables(self) -> None:
        """Bring the tables to the front, also where the user has hidden them."""
        self._tables.show()
        self._tables.raise_()

    @property
    def tables_at_side(self) -> bool:
        """Whether the tables are at the right, and not below the views."""
        return self._window.dockWidgetArea(self._tables) is Qt.DockWidgetArea.RightDockWidgetArea

    def set_tables_at_side(self, at_side: bool) -> None:
        """Put the tables behind the result, as high as the window, or below the views."""
        if at_side == self.tables_at_side:
            return
        area = Qt.DockWidgetArea
        inside = not_none(self._tables.widget())
        if at_side:
            inside.setMinimumWidth(RIGHT_WIDTH)
            self._window.addDockWidget(area.RightDockWidgetArea, self._tables)
            self._window.tabifyDockWidget(self._sections, self._tables)
        else:
            inside.setMinimumWidth(0)
            self._window.addDockWidget(area.BottomDockWidgetArea, self._tables)
            self._window.resizeDocks([self._tables], [BOTTOM_HEIGHT], Qt.Orientation.Vertical)
            self._give_room(self._tables, SIDE_TABLES_WIDTH, visible=False)
            self._result.raise_()
        self.show_tables()

    def _give_room(self, dock: QDockWidget, width: int, *, visible: bool) -> None:
        """Make what comes to the front at the right wide enough to be read, and the result behind
        it as narrow again as it was."""
        # Docks on top of each other are as wide as the widest needs, also of hidden ones.
        inside = not_none(dock.widget())
        across = Qt.Orientation.Horizontal
        if visible:
            inside.setMinimumWidth(min(inside.minimumSizeHint().width(), width))
            if dock.width() < width:
                self._result_width = self._result_width or dock.width()
                self._window.resizeDocks([dock], [width], across)
            return
        if dock is self._sections or self.tables_at_side:
            inside.setMinimumWidth(RIGHT_WIDTH)
        if self._result_width and self._result.isVisible():
            self._window.resizeDocks([self._result], [self._result_width], across)
            self._result_width = 0

    def _give_sections_room(self, visible: bool) -> None:
        self._give_room(self._sections, SECTIONS_WIDTH, visible=visible)

    def _tables_shown(self, visible: bool) -> None:
        if self.tables_at_side:
            width = max(SIDE_TABLES_WIDTH, self._window.width() // 3)
            self._give_room(self._tables, width, visible=visible)

    def _give_layers_room(self, layers: LayersPanel) -> None:
        """Make the layers as high as they need, where the Patterson map keeps its least height."""
        title = self._layers.height() - not_none(self._layers.widget()).height()
        wanted = layers.sizeHint().height() + title
        if self._patterson.isVisible() and self._layers.height() < wanted:
            both = self._layers.height() + self._patterson.height()
            high = max(min(wanted, both - PATTERSON_LEAST_HEIGHT), self._layers.height())
            down = Qt.Orientation.Vertical
            self._window.resizeDocks([self._layers, self._patterson], [high, both - high], down)

    def _give_tables_room(self) -> None:
        """Make the tables high enough for a whole page."""
        if self.tables_at_side:
            self.show_tables()
        elif self._tables.height() < TALL_TABLE_HEIGHT:
            self._window.resizeDocks([self._tables], [TALL_TABLE_HEIGHT], Qt.Orientation.Vertical)
