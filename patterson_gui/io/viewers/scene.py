"""Scenes for other programs, the bridges that show them, and their results.

A scene can be written as plain JSON (`ViewerScene.as_plain`). The plugins in Coot and PyMOL, the
scripts for programs that cannot be reached, and the bundle reader inside other programs all use
this form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from patterson_gui.crystal.maps.density_map import MapKind


class Viewer(StrEnum):
    """A program that maps and models can be sent to and fetched from."""

    CHIMERAX = "chimerax"
    COOT = "coot"
    PYMOL = "pymol"

    @property
    def label(self) -> str:
        return {"chimerax": "ChimeraX", "coot": "Coot", "pymol": "PyMOL"}[self.value]


@dataclass(frozen=True)
class ViewerItem:
    """One file for another program to show as our window shows it.

    `level` is absolute, in the map's own units, never in rmsd: each program computes its
    own σ. `colour` is '#rrggbb'; `style` 'mesh' or 'surface'. `below` is the colour of the
    contour at minus the level, which only a difference map has. `key` says what it is here
    ('predicted', 'model' ...); later changes refer to it. An item that is not `shown` is loaded and
    hidden, and can be shown there. A model has kind None and no level.
    """

    path: Path
    name: str
    kind: "MapKind | None" = None
    level: float | None = None
    colour: str = "#888888"
    style: str = "mesh"
    below: str | None = None
    key: str = ""
    shown: bool = True

    def as_plain(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "key": self.key or self.name,
            "path": str(self.path.resolve()),
            "name": self.name,
            "kind": "model" if self.kind is None else "map",
            "level": self.level,
            "colour": self.colour,
            "below": self.below,
            "style": self.style,
            "shown": self.shown,
        }


@dataclass(frozen=True)
class ViewerScene:
    """Everything that is sent at once.

    cell : a b c (Å) α β γ (degrees), drawn as an outline; None means no outline.
    centre : Å, Cartesian (PDB convention): the point that the camera looks at.
    """

    items: tuple[ViewerItem, ...]
    name: str = ""
    cell: tuple[float, float, float, float, float, float] | None = None
    centre: tuple[float, float, float] | None = None

    def as_plain(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "name": self.name,
            "cell": None if self.cell is None else list(self.cell),
            "centre": None if self.centre is None else list(self.centre),
            "items": [item.as_plain() for item in self.items],
        }


def _never() -> bool:
    return False


@dataclass(frozen=True)
class ViewerOptions:
    """How to find a program.

    program : the program to start; None means that it is searched for.
    ports : the ports where a running one may listen; empty means the usual ones.
    launch : whether one may be started.
    keep : whether one that is started goes on listening when this process ends, so that the next
        `patterson-gui send` finds it.
    cancelled : asked while a program starts; when it returns True, `Cancelled` is raised.
    no_other_ports : whether only a program at one of `ports` is wanted, even where others are
        known, because the user named the port for this call.
    """

    program: Path | None = None
    ports: tuple[int, ...] = ()
    launch: bool = True
    keep: bool = False
    cancelled: Callable[[], bool] = _never
    no_other_ports: bool = False


@dataclass(frozen=True)
class SendReport:
    """One sentence for the user, and the path of the script where no program was reached."""

    sentence: str
    sent: bool
    script: Path | None = None


@dataclass(frozen=True)
class Fetched:
    """The files that another program wrote.

    Of several models or maps that are open there, the one that is shown and was opened last.
    """

    model: Path | None = None
    map: Path | None = None
    sentence: str = ""
    left: tuple[str, ...] = field(default_factory=tuple)  # names of what was open but not fetched


@dataclass(frozen=True)
class PluginStatus:
    """Whether our plugin is in a program, and one sentence that says so.

    place : the file, folder or program that holds it, or would hold it; None if not known.
    outdated : whether it is from another version of this program.
    """

    installed: bool
    sentence: str
    place: Path | None = None
    outdated: bool = False


class Plugin(Protocol):
    """Our plugin in one program. Each call may take seconds.

    `program` is the path of the program where the user named one. `UserError` where the plugin
    cannot be found out about, installed or removed; what was there then stays.
    """

    def status(self, program: Path | None = None) -> PluginStatus:
        """Whether the plugin is there, and whether it is of this version."""
        ...

    def install(self, program: Path | None = None) -> PluginStatus:
        """Put the plugin into the program, or bring it up to date."""
        ...

    def remove(self, program: Path | None = None) -> PluginStatus:
        """Delete what `install` wrote, and nothing else."""
        ...


class Bridge(Protocol):
    """What can be done with one other program. Each call may take seconds.

    One object remembers what was sent to its program.
    """

    @property
    def plugin(self) -> Plugin:
        """Our plugin in the program."""
        ...

    def find(self) -> str | None:
        """The command that starts the program; None where it is not found on this computer."""
        ...

    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        """Show a scene in place of what was sent before, also by an earlier run of this program.

        Where no program can be reached, a script that shows the same is written into `folder`.
        `UserError` where nothing can be sent at all.
        """
        ...

    def follow(self, items: Sequence[ViewerItem]) -> str | None:
        """Give what was sent last the level, colour, style and visibility of `items`.

        Items are known by their keys; no file is read again. Returns None, or one sentence that
        says why it did not work.
        """
        ...

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        """Have the program write the model and the map that are open there into `folder`.

        What was sent from here is left out, and no program is started. `UserError` where none is
        running or nothing is open.
        """
        ...
