"""Settings that the program keeps between starts, in one JSON file."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

from patterson_gui.crystal.colours import PaletteName
from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.crystal.seeds import LARGEST_SEED
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.locks import locked_file
from patterson_gui.io.places import SETTINGS_FILE
from patterson_gui.io.text.plain_json import parse_json
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.io.viewers.places import ViewerPlace
from patterson_gui.io.viewers.scene import Viewer

N_RECENT = 10
_WAIT = 2.0  # seconds for another window that writes the settings

Theme = Literal["system", "light", "dark"]


class PredictionChoices(BaseModel):
    """Prediction settings as last chosen; None leaves the choice to the method."""

    model_config = ConfigDict(validate_assignment=True)

    method: Literal["auto", "retrieval", "network", "hybrid"] = "auto"
    model: str | None = None  # the name of a trained network
    atoms: bool | None = None
    starts: int | None = Field(default=None, ge=1, le=100_000)
    iterations: int | None = Field(default=None, ge=10, le=100_000)
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    d_min: float | None = Field(default=None, gt=0.2, le=10.0)
    n_atoms: int | None = Field(default=None, ge=1)

    def to_settings(self) -> PredictionSettings:
        return PredictionSettings(
            method=self.method,
            model=self.model,
            atoms=self.atoms,
            starts=self.starts,
            iterations=self.iterations,
            seed=self.seed,
            device=self.device,
            d_min=self.d_min,
            n_atoms=self.n_atoms,
        )


def _valid_or_none(value: Any) -> TrainingSettings | None:
    """Settings of a training as stored; None where this version does not understand them."""
    if value is None or isinstance(value, TrainingSettings):
        return value
    try:
        return TrainingSettings.model_validate(value)
    except ValidationError:
        return None


def _as_plain_json(settings: TrainingSettings | None) -> dict[str, Any] | None:
    return None if settings is None else settings.model_dump(mode="json")


class Settings(BaseModel):
    """All settings. Unknown entries (of a later version) are ignored."""

    model_config = ConfigDict(validate_assignment=True)

    theme: Theme = "system"
    at_start: Literal["example", "last"] = "example"  # what is opened where no file is named
    autosave: bool = True
    palette: PaletteName = "usual"  # of maps
    first_radius: float = Field(default=15.0, ge=4.0, le=40.0)  # Å about the cursor
    # Keys of actions that are not those the program comes with, by the name of the action.
    keys: dict[str, str] = Field(default_factory=dict)
    recent_commands: list[str] = Field(default_factory=list)  # run from the list of commands
    recent_files: list[str] = Field(default_factory=list)
    last_folder: str = ""
    show_aligned: bool = True
    link_camera: bool = True
    link_cursor: bool = True
    link_levels: bool = True
    style: Literal["wire", "surface"] = "wire"
    example_predicted: bool = False
    hints_dismissed: bool = False
    viewer: Viewer = Viewer.CHIMERAX  # the program that was sent to last
    viewers: dict[Viewer, ViewerPlace] = Field(default_factory=dict)
    live_link: bool = False
    window_geometry: str = ""  # base64, as the toolkit gives it
    window_state: str = ""
    arrangement: Literal["auto", "side by side", "one and two", "stacked"] = "auto"  # of the views
    result_details: bool = False  # whether the details of a prediction are shown
    solution_details: bool = False
    prediction: PredictionChoices = Field(default_factory=PredictionChoices)
    # The training that was started last.
    training: Annotated[
        TrainingSettings | None, BeforeValidator(_valid_or_none), PlainSerializer(_as_plain_json)
    ] = None

    def add_recent(self, path: Path) -> None:
        """Put `path` first among the recent files."""
        name = str(path)
        others = [other for other in self.recent_files if other != name]
        self.recent_files = [name, *others][:N_RECENT]

    def add_recent_command(self, name: str) -> None:
        """Put a command first among those used last."""
        others = [other for other in self.recent_commands if other != name]
        self.recent_commands = [name, *others][:N_RECENT]


class SettingsStore:
    """Reads the settings once, and writes them on `save`.

    If the file, or one of its entries, cannot be read, the defaults are used in its place, `note`
    says so, and the file is renamed to `settings.json.unreadable`.
    """

    def __init__(self, folder: Path | None) -> None:
        """Read the settings in `folder`; None: nothing is read or written."""
        self._path = None if folder is None else folder / SETTINGS_FILE
        self.note = ""
        self.settings = self._read()
        self._known = self.settings.model_dump()  # as last read or written

    def _read(self) -> Settings:
        path = self._path
        if path is None or not path.exists():
            return Settings()
        try:
            entries = parse_json(path.read_text(encoding="utf-8"))
            try:
                return Settings.model_validate(entries)
            except ValidationError as error:
                settings = self._without_wrong_entries(path, entries, error)
        except (OSError, ValueError):
            self.note = f"The settings in {path} could not be read: the defaults are used."
            settings = Settings()
        try:
            path.replace(path.with_name(SETTINGS_FILE + ".unreadable"))
        except OSError:
            self.note += " The file was not renamed."
        return settings

    def _without_wrong_entries(self, path: Path, entries: Any, error: ValidationError) -> Settings:
        """The settings with the defaults in place of the entries that are wrong."""
        wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
        if not wrong:  # it is no table of entries
            raise ValueError from error
        named = ", ".join(f"“{name}”" for name in sorted(wrong))
        self.note = (
            f"In the settings in {path}, {named} could not be read: the default is used. "
            f"The file is kept as {SETTINGS_FILE}.unreadable."
        )
        return Settings.model_validate({k: v for k, v in entries.items() if k not in wrong})

    def save(self) -> bool:
        """Write the file; False if it cannot be written.

        What another window has written since, and this one has not changed, is kept.
        """
        if self._path is None:
            return True
        try:
            make_folder(self._path.parent)
            with locked_file(self._path, "writes", wait=_WAIT):
                ours = self.settings.model_dump()
                # In ASCII: names of files need not be UTF-8, and pydantic writes no others.
                text = json.dumps(self._with_changes_of_others(ours), indent=2)
                with replace_file(self._path) as temporary:
                    temporary.write_text(text, encoding="ascii")
                self._known = ours
        except (UserError, ValueError):
            return False
        return True

    def _with_changes_of_others(self, ours: dict[str, Any]) -> dict[str, Any]:
        """Our values, or those in the file where we changed nothing; recent files of both."""
        assert self._path is not None
        try:
            text = self._path.read_text(encoding="utf-8")
            theirs = Settings.model_validate(parse_json(text)).model_dump()
        except (OSError, ValueError):
            return ours
        before = self._known
        joined = {
            name: theirs[name] if value == before[name] else value for name, value in ours.items()
        }
        new = [name for name in theirs["recent_files"] if name not in before["recent_files"]]
        added = [name for name in new if name not in ours["recent_files"]]
        joined["recent_files"] = [*ours["recent_files"], *added][:N_RECENT]
        return joined
