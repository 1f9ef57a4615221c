"""What a bundle's `manifest.json` says. The standard library alone can read it."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.prediction import (
    BuiltAtoms,
    HandEvidence,
    PredictionSettings,
    StartResult,
)
from patterson_gui.errors import UserError
from patterson_gui.io.plain_json import without_nan

FORMAT = "patterson_gui bundle"
SCHEMA = 1


class _Part(BaseModel):
    # What later versions of the same schema add is passed over.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class AmplitudesPart(_Part):
    """Columns FP and SIGFP of an MTZ file."""

    file: str
    label: str = ""
    absolute: bool = False


class MapPart(_Part):
    """A CCP4 map of the whole cell, and how it was shown.

    rmsd : as this program takes it, without the origin peak of a Patterson.
    level : of the contour, absolute, in the map's own units.
    style : 'mesh' or 'surface'.
    """

    file: str
    kind: MapKind
    name: str = ""
    spacegroup: str
    d_min: float | None = None
    absolute: bool = True
    rmsd: float | None = None
    level: float | None = None
    style: Literal["mesh", "surface"] = "mesh"


class AlignedPart(_Part):
    """The prediction moved onto the truth, for a program that shows both: map and atoms."""

    map: str
    model: str | None = None


class PredictionPart(_Part):
    """A prediction: its phases in an MTZ file, its density among the maps, and the atoms
    built into it, if there are any, in the file `model`."""

    file: str
    absolute: bool = False
    label: str = ""
    r_factor: float | None
    self_consistency: float | None
    solved: bool
    certain: bool = True
    verdict: str
    hand_determined: bool
    settings: PredictionSettings
    starts: tuple[StartResult, ...] = ()
    seconds: float = 0.0
    device: str = "cpu"
    notes: tuple[str, ...] = ()
    model: str | None = None
    built: BuiltAtoms | None = None
    hand: HandEvidence | None = None
    network: str | None = None


class Manifest(_Part):
    """Everything about a bundle that is not in one of its files.

    cell : a b c (Å) α β γ (degrees). `levels` : contour levels in rmsd by kind of map.
    `figures` and `settings` are kept as they were given.
    """

    format: str = FORMAT
    schema_version: int = SCHEMA
    program: str = ""
    name: str = ""
    provenance: str = ""
    notes: tuple[str, ...] = ()
    cell: tuple[float, float, float, float, float, float]
    spacegroup: str
    is_fragment: bool = False
    composition: dict[str, int] | None = None
    amplitudes: AmplitudesPart | None = None
    model: str | None = None
    maps: tuple[MapPart, ...] = ()
    prediction: PredictionPart | None = None
    aligned: AlignedPart | None = None
    figures: dict[str, Any] | None = None
    levels: dict[str, float] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)

    def to_json(self) -> str:
        """The same text for the same content."""
        values = without_nan(self.model_dump(mode="json"))
        return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def parse_manifest(content: bytes, bundle_name: str) -> Manifest:
    """The manifest, or a `UserError` that says why it cannot be used."""
    try:
        values = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{bundle_name} has a damaged manifest.json ({error}): get the bundle again."
        ) from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise UserError(
            f"{bundle_name} is a zip archive but no prediction bundle: "
            "unpack it and open the files in it."
        )
    version = values.get("schema_version")
    if version != SCHEMA:
        raise UserError(
            f"{bundle_name} is of a bundle version unknown here ({version}; known: {SCHEMA}): "
            "open it with the version of patterson_gui that wrote it, or a newer one."
        )
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{bundle_name} has a damaged manifest.json ({place}: {first['msg']}): "
            "get the bundle again."
        ) from error
