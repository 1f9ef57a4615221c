"""Edit ▸ Preferences: show the settings in a dialog, and use those that were chosen."""

from collections.abc import Callable

from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.preferences import all_preferences, changed
from patterson_gui.app.settings import PredictionChoices, Settings
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.commands.view import ViewCommands
from patterson_gui.gui.dialogs.find.find_command import commands_of
from patterson_gui.gui.dialogs.preferences.dialog import PreferencesDialog

_LINKS = {"link_camera": "camera", "link_cursor": "cursor", "link_levels": "levels"}
SAVE_FAILED = "The settings could not be written: they hold until the program ends."


class PreferenceCommands:
    """The preferences of one window."""

    def __init__(
        self,
        context: CommandContext,
        view: ViewCommands,
        take_prediction: Callable[[PredictionChoices], object],
    ) -> None:
        """`take_prediction` uses other prediction settings from now on."""
        self._context = context
        self._view = view
        self._take_prediction = take_prediction

    def connect(self) -> None:
        """Connect the action, and use the keys of the settings."""
        self._context.actions.on("preferences", self.show)

    def use_keys(self) -> None:
        """Use the keys of the settings; what is wrong with them is told. Call it once all actions
        are there."""
        for note in self._context.actions.choose_keys(self._context.settings.keys):
            self._context.show_notice(Notice(note))

    def show(self) -> None:
        """Show the dialog."""
        context = self._context
        self._view.remember()  # the dialog shows what the menus show
        menus = {command.action: command.menus for command in commands_of(context.actions.window)}
        settings = context.settings.model_copy(deep=True)
        settings.keys = context.actions.keys.chosen  # without those that were not understood
        dialog = PreferencesDialog(settings, context.actions.keys.lines(menus), context.ask.parent)
        dialog.applied.connect(self.apply)
        dialog.action_wanted.connect(lambda name: self._leave_for(dialog, name))
        dialog.open()

    def _leave_for(self, dialog: PreferencesDialog, name: str) -> None:
        """Close the dialog as OK does, and show another one."""
        dialog.accept()
        if dialog.result() == PreferencesDialog.DialogCode.Accepted:
            self._context.actions[name].trigger()

    def apply(self, chosen: Settings) -> None:
        """Use these settings where they differ from those now."""
        settings, changes = self._context.settings, self._context.workbench.changes
        differs = changed(settings, chosen)
        for preference in all_preferences():
            if preference.path in differs and not preference.path.startswith("prediction."):
                preference.set(settings, preference.value(chosen))
        self._show(chosen, differs)
        for path, link in _LINKS.items():
            if path in differs:
                changes.set_link(link, getattr(chosen, path))
        if "style" in differs:
            changes.set_all_styles(chosen.style)
        if "show_aligned" in differs:
            changes.set_show_aligned(chosen.show_aligned)
        if any(path.startswith("prediction.") for path in differs):
            self._take_prediction(chosen.prediction)
        if settings.keys != chosen.keys:
            settings.keys = dict(chosen.keys)
            self.use_keys()
            self._context.viewers.changed.emit()  # tooltips of buttons name keys
            self._context.workbench.predicting.changed.emit()
            self._context.workbench.solving.changed.emit()
        if not self._context.store.save():
            self._context.show_notice(Notice(SAVE_FAILED, error=True))

    def _show(self, chosen: Settings, differs: set[str]) -> None:
        """Show in the window what is no state of the document."""
        actions = self._context.actions
        if "theme" in differs:
            self._view.set_theme(chosen.theme)
            actions[f"theme_{chosen.theme}"].setChecked(True)
        if "palette" in differs:
            self._view.use_map_colours()
        if "live_link" in differs:
            actions["live_link"].setChecked(chosen.live_link)
        if "viewer" in differs:
            self._context.viewers.changed.emit()
