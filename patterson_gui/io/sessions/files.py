"""Write and read session files with the bundles beside them, and find the files that they name."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, read_content, refuse_unreadable, replace_file
from patterson_gui.io.locks import locked_file
from patterson_gui.io.sessions.session import LARGEST, FileMark, Session, parse_session
from patterson_gui.io.temporary_files import clear_leftovers, temporary_folder

_OURS = re.compile(r"(?:prediction|crystal|solution)-[0-9a-f]{16}(?:\.pgz)?")
_WAIT = 10.0  # seconds for another program that writes the same session
_CHUNK = 1 << 20

WriteBundle = Callable[[Path], object]


class NamesBundles(Protocol):
    """A session, or something that holds one."""

    @property
    def bundles(self) -> list[str]:
        """Names of the bundles and folders beside it."""

    def to_json(self) -> str: ...


def bundles_folder(path: Path) -> Path:
    """The folder of the bundles of a session."""
    return path.with_name(f"{path.stem}-files")


def write_session(
    path: Path,
    session: NamesBundles,
    write: Mapping[str, WriteBundle],
    *,
    keep_solutions: bool = True,
) -> None:
    """Write a session and the bundles that are not beside it yet.

    A kill at any moment leaves the earlier session or the new one with all its bundles. Bundles
    that the new one does not name are removed, other files stay.

    Parameters
    ----------
    write : functions that write a bundle, or a folder, to a path, by its name; those that are there
        are not written again.
    keep_solutions : whether folders of solutions stay that the new session does not name: one that
        was opened again cannot be written again.

    Raises
    ------
    UserError : a file cannot be written.
    """
    folder = bundles_folder(path)
    with locked_file(path, "writes", wait=_WAIT):
        for name in session.bundles:
            if not (folder / name).exists() and name in write:
                _write_bundle(folder, name, write[name])
        with replace_file(path) as temporary:
            temporary.write_text(session.to_json(), encoding="ascii")
        solutions = [p.name for p in folder.glob("solution-*")] if keep_solutions else []
        _remove_others(folder, keep=[*session.bundles, *solutions])


def _write_bundle(folder: Path, name: str, write: WriteBundle) -> None:
    """Write a bundle, or a folder, beside its place and move it there when it is whole."""
    make_folder(folder)
    with temporary_folder(folder) as staging:
        try:
            write(staging / name)
        except UserError as error:
            raise UserError(str(error).replace(f"{staging.name}{os.sep}", "")) from error
        (staging / name).rename(folder / name)


def remove_session(path: Path) -> None:
    """Remove a session and its bundles."""
    path.unlink(missing_ok=True)
    _remove_others(bundles_folder(path), keep=())


def _remove_others(folder: Path, keep: Collection[str]) -> None:
    if not folder.is_dir():
        return
    clear_leftovers(folder)
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in keep:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    try:
        folder.rmdir()  # where nothing is left in it
    except OSError:
        return


def read_session(path: Path) -> Session:
    """Read a session file; its bundles are not opened.

    Raises
    ------
    UserError : the file cannot be read, is no session, is damaged, or is of a later version.
    """
    return parse_session(read_content(path, LARGEST), path.name)


# ---------------------------------------------------------------------- the files that it names
def mark_of(path: Path, folder: Path) -> FileMark:
    """A mark of a file, for a session in `folder`.

    Raises
    ------
    UserError : the file cannot be read.
    """
    size = refuse_unreadable(path)
    absolute = Path(os.path.abspath(path))
    try:
        relative = Path(os.path.relpath(absolute, os.path.abspath(folder))).as_posix()
    except ValueError:  # on another drive
        relative = absolute.as_posix()
    return FileMark(path=relative, absolute=str(absolute), size=size, sha256=_digest(path))


def find_marked(mark: FileMark, folder: Path) -> tuple[Path | None, str]:
    """The file of a mark, and a sentence where it is missing or has changed; otherwise "".

    A file with the content of the mark is preferred to one with another content. Other computers
    are not asked, unless the session lies on one: Windows would tell them who asks.
    """
    here = Path(os.path.abspath(folder))
    places = [Path(os.path.normpath(here / mark.path)), Path(mark.absolute)]
    if not _is_remote(here):
        places = [place for place in places if not _is_remote(place)]
    places = [place for place in places if _is_file(place)]
    for place in places:
        if _has_content(place, mark):
            return place, ""
    name = Path(mark.absolute).name
    if not places:
        return None, f"{name} is no longer at {mark.absolute}: it was moved or removed."
    return places[0], f"{name} was changed since the session was saved."


def _is_remote(path: Path) -> bool:
    return str(path).startswith(("//", "\\\\"))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _has_content(path: Path, mark: FileMark) -> bool:
    try:
        return path.stat().st_size == mark.size and _digest(path) == mark.sha256
    except OSError:
        return False


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(_CHUNK):
                digest.update(part)
    except OSError as error:
        raise UserError(f"{path} could not be read ({error.strerror}): check it.") from error
    return digest.hexdigest()
