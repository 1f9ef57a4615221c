"""What happens before and after the window closes: its questions, and the end of its signals."""

from collections.abc import Callable

from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.commands.context import CommandContext


class Closing:
    """Asks about jobs that run and about what is not saved, before the window closes."""

    def __init__(
        self, context: CommandContext, training_holds: Callable[[], bool], close: Callable[[], bool]
    ) -> None:
        """`training_holds` : whether a training holds the window open, which asks about it;
        `close` : closes the window."""
        self._context = context
        self._training_holds = training_holds
        self._close = close
        self._sure = False  # the user has answered

    def is_held(self) -> bool:
        """Whether the window stays open until a question is answered; asks it."""
        return not self._sure and (
            self._training_holds() or self._jobs_hold() or self._unsaved_holds()
        )

    def close_now(self) -> None:
        """Close the window without a question."""
        self._sure = True
        self._close()

    def _jobs_hold(self) -> bool:
        """Whether jobs are running; if so, ask whether to stop them."""
        context = self._context
        busy = [job.name for job in context.workbench.runner.unfinished() if not job.quiet]
        if busy:
            context.ask.question(
                f"{busy[0]} is still running.",
                "Files that are already saved are not affected.",
                [
                    (
                        "Stop it and close",
                        lambda: context.unless_unsaved("quit", self.close_now),
                    )
                ],
            )
        return bool(busy)

    def _unsaved_holds(self) -> bool:
        """Whether something is not saved; if so, ask what to do with it."""
        unsaved = self._context.workbench.has_unsaved
        if unsaved:
            self._context.unless_unsaved("quit", self.close_now)
        return unsaved


def disconnect_from(workbench: Workbench) -> None:
    """Nothing that a workbench emits from now on may reach the closed window."""
    document = workbench.document
    for signal in (
        workbench.notice, workbench.runner.changed, workbench.predicting.changed,
        workbench.predicting.progressed, document.crystal_changed,
        document.patterson_settings_changed, document.compared_changed,
        document.patterson_changed, document.peaks_changed, document.prediction_changed,
        document.solved_changed, workbench.solving.changed, workbench.solving.progressed,
        document.layer_changed, document.links_changed, document.cursor_changed,
        document.added_changed, document.blink_changed,
        document.colouring_changed, document.correlation_changed,
        document.statistics_changed,
    ):  # fmt: skip
        signal.disconnect()
