"""Change how things look: links, levels, surfaces, theme, full screen."""

from dataclasses import replace
from functools import partial

from psygnal import Signal
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication

from patterson_gui.app.document.view_state import MAP_LAYERS, Links
from patterson_gui.app.settings import Theme
from patterson_gui.gui.commands.actions.menus import ARRANGEMENTS
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.viewer3d.arrangement import Arrangement
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.gui.widgets.theme import apply_theme, use_map_colours

LINKS = {"link_camera": "camera", "link_cursor": "cursor", "link_levels": "levels"}


class ViewCommands:
    """Appearance of one window.

    Signals
    -------
    theme_changed : icons have to be drawn in other colours.
    """

    theme_changed = Signal()

    def __init__(self, context: CommandContext, centre: CentralArea) -> None:
        self._context = context
        self._document = context.workbench.document
        self._changes = context.workbench.changes
        self._centre = centre

    def connect(self) -> None:
        """Connect the actions, and follow the desktop's light or dark theme."""
        actions, settings = self._context.actions, self._context.settings
        actions.on("reset_view", self._centre.views.reset_view)
        actions.on("level", self._centre.open_level)
        actions["aligned"].triggered.connect(self._changes.set_show_aligned)
        actions["difference"].triggered.connect(self._changes.set_show_difference)
        actions["correlation"].triggered.connect(self._changes.set_colour_by_correlation)
        self._document.colouring_changed.connect(self.show_enabled)
        for value, _ in ARRANGEMENTS:
            name = f"arrange_{value.replace(' ', '_')}"
            actions.on(name, partial(self.arrange, value))
            actions[name].setChecked(settings.arrangement == value)
        self.arrange(settings.arrangement)
        actions["full_screen"].toggled.connect(self._full_screen)
        actions["surfaces"].setChecked(settings.style == "surface")
        actions["surfaces"].triggered.connect(self._surfaces)
        self._document.layer_changed.connect(self._show_style)
        for name, field in LINKS.items():
            actions[name].triggered.connect(lambda on, f=field: self._changes.set_link(f, on))
        for theme in ("system", "light", "dark"):
            actions[f"theme_{theme}"].setChecked(settings.theme == theme)
            actions.on(f"theme_{theme}", partial(self.set_theme, theme))
        self._centre.hints.dismissed.connect(self._hints_dismissed)
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._desktop_theme_changed)

    def stop_listening(self) -> None:
        """The window closes."""
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.disconnect(self._desktop_theme_changed)

    def show_enabled(self) -> None:
        """Show in the menu which links are on, and whether all maps are surfaces."""
        actions, document = self._context.actions, self._document
        actions["aligned"].setChecked(document.show_aligned)
        actions["difference"].setChecked(document.displays_difference)
        actions["difference"].setEnabled(document.displayed_is_aligned and document.solved is None)
        possible = document.displayed_is_aligned and document.solved is None
        actions["correlation"].setChecked(possible and document.colour_by_correlation)
        actions.set_blocked(
            "correlation",
            None if possible else "The prediction has to be shown aligned to a true density.",
        )
        for name, field in LINKS.items():
            actions[name].setChecked(getattr(document.links, field))
        self._show_style()

    def _show_style(self, _key: object = None) -> None:
        styles = {self._document.layers[key].style for key in MAP_LAYERS}
        self._context.actions["surfaces"].setChecked(styles == {"surface"})

    # ------------------------------------------------------------------ remembered choices
    def restore(self) -> None:
        """Apply what the settings say to the document."""
        settings, document = self._context.settings, self._document
        document.set_show_aligned(settings.show_aligned)
        document.set_links(Links(settings.link_camera, settings.link_cursor, settings.link_levels))
        for key in MAP_LAYERS:
            document.set_layer(key, replace(document.layers[key], style=settings.style))

    def remember(self) -> None:
        """Write to the settings what the document says; the caller saves them."""
        settings, document = self._context.settings, self._document
        settings.show_aligned = document.show_aligned
        settings.link_camera = document.links.camera
        settings.link_cursor = document.links.cursor
        settings.link_levels = document.links.levels

    def _hints_dismissed(self) -> None:
        self._context.settings.hints_dismissed = True
        self._context.store.save()

    # ------------------------------------------------------------------ appearance
    def set_theme(self, theme: Theme) -> None:
        """Change the theme of the whole program."""
        self._context.settings.theme = theme
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)
        self._context.actions.refresh_icons()
        self.theme_changed.emit()
        self._context.store.save()

    def use_map_colours(self) -> None:
        """Draw maps in the colours of the settings."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            use_map_colours(app, self._context.settings.palette)

    def _desktop_theme_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self._context.settings.theme == "system":
            self.set_theme("system")

    def arrange(self, value: str) -> None:
        """Arrange the views, and remember it."""
        self._context.settings.arrangement = value  # type: ignore[assignment]
        self._centre.views.set_arrangement(None if value == "auto" else Arrangement(value))

    def _surfaces(self, on: bool) -> None:
        self._context.settings.style = "surface" if on else "wire"
        self._changes.set_all_styles(self._context.settings.style)

    def _full_screen(self, on: bool) -> None:
        window = self._context.ask.parent
        window.showFullScreen() if on else window.showNormal()
