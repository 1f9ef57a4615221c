"""Choose the feed for a data set and a network."""

import torch

from patterson_gui.errors import UserError
from patterson_gui.io.datasets.crystals import is_material_dataset, read_material_dataset
from patterson_gui.io.datasets.proteins import read_dataset
from patterson_gui.io.training.model_cards import ROLE_WORDS
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import Network, Scales
from patterson_gui.nets.feeds.base import Feed
from patterson_gui.nets.feeds.crystals import CrystalFeed
from patterson_gui.nets.feeds.organic import OrganicFeed
from patterson_gui.nets.feeds.proteins import ProteinFeed


def feed_for(
    settings: TrainingSettings, network: Network, scales: Scales | None, device: torch.device
) -> Feed:
    """Open the data set of the settings as a feed for a network.

    Parameters
    ----------
    scales : those of the initial weights; None: determined from the data.

    Raises
    ------
    UserError : the data set cannot be read, or is of the wrong kind for the network.
    """
    of_crystals = is_material_dataset(settings.data)
    if of_crystals != (network.role == "crystals"):
        wanted = "crystals (--kind crystal or lattice)" if not of_crystals else "molecules"
        raise UserError(
            f"The network '{network.name}' is for {ROLE_WORDS[network.role]} and cannot learn from "
            f"{settings.data.name}: choose a data set of {wanted}, or another network."
        )
    if of_crystals:
        return CrystalFeed(read_material_dataset(settings.data), device)
    data = read_dataset(settings.data)
    if network.role == "atoms":
        return OrganicFeed(
            data,
            settings.augmentation,
            spacing=settings.spacing,
            multiple=network.multiple,
            device=device,
        )
    refuse_coarse_grid(settings, data.settings.d_min)
    return ProteinFeed(
        data,
        settings.augmentation,
        spacing=settings.spacing,
        multiple=network.multiple,
        scales=scales,
        device=device,
    )


def refuse_coarse_grid(settings: TrainingSettings, d_min: float) -> None:
    """Raise UserError if the grid is too coarse for the resolution limit (Nyquist)."""
    if 2 * settings.spacing >= d_min:
        raise UserError(
            f"A grid of {settings.spacing:g} Å cannot show data to {d_min:g} Å: choose a spacing "
            "finer than half of that."
        )
