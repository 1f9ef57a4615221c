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

    def pump(self, until: Callable[[], bool], timeout: float = 30.0) -> None:
        deadline = time.monotonic() + timeout
        while not until():
            with self.arrived:
                if not self.calls:
                    self.arrived.wait(0.02)
                calls, self.calls = self.calls, []
            for call in calls:
                call()
            assert time.monotonic() < deadline, "the expected end never came"

    def pump_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        self.pump(lambda: time.monotonic() >= deadline, seconds + 5.0)
