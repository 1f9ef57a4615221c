"""A stand-in for the GUI thread."""

import threading
import time
from collections.abc import Callable


class Mailbox:
    """Stands for the GUI thread: calls wait here until `pump` runs them."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []
        self.arrived = threading.Condition()

    def __call__(self, call: Callable[[], None]) -> None:
        with self.arrived:
            self.calls.append(call)
            self.arrived.notify_all()

    def wait_for_call(self, timeout: float = 60.0) -> None:
        """Until a call lies here; it is not run."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.calls, timeout), "no call ever came"

    def run_waiting(self) -> None:
        """Run what lies here now, and no more."""
        with self.arrived:
            calls, self.calls = self.calls, []
        for call in calls:
            call()

    def pump(self, until: Callable[[], bool], timeout: float = 60.0) -> None:
        deadline = time.monotonic() + timeout
        while not until():
            with self.arrived:
                self.arrived.wait_for(lambda: self.calls, 0.02)
            self.run_waiting()
            assert time.monotonic() < deadline, "the expected end never came"
