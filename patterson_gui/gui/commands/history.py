"""Undo and redo the changes of the view and of the model."""

from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.widgets.undo_keys import UndoKeys


class HistoryCommands:
    """The steps of one window."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._workbench = context.workbench
        self._keys = UndoKeys(context.actions.window)

    def connect(self) -> None:
        """Connect the actions."""
        self._context.actions.on("undo", self._workbench.undo)
        self._context.actions.on("redo", self._workbench.redo)
        self._workbench.history.changed.connect(self.show_enabled)
        self._keys.watch(self._context.actions.window)

    def stop_listening(self) -> None:
        """The window closes."""
        self._workbench.history.changed.disconnect(self.show_enabled)

    def show_enabled(self) -> None:
        """Name the steps in the menu, and disable what cannot be done."""
        actions, workbench = self._context.actions, self._workbench
        history = workbench.history
        for name, words, step, blocked in (
            ("undo", "&Undo", history.undo_name, workbench.undo_blocked()),
            ("redo", "&Redo", history.redo_name, workbench.redo_blocked()),
        ):
            text = words if step is None else f"{words}: {step}"
            actions[name].setText(text)
            actions.set_blocked(name, blocked)
            actions.set_tip(name, text.replace("&", ""))
