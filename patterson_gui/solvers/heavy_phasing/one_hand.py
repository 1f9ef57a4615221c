"""Phasing in one hand: sites, refinement, phase probabilities and density modification."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.differences.heavy_phases import (
    DerivativeSites,
    PhasedHand,
    PhasingSettings,
)
from patterson_gui.crystal.sites.other_origins import enantiomorph, other_hand
from patterson_gui.errors import UserError
from patterson_gui.solvers.heavy_atoms.expected_variance import (
    DifferenceSquares,
    difference_squares,
)
from patterson_gui.solvers.heavy_atoms.growth import pruned
from patterson_gui.solvers.heavy_atoms.likelihood import refine
from patterson_gui.solvers.heavy_atoms.maps import distinct_peaks
from patterson_gui.solvers.heavy_atoms.substructure import Substructure, distances
from patterson_gui.solvers.heavy_phasing.density_modification import (
    Maps,
    Modified,
    PhaseProblem,
    modify,
)
from patterson_gui.solvers.heavy_phasing.heavy_scatterers import (
    Geometry,
    Scatterers,
    imaginary_factors,
    normal_factors,
    refined,
    refined_anomalous,
    scatterers_of,
)
from patterson_gui.solvers.heavy_phasing.inputs import Derivative, Reference
from patterson_gui.solvers.heavy_phasing.lack_of_closure import Observations, log_probability
from patterson_gui.solvers.heavy_phasing.origin_of_map import on_origin_of_map
from patterson_gui.solvers.heavy_phasing.phase_probability import (
    ANGLES,
    allowed_phases,
    best_phases,
    coefficients_of,
)

_ROUNDS = 2
_PEAK = 5.0  # rmsd: peaks of a phased difference map that are taken as sites
WORTH = 5.0  # score that a site needs, of the user or seen with phases
_LEAST = 12.0  # score that the first sites need together; by chance some gain up to 11
_SHELLS = 12
_SAME_SITE = 1.5  # Å


def refined_against(data: DifferenceSquares, frac: NDArray[np.float64]) -> Substructure:
    """Sites (m, 3) of unknown occupancies, refined against the likelihood of the differences."""
    n = len(frac)
    trials = [
        refine(data, Substructure(frac.copy(), np.full(n, occ), np.ones(n), 10.0), 10)
        for occ in (0.08, 0.2)
    ]
    return max(trials, key=lambda each: each.score)


class OneHand:
    """The phasing in one hand.

    Parameters
    ----------
    first : the derivative whose sites define the origin.
    inverted : whether the sites are turned into the other hand.
    step : called with words, and the share that is done, before each step; it raises `Cancelled`.
    check : raises `Cancelled` within steps.
    n_random : number of densities with random signs of anomalous differences.

    Attributes
    ----------
    by_chance : agreements of these.
    left_out : number of given sites of each derivative that explain nothing.
    """

    def __init__(
        self,
        reference: Reference,
        derivatives: Sequence[Derivative],
        first: int,
        inverted: bool,
        settings: PhasingSettings,
        step: Callable[[str, float], None],
        check: Callable[[], None],
        n_random: int = 0,
    ) -> None:
        group = reference.spacegroup
        self._turn = (lambda x: other_hand(x, group)) if inverted else (lambda x: x)
        self.group = enantiomorph(group) if inverted else group
        self.reference, self.derivatives = reference, derivatives
        self.first, self.settings, self.inverted = first, settings, inverted
        self.step, self.check = step, check
        hkl = reference.hkl
        operations = self.group.operations()
        self.centric = np.asarray(operations.centric_flag_array(hkl), dtype=bool)
        self.epsilon = np.asarray(operations.epsilon_factor_array(hkl), dtype=np.float64)
        self.geometry = Geometry(hkl, reference.cell, self.group)
        self.allowed = allowed_phases(hkl, self.geometry.rotations, self.geometry.translations)
        edges = np.quantile(self.geometry.x, np.linspace(0, 1, _SHELLS + 1))
        self.shell = np.clip(np.searchsorted(edges, self.geometry.x) - 1, 0, _SHELLS - 1)
        d_min = float(1.0 / np.sqrt(self.geometry.x.max()))
        self.maps = Maps(hkl, reference.cell, self.group, d_min)
        self.squares = [
            difference_squares(replace(each.differences, spacegroup=self.group))
            for each in derivatives
        ]
        self.atoms: dict[int, Scatterers] = {}
        self.left_out: dict[int, int] = {}
        self._placed_sites: dict[int, NDArray[np.float64]] = {}
        self.by_chance: tuple[tuple[float, float], ...] = ()
        self._n_random = n_random
        self.log_p: dict[int, NDArray[np.float64]] = {}

    def run(self) -> PhasedHand:
        """Sites, refinement, phases and density modification.

        Raises
        ------
        UserError : the sites of the first derivative explain nothing of its differences.
        Cancelled : `check` or `step` says so.
        """
        for j, each in enumerate(self.derivatives):
            here = each.sites.given and not each.sites.own_origin and len(each.sites)
            if j == self.first or here:
                self._take(j, self._turn(each.sites.frac))
                self.left_out[j] = len(each.sites) - len(self.atoms[j])
            elif each.sites.given:
                self.left_out[j] = len(each.sites)  # until a map shows them
        rounds = _ROUNDS if len(self.derivatives) > 1 else 1
        for i in range(rounds + 1):
            self.step("refinement of heavy atoms", i / (rounds + 1))
            for _ in range(3):
                self._refine()
            total = np.sum(list(self.log_p.values()), axis=0)
            heavy = coefficients_of(total)
            fom_heavy = float(np.abs(best_phases(heavy, self.centric, self.allowed)).mean())
            modified = self._modified(heavy, i, rounds)
            if i < rounds:
                self._more_sites(modified)
        self.by_chance = self._agreements_by_chance()
        return self._result(modified, fom_heavy)

    def _problem(self, heavy: NDArray[np.float64]) -> PhaseProblem:
        return PhaseProblem(
            self.reference.f, heavy, self.centric, self.allowed, self.shell, self.epsilon
        )

    def _modified(self, heavy: NDArray[np.float64], i: int, rounds: int) -> Modified:
        problem = self._problem(heavy)

        def tick(share: float) -> None:
            self.step("density modification", (i + 0.3 + 0.7 * share) / (rounds + 1))

        return modify(self.maps, problem, self.settings.solvent, self.settings.cycles, tick)

    def _agreements_by_chance(self) -> tuple[tuple[float, float], ...]:
        """Agreements of densities whose anomalous differences have random signs: these tell nothing
        of the hand, whereas the other hand is that with all signs changed."""
        found = []
        random = np.random.default_rng(self.settings.seed)
        signs = [random.choice([-1.0, 1.0], len(self.reference.f)) for _ in range(self._n_random)]
        for i, sign in enumerate(signs):
            self.step("random signs", i / len(signs))
            total = np.zeros_like(next(iter(self.log_p.values())))
            for j in self.atoms:
                observed = self._observations(j)
                observed = replace(observed, anomalous=observed.anomalous * sign)
                total += log_probability(observed, total)
            problem = self._problem(coefficients_of(total))
            modified = modify(
                self.maps, problem, self.settings.solvent, self.settings.cycles,
                lambda _: self.check(), only_agreements=True,
            )  # fmt: skip
            found.append(modified.agreements)
        return tuple(found)

    def _take(self, j: int, frac: NDArray[np.float64]) -> None:
        """Refine sites of a derivative against its squared differences, and keep those of use."""
        data = self.squares[j]
        refined_sites = refined_against(data, frac)
        self.check()
        sites = pruned(data, refined_sites, WORTH)
        if j == self.first and sites.score < _LEAST:
            raise UserError(
                "The sites explain nothing of the differences: find sites, or choose other peaks."
            )
        atoms = scatterers_of(data, sites, self.derivatives[j].element)
        if data.kind == "isomorphous":
            atoms = self._with_imaginary(j, atoms)
        self.atoms[j] = atoms
        self.log_p[j] = np.zeros((len(self.reference.f), len(ANGLES)))

    def _with_imaginary(self, j: int, atoms: Scatterers) -> Scatterers:
        """f″ from the mean square anomalous difference, 2 |F″|²."""
        each = self.derivatives[j]
        used = np.isfinite(each.anomalous) & ~self.centric
        if not used.any():
            return atoms
        u2 = np.abs(imaginary_factors(self.geometry, replace(atoms, imaginary=1.0)))[used] ** 2
        excess = each.anomalous[used] ** 2 - each.anomalous_sigma[used] ** 2
        ratio = float((excess * u2).sum() / (2.0 * (u2**2).sum()))
        return replace(atoms, imaginary=float(np.sqrt(np.clip(ratio, 0.01, 900.0))))

    def _observations(self, j: int) -> Observations:
        each, atoms = self.derivatives[j], self.atoms[j]
        return Observations(
            self.reference.f,
            each.value,
            each.sigma,
            each.anomalous if atoms.imaginary else np.full_like(each.anomalous, np.nan),
            each.anomalous_sigma,
            normal_factors(self.geometry, atoms),
            imaginary_factors(self.geometry, atoms),
            self.shell,
            self.centric,
        )

    def _refine(self) -> None:
        """One cycle: the heavy atoms of each derivative, then its phase probabilities."""
        whole = self.reference.f[:, None] * np.exp(1j * ANGLES)
        for j in self.atoms:
            self.check()
            others = [p for k, p in self.log_p.items() if k != j]
            prior = np.sum(others, axis=0) if others else np.zeros_like(self.log_p[j])
            for _ in range(2):
                observed = self._observations(j)
                log_p = log_probability(observed, prior)
                probability = self._normalised(log_p + prior)
                self.atoms[j] = self._moved(j, observed, whole, probability)
            self.log_p[j] = log_probability(self._observations(j), prior)

    def _moved(
        self,
        j: int,
        observed: Observations,
        whole: NDArray[np.complex128],
        probability: NDArray[np.float64],
    ) -> Scatterers:
        """The heavy atoms of a derivative after a step against its isomorphous differences, or
        without these against the anomalous ones."""
        used = np.isfinite(observed.derivative)
        isomorphous = bool(used.any())
        if isomorphous:
            value = observed.derivative
            model = np.abs(whole + observed.normal[:, None])
        else:
            value = observed.anomalous
            used = np.isfinite(value) & ~self.centric
            value = np.where(used, value, np.nan)
            turned = 1j * observed.imaginary[:, None]
            model = np.abs(whole + turned) - np.abs(whole - turned)
        closure = np.where(used[:, None], value[:, None] - model, 0.0)
        mean = (probability * closure**2).sum(axis=1)
        number = np.maximum(np.bincount(self.shell[used], minlength=_SHELLS), 1)
        variance = np.bincount(self.shell[used], mean[used], minlength=_SHELLS) / number
        step = refined if isomorphous else refined_anomalous
        return step(
            self.geometry, self.atoms[j], whole, probability, value,
            np.maximum(variance, 1e-9)[self.shell],
        )  # fmt: skip

    def _normalised(self, log_p: NDArray[np.float64]) -> NDArray[np.float64]:
        """P(φ) of each reflection; of centric ones only the angles nearest to the two allowed."""
        away = np.abs(np.angle(np.exp(2j * (ANGLES - self.allowed[:, None]))))
        log_p = np.where(self.centric[:, None] & (away > 0.1), -1e9, log_p)
        p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    def _more_sites(self, modified: Modified) -> None:
        """Sites of every derivative as peaks of the map of ΔF m exp(iφ), in one origin."""
        for j, each in enumerate(self.derivatives):
            if np.isfinite(each.value).any():
                value, turn = each.value - self.reference.f, 1.0 + 0j
            else:
                value, turn = each.anomalous, -1j  # F″ leads the phase by 90°
            used = np.isfinite(value)
            value = np.where(used, value, 0.0)
            limit = 4.0 * np.sqrt((value[used] ** 2).mean())
            density = self.maps.density(np.clip(value, -limit, limit) * modified.phases * turn)
            data = self.squares[j]
            peaks = distinct_peaks(data, density, 30, np.zeros((0, 3)), 2.0)
            place = np.rint(peaks * density.shape).astype(int) % np.array(density.shape)
            high = density[tuple(place.T)] > _PEAK * density.std()
            peaks = peaks[high]
            known = self.atoms[j].frac if j in self.atoms else self._placed(j, density)
            if len(known) and len(peaks):
                peaks = peaks[distances(data, peaks, known) > 2.0]
            if len(peaks) or (j not in self.atoms and len(known)):
                self._take(j, np.vstack([known, peaks]))
                if j in self._placed_sites:
                    near = distances(data, self._placed_sites[j], self.atoms[j].frac) < _SAME_SITE
                    self.left_out[j] = len(each.sites) - int(near.sum())

    def _placed(self, j: int, density: NDArray[np.float64]) -> NDArray[np.float64]:
        """(m, 3) sites of a derivative that have an origin of their own, on that of the phases.

        None where the map shows them on no origin.
        """
        sites = self.derivatives[j].sites
        if not (sites.given and sites.own_origin and len(sites)):
            return np.zeros((0, 3))
        placed = on_origin_of_map(self._turn(sites.frac), density, self.reference.cell, self.group)
        if placed.height < _PEAK:
            return np.zeros((0, 3))
        self._placed_sites[j] = placed.frac
        return placed.frac

    def _result(self, modified: Modified, fom_heavy: float) -> PhasedHand:
        sites = []
        for j, atoms in self.atoms.items():
            each = self.derivatives[j]
            strength = atoms.occ * atoms.order
            order = np.argsort(-strength)
            sites.append(
                DerivativeSites(
                    each.label,
                    each.element,
                    tuple(tuple(float(x) for x in atoms.frac[i] % 1.0) for i in order),  # type: ignore[misc]
                    tuple(float(strength[i] / strength.max()) for i in order),
                )
            )
        return PhasedHand(
            self.group,
            self.reference.cell,
            self.reference.hkl,
            self.reference.f,
            self.reference.sigma,
            modified.phases,
            modified.coefficients,
            tuple(sites),
            fom_heavy,
            float(np.abs(modified.phases).mean()),
            modified.contrast,
            modified.agreements,
            self.inverted,
        )
