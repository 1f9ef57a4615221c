"""Settings of data sets from the options of `dataset build`."""

from typing import Any, Literal

from pydantic import ValidationError

from patterson_gui.crystal.problem_kinds import PROTEIN_KINDS
from patterson_gui.errors import UserError
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
from patterson_gui.io.datasets.proteins import PRESETS, Cell, DataSetSettings, Kind, usual_cell


def protein_settings(
    *, preset: str | None, kind: Kind | None, cell: Cell | Literal["auto"] | None, **changes: Any
) -> DataSetSettings:
    """Settings of a data set of proteins: of a preset or a kind, with some changed.

    `changes` are fields of `DataSetSettings`; those that are None keep their default.

    Raises
    ------
    UserError : preset and kind contradict each other, or a setting is out of range.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if preset is not None:
        chosen = PRESETS[preset]
        if kind not in (None, chosen.kind):
            raise UserError(
                f"The preset {preset} is made of {chosen.kind}s: leave out --kind, or --preset."
            )
        given = chosen.model_dump() | given
    else:
        kind = kind or "dipeptide"
        usual = {"kind": kind, "lengths": PROTEIN_KINDS[kind].lengths, "cell": usual_cell(kind)}
        given = usual | given
    if cell is not None:
        given["cell"] = None if cell == "auto" else cell
    try:
        return DataSetSettings(**given)
    except ValidationError as error:
        raise _first_error(error) from error


def crystal_settings(**given: Any) -> MaterialDataSetSettings:
    """Settings of a data set of crystals; those that are None keep their default.

    Raises
    ------
    UserError : a setting is out of range.
    """
    try:
        return MaterialDataSetSettings(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        raise _first_error(error) from error


def _first_error(error: ValidationError) -> UserError:
    """The first of what is wrong with settings, as a sentence."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Value error, ")
    return UserError(f"{name}: {text}." if name else f"{text[0].upper()}{text[1:]}.")
