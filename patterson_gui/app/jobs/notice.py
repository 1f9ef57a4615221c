"""Messages for the user."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Notice:
    """One sentence for the user; `details` (a traceback) only for unexpected errors."""

    text: str
    error: bool = False
    details: str | None = None


class Tell(Protocol):
    """Shows a sentence to the user."""

    def __call__(self, text: str, *, error: bool = False) -> None: ...
