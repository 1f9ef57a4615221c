"""The settings of a figure: JSON beside it, from which the same figure can be made again.

It holds a session, which names the files that were open and how they were shown, and what a session
does not know: the size of the picture, its background, the turntable, the section, the curves.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

import patterson_gui
from patterson_gui.io.files import read_content
from patterson_gui.io.sessions.session import CameraPart, Finite, Session, Short
from patterson_gui.io.text.versioned_json import VersionedFormat

ENDING = ".json"
FORMAT: Final = "patterson_gui figure"
VERSION = 1
LARGEST = 64 * 1024**2  # bytes; curves of a long training have a few million

Background = Literal["screen", "white", "black", "transparent"]
Axis = Literal["screen-y", "screen-x", "a", "b", "c"]
Pixels = Annotated[int, Field(ge=1, le=30_000)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class _Part(BaseModel):
    """Frozen; entries that this version does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class CrystalPart(_Part):
    """Which crystal, for those who read the file. Cell in Å and degrees."""

    name: Short
    formula: Short = ""
    space_group: Short = ""
    cell: tuple[Finite, Finite, Finite, Finite, Finite, Finite]


class MapPart(_Part):
    """How one view showed its map, for those who read the file.

    Attributes
    ----------
    level : the contour level in `unit`, the units of the map.
    resolution : limits of the data, Å.
    camera : None for a section.
    """

    title: Short
    kind: Short
    level: Finite | None = None
    unit: Short = ""
    level_rmsd: Finite | None = None
    style: Short = ""
    colour: Short = ""
    grid: tuple[int, int, int] | None = None
    resolution: Finite | None = None
    camera: CameraPart | None = None


class PicturePart(_Part):
    """The picture of the views.

    Attributes
    ----------
    width, height : pixels.
    dpi : pixels per inch on paper.
    views : the kinds of maps whose views are side by side, from left to right; empty: all that are
        shown.
    scale : pixels for each point of the screen: lines, marks and letters are as much larger.
    line_width : of lines, by that on the screen enlarged by `scale`; finer ones show more detail.
    titles : whether each view has its title and level.
    axes : whether the axes are named, with a triad and a scale bar.
    marks : whether peaks, vectors, sites and the cursor are marked.
    """

    width: Pixels = 2000
    height: Pixels = 1600
    dpi: float = Field(default=300.0, ge=1, le=10_000)
    background: Background = "screen"
    views: tuple[Short, ...] = Field(default=(), max_length=20)
    scale: float = Field(default=1.0, gt=0, le=1000)
    line_width: float = Field(default=1.0, ge=0.1, le=10)
    titles: bool = True
    axes: bool = True
    marks: bool = True

    @property
    def transparent(self) -> bool:
        return self.background == "transparent"


class TurntablePart(_Part):
    """One turn of the views. `axis` : of the screen, or of the cell."""

    frames: int = Field(default=90, ge=2, le=2000)
    seconds: float = Field(default=6.0, gt=0, le=600)
    axis: Axis = "screen-y"


class SectionPart(_Part):
    """The section that was drawn, as the panel of sections has it. `harker` : its label."""

    layer: Short
    axis: Literal["u", "v", "w", "hkl"] = "w"
    position: Finite = 0.0
    hkl: tuple[int, int, int] = (1, 1, 0)
    harker: Short | None = None
    thickness: float = Field(default=0.0, ge=0, le=1000)
    projection: Literal["mean", "maximum"] = "mean"
    bounds: Short = "auto"
    start: float = Field(gt=0)
    step: float = Field(gt=0)
    n: int | None = None
    unit: Literal["rmsd", "absolute"] = "rmsd"
    negative: bool = True
    montage: bool = False
    peaks: bool = True
    vectors: bool = False


