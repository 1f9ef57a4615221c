"""Copies a trained network to the folder where predictions look for networks."""

from pathlib import Path

from patterson_gui.io.training.model_cards import ModelCard, read_card
from patterson_gui.io.training.network_folders import keep_model, list_models, own_models_folder


def keep_trained_network(weights: Path) -> ModelCard:
    """Copy trained weights to the user's folder of networks; return their card.

    A network of the same training is replaced. A network of another training keeps its name, and
    the new one gets a number.

    Raises
    ------
    UserError : the weights cannot be read, or not be copied.
    """
    card = read_card(weights)
    taken = {other.name: other for other in list_models([own_models_folder()], role=None)}
    name, number = card.name, 1
    while name in taken and not _same_training(card, taken[name]):
        number += 1
        name = f"{card.name} {number}"
    return keep_model(weights, name=name)


def _same_training(card: ModelCard, other: ModelCard) -> bool:
    def identity(card: ModelCard) -> tuple[object, ...]:
        return card.network, card.data.sha256, card.seed, card.settings.get("output")

    return identity(card) == identity(other)
