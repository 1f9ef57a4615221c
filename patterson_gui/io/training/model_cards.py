"""Model cards: the descriptions of trained networks beside their files of weights.

`name.safetensors` holds the weights, `name.json` the card. Cards are read without torch, so that
the window can list networks quickly.

Two files cannot be replaced at the same moment. `write_network` puts the new card beside the old
one as `name.json.next` before it replaces the weights. If the program is killed in between, the
card whose hash fits the weights counts.
"""

import contextlib
import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from patterson_gui.errors import UserError
from patterson_gui.io.files import (
    read_content,
    refuse_unwritable,
    replace_file,
)
from patterson_gui.io.locks import locked_file
from patterson_gui.io.text.plain_json import parse_json, without_nan
from patterson_gui.io.training.run_folder import EpochRecord

FORMAT = "patterson_gui network"
SCHEMA = 1
LICENCE = "GPL-3.0-or-later"
WEIGHTS_SUFFIX = ".safetensors"
_WAIT = 60.0  # seconds for another program that writes the same network
Role = Literal["phasing", "crystals", "atoms"]
"""The task of a network: density from amplitudes, encoding and decoding of crystals, or finding
atoms in a density."""
ROLE_WORDS: dict[Role, str] = {
    "phasing": "predicting densities",
    "crystals": "encoding crystals",
    "atoms": "finding atoms",
}


class _Part(BaseModel):
    # Fields that later versions add to the same schema are ignored.
    model_config = ConfigDict(frozen=True, extra="ignore")


class CardScales(_Part):
    """Divisors of the Patterson (e²/Å³) and the density (e/Å³) that a network works with."""

    patterson: float = Field(gt=0)
    density: float = Field(gt=0)


class SeenData(_Part):
    """The training data of a network, which decide what it can be used for.

    Attributes
    ----------
    file, sha256 : the data set.
    kind : 'dialanine', 'dipeptide' or 'fragment'.
    lengths : smallest and largest number of residues of an example.
    examples, validation_examples : their numbers.
    cell_edges : shortest and longest cell edge, Å.
    orthogonal : whether all cell angles were 90°.
    shapes : the grids, as (nu, nv, nw).
    spacing : largest distance between grid points, Å.
    d_min : highest and lowest high-resolution limit, Å.
    b_iso : smallest and largest B, Å².
    volume_per_atom : smallest and largest cell volume per non-hydrogen atom, Å³; None: not
        recorded.
    """

    file: str = ""
    sha256: str = ""
    kind: str = ""
    lengths: tuple[int, int] = (2, 2)
    examples: int = 0
    validation_examples: int = 0
    cell_edges: tuple[float, float]
    orthogonal: bool = True
    shapes: tuple[tuple[int, int, int], ...] = ()
    spacing: float = 0.5
    d_min: tuple[float, float]
    b_iso: tuple[float, float] = (20.0, 20.0)
    volume_per_atom: tuple[float, float] | None = None


def _numbers(value: Any) -> Any:
    return [math.nan if v is None else v for v in value] if isinstance(value, list) else value


class ModelCard(_Part):
    """The description of trained weights.

    Attributes
    ----------
    name : shown to users.
    network, config : as `nets/architectures/registry.py: build` takes them.
    role : the task of the network.
    weights_sha256 : of the file of weights.
    precision : of the stored numbers.
    parameters : number of trainable parameters.
    data, scales : the training data, and the units of the network.
    settings : of the training, as in `TrainingSettings`.
    metrics : of the epoch of the weights, as in `EpochRecord`.
    curve : the records of all epochs of the training; empty where they were not kept.
    folder, stem : of the file it was read from; not stored.
    """

    format: str = FORMAT
    schema_version: int = SCHEMA
    name: str
    network: str
    config: dict[str, Any] = Field(default_factory=dict)
    role: Role = "phasing"
    scales: CardScales
    data: SeenData
    parameters: int = 0
    precision: str = "float16"
    weights_sha256: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    program: str = ""
    licence: str = LICENCE
    notes: tuple[str, ...] = ()
    curve: tuple[EpochRecord, ...] = ()
    folder: Path | None = Field(default=None, exclude=True)
    stem: str = Field(default="", exclude=True)

    @field_validator("curve", mode="before")
    @classmethod
    def _without_unknown(cls, records: Any) -> Any:
        """JSON has null for NaN, and later versions may have further figures."""
        if not isinstance(records, list):
            return records
        return [
            {
                name: _numbers(value)
                for name, value in record.items()
                if name in EpochRecord.model_fields and value is not None
            }
            if isinstance(record, dict)
            else record
            for record in records
        ]

    @property
    def weights(self) -> Path:
        """The file of weights beside this card."""
        if self.folder is None:
            raise ValueError("this card was not read from a file")
        return self.folder / (self.stem + WEIGHTS_SUFFIX)

    def to_json(self) -> str:
        """The card as JSON; equal cards give equal text."""
        values = without_nan(self.model_dump(mode="json"))
        return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def with_curve(self, records: Iterable[EpochRecord]) -> Self:
        """A copy with the records of its training."""
        return self.model_copy(update={"curve": tuple(records)})

    def named(self, name: str) -> Self:
        """A copy with another name."""
        return self.model_copy(update={"name": name})