class CurvePart(_Part):
    """The points of a curve, and how it was drawn. None in place of a number is a gap."""

    name: Short = ""
    x: tuple[float | None, ...] = ()
    y: tuple[float | None, ...] = ()
    colour: Colour = "#000000"
    width: float = Field(default=1.0, ge=0, le=100)
    dashed: bool = False
    symbol: Short = ""
    symbol_size: float = Field(default=5.0, ge=0, le=1000)

    @model_validator(mode="after")
    def _has_pairs(self) -> "CurvePart":
        if len(self.x) != len(self.y):
            raise ValueError("a curve has not as many x as y")
        return self


class PlotPart(_Part):
    """A plot with the data of its curves.

    Attributes
    ----------
    bottom, left : names of the axes.
    x, y : the ranges that were shown.
    x_ticks, y_ticks : places and texts, where they are not those of round numbers.
    log_x, log_y : whether the values of an axis, with its range, are decimal logarithms.
    """

    title: Short = ""
    bottom: Short = ""
    left: Short = ""
    x: tuple[float, float]
    y: tuple[float, float]
    width: int = Field(ge=1, le=30_000)
    height: int = Field(ge=1, le=30_000)
    x_ticks: tuple[tuple[float, Short], ...] | None = None
    y_ticks: tuple[tuple[float, Short], ...] | None = None
    log_x: bool = False
    log_y: bool = False
    curves: tuple[CurvePart, ...] = Field(default=(), max_length=10_000)


class FigureSettings(_Part):
    """Everything about one figure.

    Attributes
    ----------
    figure : name of the file with the figure, in the same folder.
    not_again : why the figure cannot be made from these settings, a sentence; "": it can.
    session : the files that were open and how they were shown; None for a plot.
    """

    format: Literal["patterson_gui figure"] = FORMAT
    schema_version: int = VERSION
    program: Short = f"patterson_gui {patterson_gui.__version__}"
    made: datetime
    figure: Short
    kind: Literal["view", "turntable", "section", "plot"]
    not_again: Short = ""
    crystal: CrystalPart | None = None
    maps: tuple[MapPart, ...] = Field(default=(), max_length=20)
    picture: PicturePart | None = None
    turntable: TurntablePart | None = None
    section: SectionPart | None = None
    plot: PlotPart | None = None
    session: Session | None = None

    @model_validator(mode="after")
    def _has_its_part(self) -> "FigureSettings":
        needed = {
            "view": (self.picture, self.session),
            "turntable": (self.picture, self.turntable, self.session),
            "section": (self.section, self.session),
            "plot": (self.plot,),
        }
        if any(part is None for part in needed[self.kind]):
            raise ValueError(f"the settings of a {self.kind} are missing")
        return self

    @property
    def bundles(self) -> list[str]:
        """Names of the bundles beside it, as a session has them."""
        return [] if self.session is None else self.session.bundles

    def to_json(self) -> str:
        """JSON in ASCII: names of files need not be UTF-8."""
        values = self.model_dump(mode="json", exclude_none=True)
        return json.dumps(values, indent=1, allow_nan=False) + "\n"


def settings_path(figure: Path) -> Path:
    """The file of the settings beside a figure: `a.png.json` of `a.png`."""
    return figure.with_name(figure.name + ENDING)


_FORMAT = VersionedFormat(
    FigureSettings,
    FORMAT,
    VERSION,
    is_not="has no settings of a figure",
    choose="choose the .json file beside a figure that was saved by this program",
    again="save the figure again",
)


def is_figure_settings(path: Path) -> bool:
    """Whether a file has the settings of a figure, by its name."""
    return path.name.lower().endswith(ENDING)


def read_settings(path: Path) -> FigureSettings:
    """Read the settings of a figure.

    Raises
    ------
    UserError : the file cannot be read, has no settings of a figure, is damaged, or is of a later
        version.
    """
    return parse_settings(read_content(path, LARGEST), path.name)


def parse_settings(content: bytes, name: str) -> FigureSettings:
    """The settings in the content of a file called `name`.

    Raises
    ------
    UserError : as `read_settings`.
    """
    return _FORMAT.parse(content, name)
