"""Names of temporary files beside outputs, and deleting those that killed runs left."""

import contextlib
import hashlib
import os
import platform
import re
import secrets
import sys
import time
from functools import lru_cache
from pathlib import Path

_PREFIX = ".patterson-gui-"
_NAME = re.compile(rf"{re.escape(_PREFIX)}([0-9a-f]{{8}})-(\d+)-[0-9a-f]{{8}}(?:\..*)?")
_ABANDONED = 24 * 3600.0  # seconds without a change, where it is not known who writes
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


def clear_leftovers(folder: Path) -> None:
    """Delete temporary files of runs that have ended.

    A file of a process on this computer is deleted if the process has ended; one of another
    computer or container if it was not changed for a day. A file that cannot be deleted stays.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _NAME.fullmatch(entry.name)
            if found is not None and _is_left(Path(entry.path), found[1], int(found[2])):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


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
