"""Progress bars on a terminal and in a notebook, and stopping by Ctrl-C."""

import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any, TypeVar

from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError

T = TypeVar("T")
Report = Callable[[Progress], None]
ShowProgress = bool | Report | None

_LAYOUT = "{desc} {percentage:3.0f}%|{bar:24}| {elapsed} {postfix}"


def shown(title: str, progress: ShowProgress = None) -> AbstractContextManager[Report]:
    """Give a function that shows progress.

    Parameters
    ----------
    title : of the bar.
    progress : True: a bar; False: nothing; a function: it is called with each `Progress`;
        None: a bar on a terminal and in a notebook, nothing in a pipe.

    Raises
    ------
    UserError : `progress` is something else.
    """

    def update(bar: Any, now: Progress) -> None:
        bar.n = now.fraction
        best = f", best R {now.best_r:.3f}" if now.best_r is not None else ""
        bar.set_postfix_str(now.message + best, refresh=False)
        bar.update(0)

    return shown_in_bar(progress, update, desc=title, total=1.0, bar_format=_LAYOUT)


@contextmanager
def shown_in_bar(
    progress: bool | Callable[[T], None] | None, update: Callable[[Any, T], None], **layout: Any
) -> Iterator[Callable[[T], None]]:
    """Give a function that shows reports of any type, as `shown` does.

    Parameters
    ----------
    progress : as in `shown`.
    update : sets a bar of tqdm to what one report says.
    layout : arguments for the bar.

    Raises
    ------
    UserError : as in `shown`.
    """
    if progress is not None and not isinstance(progress, bool):
        if not callable(progress):
            raise UserError("progress must be True, False, None or a function of one argument.")
        yield progress
        return
    if not (is_interactive() if progress is None else progress):
        yield lambda report: None
        return
    with warnings.catch_warnings():
        # In a notebook without widgets, tqdm warns that it shows a bar of text.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    with tqdm(leave=False, **layout) as bar:

        def show(report: T) -> None:
            update(bar, report)
            bar.refresh()

        yield show


def is_interactive() -> bool:
    """Whether standard error is a terminal, or the program runs in a notebook."""
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


@contextmanager
def stopped_by_interrupt() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C request that running work stops, instead of interrupting it.

    Gives the function that the work calls to ask whether to stop. `KeyboardInterrupt` is raised
    after it has stopped; a second Ctrl-C interrupts at once. Outside the main thread, which alone
    receives signals, this does nothing.
    """
    asked = threading.Event()
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield asked.is_set
        return

    def interrupted(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked.set()

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield asked.is_set
    except Cancelled:
        if not asked.is_set():
            raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if asked.is_set():
        raise KeyboardInterrupt
