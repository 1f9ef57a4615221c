"""Notes on standard error and a progress bar, beside what a pipe reads on standard output."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from patterson_gui.crystal.prediction import Progress

_LAYOUT = "{desc} {percentage:3.0f}%|{bar:24}| {elapsed} {postfix}"


def print_note(sentence: str) -> None:
    """One line on standard error; nothing where `sentence` is empty."""
    if sentence:
        print(sentence, file=sys.stderr)


def print_notes(notes: Iterable[str]) -> None:
    """Each of `notes` as a line on standard error."""
    for note in notes:
        print_note(f"Note: {note}")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[Progress], None]]:
    """A function that shows `Progress` as a bar on standard error, if that is a terminal."""
    with tqdm(total=1.0, desc=title, disable=None, leave=False, bar_format=_LAYOUT) as bar:

        def show(progress: Progress) -> None:
            bar.n = progress.fraction
            best = f", best R {progress.best_r:.3f}" if progress.best_r is not None else ""
            bar.set_postfix_str(progress.message + best, refresh=False)
            bar.update(0)
            bar.refresh()

        yield show
