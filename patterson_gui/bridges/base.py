"""What the bridges to all programs have in common.

A bridge finds a running program or starts one, has it show a scene in place of what was sent
there before, lets later changes of level and colour follow, and fetches what is open there. It
only ever talks to this computer, and only when the user asks.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.maps.header import SIZE, parse_header
from patterson_gui.io.viewer_scene import (
    Fetched,
    SendReport,
    Viewer,
    ViewerItem,
    ViewerOptions,
    ViewerScene,
)

TAG = "(patterson_gui)"  # in the name of every model we open, so that it can be told from others
# Programs split commands at some of these, drop others, and take a line break for the end.
_UNSAFE = set(";\"'\\`$")


class UnreachableError(Exception):
    """No program took anything; says why and, where something helps, what to do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Bridge(Protocol):
    """A program to send to and fetch from; one object remembers what was sent there."""

    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        """Show `scene` in place of what was sent before, by this object or, under the same names,
        by an earlier run of this program; leave a script in `folder` where no program can be
        reached. `UserError` where nothing can be sent at all."""
        ...

    def follow(self, items: Sequence[ViewerItem]) -> str | None:
        """Give what was sent before the level, colour, style and visibility of `items` (by their
        keys), in the program it was sent to last; files are not read again. Returns None, or
        one sentence that says why it could not."""
        ...

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        """Have the program write what is open there, ours left out, into `folder`. Starts
        nothing. `UserError` where none is reached or nothing is open."""
        ...

    def close(self) -> None:
        """End what was started from here as far as it has to end with us; never raises."""
        ...


def sayable(path: Path) -> bool:
    """Whether a path can stand in a command of any of these programs."""
    said = path.as_posix()  # on Windows free of backslashes; elsewhere one is part of a name
    return said.isprintable() and not _UNSAFE & set(said)


def sayable_name(item: ViewerItem) -> str:
    """The item's name as another program shall list it: ours by its tag."""
    plain = "".join(c if c.isprintable() and c not in _UNSAFE else " " for c in item.name)
    return f"{' '.join(plain.split()) or 'map'} {TAG}"


def ready(
    scene: ViewerScene,
    say: Callable[[Path], bool] = sayable,
    *,
    endings: Sequence[str] = (".ccp4", ".map", ".mrc"),
) -> ViewerScene:
    """The scene with every file checked, and copied where its path cannot be said.

    A map must be whole and have one of `endings`, for another name is refused, and a damaged map
    ends some programs.

    Raises
    ------
    UserError
        when there is nothing to send, a file is gone or a map is damaged.
    """
    if not scene.items:
        raise UserError("There is nothing to send yet: open a structure first.")
    items, folder = [], None
    for number, item in enumerate(scene.items, start=1):
        path = item.path.resolve()
        if not path.is_file():
            raise UserError(f"{item.path} is gone; save the maps again and send once more.")
        if item.kind is not None:
            refuse_damaged_map(path)
        plain = say(path) and (item.kind is None or path.suffix.lower() in endings)
        if not plain:
            folder = folder or staging_folder(say)
            path = plain_copy(path, folder, number, endings[0] if item.kind is not None else "")
        items.append(replace(item, path=path))
    return replace(scene, items=tuple(items))


def refuse_damaged_map(path: Path) -> None:
    """Raise `UserError` unless the file is a whole CCP4 map, unpacked."""
    with path.open("rb") as file:
        header = parse_header(file.read(SIZE), path.name)
    needed, size = header.data_offset + header.data_size, path.stat().st_size
    if size < needed:
        raise UserError(
            f"{path.name} is cut short: its header promises {needed:,} bytes and it has {size:,}; "
            "get the file again."
        )


def plain_copy(path: Path, folder: Path, number: int, ending: str = "") -> Path:
    """Copy a file to `folder` under a name that can be said."""
    kept = path.suffix if sayable(Path(path.suffix or "x")) else ""
    copy = folder / f"sent-{number}{ending or kept}"
    shutil.copyfile(path, copy)
    return copy


def staging_folder(say: Callable[[Path], bool] = sayable) -> Path:
    """Make a folder for copies; left to the system's tidying, for programs read them late."""
    folder = Path(tempfile.mkdtemp(prefix="patterson_gui-"))
    if not say(folder):
        raise UserError(
            f"Other programs cannot be told of files in {str(folder)!r}; set TMPDIR to a folder "
            "whose path has no quotes, ';', '$', backslash or line break."
        )
    return folder


def leave_script(script: Path, text: str, why: UnreachableError, how: str) -> SendReport:
    """Write a script that shows a scene, and say what to do with it; `how` has a place for it.

    Raises
    ------
    UserError
        when it cannot be written.
    """
    make_folder(script.parent)
    with replace_file(script) as beside:
        beside.write_text(text, encoding="utf-8")
    remedy = f"{why.remedy}, or " if why.remedy else ""
    return SendReport(f"{why.reason}: {remedy}{how.format(script)}.", sent=False, script=script)


def fetched_from(viewer: Viewer, answer: Mapping[str, Any], folder: Path, port: int) -> Fetched:
    """What our code inside a program wrote into `folder`, checked.

    answer : "model" and "map", each None or its path and name; "left", names of what stayed;
        "refused", sentences, where there are any.

    Raises
    ------
    UserError
        when nothing was written, or a map is damaged.
    """
    paths: dict[str, Path] = {}
    names = []
    for kind in ("model", "map"):
        told = answer.get(kind) or {"path": "", "name": ""}
        path = Path(str(told["path"]))
        if path.parent != folder or not path.is_file():
            continue  # nothing, or not where it was told to write
        if kind == "map":
            refuse_damaged_map(path)
        paths[kind] = path
        names.append(str(told["name"]))
    refused = [str(sentence) for sentence in answer.get("refused", ())]
    if not paths:
        with contextlib.suppress(OSError):
            folder.rmdir()
        if refused:
            raise UserError(f"{viewer.label} wrote nothing: {refused[0]}.")
        raise UserError(
            f"Neither a model nor a map is open in {viewer.label}, apart from what was sent there: "
            "open one there first."
        )
    left = tuple(str(name) for name in answer.get("left", ()))
    sentence = f"Fetched {listed(names)} from {viewer.label} (port {port})"
    if refused:
        sentence += f", but {refused[0]}"
    elif left:
        sentence += f"; {listed(left)} stayed there"
    return Fetched(paths.get("model"), paths.get("map"), f"{sentence}.", left)


def listed(names: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
