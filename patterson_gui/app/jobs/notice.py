"""A message for the user."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """One sentence for the user; `details` (a traceback) only for unexpected errors."""

    text: str
    error: bool = False
    details: str | None = None
