"""The contents of a bundle's `manifest.json`, its validation, and its text.

A manifest is plain JSON: programs without this package can read it.
"""

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
from patterson_gui.io.text.plain_json import parse_json, without_nan

FORMAT = "patterson_gui bundle"
SCHEMA = 1


class _Part(BaseModel):
    # Entries that later versions add to the same schema are ignored.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class AmplitudesPart(_Part):
    """Columns FP and SIGFP of an MTZ file."""

    file: str
    label: str = ""
    absolute: bool = False


class MapPart(_Part):
    """A CCP4 map of the whole cell, and how it was shown.

    rmsd : in the map's units; of a Patterson map without its origin peak.
    level : contour level, absolute, in the map's units.
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
    """Map and atoms of the prediction aligned to the truth, for programs that show both."""

    map: str
    model: str | None = None


class PredictionPart(_Part):
    """A prediction. Its phases are in the MTZ file `file`, its density is among the maps, and
    built atoms are in the file `model`; None where none were built."""

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
    """All values of a bundle that are not in its other files.

    cell : a b c (Å) α β γ (degrees). `levels` : contour levels in rmsd by kind of map.
    `figures` and `settings` are stored unchanged.
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
        """The manifest as JSON; equal contents give equal text."""
        values = without_nan(self.model_dump(mode="json"))
        return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def parse_manifest(content: bytes, bundle_name: str) -> Manifest:
    """Read and validate a manifest.

    Raises
    ------
    UserError : it is damaged, of another format, or of an unknown version.
    """
    try:
        values = parse_json(content.decode("utf-8"))
    except ValueError as error:
        raise UserError(
            f"{bundle_name} has a damaged manifest.json ({error}): get the bundle again."
        ) from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise UserError(
            f"{bundle_name} is a zip archive, not a prediction bundle: unpack it and open the "
            "files in it."
        )
    version = values.get("schema_version")
    if version != SCHEMA:
        raise UserError(
            f"{bundle_name} has an unknown bundle version ({version}; known: {SCHEMA}): update "
            "patterson_gui and its plugins."
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
