"""Validate after each epoch, and write the metrics, the best weights with card, and the preview."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from patterson_gui import __version__
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
from patterson_gui.io.training.run_folder import (
    EpochRecord,
    Preview,
    write_metrics,
    write_preview,
)
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import Network, NetworkInputs, Scales
from patterson_gui.nets.architectures.weights import save_weights
from patterson_gui.nets.feeds.base import Feed
from patterson_gui.nets.feeds.shuffling import examples_at
from patterson_gui.nets.training.after_epoch.validation import validation_figures
from patterson_gui.nets.training.run import Run


def validate(
    run: Run,
    between: Callable[[float], None] = lambda share: None,
    samples: int | None = None,
) -> Mapping[str, Any]:
    """Compute the validation figures of `EpochRecord`; `between` as in `validation_figures`.

    Parameters
    ----------
    samples : number of validation examples; None: that of the settings.
    """
    learner = run.learner
    learner.share_statistics()
    with learner.final_weights(), torch.no_grad():
        return validation_figures(
            run.fabric, run.feed, learner.predict, learner.loss,
            samples or run.settings.validation_samples, run.state.position.batch_size, between,
            phases=run.network.role == "phasing",
        )  # fmt: skip


def end_epoch(
    run: Run, clock: Callable[[], float], samples_per_s: float, between: Callable[[float], None]
) -> EpochRecord:
    """Validate, write metrics, preview and, if they are the best so far, the weights.

    An exception raised by `between` leaves the run and its files unchanged.

    Parameters
    ----------
    clock : seconds of training so far; called after the validation.
    samples_per_s : examples per second of this epoch's training.
    """
    state, learner = run.state, run.learner
    mean = torch.tensor(state.mean_loss(), device=run.fabric.device)
    train_loss = float(torch.as_tensor(run.fabric.all_reduce(mean)))
    figures = validate(run, between)
    seconds, p = clock(), state.position
    record = EpochRecord(
        epoch=p.epoch + 1,
        step=p.step,
        samples=p.samples,
        seconds=seconds,
        learning_rate=p.learning_rate,
        train_loss=train_loss,
        samples_per_s=samples_per_s,
        best=state.is_best(figures["val_r_median"]),
        **figures,
    )
    state.records.append(record)
    state.begin_next_epoch()
    if run.fabric.is_global_zero:
        run.remake_folder()
        if record.best:
            card = card_of(run.network, run.settings, run.feed.scales, run.seen, record)
            save_weights(run.folder.best, learner.final_state, card)
        write_metrics(run.folder.metrics, state.records)
        with learner.final_weights():
            preview = preview_of(run.network, run.feed, record.epoch)
        write_preview(run.folder.preview, preview)
    return record


def card_of(
    network: Network,
    settings: TrainingSettings,
    scales: Scales,
    seen: SeenData,
    record: EpochRecord,
) -> ModelCard:
    """The card of the weights that `record` describes."""
    return ModelCard(
        name=settings.model_name,
        network=network.name,
        role=network.role,
        config=network.config.model_dump(mode="json"),
        scales=CardScales(**scales.model_dump()),
        data=seen,
        parameters=network.n_parameters,
        settings=_shared(settings),
        metrics=record.model_dump(mode="json"),
        seed=settings.seed,
        program=f"patterson-gui {__version__}, torch {torch.__version__}",
    )


@torch.no_grad()
def preview_of(network: Network, feed: Feed, epoch: int) -> Preview:
    """What `network` predicts for the first validation example."""
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
    """The settings for a card, without the folders of this machine."""
    values: dict[str, Any] = settings.model_dump(mode="json")
    values["data"], values["output"] = settings.data.name, settings.output.name
    if settings.initial_weights is not None:
        values["initial_weights"] = settings.initial_weights.name
    return values
