"""The folders of trained networks: list them, find one, keep a new one, remove an own one."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, refuse_unreadable
from patterson_gui.io.locks import locked_file
from patterson_gui.io.resources import resources_folder
from patterson_gui.io.training.model_cards import (
    ROLE_WORDS,
    WEIGHTS_SUFFIX,
    ModelCard,
    Role,
    card_path,
    next_card_path,
    read_card,
    write_network,
)
from patterson_gui.io.training.run_folder import EpochRecord, RunFolder

_WAIT = 60.0  # seconds for another program that writes the same network


def own_models_folder() -> Path:
    """The folder of the user's own networks; PATTERSON_GUI_MODELS overrides it."""
    override = os.environ.get("PATTERSON_GUI_MODELS")
    if override:
        return Path(override)
    # Imported here, as training works without this package.
    from platformdirs import user_data_path

    return user_data_path("patterson_gui", appauthor=False) / "models"


def models_folders() -> list[Path]:
    """The folders of networks: first the user's own, then that of the program."""
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
    """Find a network.

    Parameters
    ----------
    name : the network's name, the stem of its file, or the path of its weights or card.
    folders : None: `models_folders`.
    role : the task the network must be for.

    Raises
    ------
    UserError : there is no such network, it cannot be read, or it is for another task.
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
    """Copy weights and card to a folder where predictions find them.

    A network of the same name in this folder is replaced. The records of the epochs of its run
    folder become the curve of its card.

    Parameters
    ----------
    folder : None: `own_models_folder`.
    name : a new name for the network; None: that of the card.
    """
    folder = own_models_folder() if folder is None else folder
    card = read_card(weights)
    card = card if name is None else card.named(name)
    card = card.with_curve(_records_beside(weights)) if not card.curve else card
    stem = _file_stem(card.name)
    refuse_unreadable(weights)
    make_folder(folder)
    target = folder / (stem + WEIGHTS_SUFFIX)
    write_network(target, weights.with_suffix(WEIGHTS_SUFFIX).read_bytes(), card)
    return card.model_copy(update={"folder": folder, "stem": stem})


def _records_beside(weights: Path) -> list[EpochRecord]:
    """The records of the run folder that weights lie in; none where they lie elsewhere."""
    with contextlib.suppress(UserError):
        return RunFolder(weights.parent).records()
    return []


def is_own(card: ModelCard) -> bool:
    """Whether a network is the user's own, so that it may be removed."""
    return card.folder is not None and card.folder == own_models_folder()


def remove_model(card: ModelCard) -> None:
    """Remove an own network: its weights first, so that a kill leaves no network without them.

    Raises
    ------
    UserError : it came with the program, lies elsewhere, or cannot be removed.
    """
    if not is_own(card):
        raise UserError(
            f"The network “{card.name}” is none of your own and cannot be removed: networks in "
            f"{own_models_folder()} can."
        )
    weights = card.weights
    with locked_file(weights, "writes", wait=_WAIT):
        try:
            for path in (weights, next_card_path(weights), card_path(weights)):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                f"{weights} could not be removed ({error.strerror}): check the permissions of its "
                "folder."
            ) from error


def _file_stem(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-")
    return kept or "network"
