"""Queues calls in tests, in place of the GUI thread's event loop."""

import threading
import time
from collections.abc import Callable


class Mailbox:
    """Keeps calls until the test runs them with `pump` or `run_waiting`."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []
        self.arrived = threading.Condition()

    def __call__(self, call: Callable[[], None]) -> None:
        with self.arrived:
            self.calls.append(call)
            self.arrived.notify_all()

    def wait_for_call(self, timeout: float = 60.0) -> None:
        """Wait until there is a call; do not run it."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.calls, timeout), "no call arrived in time"

    def run_waiting(self) -> None:
        """Run the calls that are here now, but none that arrive meanwhile."""
        with self.arrived:
            calls, self.calls = self.calls, []
        for call in calls:
            call()

    def pump(self, until: Callable[[], bool], timeout: float = 60.0) -> None:
        """Run calls until a condition holds."""
        deadline = time.monotonic() + timeout
        while not until():
            with self.arrived:
                self.arrived.wait_for(lambda: self.calls, 0.02)
            self.run_waiting()
            assert time.monotonic() < deadline, "the condition did not hold in time"
