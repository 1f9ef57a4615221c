"""What is sent to another program, and what came of it."""

from dataclasses import dataclass
from pathlib import Path

from patterson_gui.crystal.density import MapKind


@dataclass(frozen=True)
class ViewerItem:
    """One file for another program to show as it stands on our screen.

    `level` is absolute, in the map's own units, never in rmsd: each program computes its
    own σ. `colour` is '#rrggbb'; `style` 'mesh' or 'surface'. A model has kind None and
    no level.
    """

    path: Path
    name: str
    kind: MapKind | None = None
    level: float | None = None
    colour: str = "#888888"
    style: str = "mesh"


@dataclass(frozen=True)
class SendReport:
    """One sentence for the user, and where the fallback script lies, if it was needed."""

    sentence: str
    sent: bool
    script: Path | None = None
