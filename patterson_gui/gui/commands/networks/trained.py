"""The dialog of the trained networks, and removing one."""

from patterson_gui.app.networks.choices import ListedNetwork
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.networks.dialog import NetworksDialog
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_parts import NetworkPart


class NetworkCommands:
    """Commands of one window."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._choices = context.workbench.networks
        self._library = context.workbench.network_library
        self._dialog: NetworksDialog | None = None

    @property
    def dialog(self) -> NetworksDialog | None:
        """The dialog while it is open."""
        return self._dialog

    def connect(self) -> None:
        """Connect the action and the list."""
        self._context.actions.on("networks", self.open)
        self._choices.changed.connect(self._show)
        self._library.removed.connect(self._save_settings)

    def stop_listening(self) -> None:
        """The window closes."""
        self._choices.changed.disconnect(self._show)
        self._library.removed.disconnect(self._save_settings)

    def open(self) -> None:
        """Show the dialog, or bring it to the front."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        dialog = self._dialog = NetworksDialog(self._context.ask.parent)
        dialog.remove_clicked.connect(self._ask_to_remove)
        dialog.layers_wanted.connect(self._find_layers)
        dialog.finished.connect(self._forget)
        self._show()
        dialog.show()
        self._choices.refresh()

    def _forget(self) -> None:
        self._dialog = None

    def _show(self) -> None:
        if self._dialog is not None:
            self._dialog.set_networks(self._choices.listed)

    def _find_layers(self, card: ModelCard) -> None:
        self._library.find_parts(card, self._show_layers, self._show_why_no_layers)

    def _show_layers(self, card: ModelCard, parts: tuple[NetworkPart, ...]) -> None:
        if self._dialog is not None:
            self._dialog.set_layers(card, parts)

    def _show_why_no_layers(self, card: ModelCard, sentence: str) -> None:
        if self._dialog is not None:
            self._dialog.set_layers(card, (), sentence)

    # ------------------------------------------------------------------ removing
    def _ask_to_remove(self, listed: ListedNetwork) -> None:
        card = listed.card
        folder = "the folder of your own networks" if card.folder is None else str(card.folder)
        self._context.ask.question(
            f"Remove the network “{card.name}”?",
            f"Its weights and its card are deleted from {folder}. The folder of its training "
            "stays as it is.",
            [("Remove", lambda: self._library.remove(listed))],
            stay="Keep it",
        )

    def _save_settings(self, _name: str) -> None:
        self._context.store.save()
