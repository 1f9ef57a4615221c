"""Change what the structure is: choose a fragment, go back to the whole, compare with a model."""

from collections.abc import Callable
from pathlib import Path

from patterson_gui.app.fragments import FieldError, FragmentChoices, FragmentRequest
from patterson_gui.app.jobs.jobs import Failure
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.fragment import FragmentDialog
from patterson_gui.gui.widgets import file_dialogs


class StructureCommands:
    """Fragments and models for comparison in one window."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._workbench = context.workbench

    def connect(self) -> None:
        """Connect the actions."""
        for name, call in (
            ("fragment", self.choose_fragment),
            ("whole", self.back_to_parent),
            ("truth", self.choose_truth),
        ):
            self._context.actions.on(name, call)

    def show_enabled(self) -> None:
        """Disable what cannot be done now; the tooltips say why."""
        actions, document = self._context.actions, self._workbench.document
        actions.set_blocked("fragment", self._workbench.fragments.blocked())
        actions.set_blocked(
            "whole", None if document.parent is not None else "No fragment is open."
        )
        has_data = document.crystal is not None and document.crystal.amplitudes is not None
        actions.set_blocked("truth", None if has_data else "Open reflections first.")

    def choose_fragment(self) -> None:
        """Show the fragment dialog for the open structure."""
        source = self._workbench.fragments.source
        if source is not None:
            self._workbench.fragments.list_residues(
                source, lambda choices: self._show_fragment_dialog(source, choices)
            )

    def _show_fragment_dialog(self, source: Crystal, choices: FragmentChoices) -> None:
        dialog = FragmentDialog(source.name, choices, self._context.ask.parent)
        open_ = [True]

        def show(fragment: Crystal) -> None:
            if open_:
                dialog.show_fragment(fragment)

        def preview(request: FragmentRequest) -> None:
            def failed(failure: Failure) -> None:
                field = failure.error.field if isinstance(failure.error, FieldError) else ""
                if open_:
                    dialog.show_error(failure.sentence, field)

            self._workbench.fragments.preview(source, request, show, failed)

        def use(fragment: Crystal) -> None:
            self._context.unless_busy(
                "open the fragment",
                lambda: self._workbench.use_fragment(fragment, source),
            )

        dialog.preview_wanted.connect(preview)
        dialog.chosen.connect(use)
        dialog.finished.connect(lambda _result: open_.clear())
        dialog.show()

    def back_to_parent(self) -> None:
        """Show the crystal the fragment was cut from."""
        self._context.unless_busy("return to the whole crystal", self._workbench.back_to_parent)

    def choose_truth(self) -> None:
        """Ask for a model that the prediction is compared with."""
        self._context.ask.open_file(
            "Compare with a model", file_dialogs.model_filters(), self._workbench.compare_with_model
        )

    def choose_native(self, chosen: Callable[[Path], object]) -> None:
        """Ask for the reflections of the native, for isomorphous differences."""
        self._context.ask.open_file(
            "Reflections of the native", file_dialogs.reflection_filters(), chosen
        )
