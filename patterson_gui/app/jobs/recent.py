"""The jobs that a user should know of: those that run or wait, and the last that have ended."""

from typing import Any

from patterson_gui.app.jobs.jobs import Job, JobState

MOST_JOBS = 200


class RecentJobs:
    """Jobs in the order they came. Quiet ones are among them only once they have failed.

    Attributes
    ----------
    unread_failures : jobs that failed since `mark_read`. Of quiet jobs only those with an
        unexpected error: whoever asked is told the sentence of another one, such as that a program
        was not found.
    """

    def __init__(self) -> None:
        self._jobs: list[Job[Any]] = []
        self.unread_failures: list[Job[Any]] = []

    def take(self, job: Job[Any]) -> bool:
        """A job changed; False if it is none that the user should know of."""
        failed = job.state is JobState.FAILED
        known = any(other is job for other in self._jobs)
        if job.quiet and not failed and not known:
            return False
        if not known:
            self._jobs.append(job)
            ended = [other for other in self._jobs if other.is_finished]
            if len(self._jobs) > MOST_JOBS and ended:
                self._jobs.remove(ended[0])
        unexpected = job.failure is not None and job.failure.details is not None
        counts = failed and (unexpected or not job.quiet)
        if counts and job not in self.unread_failures:
            self.unread_failures.append(job)
        return True

    def mark_read(self) -> None:
        """The user has seen which jobs failed."""
        self.unread_failures.clear()

    @property
    def running(self) -> list[Job[Any]]:
        """Jobs that run, the oldest first."""
        return [job for job in self._jobs if job.state is JobState.RUNNING]

    @property
    def unfinished(self) -> list[Job[Any]]:
        """Jobs that run, then those that wait, the oldest first."""
        return self.running + [job for job in self._jobs if job.state is JobState.WAITING]

    def ended(self, number: int) -> list[Job[Any]]:
        """The last jobs that have ended, the newest first."""
        return sorted(
            (job for job in self._jobs if job.is_finished),
            key=lambda job: job.end_time or 0.0,
            reverse=True,
        )[:number]
