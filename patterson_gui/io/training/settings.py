"""The settings of a training: all groups together, validated, and stored as JSON.

Nothing here needs torch. The window makes its dialog from `io/training/form.py`, writes the
settings to a file, and reads the events (`io/training/events.py`) and the run folder
(`io/training/run_folder.py`) of the training. Presets are in `io/training/presets.py`; cards of
trained networks are in `io/training/model_cards.py`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError

from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content, replace_file
from patterson_gui.io.text.plain_json import parse_json
from patterson_gui.io.training.setting_groups import (
    Augmentation,
    DataSettings,
    NetworkSettings,
    OptimisationSettings,
    RunningSettings,
    ScheduleSettings,
    SettingGroup,
)

Settings = TypeVar("Settings", bound=BaseModel)


class _AugmentationSettings(SettingGroup):
    augmentation: Augmentation = Field(default_factory=Augmentation, title="Augmentation")


# pydantic orders the fields from the last base to the first; a form shows them in this order.
class TrainingSettings(
    RunningSettings,
    _AugmentationSettings,
    ScheduleSettings,
    OptimisationSettings,
    NetworkSettings,
    DataSettings,
):
    """All settings of a training; the run folder keeps a copy."""

    @property
    def model_name(self) -> str:
        """The name of the trained network."""
        return self.name or self.output.name or "network"

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """A copy with other values, validated; 'augmentation.noise' names a nested field.

        Raises
        ------
        UserError : a value is invalid; the first one is named.
        """
        values = self.model_dump()
        for key, value in changes.items():
            put(values, key, value)
        return checked(type(self), values)

    def to_json(self) -> str:
        """The settings as JSON; equal settings give equal text."""
        values = self.model_dump(mode="json")
        return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_settings(path: Path) -> TrainingSettings:
    """Read settings written by `write_settings`.

    Raises
    ------
    UserError : the file is missing or does not hold training settings.
    """
    content = read_content(path)
    try:
        values = parse_json(content)
    except ValueError as error:
        raise UserError(
            f"{path.name} holds no training settings ({error}): choose the settings.json of a run."
        ) from error
    if not isinstance(values, dict):
        raise UserError(
            f"{path.name} holds no training settings: choose the settings.json of a run."
        )
    return checked(TrainingSettings, values)


def write_settings(path: Path, settings: TrainingSettings) -> None:
    """Write settings as JSON for `read_settings`."""
    with replace_file(path) as temporary:
        temporary.write_text(settings.to_json(), encoding="utf-8")


def put(values: dict[str, Any], key: str, value: Any) -> None:
    """Set `values['a']['b']` for the key 'a.b'."""
    *outer, last = key.split(".")
    for name in outer:
        values = values.setdefault(name, {})
    values[last] = value


def checked(model: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Validate `values` as a model; raise a UserError that names the first invalid one."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        where = f"'{field}' " if field else ""
        raise UserError(
            f"The training settings cannot be used: {where}{plain_sentence(first['msg'])}"
        ) from error


def plain_sentence(message: str) -> str:
    """The message of a validator, worded as the end of a sentence."""
    text = message.removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    return text.rstrip(".") + "."
