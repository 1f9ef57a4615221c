"""What other programs are handed to show, and what came of it.

A scene can be said as plain JSON (`ViewerScene.as_plain`): the plugins of Coot and PyMOL, the
scripts left where no program answers, and the readers of a bundle inside other programs all
speak of scenes in these words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

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
    """One file for another program to show as it stands on our screen.

    `level` is absolute, in the map's own units, never in rmsd: each program computes its
    own σ. `colour` is '#rrggbb'; `style` 'mesh' or 'surface'. `below` is the colour of the
    contour at minus the level, which only a difference map has. `key` says what it is here
    ('predicted', 'model' ...): changes of an item that was sent go by it. An item that is not
    `shown` is loaded and can be switched on there. A model has kind None and no level.
    """

    path: Path
    name: str
    kind: MapKind | None = None
    level: float | None = None
    colour: str = "#888888"
    style: str = "mesh"
    below: str | None = None
    key: str = ""
    shown: bool = True

    def as_plain(self) -> dict[str, Any]:
        """As JSON holds it."""
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

    cell : a b c (Å) α β γ (degrees), drawn as an outline; None: none is drawn.
    centre : Å, Cartesian (PDB convention): what the camera turns to.
    """

    items: tuple[ViewerItem, ...]
    name: str = ""
    cell: tuple[float, float, float, float, float, float] | None = None
    centre: tuple[float, float, float] | None = None

    def as_plain(self) -> dict[str, Any]:
        """As JSON holds it."""
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
    """How a program is looked for.

    program : the program to start; found by itself when None.
    ports : where a running one may listen; the usual ones when empty.
    launch : whether one may be started.
    keep : whether one that is started goes on listening when this process ends: a command that
        sends ends at once, and what it sends next shall find the same program.
    cancelled : asked while a program that was started is waited for; `Cancelled` is raised then.
    """

    program: Path | None = None
    ports: tuple[int, ...] = ()
    launch: bool = True
    keep: bool = False
    cancelled: Callable[[], bool] = _never


@dataclass(frozen=True)
class SendReport:
    """One sentence for the user, and where the fallback script lies, if it was needed."""

    sentence: str
    sent: bool
    script: Path | None = None


@dataclass(frozen=True)
class Fetched:
    """What was fetched from another program: files that are ours to keep.

    Of several models or maps that are open there, the one that is shown and was opened last.
    """

    model: Path | None = None
    map: Path | None = None
    sentence: str = ""
    left: tuple[str, ...] = field(default_factory=tuple)  # names of what was open and not taken


@dataclass(frozen=True)
class PluginStatus:
    """Whether our plugin is in a program, and one sentence that says so.

    place : where it lies or would lie; None where that is not known, as the program was not
        found.
    outdated : it is there, but of another version of this program.
    """

    installed: bool
    sentence: str
    place: Path | None = None
    outdated: bool = False


class Plugin(Protocol):
    """Our plugin in one program. Each call may take seconds.

    `program` is the path of the program where the user named one. `UserError` where the plugin
    cannot be looked for, installed or removed; what was there then stays.
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
