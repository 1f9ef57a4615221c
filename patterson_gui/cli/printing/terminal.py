"""How running work shows itself on a terminal: a bar there, nothing in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from patterson_gui.crystal.prediction import Progress


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[Progress], None]]:
    """A function that shows `Progress` on standard error, where that is a terminal."""
    layout = "{desc} {percentage:3.0f}%|{bar:24}| {elapsed} {postfix}"
    with tqdm(total=1.0, desc=title, disable=None, leave=False, bar_format=layout) as bar:

        def show(progress: Progress) -> None:
            bar.n = progress.fraction
            best = f", best R {progress.best_r:.3f}" if progress.best_r is not None else ""
            bar.set_postfix_str(progress.message + best, refresh=False)
            bar.update(0)
            bar.refresh()

        yield show
