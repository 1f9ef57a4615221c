"""Add maps and models to the views, and the menus of the rows of the layers panel."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QAction, QColor
from PyQt6.QtWidgets import QColorDialog, QInputDialog, QMenu

from patterson_gui.app.document.added_layers import VIEWS, AddedLayer
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.map_columns import MapColumnsDialog
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.presenters.blink import BlinkPresenter
from patterson_gui.gui.widgets import file_dialogs
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns

VIEW_NAMES = {
    MapKind.PATTERSON: "First view (Patterson)",
    MapKind.PREDICTED: "Second view (predicted, density)",
    MapKind.TRUE: "Third view (true, difference)",
}


class LayerCommands:
    """The added layers of one window."""

    def __init__(self, context: CommandContext, panel: LayersPanel) -> None:
        self._context = context
        self._blink: BlinkPresenter | None = None
        self._document = context.workbench.document
        self._adding = context.workbench.layer_adding
        self._changes = context.workbench.layer_changes
        self._panel = panel

    def connect(self) -> None:
        """Connect the actions, the panel and the question about columns."""
        self._context.actions.on("add_layer", self.ask_file)
        self._panel.add_clicked.connect(self.ask_file)
        self._panel.menu_wanted.connect(self.show_menu)
        self._adding.columns_wanted.connect(self.ask_columns)
        for changed in (self._document.blink_changed, self._document.added_changed):
            changed.connect(self.show_enabled)
        self.show_enabled()

    def follow(self, blink: BlinkPresenter) -> None:
        """Offer what can blink."""
        self._blink = blink
        self._context.actions.on("blink", blink.toggle)
        self.show_enabled()

    def stop_listening(self) -> None:
        """The window closes."""
        self._adding.columns_wanted.disconnect(self.ask_columns)

    def show_enabled(self) -> None:
        """Enable what can be done now."""
        blocked = self._adding.blocked()
        self._context.actions.set_blocked("add_layer", blocked)
        self._panel.add_button.setEnabled(blocked is None)
        if self._blink is not None:
            self._context.actions.set_blocked("blink", self._blink.blocked())
            self._context.actions["blink"].setChecked(self._document.blink is not None)

    # ------------------------------------------------------------------ adding
    def ask_file(self) -> None:
        """Ask for a file, and add what it holds."""
        filters = file_dialogs.layer_filters()
        self._context.ask.open_file("Add to the views", filters, self.add)

    def add(self, path: Path) -> None:
        """Add the maps or the model of a file."""
        self._adding.add(path)

    def ask_columns(self, path: Path, choices: Sequence[MapColumns]) -> None:
        """Ask which maps of a file are shown."""
        dialog = MapColumnsDialog(path.name, choices, self._context.ask.parent)
        dialog.chosen.connect(lambda chosen: self._adding.add(path, chosen))
        dialog.open()

    # ------------------------------------------------------------------ menus of rows
    def show_menu(self, key: LayerKey | int, place: QPoint) -> None:
        """Show the menu of a layer at a place of the screen."""
        menu = self.menu_of(key)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def menu_of(self, key: LayerKey | int) -> QMenu:
        """The menu of a layer."""
        menu = QMenu(self._panel)
        if isinstance(key, LayerKey):
            action = self._entry(menu, "Add a &level", partial(self._changes.add_level, key))
            action.setEnabled(self._document.map_of(key) is not None)
            self._add_blinks(menu, key)
            return menu
        layer = self._changes.layer(key)
        if layer is None:
            return menu
        if layer.is_map:
            self._entry(menu, "Add a &level", partial(self._changes.add_level, key))
            self._add_blinks(menu, key)
        self._entry(menu, "&Rename…", partial(self.ask_name, layer))
        self._entry(menu, "&Colour…", partial(self.ask_colour, layer))
        if layer.of is None:
            self._add_views(menu, layer)
        menu.addSeparator()
        keys = [each.key for each in self._document.added]
        up = self._entry(menu, "Move &up", partial(self._changes.move, key, -1))
        down = self._entry(menu, "Move &down", partial(self._changes.move, key, 1))
        up.setEnabled(keys[0] != key)
        down.setEnabled(keys[-1] != key)
        menu.addSeparator()
        self._entry(menu, "Re&move", partial(self._changes.remove, key))
        return menu

    def _entry(self, menu: QMenu, text: str, call: Callable[[], object]) -> QAction:
        action = not_none(menu.addAction(text))
        action.triggered.connect(lambda _checked: call())
        return action

    def _add_blinks(self, menu: QMenu, key: LayerKey | int) -> None:
        """An entry for each view with whose map the layer can blink."""
        for blink in [] if self._blink is None else self._blink.partners(key):
            words = f"&Blink in the {VIEW_NAMES[blink.view].lower()}"
            self._entry(menu, words, partial(self._document.set_blink, blink))

    def _add_views(self, menu: QMenu, layer: AddedLayer) -> None:
        views = not_none(menu.addMenu("&Show in"))
        for kind in VIEWS:
            action = not_none(views.addAction(VIEW_NAMES[kind]))
            action.setCheckable(True)
            action.setChecked(kind in layer.views)
            chosen = layer.views ^ {kind}
            action.triggered.connect(partial(self._set_views, layer.key, chosen))

    def _set_views(self, key: int, views: frozenset[MapKind], _on: bool) -> None:
        self._changes.set_views(key, views)

    def ask_name(self, layer: AddedLayer) -> None:
        """Ask for another name of a layer."""
        dialog = QInputDialog(self._context.ask.parent)
        dialog.setWindowTitle("Rename the layer")
        dialog.setLabelText("Name of the layer:")
        dialog.setTextValue(layer.name)
        dialog.textValueSelected.connect(partial(self._changes.rename, layer.key))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_colour(self, layer: AddedLayer) -> None:
        """Ask for another colour of a layer."""
        dialog = QColorDialog(QColor(layer.colour), self._context.ask.parent)
        dialog.setWindowTitle(f"Colour of {layer.name}")
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(
            lambda colour: self._changes.set_colour(layer.key, colour.name())
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
