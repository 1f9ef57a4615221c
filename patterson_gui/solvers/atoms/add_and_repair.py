"""Build atoms from phases: add some at map peaks, refine, repeat; then repair what is wrong.

A peak of the map sharpened to point atoms becomes an atom, and all atoms so far are fitted
together. The map of the unexplained part shows the next ones. At 1.5 Å two bonded atoms make one
peak; the second is visible only after the first is fitted.

Where the result does not explain the data, several trials each remove some suspect atoms and add
atoms at peaks of the difference map. The best trial is kept, as long as R1 falls.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from patterson_gui.solvers.atoms.data import RefinementData
from patterson_gui.solvers.atoms.map_peaks import distances, highest_peaks
from patterson_gui.solvers.atoms.model import AtomModels, FormFactors, r1, structure_factors
from patterson_gui.solvers.atoms.refinement import Freedom, refine

_SHARES = (0.5, 0.7, 0.85, 0.95, 1.0)  # shares of the atoms present after each addition
_APART = 0.9  # Å, least distance of two atoms
_SHARPEN = 0.7  # power of the form factor by which maps are divided to find peaks
_FIRST_CYCLES, _CYCLES = 4, 8
_WEIGHTS = Freedom(weights=True)

EXPLAINED = 0.03  # R1 of a complete model of one element for data without errors
_ROUNDS = 6  # largest number of rounds of trials
_WORK = 3e10  # multiplications for normal matrices of one crystal, which limit the rounds
_HOPELESS = 0.3  # R1 after the first round above which further rounds do not help
_FRUITLESS = 2  # rounds without gain after which repair ends
_GAIN = 0.98  # R1 must fall below this share of its value to count as gain
_FAINT = 0.5  # of the median weight; an atom of lower weight is doubtful


@dataclass(frozen=True, eq=False)
class BuiltModels:
    """Atoms of one element, each with its own weight, and the R1 of each crystal (P,)."""

    atoms: AtomModels
    r1: Tensor

    def choose(self, better: Tensor, other: "BuiltModels") -> "BuiltModels":
        """The models of `other` for those crystals where `better` (P,) is true."""
        return BuiltModels(
            self.atoms.choose(better, other.atoms), torch.where(better, other.r1, self.r1)
        )


def build(
    data: RefinementData,
    phased: Tensor,
    n_expected: Tensor,
    factors: FormFactors,
    b: Tensor,
    tick: Callable[[], None],
) -> BuiltModels:
    """Build atoms of one element from `phased` (P, M), |Fo| with the phases known so far.

    `n_expected` (P,) is the number of atoms, `b` (P,) Å² their initial B. `tick` is called often
    and may raise an exception to stop.
    """
    atoms = _no_atoms(data, int(n_expected.max()), b)
    for share in _SHARES:
        tick()
        number = torch.ceil(n_expected * share).long()
        rest = phased - structure_factors(atoms, factors, data)
        atoms = add_atoms(atoms, rest, number, factors, data)
        atoms = refine(atoms, factors, data, _WEIGHTS, _FIRST_CYCLES, phased)
    return refine_weights(atoms, factors, data)


def add_atoms(
    atoms: AtomModels, rest: Tensor, number: Tensor, factors: FormFactors, data: RefinementData
) -> AtomModels:
    """Add atoms up to `number` (P,) at the highest peaks of the map of `rest` (P, M)."""
    lacking = number - atoms.used.sum(1).long()
    most = int(lacking.max())
    if most <= 0:
        return atoms
    shape = factors.table[:, 0] * torch.exp(-atoms.b[:, :1] * data.s2)
    sharp = rest * data.there * shape.clamp(min=1e-3) ** -_SHARPEN
    xyz, height = highest_peaks(data.map_of(sharp), data, most, atoms.xyz, atoms.used, _APART)
    # The i-th free place takes the i-th peak.
    order = torch.argsort(atoms.used, dim=1, stable=True)[:, :most]
    rank = torch.arange(most, device=order.device)
    good = (rank < lacking[:, None]) & height.isfinite()
    good &= torch.gather(atoms.used, 1, order) == 0
    typical = _first_weight(atoms, factors, data, number)
    old_xyz = torch.gather(atoms.xyz, 1, order[:, :, None].expand(-1, -1, 3))
    return replace(
        atoms,
        xyz=atoms.xyz.scatter(
            1, order[:, :, None].expand(-1, -1, 3), torch.where(good[:, :, None], xyz, old_xyz)
        ),
        w=_fill_places(atoms.w, order, good, typical[:, None].expand(-1, most)),
        used=_fill_places(atoms.used, order, good, torch.ones_like(height)),
    )


def _fill_places(values: Tensor, order: Tensor, good: Tensor, new: Tensor) -> Tensor:
    return values.scatter(1, order, torch.where(good, new, torch.gather(values, 1, order)))


def _no_atoms(data: RefinementData, most: int, b: Tensor) -> AtomModels:
    p, like = len(data), data.fo
    return AtomModels(
        xyz=torch.zeros((p, most, 3), device=like.device),
        w=torch.zeros((p, most), device=like.device),
        b=b[:, None].expand(-1, most).clone(),
        kind=torch.zeros((p, most), dtype=torch.long, device=like.device),
        used=torch.zeros((p, most), device=like.device),
    )


def _first_weight(
    atoms: AtomModels, factors: FormFactors, data: RefinementData, number: Tensor
) -> Tensor:
    """(P,) initial weight of a new atom: `number` atoms of this weight have the mean |Fo|²."""
    f2 = (factors.table[:, 0] * torch.exp(-atoms.b[:, :1] * data.s2)).square() * data.there
    return (data.fo.square().sum(1) / (f2.sum(1) * number.clamp(min=1))).sqrt()


def refine_weights(
    atoms: AtomModels, factors: FormFactors, data: RefinementData, cycles: int = _CYCLES
) -> BuiltModels:
    """Refine positions and a weight for each atom against |F|."""
    atoms = refine(atoms, factors, data, _WEIGHTS, cycles)
    return BuiltModels(atoms, r1(structure_factors(atoms, factors, data), data))


def repair(
    built: BuiltModels,
    n_expected: Tensor,
    factors: FormFactors,
    data: RefinementData,
    tick: Callable[[], None],
) -> BuiltModels:
    """Remove and add atoms where that lowers R1, until `n_expected` (P,) atoms explain the data."""
    fruitless = torch.zeros(len(data), dtype=torch.long, device=data.fo.device)
    for number in range(affordable(_ROUNDS, built.atoms, data)):
        open_ = is_doubtful(built, data) & (fruitless < _FRUITLESS)
        if number:
            open_ &= built.r1 < _HOPELESS
        cases = open_.nonzero()[:, 0]
        if len(cases) == 0:
            break
        part = BuiltModels(built.atoms.take(cases), built.r1[cases])
        trial = _best_trial(
            part, n_expected[cases], factors.take(cases), data.take(cases), number, tick
        )
        gained = trial.r1 < part.r1 * _GAIN
        fruitless[cases] = torch.where(gained, 0, fruitless[cases] + 1)
        part = part.choose(trial.r1 < part.r1, trial)
        built = BuiltModels(
            built.atoms.put(cases, part.atoms), built.r1.index_copy(0, cases, part.r1)
        )
    return built


def normal_matrix_work(n_atoms: int, n_reflections: int) -> float:
    """Multiplications for the normal matrix of positions and weights."""
    return (4.0 * n_atoms) ** 2 * n_reflections


def affordable(rounds: int, atoms: AtomModels, data: RefinementData) -> int:
    """`rounds`, or fewer for large crystals, to limit the time."""
    work = normal_matrix_work(atoms.used.shape[1], data.fo.shape[1])
    return max(1, min(rounds, int(_WORK / work)))


def is_doubtful(built: BuiltModels, data: RefinementData) -> Tensor:
    """(P,) whether R1 is high or an atom has a low weight."""
    used = built.atoms.used > 0
    faint = (built.atoms.w < _FAINT * _median_weight(built.atoms)[:, None]) & used
    return (built.r1 > EXPLAINED) | faint.any(1)


def _median_weight(atoms: AtomModels) -> Tensor:
    """(P,) median weight."""
    weights = torch.where(atoms.used > 0, atoms.w, torch.nan)
    return weights.nanmedian(dim=1).values


def _best_trial(
    built: BuiltModels,
    n_expected: Tensor,
    factors: FormFactors,
    data: RefinementData,
    number: int,
    tick: Callable[[], None],
) -> BuiltModels:
    """Remove suspect atoms in several ways, complete each trial, return the one of lowest R1."""
    gone = _suspects(built.atoms, data, number)  # (P, T, A)
    p, trials, _ = gone.shape
    each = torch.arange(p, device=gone.device).repeat_interleave(trials)
    many_data, many_factors = data.take(each), factors.take(each)
    atoms = built.atoms.take(each).without(gone.flatten(0, 1))
    aim = n_expected[each]
    # Half of the missing atoms at a time, the last ones singly.
    while True:
        tick()
        atoms = refine(atoms, many_factors, many_data, _WEIGHTS, 3)
        lacking = aim - atoms.used.sum(1).long()
        if int(lacking.max()) <= 0:
            break
        f = structure_factors(atoms, many_factors, many_data)
        modulus = f.abs().clamp(min=1e-20)
        rest = (many_data.fo - modulus) * f / modulus
        step = torch.ceil(lacking / 2.0).long()
        before = atoms.used.sum()
        atoms = add_atoms(atoms, rest, aim - lacking + step, many_factors, many_data)
        if atoms.used.sum() == before:
            break  # no free peak is left
    done = refine_weights(atoms, many_factors, many_data)
    best = done.r1.reshape(p, trials).argmin(1) + torch.arange(p, device=gone.device) * trials
    return BuiltModels(done.atoms.take(best), done.r1[best])


def _suspects(atoms: AtomModels, data: RefinementData, number: int) -> Tensor:
    """(P, T, A) sets of atoms to remove.

    These are: the one to four of lowest weight; with them the one of highest weight, which may
    replace two atoms; those too near a neighbour; and a random part, different in every round.
    """
    used = atoms.used > 0
    w = torch.where(used, atoms.w, torch.inf)
    rank = w.argsort(1).argsort(1)
    heavy = torch.where(used, atoms.w, -torch.inf).argsort(1, descending=True).argsort(1)
    near = distances(atoms.xyz, atoms.xyz, data.orth)
    near = near + 9 * torch.eye(near.shape[1], device=near.device)
    near = near.masked_fill(~(used[:, None] & used[:, :, None]), 9.0)
    crowded = near.amin(2) < 1.1
    generator = torch.Generator().manual_seed(number)
    chance = torch.rand(rank.shape, generator=generator).to(rank.device)
    faint = w < _FAINT * _median_weight(atoms)[:, None]
    sets = [faint | (rank < 1), faint | crowded | (rank < 2) | (heavy < 1)]
    if number > 0:
        sets += [rank < 4, (rank < 1) | (heavy < 1)]
        sets += [faint | (chance < 0.15), faint | (chance > 0.75)]
    return torch.stack([s & used for s in sets], dim=1)
