"""Assign elements to built atoms and refine them with the right form factors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.composition import Composition
from patterson_gui.solvers.atoms.add_and_repair import BuiltModels
from patterson_gui.solvers.atoms.data import RefinementData
from patterson_gui.solvers.atoms.element_choice import USUAL_ELEMENTS, assign
from patterson_gui.solvers.atoms.geometry import find_bonds
from patterson_gui.solvers.atoms.model import AtomModels, FormFactors, r1, structure_factors
from patterson_gui.solvers.atoms.refinement import Freedom, refine

_PASSES = 3  # passes of assigning elements and refining weights
_CYCLES = 5
_WEIGHTS = Freedom(weights=True)
_COMMON_B = Freedom(weights=False)
_EACH_B = Freedom(weights=False, each_b=True)
_BOTH = Freedom(weights=True, each_b=True)
_WORTH_EACH_B = 0.9  # R1 with a B for each atom must fall below this share of R1 with a common B
_GOOD = 0.005  # R1 below which no further refinement is tried
_ANYWAY = ("C", "N", "O")


@dataclass(frozen=True, eq=False)
class AssignedAtoms:
    """The atoms of one crystal: (n, 3) Å, symbols, B (n,) Å², and their R1.

    `scale` is the weight of one electron in the unit of the data.
    """

    xyz: NDArray[np.float64]
    symbols: tuple[str, ...]
    b: NDArray[np.float64]
    scale: float
    r1: float

    @property
    def numbers(self) -> NDArray[np.int64]:
        """(n,) atomic numbers."""
        return np.array([gemmi.Element(s).atomic_number for s in self.symbols], dtype=np.int64)


def assign_elements(
    built: BuiltModels,
    compositions: Sequence[Composition | None],
    data: RefinementData,
    tick: Callable[[], None],
) -> list[AssignedAtoms]:
    """Assign elements to atoms built as carbon with weights, and refine them.

    Elements are assigned by weight and bond lengths, as many of each as the composition has.
    The weights, refined again with the new form factors, correct wrong assignments.
    """
    symbols = _possible_elements(compositions)
    factors = FormFactors.of(symbols, data)
    found, r = _assign_by_weights(built, _WEIGHTS, symbols, factors, compositions, data, tick)
    cases = (r > _GOOD).nonzero()[:, 0]
    if len(cases):
        # A low B raises the weight as a heavy element does. If atoms differ in B, weights give
        # elements only if B is refined too.
        part = BuiltModels(built.atoms.take(cases), built.r1[cases])
        mine = [compositions[i] for i in cases.tolist()]
        other, other_r = _assign_by_weights(
            part, _BOTH, symbols, factors.take(cases), mine, data.take(cases), tick
        )
        better = other_r < r[cases]
        found = found.put(cases, found.take(cases).choose(better, other))
        r = r.index_copy(0, cases, torch.where(better, other_r, r[cases]))
    return [_assigned_atoms(found, r, symbols, i) for i in range(len(data))]


def _assign_by_weights(
    built: BuiltModels,
    freedom: Freedom,
    symbols: tuple[str, ...],
    factors: FormFactors,
    compositions: Sequence[Composition | None],
    data: RefinementData,
    tick: Callable[[], None],
) -> tuple[AtomModels, Tensor]:
    """Atoms with elements assigned by weight, refined with `freedom`, and their R1 (P,)."""
    carbon = symbols.index("C")
    rows = torch.arange(len(data), device=data.fo.device)[:, None]
    expected = _expected_weights(built.atoms, factors, data)  # (P, E)
    atoms, r = replace(built.atoms, kind=torch.full_like(built.atoms.kind, carbon)), built.r1
    if freedom.each_b:
        atoms = refine(atoms, factors, data, freedom, _CYCLES)
    by_weight = atoms.w  # in units of a carbon form factor
    before: list[NDArray[np.str_]] | None = None
    best: tuple[AtomModels, Tensor] | None = None
    for _ in range(_PASSES):
        tick()
        chosen = _choose_elements(
            by_weight, atoms, expected, symbols, compositions, data, r, before
        )
        if before is not None and all(map(np.array_equal, chosen, before)):
            break
        before = chosen
        kind = _table_rows(chosen, symbols, atoms)
        atoms = replace(atoms, kind=kind, w=by_weight / expected[rows, kind])
        atoms = refine(atoms, factors, data, freedom, _CYCLES)
        by_weight = atoms.w * expected[rows, kind]
        r = r1(structure_factors(atoms, factors, data), data)
        scored = _refine_common_weight(
            replace(atoms, w=_median_weight(atoms.w, atoms.used)), factors, data
        )
        if best is None:
            best = scored
        else:
            better = scored[1] < best[1]
            best = best[0].choose(better, scored[0]), torch.where(better, scored[1], best[1])
    if best is None:
        raise ValueError("no pass was made")
    return best


def refine_against_all_data(
    data: RefinementData, found: Sequence[AssignedAtoms]
) -> list[AssignedAtoms]:
    """Refine atoms with elements against all data."""
    symbols = tuple(sorted({s for atoms in found for s in atoms.symbols}))
    most = max(len(atoms.symbols) for atoms in found)
    if most == 0:
        return list(found)
    device = data.fo.device
    atoms = AtomModels(
        xyz=torch.zeros((len(found), most, 3), device=device),
        w=torch.zeros((len(found), most), device=device),
        b=torch.full((len(found), most), 20.0, device=device),
        kind=torch.zeros((len(found), most), dtype=torch.long, device=device),
        used=torch.zeros((len(found), most), device=device),
    )
    for i, one in enumerate(found):
        n = len(one.symbols)
        atoms.xyz[i, :n] = torch.from_numpy(one.xyz).to(atoms.xyz)
        atoms.b[i, :n] = torch.from_numpy(one.b).to(atoms.b)
        atoms.kind[i, :n] = torch.tensor([symbols.index(s) for s in one.symbols], device=device)
        atoms.w[i, :n], atoms.used[i, :n] = one.scale, 1.0
    final, r = _refine_common_weight(atoms, FormFactors.of(symbols, data), data)
    return [_assigned_atoms(final, r, symbols, i) for i in range(len(found))]


def _possible_elements(compositions: Sequence[Composition | None]) -> tuple[str, ...]:
    names = set(_ANYWAY)
    for composition in compositions:
        names |= set(USUAL_ELEMENTS if composition is None else composition.counts)
    return tuple(sorted(names, key=lambda s: gemmi.Element(s).atomic_number))


def _expected_weights(atoms: AtomModels, factors: FormFactors, data: RefinementData) -> Tensor:
    """(P, E) best scale from the form factor of carbon to that of each element."""
    carbon = factors.table[:, factors.symbols.index("C")]
    thinned = torch.exp(-2 * atoms.b[:, :1] * data.s2) * data.weight
    overlap = (factors.table * (carbon * thinned)[:, None]).sum(2)
    return overlap / (carbon.square() * thinned).sum(1, keepdim=True)


def _choose_elements(
    by_weight: Tensor,
    atoms: AtomModels,
    expected: Tensor,
    symbols: tuple[str, ...],
    compositions: Sequence[Composition | None],
    data: RefinementData,
    r: Tensor,
    before: list[NDArray[np.str_]] | None,
) -> list[NDArray[np.str_]]:
    used = atoms.used.cpu().numpy() > 0
    w, xyz = by_weight.cpu().numpy().astype(float), atoms.xyz.cpu().numpy().astype(float)
    orth = data.orth.cpu().numpy().astype(float)
    answers = []
    for i, composition in enumerate(compositions):
        mine = w[i][used[i]]
        counts = None if composition is None or not composition.counts else composition.counts
        allowed = symbols if counts is None else tuple(counts)
        means = {s: float(expected[i, symbols.index(s)]) for s in allowed}
        if counts is None:
            means = {s: m for s, m in means.items() if s in USUAL_ELEMENTS}
        unit = _carbon_weight(mine, means, counts)
        guess = None if before is None else before[i]
        numbers = np.full(len(mine), 6) if guess is None else _numbers(guess)
        bonds = find_bonds(xyz[i][used[i]], numbers, orth[i])
        answers.append(assign(mine / unit, means, counts, bonds, float(r[i]), guess))
    return answers


def _carbon_weight(
    w: NDArray[np.float64], means: Mapping[str, float], counts: Mapping[str, int] | None
) -> float:
    """Weight of a carbon atom.

    It follows from the sum of all weights if the composition is known. Otherwise it is the one
    that makes all weights most similar to those of elements.
    """
    if len(w) == 0:
        return 1.0
    if counts is not None:
        total = sum(n * means[s] for s, n in counts.items())
        number = sum(counts.values())
        return max(float(w.sum()) / total * number / len(w), 1e-12)
    units = np.median(w) * np.geomspace(0.6, 1.2, 121)
    ratio = w[:, None, None] / units[:, None]
    off = np.abs(ratio - np.array(list(means.values()))).min(axis=2)
    misfit = np.minimum(off, 0.3).sum(axis=0)
    return float(units[misfit.argmin()])


def _numbers(symbols: NDArray[np.str_]) -> NDArray[np.int64]:
    return np.array([gemmi.Element(str(s)).atomic_number for s in symbols], dtype=np.int64)


def _table_rows(
    chosen: list[NDArray[np.str_]], symbols: tuple[str, ...], atoms: AtomModels
) -> Tensor:
    kind = torch.full_like(atoms.kind, symbols.index("C"))
    used = atoms.used > 0
    for i, names in enumerate(chosen):
        rows = torch.tensor([symbols.index(str(s)) for s in names], dtype=torch.long)
        kind[i, used[i]] = rows.to(kind.device)
    return kind


def _median_weight(w: Tensor, used: Tensor) -> Tensor:
    """(P, A) weights, all set to the median."""
    middle = torch.where(used > 0, w, torch.nan).nanmedian(dim=1, keepdim=True).values
    return middle.nan_to_num(1.0) * used


def _refine_common_weight(
    atoms: AtomModels, factors: FormFactors, data: RefinementData
) -> tuple[AtomModels, Tensor]:
    """Refine atoms with one weight for all; return them and their R1.

    They have one B for all, or a B for each if that explains the data much better.
    """
    mean = (atoms.b * atoms.used).sum(1, keepdim=True) / atoms.used.sum(1, keepdim=True).clamp(1)
    common = refine(replace(atoms, b=mean.expand_as(atoms.b)), factors, data, _COMMON_B, _CYCLES)
    r = r1(structure_factors(common, factors, data), data)
    cases = (r > _GOOD).nonzero()[:, 0]
    if len(cases) == 0:
        return common, r
    part_data, part_factors = data.take(cases), factors.take(cases)
    own = refine(common.take(cases), part_factors, part_data, _EACH_B, 2 * _CYCLES)
    own_r = r1(structure_factors(own, part_factors, part_data), part_data)
    better = own_r < _WORTH_EACH_B * r[cases]
    chosen = common.put(cases, common.take(cases).choose(better, own))
    return chosen, r.index_copy(0, cases, torch.where(better, own_r, r[cases]))


def _assigned_atoms(
    atoms: AtomModels, r: Tensor, symbols: tuple[str, ...], i: int
) -> AssignedAtoms:
    used = atoms.used[i] > 0
    return AssignedAtoms(
        xyz=atoms.xyz[i][used].cpu().numpy().astype(np.float64),
        symbols=tuple(symbols[k] for k in atoms.kind[i][used].tolist()),
        b=atoms.b[i][used].cpu().numpy().astype(np.float64),
        scale=float(atoms.w[i][used].median()) if bool(used.any()) else 1.0,
        r1=float(r[i]),
    )
