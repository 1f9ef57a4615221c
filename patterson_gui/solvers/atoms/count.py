"""Find the number of atoms if the composition is not known."""

from collections.abc import Callable

import torch
from torch import Tensor

from patterson_gui.solvers.atoms.add_and_repair import (
    EXPLAINED,
    BuiltModels,
    affordable,
    refine_weights,
    repair,
)
from patterson_gui.solvers.atoms.data import RefinementData
from patterson_gui.solvers.atoms.map_peaks import maxima
from patterson_gui.solvers.atoms.model import AtomModels, FormFactors

_ROOM = 9.0  # Å³, least volume of one atom
_STANDS_OUT = 0.4  # of the height of the tenth highest peak
_TENTH = 9
_MOST_GUESSED = 400
_FAINT = 0.5  # of the upper quartile of the weights; lower ones are not atoms
_GAIN = 0.97  # R1 must fall below this share of its value for a step to be kept
_STEP, _STRIDE = 0.06, 0.3  # share of the atoms added at a time, at low and at high R1
_FAR = 0.1  # R1 that counts as high
_ROUNDS = 12
_PRUNINGS = 5


def peaks_that_stand_out(
    phased: Tensor, factors: FormFactors, b: Tensor, data: RefinementData
) -> Tensor:
    """(P,) number of peaks of the map of `phased` (P, M) that are about as high as the highest."""
    most = int(min(_MOST_GUESSED, float(data.volume.max()) / _ROOM))
    height = maxima(data.map_of(phased * data.there), data, max(most, _TENTH + 1))[1]
    limit = _STANDS_OUT * height[:, _TENTH : _TENTH + 1]
    return (height > limit).sum(1).clamp(min=1)


def add_until_explained(
    built: BuiltModels,
    unknown: Tensor,
    factors: FormFactors,
    data: RefinementData,
    tick: Callable[[], None],
) -> BuiltModels:
    """Add atoms at peaks of the difference map as long as R1 falls.

    Only crystals whose number of atoms is `unknown` (P,) change."""
    going = unknown & (built.r1 > EXPLAINED)
    for _ in range(affordable(_ROUNDS, built.atoms, data)):
        if not bool(going.any()):
            break
        tick()
        number = built.atoms.used.sum(1).long()
        share = torch.where(built.r1 > _FAR, _STRIDE, _STEP)
        aim = number + torch.ceil(number * share).long()
        wider = with_free_places(built, int(aim.max()))
        trial = prune(repair(wider, aim, factors, data, tick), factors, data)
        gained = going & (trial.r1 < _GAIN * built.r1)
        built = wider.choose(gained, trial)
        going = gained & (built.r1 > EXPLAINED)
    return built


def prune(built: BuiltModels, factors: FormFactors, data: RefinementData) -> BuiltModels:
    """Remove atoms of low weight and refine, until none has a low weight."""
    for _ in range(_PRUNINGS):
        atoms = built.atoms
        weights = torch.where(atoms.used > 0, atoms.w, torch.nan)
        high = weights.nanquantile(0.75, dim=1, keepdim=True)
        faint = (atoms.w < _FAINT * high) & (atoms.used > 0)
        if not bool(faint.any()):
            break
        built = refine_weights(atoms.without(faint), factors, data)
    return built


def with_free_places(built: BuiltModels, places: int) -> BuiltModels:
    """The same with room for at least `places` atoms."""
    more = places - built.atoms.used.shape[1]
    if more <= 0:
        return built
    a = built.atoms
    pad = torch.nn.functional.pad
    atoms = AtomModels(
        pad(a.xyz, (0, 0, 0, more)),
        pad(a.w, (0, more)),
        torch.cat([a.b, a.b[:, :1].expand(-1, more)], dim=1),
        pad(a.kind, (0, more)),
        pad(a.used, (0, more)),
    )
    return BuiltModels(atoms, built.r1)
