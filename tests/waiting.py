"""Waiting for another program that tells nothing but by a file."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Return once the condition holds; fail where it does not within `seconds`.

    `what` : what is waited for, in words, such as "Coot has announced itself".
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)  # what other processes do wakes nothing here: it is looked at again
