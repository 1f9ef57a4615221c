"""What is told of a network after an epoch: its card, and an example of what it predicts."""

from typing import Any

import torch

from patterson_gui import __version__
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
from patterson_gui.io.training.run_folder import EpochRecord, Preview
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import Network, NetworkInputs, Scales
from patterson_gui.nets.feeds.base import Feed
from patterson_gui.nets.feeds.shuffling import examples_at


def card_of(
    network: Network,
    settings: TrainingSettings,
    scales: Scales,
    seen: SeenData,
    record: EpochRecord,
) -> ModelCard:
    """The card of weights that were judged as `record` says."""
    return ModelCard(
        name=settings.model_name,
        network=network.name,
        role=network.role,
        config=network.config.model_dump(mode="json"),
        scales=CardScales(**scales.model_dump()),
        data=seen,
        parameters=sum(p.numel() for p in network.parameters()),
        settings=_shared(settings),
        metrics=record.model_dump(mode="json"),
        seed=settings.seed,
        program=f"patterson-gui {__version__}, torch {torch.__version__}",
    )


@torch.no_grad()
def preview_of(network: Network, feed: Feed, epoch: int) -> Preview:
    """What `network` makes of the validation example that is always the first."""
    place = examples_at(0, 1, feed.n_validation, 0)
    (batch,) = feed.validation(place, 1)
    scales = feed.scales
    shown_scale = scales.patterson if network.takes is NetworkInputs else scales.density
    patterson, density, true = (
        (maps[0, 0].float() * scale).cpu().numpy()
        for maps, scale in (
            (batch.inputs.shown, shown_scale),
            (network(batch.inputs), feed.scales.density),
            (batch.true, feed.scales.density),
        )
    )
    return Preview(
        patterson,
        density,
        true,
        batch.cells[0].double().cpu().numpy(),
        feed.d_min,
        epoch,
        feed.validation_name(int(place[0])),
    )


def _shared(settings: TrainingSettings) -> dict[str, Any]:
    """The settings for a card, without the folders of the machine they were used on."""
    values: dict[str, Any] = settings.model_dump(mode="json")
    values["data"], values["output"] = settings.data.name, settings.output.name
    if settings.initial_weights is not None:
        values["initial_weights"] = settings.initial_weights.name
    return values
