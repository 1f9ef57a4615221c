"""Validation: loss, correlation and phase errors over all batches and processes."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from patterson_gui.io.training.run_folder import N_SHELLS, shell_limits
from patterson_gui.nets.feeds.base import Batch, Feed
from patterson_gui.nets.feeds.shuffling import examples_at
from patterson_gui.nets.training.after_epoch.metrics import PhaseErrors, pearson, phase_errors


def validation_figures(
    fabric: Fabric,
    feed: Feed,
    predict: Callable[[Batch[Any]], Tensor],
    loss: Callable[[Tensor, Batch[Any]], Tensor],
    samples: int,
    batch_size: int,
    between: Callable[[float], None],
    phases: bool = True,
) -> Mapping[str, Any]:
    """Compute the figures of `EpochRecord` that begin with 'val', and those of the shells.

    The examples are the same in all trainings on a data set, so that these can be compared.

    Parameters
    ----------
    samples : largest number of validation examples.
    between : called before each batch with the finished fraction; an exception it raises ends the
        validation.
    phases : whether to compute phase errors.
    """
    world, rank, device = fabric.world_size, fabric.global_rank, fabric.device
    n = min(samples, feed.n_validation)
    chosen = examples_at(0, n, feed.n_validation, 0)[rank::world]
    losses = torch.zeros(2, dtype=torch.float64, device=device)
    errors = PhaseErrors(*torch.zeros(2, N_SHELLS, dtype=torch.float64, device=device))
    # Some processes have one example less than others; their array ends with NaN, removed below.
    r = torch.full((math.ceil(n / world),), math.nan, device=device)
    first = 0
    for batch in feed.validation(chosen, batch_size):
        between(first / max(1, len(chosen)))
        predicted = predict(batch)
        value = loss(predicted, batch).double() * len(batch)
        losses += torch.stack([value, value.new_tensor(len(batch))])
        if phases:
            errors += phase_errors(predicted, batch.true, batch.cells, feed.d_min)
        r[first : first + len(batch)] = pearson(predicted, batch.true)
        first += len(batch)
    if world > 1:
        r = torch.as_tensor(fabric.all_gather(r)).flatten()
        losses = torch.as_tensor(fabric.all_reduce(losses, reduce_op="sum"))
        sums = torch.stack([errors.degrees, errors.number])
        errors = PhaseErrors(*torch.as_tensor(fabric.all_reduce(sums, reduce_op="sum")))
    known = r[~r.isnan()].double().cpu().numpy()
    figures: dict[str, Any] = {
        "val_loss": float(losses[0] / losses[1]),
        "val_r_median": float(np.median(known)),
        "val_r_mean": float(known.mean()),
    }
    if not phases:
        return figures
    return figures | {
        "val_phase_error_deg": errors.overall(),
        "shells": shell_limits(feed.d_min),
        "shell_phase_error_deg": tuple(errors.by_shell()),
    }
