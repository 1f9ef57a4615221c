"""The contents of a session file (.pgsession): JSON with a version.

It names the files that were open, with sizes and SHA-256, and bundles beside it for what cannot be
read again.
"""

import json
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)

import patterson_gui
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.io.reflections.columns import ColumnChoice
from patterson_gui.io.text.versioned_json import VersionedFormat

ENDING = ".pgsession"
FORMAT: Final = "patterson_gui session"
VERSION = 1
LARGEST = 8 * 1024**2  # bytes of a session file; real ones have a few thousand

_MOST = 1000  # predictions, layers, files
_LONGEST = 4096  # letters of a path
Short = Annotated[str, Field(max_length=400)]
Finite = Annotated[float, Field(ge=-1e6, le=1e6)]


def _path_text(text: Any) -> str:
    """A path. It need not be UTF-8: a string of pydantic does not take such bytes."""
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST or "\x00" in text:
        raise ValueError("a path is no text, or empty or too long")
    return text


PathText = Annotated[str, PlainValidator(_path_text), PlainSerializer(lambda text: text)]


def _plain_name(name: Any) -> Any:
    """Refuse names that leave the folder of the bundles."""
    if not isinstance(name, str):
        return name
    odd = {"/", "\\", "\x00"} & set(name) or name in ("", ".", "..")
    if odd or PurePosixPath(name).name != name or PureWindowsPath(name).name != name:
        raise ValueError("a name of a bundle leaves its folder")
    return name


FileName = Annotated[str, BeforeValidator(_plain_name), Field(max_length=255)]


