"""Trained networks as files: the weights, and a card beside them that says what they are.

`name.safetensors` holds nothing but numbers, `name.json` is the card. Cards are read without
torch, so that a window can list the networks it has.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, read_content, refuse_unreadable, replace_file
from patterson_gui.io.plain_json import without_nan
from patterson_gui.io.resources import resources_folder

FORMAT = "patterson_gui network"
SCHEMA = 1
LICENCE = "GPL-3.0-or-later"
WEIGHTS_SUFFIX = ".safetensors"
Role = Literal["phasing", "crystals", "atoms"]
"""What a network is for: a density from amplitudes, crystals encoded and decoded, or atoms
found in a density."""
ROLE_WORDS: dict[Role, str] = {
    "phasing": "predicting densities",
    "crystals": "encoding crystals",
    "atoms": "finding atoms",
}


class _Part(BaseModel):
    # What later versions of the same schema add is passed over.
    model_config = ConfigDict(frozen=True, extra="ignore")


class CardScales(_Part):
    """Patterson (e²/Å³) and density (e/Å³) are divided by these for the network."""

    patterson: float = Field(gt=0)
    density: float = Field(gt=0)


class SeenData(_Part):
    """What a network was trained on, and so what it can be used for.

    Attributes
    ----------
    file, sha256 : the data set.
    kind : 'dialanine', 'dipeptide' or 'fragment'.
    lengths : least and most residues of an example.
    examples, validation_examples : how many there were.
    cell_edges : least and greatest cell edge, Å.
    orthogonal : whether all cells had three right angles.
    shapes : the grids, as (nu, nv, nw).
    spacing : largest distance of grid points, Å.
    d_min : finest and coarsest resolution limit, Å.
    b_iso : least and greatest B, Å².
    volume_per_atom : least and greatest cell volume over heavy atoms, Å³; None: not recorded.
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


class ModelCard(_Part):
    """Everything about trained weights but the weights.

    Attributes
    ----------
    name : what users call it.
    network, config : as `nets/architectures/registry.py: build` takes them.
    role : what it is for.
    weights_sha256 : of the file of weights.
    precision : of the stored numbers.
    parameters : how many numbers the network has to learn.
    data, scales : what it has seen, and in which units.
    settings : of the training, as `TrainingSettings` writes them.
    metrics : of the epoch the weights are of, as `EpochRecord` writes them.
    folder, stem : where it was read from; not stored.
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
    folder: Path | None = Field(default=None, exclude=True)
    stem: str = Field(default="", exclude=True)

    @property
    def weights(self) -> Path:
        """The file of weights that this card was read beside."""
        if self.folder is None:
            raise ValueError("this card was not read from a file")
        return self.folder / (self.stem + WEIGHTS_SUFFIX)

    def to_json(self) -> str:
        """One text for the same card."""
        values = without_nan(self.model_dump(mode="json"))
        return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def named(self, name: str) -> Self:
        """The same network under another name."""
        return self.model_copy(update={"name": name})


def card_path(weights: Path) -> Path:
    """Where the card of these weights lies."""
    return weights.with_suffix(".json")


def read_card(path: Path) -> ModelCard:
    """Read a card; `path` is the card or the weights beside it.

    Raises
    ------
    UserError : there is no card, or it is none, or of another version.
    """
    path = card_path(path)
    try:
        values = json.loads(read_content(path, 16 << 20).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path.name} is damaged ({error}): get the network again.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise UserError(
            f"{path.name} does not describe a trained network: choose the .json beside a "
            f"{WEIGHTS_SUFFIX}."
        )
    version = values.get("schema_version")
    if version != SCHEMA:
        raise UserError(
            f"{path.name} is of a version unknown here ({version}; known: {SCHEMA}): use it with "
            "the version of patterson_gui that wrote it, or a newer one."
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
    """Write a card that `read_card` reads."""
    with replace_file(card_path(path)) as temporary:
        temporary.write_text(card.to_json(), encoding="utf-8")


def own_models_folder() -> Path:
    """Where the user's own networks are kept; PATTERSON_GUI_MODELS names another place."""
    override = os.environ.get("PATTERSON_GUI_MODELS")
    if override:
        return Path(override)
    # Asked for here: a machine that only trains need not have it.
    from platformdirs import user_data_path

    return user_data_path("patterson_gui", appauthor=False) / "models"


def models_folders() -> list[Path]:
    """Where networks are looked for: the user's own first, then those of the program."""
    return [own_models_folder(), resources_folder() / "models"]


def list_models(
    folders: Iterable[Path] | None = None, role: Role | None = "phasing"
) -> list[ModelCard]:
    """The cards of all networks in some folders.

    Of several networks with one name the first counts. Cards that cannot be read are left out.

    Parameters
    ----------
    folders : None: `models_folders`.
    role : list only networks for this purpose; None: all.
    """
    cards: dict[str, ModelCard] = {}
    for folder in models_folders() if folders is None else folders:
        for weights in sorted(folder.glob("*" + WEIGHTS_SUFFIX)):
            with contextlib.suppress(UserError):
                card = read_card(weights)
                cards.setdefault(card.name, card)
    return [card for card in cards.values() if role in (None, card.role)]


def find_model(
    name: str, folders: Iterable[Path] | None = None, role: Role = "phasing"
) -> ModelCard:
    """The network of that name or stem, or that file of weights or its card.

    Raises
    ------
    UserError : there is none, it cannot be read, or it is for something else.
    """
    if name.endswith((WEIGHTS_SUFFIX, ".json")):
        card = read_card(Path(name))
        if card.role != role:
            raise UserError(
                f"{Path(name).name} is a network for {ROLE_WORDS[card.role]}, not for "
                f"{ROLE_WORDS[role]}: choose another one."
            )
        return card
    cards = list_models(folders, role)
    for card in cards:
        if name in (card.name, card.stem):
            return card
    known = ", ".join(card.name for card in cards) or "none"
    raise UserError(
        f"There is no trained network called '{name}': choose one of those there are ({known}), "
        f"or name a file {WEIGHTS_SUFFIX}."
    )


def keep_model(weights: Path, folder: Path | None = None, name: str | None = None) -> ModelCard:
    """Copy weights and card to `folder` (None: the user's own), where predictions find them.

    A network of the same name that is there already is replaced.
    """
    folder = own_models_folder() if folder is None else folder
    card = read_card(weights)
    card = card if name is None else card.named(name)
    stem = _file_stem(card.name)
    refuse_unreadable(weights)
    make_folder(folder)
    target = folder / (stem + WEIGHTS_SUFFIX)
    content = weights.with_suffix(WEIGHTS_SUFFIX).read_bytes()
    with replace_file(target) as temporary:
        temporary.write_bytes(content)
    write_card(target, card)
    return card.model_copy(update={"folder": folder, "stem": stem})


def _file_stem(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-")
    return kept or "network"
