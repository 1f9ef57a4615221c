"""Elements of atoms from their electrons, their bonds and what the crystal is said to contain.

Each choice has a cost, −2 ln of its likelihood: the electrons that the refinement gives the site
against Z, bond lengths and numbers of bonds against what is usual for the element, and the
number of atoms of each element against the stated one. The sum is lowered atom by atom and by
exchanging two atoms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Radiation
from patterson_gui.crystal.reciprocal.scattering_factors import scattering_factor
from patterson_gui.crystal.sites.neighbours import Neighbours
from patterson_gui.solvers.atoms.geometry import (
    BRIDGE_PENALTY,
    MOST_BONDS,
    MOST_STRAIN,
    SHORTEST_METHYL,
    STRAIN_LENGTH,
)
from patterson_gui.solvers.structure.elements.bond_lengths import ERROR, length_penalty

_SLACK = 0.35  # Å added to the sum of radii for a bond
_PER_ATOM = 6.0  # cost of each atom more or fewer than stated
_PER_BOND = 4.0  # cost of each bond above the most that an element has
# Nitrogen of peptides has three bonds at most, that of ammonium ions four.
_MOST_BONDS = MOST_BONDS | {7: 4}
# Light atoms are bonded up to the sum of their radii, or farther apart than this (Å): two oxygen
# atoms that share an aluminium or carbon atom are never closer than 2.1 Å.
_NEAREST_UNBONDED, _LIGHT = 2.05, 9  # the heaviest element it holds for
_FREEDOM = 5.0  # of the t distribution of electrons: gross errors occur
_MOST_SWEEPS = 12
_PARTS = ("electron count", "geometry", "composition")
_USUAL = {"C": 0.6, "N": 3.0, "O": 2.6, "F": 6.0, "S": 6.0, "Cl": 6.0, "P": 7.0, "Si": 7.0}
_OTHER = 7.0  # prior cost of any other element where no numbers are stated


@dataclass(frozen=True, eq=False)
class Assignment:
    """Elements of atoms.

    Attributes
    ----------
    elements : (n,) symbols.
    scale : by which the electrons were multiplied; they have no absolute scale at first.
    second : (n,) the next best element, "" where there is one element only.
    margin : (n,) how much more the second costs; 0 means undecided.
    cost : of all atoms together.
    because : (n,) which part of the cost tells most against the second: "electron count",
        "geometry" (bonds) or "composition" (the stated numbers, or how common elements are).
    """

    elements: tuple[str, ...]
    scale: float
    second: tuple[str, ...]
    margin: NDArray[np.float64]
    cost: float
    because: tuple[str, ...]


def strengths(elements: Sequence[str], radiation: Radiation) -> NDArray[np.float64]:
    """(n,) how strongly atoms of each element scatter, on one scale for all.

    Electrons for X-rays. For electrons and neutrons the mean modulus of the scattering factor
    where most reflections are, 0.15 to 0.5 Å⁻¹ in sin θ/λ, relative to carbon with 6.
    """
    if radiation == "xray":
        return np.array([gemmi.Element(e).atomic_number for e in elements], dtype=np.float64)
    s2 = np.linspace(0.15, 0.5, 8) ** 2
    mean = {e: float(np.abs(scattering_factor(e, radiation, s2)).mean()) for e in {*elements, "C"}}
    return np.array([6.0 * mean[e] / mean["C"] for e in elements])


def assign_elements(
    electrons: NDArray[np.float64],
    copies: NDArray[np.int64],
    near: Neighbours,
    choices: Sequence[str],
    counts: Mapping[str, float] | None,
    scales: NDArray[np.float64],
    spread: float = 0.08,
    geometry: float = 1.0,
    radiation: Radiation = "xray",
    length_error: float = ERROR,
) -> Assignment:
    """The elements of lowest cost, at the scale that is best without the bonds.

    Parameters
    ----------
    electrons : (n,) of each site, in the unit of `strengths` up to an unknown common scale.
    copies : (n,) how many atoms of the cell each site stands for.
    near : contacts of the sites.
    choices : symbols of the possible elements, hydrogen left out.
    counts : atoms of each element in the cell, as stated; None where unknown.
    scales : factors to try for `electrons`.
    spread : relative standard deviation of `electrons`.
    geometry : weight of the bonds, 0..1.
    length_error : standard deviation of bond lengths, Å.
    """
    costs = _Costs(copies, near, choices, counts, geometry, radiation, length_error)
    tried = [costs.without_bonds(electrons * scale, spread) for scale in scales]
    best = int(np.argmin([cost for _, cost in tried]))
    chosen = tried[best][0]
    by_electrons = costs.of_electrons(electrons * scales[best], spread)
    if geometry > 0:
        chosen = costs.lowered(by_electrons, chosen)
    return replace(costs.assignment(by_electrons, chosen), scale=float(scales[best]))


def likely_exchanges(
    elements: Sequence[str],
    electrons: NDArray[np.float64],
    copies: NDArray[np.int64],
    near: Neighbours,
    choices: Sequence[str],
    spread: float = 0.08,
    radiation: Radiation = "xray",
    length_error: float = ERROR,
) -> list[tuple[int, int, float]]:
    """Pairs of sites with different elements, and how much the cost rises if they exchange them.

    The cheapest exchange comes first; the numbers of atoms stay the same. Arguments are those of
    `assign_elements`; `electrons` are on absolute scale, and all `elements` are among `choices`.
    """
    costs = _Costs(copies, near, choices, None, 1.0, radiation, length_error)
    chosen = np.array([choices.index(element) for element in elements], dtype=np.int64)
    return costs.exchanges(costs.of_electrons(electrons, spread), chosen)


class _Costs:
    """Costs of elements (columns) for sites (rows) with given neighbours and contents."""

    def __init__(
        self,
        copies: NDArray[np.int64],
        near: Neighbours,
        choices: Sequence[str],
        counts: Mapping[str, float] | None,
        geometry: float,
        radiation: Radiation,
        length_error: float,
    ) -> None:
        self.choices = choices
        self.length_error = length_error
        self.strength = strengths(choices, radiation)
        self.copies = copies.astype(np.float64)
        self.geometry = geometry
        self.numbers = np.array([gemmi.Element(e).atomic_number for e in choices])
        self.stated = None if counts is None else np.array([counts.get(e, 0.0) for e in choices])
        # One atom of the cost is a site in a general position, or all there is of an element
        # that has fewer atoms.
        most = float(self.copies.max(initial=1.0))
        self.unit = np.clip(self.stated if self.stated is not None else most, 1.0, most)
        radius = np.array([gemmi.Element(e).covalent_r for e in choices])
        # (pairs, own element, partner's element): whether bonded, and the penalty of the bond.
        reach = radius[:, None] + radius[None, :] + _SLACK
        self.bonded = near.distance[:, None, None] < reach
        light = self.numbers <= _LIGHT
        too_close = (near.distance < _NEAREST_UNBONDED)[:, None, None]
        unbonded = np.where(too_close & light[:, None] & light[None], MOST_STRAIN, 0.0)
        self.penalty = np.where(self.bonded, self._of_lengths(near.distance), unbonded)
        self.partner, self.distance = near.other, near.distance
        self.pairs = [np.flatnonzero(near.atom == row) for row in range(len(copies))]
        # Bonds to metals do not count among those that an element can have.
        self.light = np.array([not gemmi.Element(e).is_metal for e in choices])
        self.most = np.array([_MOST_BONDS.get(int(z), 99) for z in self.numbers])

    def _of_lengths(self, length: NDArray[np.float64]) -> NDArray[np.float64]:
        """(pairs, k, k) penalty of bonds of these lengths between each two elements."""
        k = len(self.choices)
        penalty = np.zeros((len(length), k, k))
        for a, za in enumerate(self.numbers):
            for b, zb in enumerate(self.numbers):
                penalty[:, a, b] = length_penalty(length, int(za), int(zb), self.length_error)
        return penalty

    def of_electrons(self, electrons: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
        """(n, k) cost of the electrons of each site for each element, and of rare elements."""
        ratio = np.log(np.maximum(electrons, 0.1)[:, None] / self.strength[None]) / spread
        return np.asarray(_FREEDOM * np.log1p(ratio**2 / _FREEDOM) + self._rarity())

    def _rarity(self) -> NDArray[np.float64]:
        """(k,) cost of each element where no numbers are stated."""
        if self.stated is not None:
            return np.zeros(len(self.choices))
        return np.array([_USUAL.get(symbol, _OTHER) for symbol in self.choices])

    def without_bonds(
        self, electrons: NDArray[np.float64], spread: float
    ) -> tuple[NDArray[np.int64], float]:
        """Elements (n,) by electrons and contents alone, and their cost."""
        cost = self.of_electrons(electrons, spread)
        chosen = cost.argmin(axis=1)
        if self.stated is not None:
            for _ in range(_MOST_SWEEPS * len(cost)):
                table = cost + self._of_contents(chosen)
                gain = table[np.arange(len(cost)), chosen] - table.min(axis=1)
                row = int(gain.argmax())
                if gain[row] <= 1e-9:
                    break
                chosen[row] = int(table[row].argmin())
        rows = np.arange(len(cost))
        return chosen, float(cost[rows, chosen].sum()) + self._excess(chosen)

    def _of_contents(self, chosen: NDArray[np.int64]) -> NDArray[np.float64] | float:
        """(n, k) what the numbers of atoms cost if one site becomes another element."""
        if self.stated is None:
            return 0.0
        k = len(self.choices)
        present = np.bincount(chosen, self.copies, minlength=k)
        others = np.repeat(present[None].astype(np.float64), len(chosen), axis=0)
        rows = np.arange(len(chosen))
        others[rows, chosen] -= self.copies
        with_one = others[:, None, :] + self.copies[:, None, None] * np.eye(k)[None]
        return np.asarray(_PER_ATOM * (np.abs(with_one - self.stated) / self.unit).sum(axis=2))

    def _excess(self, chosen: NDArray[np.int64]) -> float:
        if self.stated is None:
            return 0.0
        present = np.bincount(chosen, self.copies, minlength=len(self.choices))
        return _PER_ATOM * float((np.abs(present - self.stated) / self.unit).sum())

    def _of_bonds(self, atom: int, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """(k,) penalty of the bonds of one site for each element."""
        pairs = self.pairs[atom]
        partner = chosen[self.partner[pairs]]
        bonded = self.bonded[pairs, :, partner]
        light = bonded & self.light[partner][:, None]
        every, number = bonded.sum(axis=0), light.sum(axis=0)
        cost = self.penalty[pairs, :, partner].sum(axis=0)
        cost += _PER_BOND * np.maximum(number - self.most, 0)
        cost += BRIDGE_PENALTY * ((self.numbers == 8) & (number == 2))
        # A carbon atom is seldom alone, and one with a single neighbour is a methyl group.
        carbon = self.numbers == 6
        cost += MOST_STRAIN * (carbon & (every == 0))
        short = SHORTEST_METHYL - (light * self.distance[pairs][:, None]).sum(axis=0)
        error = max(self.length_error, STRAIN_LENGTH)
        strain = np.minimum((np.maximum(short, 0.0) / error) ** 2, MOST_STRAIN)
        cost += strain * (carbon & (every == 1) & (number == 1))
        return np.asarray(self.geometry * cost)

    def lowered(
        self, by_electrons: NDArray[np.float64], chosen: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Elements (n,) of lower cost: single changes, then exchanges of two sites."""
        chosen = chosen.copy()
        for _ in range(_MOST_SWEEPS):
            changed = self._sweep(by_electrons, chosen)
            changed |= self._exchange(by_electrons, chosen)
            if not changed:
                break
        return chosen

    def _sweep(self, by_electrons: NDArray[np.float64], chosen: NDArray[np.int64]) -> bool:
        changed = False
        k = len(self.choices)
        present = np.bincount(chosen, self.copies, minlength=k)
        for atom in range(len(chosen)):
            cost = by_electrons[atom] + self._of_bonds(atom, chosen)
            if self.stated is not None:
                present[chosen[atom]] -= self.copies[atom]
                with_one = present[None] + self.copies[atom] * np.eye(k)
                cost = cost + _PER_ATOM * (np.abs(with_one - self.stated) / self.unit).sum(axis=1)
            best = int(cost.argmin())
            if cost[best] >= cost[chosen[atom]] - 1e-9:
                best = int(chosen[atom])
            changed |= best != chosen[atom]
            chosen[atom] = best
            if self.stated is not None:
                present[best] += self.copies[atom]
        return changed

    def _exchange(self, by_electrons: NDArray[np.float64], chosen: NDArray[np.int64]) -> bool:
        """Exchange the elements of two sites with equally many copies where the cost falls."""
        if self.stated is None:
            return False
        table, gain = self._gains(by_electrons, chosen)
        i, j = (int(x) for x in np.unravel_index(int(gain.argmax()), gain.shape))
        if gain[i, j] <= 1e-6:
            return False
        # Bonded partners change each other's cost, so the true gain is calculated.
        before = table[i, chosen[i]] + table[j, chosen[j]]
        chosen[i], chosen[j] = chosen[j], chosen[i]
        after = sum(
            by_electrons[a, chosen[a]] + self._of_bonds(a, chosen)[chosen[a]] for a in (i, j)
        )
        if after < before - 1e-6:
            return True
        chosen[i], chosen[j] = chosen[j], chosen[i]
        return False

    def _gains(
        self, by_electrons: NDArray[np.float64], chosen: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Costs (n, k) of each site, and (n, n) by how much they fall if two sites exchange their
        elements; −∞ where these are the same or the sites have different numbers of copies.

        The bonds of the partners are left out.
        """
        table = by_electrons + np.array([self._of_bonds(a, chosen) for a in range(len(chosen))])
        own = table[np.arange(len(chosen)), chosen]
        other = table[:, chosen]  # (i, j) site i with the element of j
        gain = own[:, None] + own[None, :] - other - other.T
        gain[self.copies[:, None] != self.copies[None, :]] = -np.inf
        gain[chosen[:, None] == chosen[None, :]] = -np.inf
        return table, gain

    def exchanges(
        self, by_electrons: NDArray[np.float64], chosen: NDArray[np.int64]
    ) -> list[tuple[int, int, float]]:
        """Pairs of sites and the rise of the cost by their exchange, the least first."""
        _, gain = self._gains(by_electrons, chosen)
        rows = zip(*(x.tolist() for x in np.nonzero(np.triu(np.isfinite(gain)))), strict=True)
        return sorted(((i, j, -float(gain[i, j])) for i, j in rows), key=lambda pair: pair[2])

    def assignment(
        self, by_electrons: NDArray[np.float64], chosen: NDArray[np.int64]
    ) -> Assignment:
        """The elements with their alternatives and costs."""
        n, k = by_electrons.shape
        rows = np.arange(n)
        bonds = np.zeros((n, k))
        if self.geometry > 0:
            bonds += np.array([self._of_bonds(a, chosen) for a in range(n)]).reshape(n, k)
        own = by_electrons + bonds
        cost = float(own[rows, chosen].sum()) + self._excess(chosen)
        contents = self._of_contents(chosen)
        table = own + contents
        mine = table[rows, chosen].copy()
        table[rows, chosen] = np.inf
        second = table.argmin(axis=1)
        parts = (by_electrons - self._rarity(), bonds, contents + self._rarity() + np.zeros((n, k)))
        against = np.stack([part[rows, second] - part[rows, chosen] for part in parts])
        # One possible element leaves no choice.
        most = against.argmax(axis=0) if k > 1 else np.full(n, 2)
        return Assignment(
            tuple(self.choices[c] for c in chosen),
            1.0,
            tuple(self.choices[c] if k > 1 else "" for c in second),
            table.min(axis=1) - mine if k > 1 else np.full(n, np.inf),
            cost,
            tuple(_PARTS[part] for part in most),
        )