class _Part(BaseModel):
    """Frozen; entries that this version does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class FileMark(_Part):
    """A file that was open, and how to know it again.

    Attributes
    ----------
    path : relative to the folder of the session where there is such a path, with "/".
    absolute : where it was when the session was saved.
    """

    path: PathText
    absolute: PathText
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class GivenPart(_Part):
    """What the user typed where the files lack it."""

    cell: tuple[Finite, Finite, Finite, Finite, Finite, Finite]
    wavelength: float | None = Field(default=None, gt=0, le=1000)
    elements: Short = ""


class OpenedPart(_Part):
    """The file that was opened, with the answers that it needed.

    `beside` : other files that were read with it.
    """

    file: FileMark
    beside: tuple[FileMark, ...] = Field(default=(), max_length=_MOST)
    column: ColumnChoice | None = None
    box_if_no_cell: bool = False
    model: FileMark | None = None
    given: GivenPart | None = None


class PattersonPart(_Part):
    """Which differences the Patterson map was of. `native_file` : where it is not the open file."""

    kind: Literal["native", "anomalous", "isomorphous"] = "native"
    data_set: Short = ""
    native: Short = ""
    native_file: FileMark | None = None


class PredictionPart(_Part):
    """A kept prediction, in a bundle beside the session."""

    name: Short
    time: datetime
    bundle: FileName
    finished: bool = True
    saved: bool = False
    shown: bool = False
    r: float | None = Field(default=None, ge=-1.01, le=1.01)


class SitePart(_Part):
    """A heavy-atom site of the list. `score` : None where no search has found it."""

    element: str = Field(pattern=r"^[A-Z][a-z]?$")
    x: Finite
    y: Finite
    z: Finite
    occupancy: float = Field(gt=0, le=1000)
    b: Finite = 0.0
    score: Finite | None = None
    doubt: Short = ""
    how: Short = ""


class LayerPart(_Part):
    """How one layer was shown. `policy` : "rmsd" or "absolute"."""

    visible: bool = True
    level: Finite = 2.0
    policy: Literal["rmsd", "absolute"] = "rmsd"
    style: Literal["wire", "surface"] = "wire"


class CameraPart(_Part):
    """The point of view of one view: quaternion, target (Å), span (Å)."""

    rotation: tuple[Finite, Finite, Finite, Finite]
    target: tuple[Finite, Finite, Finite]
    span: float = Field(gt=0, le=1e6)

    @model_validator(mode="after")
    def _is_a_rotation(self) -> "CameraPart":
        if abs(sum(x * x for x in self.rotation) - 1.0) > 1e-3:
            raise ValueError("the rotation of a camera is no unit quaternion")
        return self


class WindowPart(_Part):
    """What the window alone knows: cameras by view, docks and tab.

    `docks` : base64, as the toolkit gives it.
    """

    cameras: dict[Short, CameraPart] = Field(default_factory=dict, max_length=10)
    maximised: Short = ""
    tab: Short = ""
    docks: str = Field(default="", max_length=200_000)


class ViewPart(_Part):
    """How the document was shown."""

    layers: dict[Short, LayerPart] = Field(default_factory=dict, max_length=_MOST)
    link_camera: bool = True
    link_cursor: bool = True
    link_levels: bool = True
    show_aligned: bool = True
    show_difference: bool = False
    colour_by_correlation: bool = False
    patterson: PattersonSettings = Field(default_factory=PattersonSettings)
    lower: tuple[float, float, float] = (0.0, 0.0, 0.0)
    upper: tuple[float, float, float] = (1.0, 1.0, 1.0)
    radius: float | None = Field(default=None, gt=0.0)
    copies: bool = False
    slab: tuple[float, float] | None = None


class AddedPart(_Part):
    """A layer that the user added to the views.

    Attributes
    ----------
    file, amplitude, phase : where its map or model was read, and the columns of an MTZ; None where
        it is a further level of another layer.
    of : that layer, or "".
    views : the views that draw it.
    """

    name: Short
    file: FileMark | None = None
    amplitude: Short = ""
    phase: Short = ""
    of: Short = ""
    visible: bool = True
    level: float = Field(default=2.5, ge=-1e9, le=1e9)
    policy: Literal["rmsd", "absolute"] = "rmsd"
    style: Literal["wire", "surface"] = "wire"
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    views: tuple[Short, ...] = Field(default=(), max_length=10)


class Session(_Part):
    """A whole session.

    Attributes
    ----------
    name : of the crystal, for the user.
    opened : the file that was open, or the one that `crystal` came from; None: there was none.
    crystal : a bundle of the crystal, where that is in no file by itself, such as a fragment.
    truth : a model that the predictions were compared with.
    patterson : which differences the Patterson map was of; None: of the open amplitudes.
    solution : a folder with the files of a solved structure.
    added : maps and models that are drawn besides, in their order.
    sites, sites_words : the list of heavy-atom sites, and what their search said about them.
    """

    format: Literal["patterson_gui session"] = FORMAT
    schema_version: int = VERSION
    program: Short = f"patterson_gui {patterson_gui.__version__}"
    name: Short = ""
    saved: datetime
    opened: OpenedPart | None = None
    crystal: FileName | None = None
    truth: FileMark | None = None
    patterson: PattersonPart | None = None
    predictions: tuple[PredictionPart, ...] = Field(default=(), max_length=_MOST)
    solution: FileName | None = None
    sites: tuple[SitePart, ...] = Field(default=(), max_length=_MOST)
    sites_words: str = Field(default="", max_length=_LONGEST)
    added: tuple[AddedPart, ...] = Field(default=(), max_length=_MOST)
    view: ViewPart = Field(default_factory=ViewPart)
    window: WindowPart = Field(default_factory=WindowPart)

    def to_json(self) -> str:
        """JSON in ASCII: names of files need not be UTF-8."""
        return json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n"

    @property
    def bundles(self) -> list[str]:
        """Names of the bundles and folders beside the session."""
        names = [self.crystal, *(p.bundle for p in self.predictions), self.solution]
        return [name for name in names if name is not None]


_FORMAT = VersionedFormat(
    Session,
    FORMAT,
    VERSION,
    is_not="is not a session of this program",
    choose=f"choose a {ENDING} file",
    again="choose another session",
)


def is_session(path: Path) -> bool:
    """Whether a file is a session, by its name."""
    return path.name.lower().endswith(ENDING)


def parse_session(content: bytes, name: str) -> Session:
    """The session in the content of a file.

    Parameters
    ----------
    name : of the file, for messages.

    Raises
    ------
    UserError : it is no session, is damaged, or is of a later version.
    """
    return _FORMAT.parse(content, name)
