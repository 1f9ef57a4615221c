"""Notes on standard error, beside what a pipe reads on standard output."""

import sys
from collections.abc import Iterable


def print_note(sentence: str) -> None:
    """One line on standard error; nothing where `sentence` is empty."""
    if sentence:
        print(sentence, file=sys.stderr)


def print_notes(notes: Iterable[str]) -> None:
    """Each of `notes` as a line on standard error."""
    for note in notes:
        print_note(f"Note: {note}")
