"""The panels around the views, each in a dock: layers, Patterson map, result, tables."""

from functools import partial

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabWidget, QWidget

from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.scrolled import scrolled_vertically

LEFT_WIDTH = 240
RIGHT_WIDTH = 304
SECTIONS_WIDTH = 472
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

    def show_sections(self) -> None:
        """Bring the sections to the front."""
        self._sections.show()
        self._sections.raise_()

    def show_tables(self) -> None:
        """Show the tabs below the views, also where the user has hidden them."""
        self._tables.show()

    def _give_sections_room(self, visible: bool) -> None:
        """Make sections that come to the front wide enough to be read, and the result behind them
        as narrow again as it was."""
        # Docks on top of each other are as wide as the widest needs, also of hidden ones.
        inside = not_none(self._sections.widget())
        inside.setMinimumWidth(inside.minimumSizeHint().width() if visible else RIGHT_WIDTH)
        across = Qt.Orientation.Horizontal
        if visible and self._sections.width() < SECTIONS_WIDTH:
            self._result_width = self._sections.width()
            self._window.resizeDocks([self._sections], [SECTIONS_WIDTH], across)
        elif not visible and self._result_width and self._result.isVisible():
            self._window.resizeDocks([self._result], [self._result_width], across)
            self._result_width = 0

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
        if self._tables.height() < TALL_TABLE_HEIGHT:
            self._window.resizeDocks([self._tables], [TALL_TABLE_HEIGHT], Qt.Orientation.Vertical)
