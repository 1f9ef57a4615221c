"""Write files safely (beside the old one, then rename), check them, and unpack them."""

import bz2
import errno
import gzip
import lzma
import os
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from patterson_gui.errors import UserError
from patterson_gui.io.guards import refuse_declared_bytes
from patterson_gui.io.temporary_files import temporary_beside

GIB = 1024**3
# More bytes than any deposited text or reflection file has.
LARGEST_CONTENT = 1 * GIB
_CHUNK = 1 << 20
_SMALL_FILE = 64 * 1024  # bytes
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
# Errors of Python's readers for a file that cannot be read or unpacked to its end.
BROKEN_PACKING = (OSError, EOFError, zlib.error, lzma.LZMAError)
_READ_ONLY = "the place for it is read-only", "choose another folder"
_FULL = "the disk is full", "free some space or choose another disk"
_NOT_MADE = {
    errno.ENOENT: ("its folder does not exist", "make the folder first or choose another"),
    errno.ENOTDIR: ("part of its path is a file, not a folder", "choose another folder"),
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENAMETOOLONG: ("its name is too long", "choose a shorter one"),
}


@contextmanager
def replace_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path in the same folder to write to; rename it to `path` at the end.

    If an error occurs before the end, the old file stays unchanged and no other file is left.
    For a link, the file it points to is replaced.

    Raises
    ------
    UserError : the target is a folder or read-only, or its disk is full.
    """
    target = Path(path)
    _refuse_other_letters(target)
    try:
        real = Path(os.path.realpath(target))
        mode = _mode_of_replaced(target, real)
        temporary = temporary_beside(real)
        # Creating the file here tests whether the folder can be written to, and gives the file
        # the default permissions of the user.
        temporary.open("xb").close()
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        yield temporary
        _flush(temporary)
        if mode is not None:
            temporary.chmod(mode)
        os.replace(temporary, real)
    except UserError:
        raise
    except Exception as error:
        # The libraries of file formats do not say why they could not write.
        if _is_full(real.parent) and getattr(error, "errno", None) is None:
            error = OSError(errno.ENOSPC, "the disk is full")
        if not isinstance(error, OSError):
            raise
        raise _cannot_write(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def refuse_unwritable(path: Path) -> None:
    """Raise the errors of `replace_file` that can be foreseen, before a long calculation."""
    _refuse_other_letters(path)
    real = Path(os.path.realpath(path))
    try:
        _mode_of_replaced(path, real)
        if real.parent.is_dir():
            _try_to_write(real)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _refuse_other_letters(target: Path) -> None:
    """Libraries in C++ that write maps and reflections take folders in UTF-8 only."""
    folder = os.path.realpath(target.parent)
    if folder != printable(folder):
        raise UserError(
            f"{printable(str(target))} could not be written, because the name of its folder is not "
            "in UTF-8: choose another folder or rename it."
        )


def _try_to_write(path: Path) -> None:
    """Make a file beside `path` and delete it: only this tells whether a folder is read-only."""
    temporary = temporary_beside(path)
    temporary.open("xb").close()
    temporary.unlink()


def _is_full(folder: Path) -> bool:
    """Whether a disk has no room even for a small file."""
    try:
        return shutil.disk_usage(folder).free < _SMALL_FILE
    except OSError:
        return False


def _mode_of_replaced(target: Path, real: Path) -> int | None:
    """Permissions of the file that will be replaced; None if it does not exist."""
    try:
        status = real.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise UserError(f"{target} is a folder and cannot be written as a file: add a file name.")
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{target} is a device or a pipe, not a file: choose another name.")
    # Renaming would replace a read-only file, but its owner does not want it changed.
    if not status.st_mode & 0o222 or not os.access(real, os.W_OK):
        raise UserError(
            f"{target} is read-only and was left as it is: choose another name or folder."
        )
    return stat.S_IMODE(status.st_mode)


def _flush(path: Path) -> None:
    """Write the content to the disk before the file is renamed."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def make_folder(folder: Path) -> None:
    """Make `folder` and its parents; an existing folder is kept.

    Raises
    ------
    UserError : a file has this name, or the folder cannot be made there or is read-only.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why, what = _why_not_made(error)
        raise UserError(f"The folder {folder} cannot be made, because {why}: {what}.") from error
    try:
        _try_to_write(folder / "file")
    except OSError as error:
        why, what = _why_not_made(error)
        why = "it is read-only" if (why, what) == _READ_ONLY else why
        raise UserError(f"{folder} cannot be written to, because {why}: {what}.") from error


def _cannot_write(target: Path, error: OSError) -> UserError:
    why, what = _why_not_made(error)
    return UserError(f"{target} could not be written, because {why}: {what}.")


def _why_not_made(error: OSError) -> tuple[str, str]:
    """Why a file or folder could not be made, and what the user can do."""
    if error.errno == errno.EEXIST:  # the file may have the name of a parent
        return f"{error.filename} exists and is not a folder", "choose another folder"
    unknown = error.strerror or str(error), "choose another folder"
    return _NOT_MADE.get(error.errno or 0, unknown)


def refuse_unreadable(path: Path) -> int:
    """Raise `UserError` unless `path` is a file that is not empty; return its size in bytes."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: check its name and folder.") from error
    except (OSError, ValueError) as error:
        raise _cannot_read(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise UserError(f"{path} is a folder: choose a file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{path} is a device or a pipe, not a file: choose a file.")
    if status.st_size == 0:
        raise UserError(f"{path.name} is empty: get it again.")
    return status.st_size


def _cannot_read(path: Path, error: Exception) -> UserError:
    if isinstance(error, PermissionError):
        why, what = "you have no permission", "change its permissions or copy it"
    else:
        why = getattr(error, "strerror", None) or str(error)
        what = "check the disk or copy the file"
    return UserError(f"{path} could not be read ({why}): {what}.")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading; packed files (gzip, bzip2, xz) are unpacked.

    The content determines the packing, not the name.
    """
    with opened_with_packing(path) as (file, _):
        yield file


@contextmanager
def opened_with_packing(path: Path) -> Iterator[tuple[IO[bytes], str | None]]:
    """Like `opened`, with the name of the packing (None: not packed)."""
    refuse_unreadable(path)
    try:
        with path.open("rb") as raw:
            packing = _packing(raw.read(6))
            raw.seek(0)
            yield _unpacked(raw, packing), packing
    except BROKEN_PACKING as error:
        if isinstance(error, PermissionError):
            raise _cannot_read(path, error) from error
        raise UserError(
            f"{path.name} is damaged: it could not be unpacked or read to its end ({error}); "
            "get the file again."
        ) from error


def _packing(head: bytes) -> str | None:
    return next((name for magic, name in _PACKED.items() if head.startswith(magic)), None)


def _unpacked(raw: IO[bytes], packing: str | None) -> IO[bytes]:
    if packing == "gzip":
        return cast(IO[bytes], gzip.open(raw, "rb"))
    if packing == "bzip2":
        return cast(IO[bytes], bz2.open(raw, "rb"))
    return cast(IO[bytes], lzma.open(raw, "rb")) if packing == "xz" else raw


def is_packed(path: Path) -> bool:
    """Whether the file is packed by gzip, bzip2 or xz."""
    with path.open("rb") as raw:
        return _packing(raw.read(6)) is not None


def read_content(path: Path, largest: int = LARGEST_CONTENT) -> bytes:
    """The whole content, unpacked.

    Raises
    ------
    UserError : it has more than `largest` bytes, far more than it is packed in, is empty or cannot
        be read.
    """
    parts, total = [], 0
    with opened_with_packing(path) as (file, packing):
        while part := file.read(_CHUNK):
            total += len(part)
            if total > largest:
                raise too_large(path.name, largest)
            if packing is not None:
                refuse_declared_bytes(path.name, total, path.stat().st_size)
            parts.append(part)
    if total == 0:
        raise empty_once_unpacked(path.name)
    return b"".join(parts)


def too_large(name: str, largest: int = LARGEST_CONTENT) -> UserError:
    """The error for a file of more than `largest` bytes."""
    return UserError(
        f"{name} is larger than {largest / GIB:g} GiB when unpacked, more than "
        "this program reads: give it a smaller file."
    )


def empty_once_unpacked(name: str) -> UserError:
    """The error for a packed file without content."""
    return UserError(f"{name} is empty once unpacked: get it again.")


def plain_stem(path: Path) -> str:
    """The name of a file without packing and ending: '6mw0-sf.cif.gz' → '6mw0-sf'."""
    name = path.name
    for ending in (".gz", ".bz2", ".xz"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return Path(name).stem or name


def printable(name: str) -> str:
    """A file name as text that can be written anywhere.

    Names need not be UTF-8 on Linux. Python keeps such bytes as lone surrogates, which neither
    UTF-8 files nor other libraries take: each becomes �.
    """
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in name)


def as_text(content: bytes) -> str:
    """Decode text: UTF-8 (with or without a mark), otherwise Latin-1; lines end in \\n."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")
