"""How many atoms there are, where nothing says so."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from patterson_gui.solve.atoms.completion import Built, add, refined
from patterson_gui.solve.atoms.data import Data
from patterson_gui.solve.atoms.model import Atoms, FormFactors, structure_factors
from patterson_gui.solve.atoms.peaks import highest_peaks

_ROOM = 9.0  # Å³, the least for one atom
_STANDS_OUT = 0.45  # of the height of the tenth highest peak
_TENTH = 9
_MOST_GUESSED = 400
_FAINT = 0.5  # of the median weight: less is no atom
_GAIN = 0.97  # of R1 for a step to have been worth it
_STEP = 0.06  # share of the atoms added at a time
_ROUNDS = 12


def peaks_that_stand_out(phased: Tensor, factors: FormFactors, b: Tensor, data: Data) -> Tensor:
    """(P,) how many peaks of the map of `phased` (P, M) are about as high as the highest."""
    most = int(min(_MOST_GUESSED, float(data.volume.max()) / _ROOM))
    nowhere = torch.zeros((len(data), 0, 3), device=data.fo.device)
    density = data.map_of(phased * data.there)
    height = highest_peaks(density, data, max(most, _TENTH + 1), nowhere, nowhere[..., 0], 0.9)[1]
    limit = _STANDS_OUT * height[:, _TENTH : _TENTH + 1]
    return (height > limit).sum(1).clamp(min=1)


def counted(
    built: Built,
    unknown: Tensor,
    factors: FormFactors,
    data: Data,
    tick: Callable[[], None],
) -> Built:
    """Atoms added where the difference map asks for them and taken out where they are faint,
    as long as R1 falls; only in crystals where their number is `unknown` (P,)."""
    going = unknown.clone()
    for _ in range(_ROUNDS):
        if not bool(going.any()):
            break
        tick()
        trial = _one_round(built, factors, data)
        worth = trial.r1 < _GAIN * built.r1
        fewer = trial.atoms.used.sum(1) < built.atoms.used.sum(1)
        accepted = going & (worth | (fewer & (trial.r1 < 1.02 * built.r1)))
        built = widened(built, trial.atoms.used.shape[1]).choose(accepted, trial)
        going = accepted
    return built


def widened(built: Built, places: int) -> Built:
    """The same with room for so many atoms."""
    more = places - built.atoms.used.shape[1]
    if more <= 0:
        return built
    a = built.atoms
    pad = torch.nn.functional.pad
    atoms = Atoms(
        pad(a.xyz, (0, 0, 0, more)),
        pad(a.w, (0, more)),
        torch.cat([a.b, a.b[:, :1].expand(-1, more)], dim=1),
        pad(a.kind, (0, more)),
        pad(a.used, (0, more)),
    )
    return Built(atoms, built.r1)


def _one_round(built: Built, factors: FormFactors, data: Data) -> Built:
    number = built.atoms.used.sum(1).long()
    step = torch.ceil(number * _STEP).long()
    atoms = widened(built, int((number + step).max())).atoms
    f = structure_factors(atoms, factors, data)
    modulus = f.abs().clamp(min=1e-20)
    atoms = add(atoms, (data.fo - modulus) * f / modulus, number + step, factors, data)
    atoms = refined(atoms, factors, data).atoms
    weights = torch.where(atoms.used > 0, atoms.w, torch.nan)
    typical = weights.nanmedian(dim=1, keepdim=True).values
    faint = (atoms.w < _FAINT * typical) & (atoms.used > 0)
    return refined(replace(atoms).without(faint), factors, data)
