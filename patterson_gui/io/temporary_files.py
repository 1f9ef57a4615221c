"""Temporary files and folders, and deleting those that killed runs left.

The name of each says which process made it, so that a later run knows whether it is still used.
"""

import contextlib
import hashlib
import os
import platform
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from patterson_gui.errors import UserError

_PREFIX = ".patterson-gui-"
_NAME = re.compile(rf"{re.escape(_PREFIX)}([0-9a-f]{{8}})-(\d+)-[0-9a-f]{{8}}(?:\..*)?")
_ABANDONED = 24 * 3600.0  # seconds without a change, where it is not known who writes
_SENT = "patterson-gui-sent-"
_OF_PLUGINS = "patterson_gui-*"  # made by our plugins in other programs
_SENT_KEPT = 7 * 24 * 3600.0  # seconds
_cleared: set[Path] = set()


def temporary_beside(path: Path) -> Path:
    """A new name in the folder of `path`, with its ending if that can be printed. No file is made.

    The first call for a folder deletes what killed runs left there.
    """
    if path.parent not in _cleared:
        _cleared.add(path.parent)
        clear_leftovers(path.parent)
    suffix = path.suffix if path.suffix.isprintable() else ""
    return path.with_name(f"{_PREFIX}{_this_system()}-{os.getpid()}-{secrets.token_hex(4)}{suffix}")


@contextmanager
def temporary_folder(inside: Path | None = None) -> Iterator[Path]:
    """A new folder that is deleted at the end; where the process is killed, by a later run.

    Parameters
    ----------
    inside : the folder to make it in; None: the folder for temporary files.

    Raises
    ------
    UserError : it cannot be made.
    """
    parent = Path(tempfile.gettempdir()) if inside is None else inside
    folder = temporary_beside(parent / "folder")
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise _not_made(parent, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def folder_for_other_programs() -> Path:
    """A new temporary folder for files that other programs read at some later time.

    Nobody deletes it at the end; a call deletes those that were not changed for a week.

    Raises
    ------
    UserError : it cannot be made.
    """
    parent = Path(tempfile.gettempdir())
    for old in [*parent.glob(f"{_SENT}*"), *parent.glob(_OF_PLUGINS)]:
        with contextlib.suppress(OSError):
            if time.time() - old.lstat().st_mtime > _SENT_KEPT:
                _delete(old)
    try:
        return Path(tempfile.mkdtemp(prefix=_SENT))
    except OSError as error:
        raise _not_made(parent, error) from error


def _not_made(parent: Path, error: OSError) -> UserError:
    why = (error.strerror or str(error)).lower()
    return UserError(
        f"No temporary folder could be made in {parent} ({why}): "
        "free some space there, or set TMPDIR to another folder."
    )


def clear_leftovers(folder: Path) -> None:
    """Delete temporary files and folders of runs that have ended.

    A file of a process on this computer is deleted if the process has ended; one of another
    computer or container if it was not changed for a day. A file that cannot be deleted stays.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _NAME.fullmatch(entry.name)
            if found is not None and _is_left(Path(entry.path), found[1], int(found[2])):
                _delete(Path(entry.path))


def _delete(path: Path) -> None:
    """Delete a file or folder where that is allowed; a link is deleted, not what it points to."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _is_left(path: Path, system: str, process: int) -> bool:
    # On Windows os.kill would end the process that is only looked for.
    if system == _this_system() and sys.platform != "win32":
        return not _is_running(process)
    try:
        return time.time() - path.lstat().st_mtime > _ABANDONED
    except OSError:
        return False


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # of another user
        return True
    return True


@lru_cache(maxsize=1)
def _this_system() -> str:
    """A mark of what process numbers are unique in: computer, start of it, and container."""
    marks = [platform.node()]
    with contextlib.suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    with contextlib.suppress(OSError):
        marks.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("|".join(marks).encode()).hexdigest()[:8]
