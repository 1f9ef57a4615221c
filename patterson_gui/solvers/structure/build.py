"""Build a typed isotropic model in a space group from phased amplitudes.

Peaks of the sharpened density become sites. Their electrons and U are refined as if all were
carbon, elements are assigned, and the model is completed from difference maps until R1 no longer
falls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Radiation
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.sites.site_symmetry import site_symmetries
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters
from patterson_gui.solvers.refinement.least_squares.reflection_data import ReflectionData
from patterson_gui.solvers.refinement.least_squares.structure_factors import calculate
from patterson_gui.solvers.refinement.trial import Trial, refine_trial
from patterson_gui.solvers.structure.elements.assign import Assignment, assign_elements, strengths
from patterson_gui.solvers.structure.elements.choices import (
    MEAN_VOLUME_PER_ATOM,
    choices_and_counts,
)
from patterson_gui.solvers.structure.peaks import (
    DensityGrid,
    distances_to_images,
    unique_peaks,
)

_EXTRA, _EXTRA_DISORDERED = 1.25, 2.0  # peaks that are tried for each expected atom
_CLOSEST, _CLOSEST_DISORDERED = 0.95, 0.6  # Å between peaks
_DISORDERED_R1 = 0.16  # of an ordered model, above which sites may be occupied in part
_PARTIAL = 0.75  # an atom with a smaller share of its electrons is occupied in part
_PARTIAL_WEAKEST = 0.5  # of the electrons that a site needs otherwise
_PARTIAL_GAIN = 0.85  # R1 must fall to this share
_WEAKEST = 0.5  # of the lightest possible element: a site that scatters less is no atom
_LARGEST_U = 0.35  # Å²
_REACH = 3.4  # Å within which contacts are listed
_ROUNDS = 6
_SPREAD, _FIRST_SPREAD = 0.08, 0.25  # relative standard deviations of electrons
# Quantile of the electrons of a carbon atom, where sites are full and where many are not.
_TYPICAL, _TYPICAL_DISORDERED = 0.4, 0.7
_NO_ATOM = 3.0  # cost of a site that is no atom at a scale
_MOST_ORDERED = 60  # assignments of few sites that are all refined
_FEW_SITES = 12  # below it twice as many scales can be refined
_MANY_SITES = 60  # above it a refinement takes long
_PROMISING = 3  # assignments of many sites that are refined to the end
_HYPOTHESES = 5  # scales whose assignments are refined
_APART = 0.12  # least difference of their logarithms
_COST = 0.02  # share of R1 that a cost of one for each site is worth
_GAIN = 0.004  # R1 by which a round must improve the model


@dataclass(frozen=True, eq=False)
class BuiltModel:
    """A typed isotropic model.

    Attributes
    ----------
    trial : the refined model with its R1.
    assignment : why each atom has its element, in the order of the model.
    electrons : (n,) that the refinement gives each site with free occupancy.
    """

    trial: Trial
    assignment: Assignment
    electrons: NDArray[np.float64]

    @property
    def r1(self) -> float:
        return self.trial.r1


def build_model(
    data: ReflectionData,
    f: NDArray[np.complex128],
    contents: Contents | None,
    cancelled: Callable[[], bool] = lambda: False,
) -> BuiltModel:
    """Build a model from structure factors.

    Parameters
    ----------
    data : merged intensities of the space group.
    f : (n,) coefficients of a sharpened map at the reflections of `data`, zero where not phased.
    contents : elements to choose from, and their numbers as a hint.

    Raises
    ------
    Cancelled
    """
    return _Builder(data, contents, cancelled).run(f)


class _Seen:
    """Sites with what a refinement of occupancies and U gave them."""

    def __init__(
        self,
        electrons: NDArray[np.float64],
        frac: NDArray[np.float64],
        u: NDArray[np.float64],
        builder: "_Builder",
    ) -> None:
        data = builder.data
        self.electrons, self.frac, self.u = electrons, frac, u
        self.copies = builder.copies(frac)
        self.near = neighbours(frac, data.cell, data.spacegroup, _REACH)
        self._builder = builder
        self._parts: dict[bytes, _Seen] = {}

    def __len__(self) -> int:
        return len(self.electrons)

    def real(self, scale: float) -> "_Seen":
        """The sites that can be atoms if `scale` makes electrons absolute; at least one."""
        kept = (self.electrons * scale > self._builder.weakest) & (self.u < _LARGEST_U)
        if not kept.any():
            kept[np.argmax(self.electrons)] = True
        if kept.all():
            return self
        key = kept.tobytes()
        if key not in self._parts:
            self._parts[key] = _Seen(
                self.electrons[kept], self.frac[kept], self.u[kept], self._builder
            )
        return self._parts[key]


class _Builder:
    """What stays the same while a model is built."""

    def __init__(
        self, data: ReflectionData, contents: Contents | None, cancelled: Callable[[], bool]
    ) -> None:
        merged = data.merged
        self.data = data
        self.cancelled = cancelled
        self.grid = DensityGrid.of(merged.hkl, data.cell, data.spacegroup)
        self.f_obs = np.sqrt(np.maximum(merged.value, 0.0))
        self.n_operations = len(data.spacegroup.operations())
        self.choices, self.counts = choices_and_counts(contents, data.cell.volume)
        self.radiation: Radiation = merged.radiation
        self.partial = False
        self.closest = _CLOSEST
        # Oxygen of metal oxides is often found with fewer electrons than it has.
        self.weakest = _WEAKEST * float(strengths(self.choices, self.radiation).min())

    def run(self, f: NDArray[np.complex128]) -> BuiltModel:
        """Peaks, elements, completion."""
        density = self.grid.density(f)
        best = self.best_from(self.first_sites(density))
        if best.r1 > _DISORDERED_R1:
            # Atoms of a disordered crystal share sites or fill them in part.
            self.partial = True
            self.weakest *= _PARTIAL_WEAKEST
            self.closest = _CLOSEST_DISORDERED
            disordered = self.best_from(self.first_sites(density))
            if disordered.r1 < _PARTIAL_GAIN * best.r1:
                return disordered
        return best

    def first_sites(self, density: NDArray[np.float32]) -> Trial:
        """The highest peaks of a sharpened map with their occupancies as carbon."""
        peaks = unique_peaks(self.grid, density, self.most_sites(), self.closest)
        sites = self.enough(peaks.frac, peaks.order)
        height = peaks.height[: len(sites)]
        occ = np.clip(height / np.median(height), 0.3, 8.0)
        carbon = ["C"] * len(sites)
        return refine_trial(
            self.data, carbon, sites, occ=occ, occupancies=True, displacement=False, cycles=3,
            cancelled=self.cancelled,
        )  # fmt: skip

    def best_from(self, first: Trial) -> BuiltModel:
        """The model of lowest R1 that begins with these sites."""
        best = self.typed(first, first.model.elements, first=True)
        for _ in range(_ROUNDS):
            if self.cancelled():
                raise Cancelled
            again = self.completed(best)
            better = again.r1 < best.r1 - _GAIN
            if again.r1 < best.r1:
                best = again
            if not better:
                break
        return best

    def most_sites(self) -> int:
        """Peaks of one asymmetric unit that are looked at."""
        atoms = self.data.cell.volume / self.n_operations / MEAN_VOLUME_PER_ATOM
        return int(3 * _EXTRA * atoms) + 8

    def enough(self, frac: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
        """The highest sites, as many as the cell has room for."""
        extra = _EXTRA_DISORDERED if self.partial else _EXTRA
        room = extra * self.data.cell.volume / MEAN_VOLUME_PER_ATOM
        if self.counts is not None:
            room = max(room, extra * sum(self.counts.values()))
        filled = np.cumsum(self.n_operations / order)
        number = int(np.searchsorted(filled, room)) + 1
        return frac[: max(number, 1)]

    def copies(self, frac: NDArray[np.float64]) -> NDArray[np.int64]:
        """(n,) atoms of the cell that each site stands for."""
        sites = site_symmetries(frac, self.data.cell, self.data.spacegroup, 0.3)
        return np.array([self.n_operations // site.order for site in sites], dtype=np.int64)

    def typed(self, sites: Trial, elements: Sequence[str], first: bool = False) -> BuiltModel:
        """Free occupancies and U, drop what is no atom, assign elements, refine them.

        `first`: nothing is known yet of the scale, and electrons are uncertain. Then the
        assignments of several scales are refined, and R1 decides.
        """
        free = refine_trial(
            self.data,
            elements,
            sites.model.frac,
            u_iso=sites.model.u_iso,
            occ=sites.model.occ,
            occupancies=True,
            cycles=4,
            scale=sites.scale,
            cancelled=self.cancelled,
        )
        scattering = free.model.occ * strengths(free.model.elements, self.radiation)
        seen = _Seen(scattering, free.model.frac, free.model.u_iso, self)
        if first:
            hypotheses = self._hypotheses(seen)
        else:
            real = seen.real(1.0)
            hypotheses = [(real, self._assign(real, np.linspace(0.9, 1.1, 9), _SPREAD))]

        def poorness(model: BuiltModel) -> float:
            return model.r1 * (1.0 + _COST * model.assignment.cost / len(seen))

        if len(seen) > _MANY_SITES and len(hypotheses) > _PROMISING:
            # Two cycles tell which are poor.
            short = [poorness(self._refined(*each, cycles=2)) for each in hypotheses]
            hypotheses = [hypotheses[i] for i in np.argsort(short)[:_PROMISING]]
        return min((self._refined(*each) for each in hypotheses), key=poorness)

    def _refined(self, seen: _Seen, assignment: Assignment, cycles: int = 6) -> BuiltModel:
        """The model of one assignment."""
        occ: NDArray[np.float64] | float = 1.0
        if self.partial:
            share = seen.electrons * assignment.scale
            share = share / strengths(assignment.elements, self.radiation)
            occ = np.where(share < _PARTIAL, share, 1.0)
        trial = refine_trial(
            self.data, assignment.elements, seen.frac, u_iso=seen.u, occ=occ, cycles=cycles,
            cancelled=self.cancelled,
        )  # fmt: skip
        return BuiltModel(trial, assignment, seen.electrons * assignment.scale)

    def _assign(
        self, seen: _Seen, scales: NDArray[np.float64], spread: float, geometry: float = 1.0
    ) -> Assignment:
        return assign_elements(
            seen.electrons, seen.copies, seen.near, self.choices, self.counts, scales, spread,
            geometry, self.radiation,
        )  # fmt: skip

    def _hypotheses(self, seen: _Seen) -> list[tuple[_Seen, Assignment]]:
        """Different assignments of low cost, over all scales and two spreads of electrons."""
        scales = list(self._scales(seen.electrons, seen.copies))
        if "C" in self.choices:  # the typical site of an organic crystal is carbon
            carbon = float(strengths(("C",), self.radiation)[0])
            typical = _TYPICAL_DISORDERED if self.partial else _TYPICAL
            scales.append(carbon / float(np.quantile(seen.electrons, typical)))
            if self.partial:
                scales = scales[-1:]
        ranked = []
        for spread in (_SPREAD, _FIRST_SPREAD):
            for scale in scales:
                tried = self._assign(seen.real(scale), np.array([scale]), spread, geometry=0.0)
                # Sites that are no atoms at this scale cost as much as poor ones.
                missing = len(seen) - len(tried.elements)
                ranked.append((tried.cost + _NO_ATOM * missing, float(scale)))
        ranked.sort()
        # Neighbouring scales differ in a few atoms only: take scales that are apart.
        apart: list[float] = []
        for _, scale in ranked:
            if all(abs(np.log(scale / other)) > _APART for other in apart):
                apart.append(scale)
        if "C" in self.choices:
            apart.insert(1, scales[-1])
        final: dict[tuple[str, ...], tuple[_Seen, Assignment]] = {}
        for scale in apart[: _HYPOTHESES if len(seen) > _FEW_SITES else 2 * _HYPOTHESES]:
            real = seen.real(scale)
            for spread in (_SPREAD, _FIRST_SPREAD):
                assignment = self._assign(real, np.array([scale]), spread)
                final.setdefault(assignment.elements, (real, assignment))
        if self.counts is None:
            for each in self._in_order_of_electrons(seen.real(max(scales))):
                final.setdefault(each[1].elements, each)
        return list(final.values())

    def _in_order_of_electrons(self, seen: _Seen) -> list[tuple[_Seen, Assignment]]:
        """All assignments that give stronger sites heavier elements, where they are few."""
        n, k = len(seen), len(self.choices)
        if n > _FEW_SITES or comb(n + k - 1, n) > _MOST_ORDERED:
            return []
        strength = strengths(self.choices, self.radiation)
        heaviest_first = np.argsort(-strength)
        order = np.argsort(-seen.electrons)
        found = []
        for chosen in combinations_with_replacement(range(k), n):
            elements = [""] * n
            for site, column in zip(order, chosen, strict=True):
                elements[site] = self.choices[heaviest_first[column]]
            scale = float(strengths(elements, self.radiation).sum() / seen.electrons.sum())
            none = ("",) * n
            found.append((seen, Assignment(tuple(elements), scale, none, np.zeros(n), 0.0, none)))
        return found

    def _scales(
        self, electrons: NDArray[np.float64], copies: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Scales to try: from the stated contents, or so that the typical site is an element."""
        numbers = strengths(self.choices, self.radiation)
        if self.counts is not None:
            total = float(strengths(tuple(self.counts), self.radiation) @ [*self.counts.values()])
            # The strongest sites, as many as atoms are stated: weaker ones may be noise.
            order = np.argsort(-electrons)
            before = np.cumsum(copies[order]) - copies[order]
            real = order[before < sum(self.counts.values())]
            scale = total / float((electrons[real] * copies[real]).sum())
            return np.asarray(scale * np.geomspace(0.7, 1.5, 17))
        typical = float(np.median(electrons))
        low, high = numbers.min() / typical * 0.8, numbers.max() / typical * 1.2
        steps = int(np.clip(np.log(high / low) / 0.05, 10, 80))
        return np.geomspace(low, high, steps)

    def completed(self, model: BuiltModel) -> BuiltModel:
        """The model with the peaks of its difference map that turn out to be atoms."""
        trial = model.trial
        frac = trial.model.frac
        f_calc = structure_factors(trial, self.data)
        scaled = self.f_obs / np.sqrt(trial.scale)
        difference = (scaled - np.abs(f_calc)) * np.exp(1j * np.angle(f_calc))
        density = self.grid.density(difference)
        peaks = unique_peaks(
            self.grid, density, len(frac) // 3 + 4, self.closest, lowest=4 * float(density.std())
        )
        new = peaks.frac
        if len(new):
            apart = distances_to_images(new, frac, self.data.cell, self.data.spacegroup)
            new = new[apart.min(axis=1) > self.closest]
        elements = [*trial.model.elements, *["C"] * len(new)]
        sites = replace(
            trial,
            model=_with_sites(trial, new),
        )
        return self.typed(sites, elements)


def _with_sites(trial: Trial, new: NDArray[np.float64]) -> AsymmetricUnit:
    """The model of a trial with carbon atoms at new positions (n, 3)."""
    model = trial.model
    added = AsymmetricUnit.isotropic(
        (*model.elements, *["C"] * len(new)),
        np.concatenate([model.frac, new]),
        np.concatenate([model.u_iso, np.full(len(new), float(np.median(model.u_iso)))]),
    )
    added.occ[:] = np.concatenate([model.occ, np.full(len(new), 0.6)])
    return added


def structure_factors(trial: Trial, data: ReflectionData) -> NDArray[np.complex128]:
    """(n,) F of a trial model at the reflections of `data`, electrons."""
    parameters = Parameters(trial.model, data, Freedom(), 0.3)
    return np.asarray(calculate(parameters.atoms(trial.model), data).f.cpu().numpy())
