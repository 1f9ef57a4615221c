"""How long the rest of a job takes, from its reports of progress.

The steps of a job differ in speed, so the speed of the last part counts, not that since the start.
Where the reports give no steady speed, nothing is said.
"""

import itertools

LEAST_SECONDS = 5.0  # since the first report; less gives no useful forecast
LEAST_FRACTION = 0.02
RECENT = 0.5  # share of the time so far whose speed counts
MOST_REPORTS = 400


class TimeLeft:
    """Takes the reports of one job; times are those of `time.monotonic`, s."""

    def __init__(self) -> None:
        self._reports: list[tuple[float, float]] = []

    def take(self, now: float, fraction: float) -> None:
        """A report. One that goes back begins the count anew; one without progress is no news."""
        if self._reports and fraction < self._reports[-1][1]:
            self._reports.clear()
        if not self._reports or fraction > self._reports[-1][1]:
            self._reports.append((now, fraction))
        if len(self._reports) > MOST_REPORTS:
            self._reports = [*self._reports[:-1:2], self._reports[-1]]

    def seconds(self, now: float) -> float | None:
        """What is left at the speed of the recent reports, s.

        None while it is too early, and where no report came for longer than the forecast of the
        last one allows: then the speed has changed.
        """
        if len(self._reports) < 2:
            return None
        first, last = self._reports[0], self._reports[-1]
        if now - first[0] < LEAST_SECONDS or last[1] < LEAST_FRACTION:
            return None
        since = last[0] - RECENT * (last[0] - first[0])
        old = max((r for r in self._reports if r[0] <= since), default=first)
        speed = (last[1] - old[1]) / (last[0] - old[0])
        waited = now - last[0]
        steps = [b[0] - a[0] for a, b in itertools.pairwise(self._reports)]
        if waited > max(LEAST_SECONDS, 3 * max(steps)):
            return None
        return max(0.0, (1.0 - last[1]) / speed - waited)
