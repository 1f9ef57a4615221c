"""What is said to ChimeraX, one line per command, and the script that says it all.

Commands are those of ChimeraX 1.2 and later. Levels are absolute: ChimeraX computes its own σ.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from patterson_gui import __version__
from patterson_gui.io.viewer_scene import ViewerItem

TAG = "(patterson_gui)"  # in the name of every model we open, so that it can be told from others
FIRST_SCRIPT_ID = 8101  # ids far from those ChimeraX gives away, for a script that cannot ask

# ChimeraX splits commands at ';' even inside quotes and drops the quotes of a path that has no
# space, so a path with one of these or a line break cannot be said; a name is freed of them.
_UNSAFE = set(';"\\')


def opening(path: str, name: str, model_id: int | None = None) -> str:
    """Open one file under a name; `path` must be `sayable`."""
    number = "" if model_id is None else f" id {model_id}"
    return f'open "{path}"{number} name "{name}"'


def styling(item: ViewerItem, spec: str) -> Iterator[str]:
    """Yield what makes an opened model look as it does on our screen."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", item.colour):
        raise ValueError(f"a colour is '#rrggbb', not {item.colour!r}")
    if item.kind is None:
        yield f"show {spec} atoms"
        yield f"style {spec} stick"
        yield f"color {spec} {item.colour}"
        yield f"color {spec} byhetero"
        return
    level = "" if item.level is None else f" level {item.level:.6g}"
    glass = " transparency 0.4" if item.style == "surface" else ""
    yield (
        f"volume {spec} style {item.style} step 1{level} color {item.colour}{glass}"
        " showOutlineBox true"
    )


def model_name(item: ViewerItem) -> str:
    """Return the item's name as ChimeraX shall list it."""
    plain = "".join(c if c.isprintable() and c not in _UNSAFE else " " for c in item.name)
    return f"{' '.join(plain.split()) or 'map'} {TAG}"


def sayable(path: Path) -> bool:
    """Whether a path can stand in a command."""
    said = path.as_posix()  # on Windows free of backslashes; elsewhere one is part of a name
    return said.isprintable() and not _UNSAFE & set(said)


def plain_copy(path: Path, folder: Path, number: int) -> Path:
    """Copy a file to `folder` under a name that can be said."""
    ending = path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]
    copy = folder / ("sent-" + str(number) + "".join(s for s in ending if sayable(Path(s))))
    shutil.copyfile(path, copy)
    return copy


def script_lines(items: Sequence[ViewerItem], folder: Path) -> Iterator[str]:
    """Yield the lines of a .cxc script in `folder` that opens everything.

    Run again it replaces what it opened before. ChimeraX runs a script in the script's own
    folder, so a file beside it goes by its bare name and both can be moved together.
    """
    last = FIRST_SCRIPT_ID + len(items) - 1
    yield f"# Written by patterson_gui {__version__}. Open this file in ChimeraX."
    yield f"close #{FIRST_SCRIPT_ID}-{last}"
    for number, item in enumerate(items, start=1):
        path = item.path.resolve()
        beside = path.parent == folder.resolve()
        if not sayable(Path(path.name) if beside else path):
            path, beside = plain_copy(path, folder, number), True
        model_id = FIRST_SCRIPT_ID + number - 1
        yield opening(path.name if beside else path.as_posix(), model_name(item), model_id)
        yield from styling(item, f"#{model_id}")
    yield "view"
