"""Measures how much time and memory a training would take, in a process of its own."""

from collections.abc import Callable, Sequence

from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.training.training_process import TrainingFailedError, training_process
from patterson_gui.io.training.events import Estimate, Event, Failed
from patterson_gui.io.training.settings import TrainingSettings


class CostEstimator:
    """One estimate at a time: a new one replaces an unfinished one."""

    def __init__(self, runner: JobRunner, command: Sequence[str]) -> None:
        """`command` : the program that trains; its arguments are added."""
        self._runner = runner
        self._command = tuple(command)
        self._job: Job[Estimate] | None = None

    def estimate(
        self,
        settings: TrainingSettings,
        on_done: Callable[[Estimate], None],
        on_failed: Callable[[Failure], None],
    ) -> Job[Estimate]:
        """Measure what a training with these settings would cost."""

        def work(context: JobContext) -> Estimate:
            answers: list[Estimate] = []

            def handle(event: Event) -> None:
                if isinstance(event, Estimate):
                    answers.append(event)

            with training_process(self._command, settings, "--estimate") as process:

                def kill_if_cancelled() -> None:
                    if context.cancelled():
                        process.kill()

                end = process.follow(handle, kill_if_cancelled)
            context.check()
            if isinstance(end, Failed):
                raise TrainingFailedError(end.sentence, end.details)
            if not answers:
                raise TrainingFailedError("Time and memory could not be estimated.")
            return answers[-1]

        self._job = self._runner.submit(
            "Estimating a training", work, lane=Lane.ESTIMATE, key="estimate", quiet=True,
            on_done=on_done, on_failed=on_failed,
        )  # fmt: skip
        return self._job

    def cancel(self) -> None:
        """Cancel a running estimate."""
        if self._job is not None and not self._job.is_finished:
            self._runner.cancel(self._job)
