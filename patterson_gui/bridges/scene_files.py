"""Check and copy the files that are sent to other programs, and check those that come back."""

import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.maps.header import SIZE, parse_header
from patterson_gui.io.temporary_files import folder_for_other_programs
from patterson_gui.io.viewers.scene import Fetched, Viewer, ViewerItem, ViewerScene

TAG = "(patterson_gui)"  # ends the name of every model that we open
# Programs split commands at some of these, drop others, and end a command at a line break.
_UNSAFE = set(";\"'\\`$")
_MARKUP = set("<>&")  # some versions of ChimeraX show names as HTML
_LONGEST_NAME = 64  # letters; ChimeraX makes its window as wide as the longest name


def is_safe_path(path: Path) -> bool:
    """Whether a path can be part of a command of any of these programs."""
    text = path.as_posix()  # on Windows without backslashes; elsewhere one is part of a name
    return text.isprintable() and not _UNSAFE & set(text)


def tagged_name(item: ViewerItem) -> str:
    """The item's name in the other program's list: without markup and unsafe characters, long ones
    shortened in the middle, with our tag."""
    left_out = _UNSAFE | _MARKUP
    plain = "".join(c if c.isprintable() and c not in left_out else " " for c in item.name)
    plain = " ".join(plain.split()) or "map"
    if len(plain) > _LONGEST_NAME:
        half = _LONGEST_NAME // 2 - 2
        plain = f"{plain[:half].rstrip()} ... {plain[-half:].lstrip()}"
    return f"{plain} {TAG}"


def checked_scene(
    scene: ViewerScene,
    is_safe: Callable[[Path], bool] = is_safe_path,
    *,
    endings: Sequence[str] = (".ccp4", ".map", ".mrc"),
) -> ViewerScene:
    """The scene with every file checked, and copied where its path is not safe in a command.

    A map must be complete, because a damaged one crashes some programs. It is copied to a name
    with one of `endings` if it has none of them, because programs refuse others.

    Raises
    ------
    UserError
        when there is nothing to send, a file does not exist or a map is damaged.
    """
    if not scene.items:
        raise UserError("There is nothing to send: open a structure first.")
    items, folder = [], None
    for number, item in enumerate(scene.items, start=1):
        path = item.path.resolve()
        if not path.is_file():
            raise UserError(f"{item.path} no longer exists: save the maps again and send again.")
        if item.kind is not None:
            refuse_damaged_map(path)
        plain = is_safe(path) and (item.kind is None or path.suffix.lower() in endings)
        if not plain:
            folder = folder or staging_folder(is_safe)
            path = _plain_copy(path, folder, number, endings[0] if item.kind is not None else "")
        items.append(replace(item, path=path))
    return replace(scene, items=tuple(items))


def refuse_damaged_map(path: Path) -> None:
    """Raise `UserError` unless the file is a complete CCP4 map that is not compressed."""
    with path.open("rb") as file:
        header = parse_header(file.read(SIZE), path.name)
    needed, size = header.data_offset + header.data_size, path.stat().st_size
    if size < needed:
        raise UserError(
            f"{path.name} is cut short: it has {size:,} of {needed:,} bytes; get the file again."
        )


def _plain_copy(path: Path, folder: Path, number: int, ending: str) -> Path:
    """Copy a file to `folder` under a safe name."""
    kept = path.suffix if is_safe_path(Path(path.suffix or "x")) else ""
    copy = folder / f"sent-{number}{ending or kept}"
    shutil.copyfile(path, copy)
    return copy


def staging_folder(is_safe: Callable[[Path], bool] = is_safe_path) -> Path:
    """Make a temporary folder for copies. Nobody deletes it here, because programs read late.

    Raises
    ------
    UserError
        when its path is not safe in a command.
    """
    folder = folder_for_other_programs()
    if not is_safe(folder):
        raise UserError(
            f"Other programs cannot open files from {str(folder)!r}: set TMPDIR to a folder "
            "whose path has no quotes, ';', '$', backslash or line break."
        )
    return folder


@contextlib.contextmanager
def new_folder(folder: Path, prefix: str) -> Iterator[Path]:
    """Make a new folder inside `folder`; it is deleted at the end if nothing is in it.

    Raises
    ------
    UserError
        when it cannot be made.
    """
    place = folder.resolve() / f"{prefix}-{secrets.token_hex(4)}"
    make_folder(place)
    try:
        yield place
    finally:
        with contextlib.suppress(OSError):
            place.rmdir()


def moved_into(folder: Path, fetched: Fetched) -> Fetched:
    """What was fetched, with its files moved into `folder` itself.

    Raises
    ------
    UserError
        when a file cannot be moved.
    """
    try:
        model, density = (
            None if path is None else path.replace(folder / path.name)
            for path in (fetched.model, fetched.map)
        )
    except OSError as error:
        raise UserError(
            f"What was fetched cannot be written to {folder} ({error.strerror}): name another "
            "folder."
        ) from error
    return replace(fetched, model=model, map=density)


def fetched_from(viewer: Viewer, answer: Mapping[str, Any], folder: Path, port: int) -> Fetched:
    """Check the files that our code inside a program wrote into `folder`.

    Parameters
    ----------
    answer : "model" and "map", each None or its path and name; "left", the names of what was not
        written; "refused", sentences, where there are any.

    Raises
    ------
    UserError
        when nothing was written, or a map is damaged.
    """
    paths: dict[str, Path] = {}
    names = []
    for kind in ("model", "map"):
        written = answer.get(kind) or {"path": "", "name": ""}
        path = Path(str(written["path"]))
        if path.parent != folder or not path.is_file():
            continue  # not written, or not where it should be
        if kind == "map":
            refuse_damaged_map(path)
        paths[kind] = path
        names.append(str(written["name"]))
    refused = [str(sentence) for sentence in answer.get("refused", ())]
    left = tuple(str(name) for name in answer.get("left", ()))
    sentence = fetched_sentence(viewer, port, names, refused, left)
    return Fetched(paths.get("model"), paths.get("map"), sentence, left)


def fetched_sentence(
    viewer: Viewer, port: int, names: Sequence[str], refused: Sequence[str], left: Sequence[str]
) -> str:
    """One sentence that says what was fetched.

    Parameters
    ----------
    names : of the models and maps that were written.
    refused : why others could not be written.
    left : names of others that are open and were not asked for.

    Raises
    ------
    UserError
        when nothing was written.
    """
    if not names and refused:
        raise UserError(f"{viewer.label} wrote nothing: {refused[0]}.")
    if not names:
        raise nothing_open(viewer)
    sentence = f"Fetched {listed(names)} from {viewer.label} (port {port})"
    if refused:
        sentence += f", but {refused[0]}"
    elif left:
        sentence += f"; {listed(left)} stayed there"
    return f"{sentence}."


def nothing_open(viewer: Viewer) -> UserError:
    """The error where there is nothing to fetch."""
    return UserError(
        f"Neither a model nor a map is open in {viewer.label}, apart from what was sent there: "
        "open one there first."
    )


def listed(names: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
