"""Find commands: the list that is searched by words, and the sheet of keys."""

from PyQt6 import sip

from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.find.find_command import FindCommandDialog, commands_of
from patterson_gui.gui.dialogs.find.key_sheet import VIEW_GROUPS, KeyGroup, KeySheet
from patterson_gui.gui.widgets.keys import shown_key


class FindCommands:
    """The two lists of the commands of one window."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._sheet: KeySheet | None = None

    def connect(self) -> None:
        """Connect the actions."""
        self._context.actions.on("find_command", self.find)
        self._context.actions.on("show_keys", self.show_keys)

    def find(self) -> None:
        """Show the list of commands."""
        settings = self._context.settings
        dialog = FindCommandDialog(self._context.actions.window, settings.recent_commands)
        dialog.used.connect(settings.add_recent_command)
        dialog.open()

    def show_keys(self) -> None:
        """Show the sheet of keys."""
        if self._sheet is not None and not sip.isdeleted(self._sheet):
            self._sheet.close()
        self._sheet = KeySheet(self._context.actions.window, (*VIEW_GROUPS, *self.groups()))

    def groups(self) -> list[KeyGroup]:
        """The commands that have a key now, by their menus."""
        actions = self._context.actions
        menus = {command.action: command.menus for command in commands_of(actions.window)}
        rows: dict[str, list[tuple[str, str]]] = {}
        for line in actions.keys.lines(menus):
            key = shown_key(actions.keys.key(line.name))
            if key:
                title = line.menus or "Most used"
                rows.setdefault(title, []).append((key, line.words))
        return [KeyGroup(title, tuple(found)) for title, found in rows.items()]
