"""Folders for results, made before the work begins."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from patterson_gui.io.files import make_folder


@contextmanager
def output_folder(path: Path) -> Iterator[None]:
    """Make a folder, and remove it again if the work that follows fails and leaves it empty.

    Nobody should wait for results that cannot be written, so the folder is made first.

    Raises
    ------
    UserError : the folder cannot be made.
    """
    made = not path.exists()
    make_folder(path)
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):
                path.rmdir()
        raise
