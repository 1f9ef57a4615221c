"""Decide from the data alone whether the density of a network is right.

A density with the measured amplitudes has R 0 whatever its phases, so its own R is no evidence.
As in phase retrieval, the evidence is how close the density is to one that is positive and limited
to a support of the volume that its atoms need.
"""

from dataclasses import replace

import numpy as np
import torch

from patterson_gui.crystal.prediction import Prediction
from patterson_gui.solvers.retrieval.constraints import CompactSupport
from patterson_gui.solvers.retrieval.grids import grid_batch
from patterson_gui.solvers.retrieval.plan import plan_for
from patterson_gui.solvers.retrieval.projections import (
    Schedule,
    project_moduli,
    r_factors,
    resample,
    run,
)

# Factor on the limit for the refined R of retrieval, which is 0.12 at 1.5 Å. Of 192 proposals for
# dipeptides and dialanines at 1.5 Å, those with r ≥ 0.92 had R below 0.18, the one with r 0.77
# had R 0.30.
_UNREFINED = 2.0


def judge_network_density(proposal: Prediction, n_atoms: int | None) -> Prediction:
    """The network's prediction with an R and a verdict; its density is not changed.

    R is that of the density after one step of error reduction: measured amplitudes, then positive
    density inside a support. A cell full of molecules has no such support, so there the density
    is not judged.
    """
    data = proposal.amplitudes
    plan = plan_for(data, n_atoms, None, None)
    if not plan.compact or n_atoms is None:
        return replace(
            proposal,
            solved=False,
            certain=False,
            verdict="Not judged: a density of a network cannot be checked in a cell without "
            "empty space, or of unknown content; use the hybrid method.",
        )
    with torch.inference_mode():
        batch = grid_batch([data], plan.finish_shape, torch.device("cpu"))
        voxels = torch.tensor([float(n_atoms)]) * plan.finish_room / batch.volume * batch.n_voxels
        constraint = CompactSupport(batch, voxels, tail_growth=1.0)
        density = torch.from_numpy(np.ascontiguousarray(proposal.density.grid))[None, None]
        start = project_moduli(resample(density, plan.finish_shape), batch)
        r = float(r_factors(run(start, batch, constraint, Schedule(0, 1)), batch))
    limit = _UNREFINED * plan.solved_r
    solved = r < limit
    return replace(
        proposal,
        r_factor=r,
        solved=solved,
        certain=False,
        verdict=(
            f"Probably solved: R {r:.3f} of the network's density, unrefined, is below {limit:.2f}."
            if solved
            else f"Not solved: R {r:.3f} of the network's density stays above {limit:.2f}; "
            "the hybrid method goes on from there."
        ),
    )
