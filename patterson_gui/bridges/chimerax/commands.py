"""ChimeraX commands that open and style models, and the script that contains them all.

Commands are those of ChimeraX 1.2 and later. Levels are absolute: ChimeraX computes its own σ.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui import __version__
from patterson_gui.bridges.scene_files import tagged_name
from patterson_gui.io.viewers.scene import ViewerItem, ViewerScene

FIRST_SCRIPT_ID = (
    8101  # far from the ids ChimeraX assigns, because a script cannot ask for free ones
)
CELL_FILE = "unit-cell.bild"
_EDGE_RADIUS = 0.05  # Å
_EDGE_COLOUR = "0.60 0.62 0.65"

# ChimeraX splits commands at ';' even inside quotes, drops the quotes of a path without spaces and
# expands environment variables, so a path with one of these or a line break is not safe.
_UNSAFE = set(';"\\$%' if sys.platform == "win32" else ';"\\$')


def is_safe_path(path: Path) -> bool:
    """Whether a path can be part of a command."""
    text = path.as_posix()  # on Windows without backslashes; elsewhere one is part of a name
    return text.isprintable() and not _UNSAFE & set(text)


def opening(path: str, name: str) -> str:
    """The command that opens one file under a name; `path` must be safe (`is_safe_path`)."""
    return f'open "{path}" name "{name}"'


def styling(item: ViewerItem, spec: str) -> Iterator[str]:
    """Yield the commands that make an opened model look as it does in our window."""
    for colour in (item.colour, item.below):
        if colour is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            raise ValueError(f"a colour is '#rrggbb', not {colour!r}")
    if item.kind is None:
        yield f"show {spec} atoms"
        yield f"style {spec} stick"
        yield f"color {spec} {item.colour}"
        yield f"color {spec} byhetero"
    else:
        yield from _volume(item, spec)
    yield f"{'show' if item.shown else 'hide'} {spec} models"


def _volume(item: ViewerItem, spec: str) -> Iterator[str]:
    """Yield the contours, then their style: surfaces that are new take no style of the same
    command. Cap faces would close the contour at minus the level at the edges of the map."""
    contours = f" color {item.colour}"
    if item.level is not None:
        contours = f" level {item.level:.6g} color {item.colour}"
        if item.below is not None:
            contours += f" level {-item.level:.6g} color {item.below}"
    glass = " transparency 0.4" if item.style == "surface" else " transparency 0"
    yield f"volume {spec} step 1{contours}{glass} capFaces false showOutlineBox false"
    yield f"volume {spec} style {item.style}"


def cell_outline(cell: tuple[float, float, float, float, float, float]) -> str:
    """A BILD file that draws the edges of a unit cell (a b c in Å, α β γ in degrees)."""
    axes = np.array(gemmi.UnitCell(*cell).orth.mat.tolist()).T
    lines = [".comment unit cell", f".color {_EDGE_COLOUR}"]
    for along in range(3):
        others = [axis for axis in range(3) if axis != along]
        for i, j in np.ndindex(2, 2):
            start = i * axes[others[0]] + j * axes[others[1]]
            ends = " ".join(f"{x:.4f}" for x in (*start, *(start + axes[along])))
            lines.append(f".cylinder {ends} {_EDGE_RADIUS}")
    return "\n".join(lines) + "\n"


def script_lines(scene: ViewerScene, folder: Path, outline: Path | None) -> Iterator[str]:
    """Yield the lines of a .cxc script in `folder` that opens all items of a scene.

    Run again it replaces what it opened before. ChimeraX runs a script in the script's own
    folder, so a file beside it goes by its bare name and both can be moved together.
    """
    count = len(scene.items) + (outline is not None)
    yield f"# Written by patterson_gui {__version__}. Open this file in ChimeraX."
    yield f"close #{FIRST_SCRIPT_ID}-{FIRST_SCRIPT_ID + count - 1}"
    for number, item in enumerate(scene.items, start=FIRST_SCRIPT_ID):
        yield from _opening_as(folder, item, number)
        yield from styling(item, f"#{number}")
    if outline is not None:
        yield from _opening_as(folder, outline_item(outline), FIRST_SCRIPT_ID + count - 1)
    yield "view"


def _opening_as(folder: Path, item: ViewerItem, number: int) -> Iterator[str]:
    """Yield the commands that open a file as model `number`."""
    passing = (
        f"patterson_gui-{number}"  # ChimeraX before 1.6 has no `open … id`, so the name finds it
    )
    yield opening(_from(folder, item.path), passing)
    yield f'rename ##name={passing} "{tagged_name(item)}" id {number}'


def outline_item(path: Path) -> ViewerItem:
    """The unit cell's edges, in the file `path`, as one more item to open."""
    return ViewerItem(path, "unit cell", key="cell")


def _from(folder: Path, path: Path) -> str:
    """The path of a file in a script in `folder`."""
    return path.name if path.parent == folder.resolve() else path.as_posix()