def card_path(weights: Path) -> Path:
    """The path of the card beside a file of weights."""
    return weights.with_suffix(".json")


def next_card_path(weights: Path) -> Path:
    """The path of a card whose weights are being written."""
    return weights.with_suffix(".json.next")


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Parameters
    ----------
    path : the card or the weights beside it.

    Raises
    ------
    UserError : the card is missing, damaged, or of another version.
    """
    path = card_path(path)
    following = next_card_path(path)
    if following.is_file():  # rare: a program was killed, or writes at this moment
        with contextlib.suppress(UserError, OSError):
            card = _read_card_file(following, path)
            if hashlib.sha256(card.weights.read_bytes()).hexdigest() == card.weights_sha256:
                return card
    return _read_card_file(path, path)


def _read_card_file(file: Path, path: Path) -> ModelCard:
    """Read the card in `file`, whose usual path is `path`."""
    try:
        values = parse_json(read_content(file, 16 << 20).decode("utf-8"))
    except ValueError as error:
        raise UserError(f"{path.name} is damaged ({error}): get the network again.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise UserError(
            f"{path.name} is not the card of a trained network: choose the .json file beside a "
            f"{WEIGHTS_SUFFIX}."
        )
    version = values.get("schema_version")
    if version != SCHEMA:
        raise UserError(
            f"{path.name} has a version that this program does not know ({version}; known: "
            f"{SCHEMA}): use it with the version of patterson_gui that wrote it, or a newer one."
        )
    try:
        card = ModelCard.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{path.name} is damaged ({place}: {first['msg']}): get the network again."
        ) from error
    return card.model_copy(update={"folder": path.parent, "stem": path.stem})


def write_card(path: Path, card: ModelCard) -> None:
    """Write a card for `read_card`."""
    with replace_file(card_path(path)) as temporary:
        temporary.write_text(card.to_json(), encoding="utf-8")


def write_network(weights: Path, content: bytes, card: ModelCard) -> None:
    """Replace weights and their card; a kill at any moment leaves a pair that fits.

    Parameters
    ----------
    weights : path of the weights; the card is written beside them.
    content : of the file of weights.
    card : with the hash of `content`.

    Raises
    ------
    UserError : a file cannot be written; the old network remains.
    """
    refuse_unwritable(card_path(weights))
    with locked_file(weights, "writes", wait=_WAIT):
        _write_pair(weights, content, card)


def _write_pair(weights: Path, content: bytes, card: ModelCard) -> None:
    """`write_network` without the lock."""
    following = next_card_path(weights)
    try:
        with replace_file(weights) as temporary:
            temporary.write_bytes(content)
            with replace_file(following) as beside:
                beside.write_text(card.to_json(), encoding="utf-8")
    except BaseException:
        following.unlink(missing_ok=True)
        raise
    try:
        following.replace(card_path(weights))
    except OSError as error:
        raise UserError(
            f"{card_path(weights)} could not be written ({error.strerror}): check the "
            "permissions of its folder."
        ) from error


def finish_interrupted_write(weights: Path) -> None:
    """Finish what a killed `write_network` left: keep its card if its weights are there."""
    following = next_card_path(weights)
    if not following.is_file():
        return
    with locked_file(weights, "writes", wait=_WAIT), contextlib.suppress(OSError):
        try:
            card = _read_card_file(following, card_path(weights))
            fits = hashlib.sha256(weights.read_bytes()).hexdigest() == card.weights_sha256
        except UserError:
            fits = False
        if fits:
            following.replace(card_path(weights))
        else:
            following.unlink()
