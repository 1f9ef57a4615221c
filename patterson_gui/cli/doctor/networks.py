"""Trained networks: whether each file of weights is the one that its card describes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from patterson_gui.cli.doctor.finding import Finding
from patterson_gui.errors import UserError
from patterson_gui.io.resources import resources_folder
from patterson_gui.io.training.model_cards import WEIGHTS_SUFFIX, card_path, read_card
from patterson_gui.io.training.network_folders import models_folders

# Those that come with the program.
SHIPPED = ("crystals", "organic", "peptides", "resunet-1b")


def networks() -> Iterator[Finding]:
    """A finding for each network that cannot be used, and one that counts the others."""
    own = resources_folder() / "models"
    well: list[str] = []
    for folder in models_folders():
        shipped = folder == own
        stems = {path.stem for path in folder.glob(f"*{WEIGHTS_SUFFIX}")}
        stems |= {path.stem for path in folder.glob("*.json")} | set(SHIPPED if shipped else ())
        for stem in sorted(stems):
            problem = _problem(folder / f"{stem}{WEIGHTS_SUFFIX}")
            if problem:
                yield Finding("Networks", problem, _how_to_mend(folder / stem, shipped))
            else:
                well.append(stem)
    if well:
        yield Finding("Networks", f"{', '.join(well)}: the weights are those of their cards.")


def _problem(weights: Path) -> str:
    """What is wrong with a network, as a sentence; "" if nothing is."""
    try:
        card = read_card(weights)
        content = weights.read_bytes()
    except FileNotFoundError:
        return f"the weights {weights.name} of a card are missing."
    except OSError as error:
        return f"{weights.name} could not be read ({error.strerror})."
    except UserError as error:
        if not card_path(weights).is_file():
            there = weights.is_file()
            return (
                f"{weights.name} has no card beside it." if there else f"{weights.stem} is missing."
            )
        return str(error).partition(":")[0] + "."
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        return f"{weights.name} is not the file that its card describes (its hash differs)."
    return ""


def _how_to_mend(path: Path, shipped: bool) -> str:
    if shipped:
        return "Install the program again: this network comes with it."
    return (
        f"Keep the network again from the folder of its training, or delete {path}"
        f"{WEIGHTS_SUFFIX} and {path.name}.json."
    )
