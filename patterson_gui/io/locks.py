"""Lock a file or folder, so that two programs do not write to it at the same time.

The operating system ends a lock with its process, also when this is killed. The file of the lock
then stays and is deleted at the end of the next use. On a file system without locks nothing is
locked.
"""

import contextlib
import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder

_LOCK = ".patterson-gui-lock"


@contextmanager
def locked_folder(folder: Path, doing: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of a folder, which is made; an empty new one is deleted at the end.

    Parameters
    ----------
    doing : what another program that holds the lock does, as in "trains in".
    wait : seconds to wait for that program.

    Raises
    ------
    UserError : another program holds the lock, or the folder cannot be made or written to.
    """
    is_new = not folder.exists()
    make_folder(folder)
    try:
        with _locked(folder / _LOCK, f"{doing} {folder}", wait):
            yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # if it is empty


@contextmanager
def locked_file(path: Path, doing: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of a file, which need not exist; as `locked_folder`."""
    mark = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    with _locked(path.with_name(f"{_LOCK}-{mark}"), f"{doing} {path}", wait):
        yield


@contextmanager
def _locked(lock_path: Path, doing: str, wait: float) -> Iterator[None]:
    lock = FileLock(lock_path, timeout=wait, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise UserError(
            f"Another patterson-gui {doing} at this moment: wait for it, or choose another place."
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP):
            raise UserError(
                f"{lock_path.parent} cannot be written to ({error.strerror}): choose another "
                "folder."
            ) from error
        yield
        return
    try:
        yield
    finally:
        # Deleted while it is locked: whoever waits for it sees that and makes a new one. Windows
        # deletes no open file.
        with contextlib.suppress(OSError):
            lock_path.unlink()
        lock.release()
