"""The type of anomalous and isomorphous differences, and their use as amplitudes."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.reflections import Amplitudes

_LEAST_SIGNAL = 0.05  # share of the mean square difference that is taken as true at least
_PER_SHELL = 100

Kind = Literal["anomalous", "isomorphous"]


@dataclass(frozen=True, eq=False)
class Differences:
    """One difference of amplitudes for each unique reflection of a space group.

    Attributes
    ----------
    kind : "anomalous", F(+) − F(−) of one data set, acentric reflections only, or "isomorphous",
        k F(derivative) − F(native).
    hkl : (n, 3) int32, indices of the asymmetric unit, each once; no absences, no outliers.
    value : (n,) float64, signed, on the scale of the data set (anomalous) or of the native.
    sigma : (n,) float64, standard uncertainty of `value`, all positive.
    label : origin of the differences, for the user.
    notes : what was assumed and left out, in sentences for the user.
    """

    kind: Kind
    hkl: NDArray[np.int32]
    value: NDArray[np.float64]
    sigma: NDArray[np.float64]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    label: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å."""
        return np.asarray(self.cell.calculate_d_array(self.hkl), dtype=np.float64)

    @cached_property
    def centric(self) -> NDArray[np.bool_]:
        """(n,) whether symmetry allows only two phases."""
        flags = self.spacegroup.operations().centric_flag_array(self.hkl)
        return np.asarray(flags, dtype=bool)

    @cached_property
    def epsilon(self) -> NDArray[np.float64]:
        """(n,) ratio of the expected |F|² to that of a general reflection in P1."""
        factors = self.spacegroup.operations().epsilon_factor_array(self.hkl)
        return np.asarray(factors, dtype=np.float64)

    @cached_property
    def expected_squares(self) -> NDArray[np.float64]:
        """(n,) the expected square of each true difference, given the measured one and its σ.

        True differences δ are taken as normal with variance S² = ε(⟨Δ²⟩ − ⟨σ²⟩) of their shell of
        resolution (at least 5 % of ⟨Δ²⟩). Then ⟨δ²⟩ = w²Δ² + S²(1 − w), w = S²/(S² + σ²), as
        French & Wilson do for intensities. So differences that are hardly measured, and shells of
        errors alone, add nothing but to the origin of a Patterson map.
        """
        total = mean_squares(self.value, self.d, self.epsilon)
        errors = mean_squares(self.sigma, self.d, np.ones(len(self)))
        variance = np.maximum(total - errors, _LEAST_SIGNAL * total)
        weight = variance / (variance + self.sigma**2)
        return np.asarray(weight**2 * self.value**2 + variance * (1.0 - weight))

    def select(self, mask: NDArray[np.bool_]) -> "Differences":
        """The reflections where `mask` (n,) is true."""
        return replace(self, hkl=self.hkl[mask], value=self.value[mask], sigma=self.sigma[mask])

    def amplitudes(self) -> Amplitudes:
        """The differences as amplitudes of the heavy atoms alone, up to a factor, for a Patterson.

        They are the roots of `expected_squares`. An acentric isomorphous difference is
        F_H cos(φ_H − φ_P), whose mean square is |F_H|²/2, and a centric one is ±F_H (Blundell &
        Johnson, Protein Crystallography, 1976, chapter 11): acentric isomorphous differences are
        multiplied by √2.
        """
        factor = np.ones(len(self))
        if self.kind == "isomorphous":
            factor = np.where(self.centric, 1.0, np.sqrt(2.0))
        return Amplitudes(
            self.hkl,
            (factor * np.sqrt(self.expected_squares)).astype(np.float32),
            self.cell,
            self.spacegroup,
            sigma=(factor * self.sigma).astype(np.float32),
            label=self.label,
        )


def mean_squares(
    value: NDArray[np.float64], d: NDArray[np.float64], epsilon: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) ε ⟨value²/ε⟩ at each reflection: means over shells of 100, joined linearly in 1/d²."""
    s2 = d**-2.0
    shells = np.array_split(np.argsort(s2, kind="stable"), max(1, len(value) // _PER_SHELL))
    centres = [float(s2[shell].mean()) for shell in shells]
    means = [float((value[shell] ** 2 / epsilon[shell]).mean()) for shell in shells]
    return np.asarray(epsilon * np.interp(s2, centres, means))
