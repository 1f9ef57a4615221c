"""How many atoms there are, where nothing says so."""

from collections.abc import Callable

import torch
from torch import Tensor

from patterson_gui.solve.atoms.completion import Built, mended, refined
from patterson_gui.solve.atoms.data import Data
from patterson_gui.solve.atoms.model import Atoms, FormFactors
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
        trial = _one_round(built, factors, data, tick)
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


def _one_round(built: Built, factors: FormFactors, data: Data, tick: Callable[[], None]) -> Built:
    """A few atoms more, and then without those that turn out faint."""
    number = built.atoms.used.sum(1).long()
    aim = number + torch.ceil(number * _STEP).long()
    atoms = mended(widened(built, int(aim.max())), aim, factors, data, tick).atoms
    weights = torch.where(atoms.used > 0, atoms.w, torch.nan)
    typical = weights.nanmedian(dim=1, keepdim=True).values
    faint = (atoms.w < _FAINT * typical) & (atoms.used > 0)
    return refined(atoms.without(faint), factors, data)
