"""Paths and ports of other programs, as the user saved them in the settings file."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from patterson_gui.io.places import SETTINGS_FILE, settings_folder
from patterson_gui.io.text.plain_json import parse_json
from patterson_gui.io.viewers.scene import Viewer


class ViewerPlace(BaseModel):
    """The path of another program ("": it is searched for), and the ports where it may listen
    (none: its usual ports)."""

    program: str = ""
    ports: list[Annotated[int, Field(ge=1, le=65535)]] = Field(default_factory=list, max_length=16)

    @property
    def path(self) -> Path | None:
        """The path of the program; None: it is searched for."""
        return Path(self.program).expanduser() if self.program else None


class _ViewersOfSettings(BaseModel):
    """The part of the settings file that says where other programs are."""

    viewers: dict[Viewer, ViewerPlace] = Field(default_factory=dict)


def saved_place(viewer: Viewer) -> ViewerPlace:
    """The place of a program in the user's settings file, which is not changed.

    Without a settings file, or where it cannot be read, the defaults of `ViewerPlace`: the window
    reports an unreadable file when it starts.
    """
    try:
        text = (settings_folder() / SETTINGS_FILE).read_text(encoding="utf-8")
        saved = _ViewersOfSettings.model_validate(parse_json(text))
    except (OSError, ValueError):
        return ViewerPlace()
    return saved.viewers.get(viewer, ViewerPlace())
