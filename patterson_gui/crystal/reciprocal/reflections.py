"""Structure-factor amplitudes without phases, and complex coefficients."""

from dataclasses import dataclass, replace
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.display.words import cell_words
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.crystal.reciprocal.averages import weighted_means


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """Unique |F| of one crystal, without phases: the only data of a prediction.

    Attributes
    ----------
    hkl : (n, 3) int32, in the reciprocal asymmetric unit of `spacegroup`; no (000), no
        systematic absences, each once (Friedel mates merged).
    f : (n,) float32, |F|, e where `absolute`, else arbitrary.
    sigma : (n,) float32, its standard uncertainty, or None for calculated data.
    label : their origin, for the user ("FP, SIGFP of 1aba.mtz", "calculated").
    """

    hkl: NDArray[np.int32]
    f: NDArray[np.float32]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    sigma: NDArray[np.float32] | None = None
    label: str = ""
    absolute: bool = False

    def __len__(self) -> int:
        return len(self.f)

    def __repr__(self) -> str:
        limit = f" to {self.d_min:.2f} Å" if len(self) else ""
        scale = ", absolute" if self.absolute else ""
        return (
            f"<Amplitudes: {len(self):,} reflections{limit}, {self.spacegroup.xhm()}, "
            f"{cell_words(self.cell)}{scale}>"
        )

    def _repr_html_(self) -> str:
        limits = f"{self.d.max():.2f} to {self.d_min:.2f} Å" if len(self) else "none"
        rows = [
            ("reflections", f"{len(self):,}"),
            ("resolution", limits),
            ("completeness", f"{self.completeness:.0%}" if len(self) else "none"),
            ("space group", self.spacegroup.xhm()),
            ("cell", cell_words(self.cell)),
            ("scale", "absolute, e" if self.absolute else "arbitrary"),
            ("σ", "none" if self.sigma is None else "measured"),
        ]
        return summary(self.label or "Amplitudes", rows)

    @cached_property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å."""
        return np.asarray(self.cell.calculate_d_array(self.hkl), dtype=np.float64)

    @property
    def d_min(self) -> float:
        return float(self.d.min())

    @cached_property
    def epsilon(self) -> NDArray[np.float64]:
        """(n,) number of operations, with centring, that do not change h.

        It is the ratio of the expected <|F|²> to that of a general reflection in P1.
        """
        factors = self.spacegroup.operations().epsilon_factor_array(self.hkl)
        return np.asarray(factors, dtype=np.float64)

    @cached_property
    def centric(self) -> NDArray[np.bool_]:
        """(n,) whether symmetry allows only two phases."""
        flags = self.spacegroup.operations().centric_flag_array(self.hkl)
        return np.asarray(flags, dtype=bool)

    def select(self, mask: NDArray[np.bool_]) -> "Amplitudes":
        """The reflections where `mask` (n,) is true."""
        sigma = None if self.sigma is None else self.sigma[mask]
        return replace(self, hkl=self.hkl[mask], f=self.f[mask], sigma=sigma)

    def cut(self, d_min: float) -> "Amplitudes":
        """The reflections with d ≥ d_min (Å)."""
        return self.select(self.d >= d_min - 1e-6)

    def expand_to_p1(self) -> "Amplitudes":
        """The same data in P1: one hemisphere, each reflection once."""
        hkl, source, _ = equivalents.expand(self.hkl, self.spacegroup)
        sigma = None if self.sigma is None else self.sigma[source]
        return replace(self, hkl=hkl, f=self.f[source], sigma=sigma, spacegroup=p1())

    @cached_property
    def completeness(self) -> float:
        """Share of the unique reflections to `d_min` that are present, 0..1."""
        possible = len(equivalents.unique_reflections(self.cell, self.spacegroup, self.d_min))
        return min(1.0, len(self) / possible) if possible else 0.0


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Complex structure factors F(h) = Σ f T exp(2πi h·x): hkl (n, 3), f (n,) complex64."""

    hkl: NDArray[np.int32]
    f: NDArray[np.complex64]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup

    def amplitudes(self, label: str = "calculated") -> Amplitudes:
        """The moduli, without phases."""
        f = np.abs(self.f).astype(np.float32)
        return Amplitudes(self.hkl, f, self.cell, self.spacegroup, label=label, absolute=True)

    @cached_property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å; infinite for (000)."""
        inverse_d2 = np.asarray(self.cell.calculate_1_d2_array(self.hkl), dtype=np.float64)
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / np.sqrt(inverse_d2))

    def select(self, mask: NDArray[np.bool_]) -> "Coefficients":
        """The reflections where `mask` (n,) is true."""
        return replace(self, hkl=self.hkl[mask], f=self.f[mask])

    def expand_to_p1(self) -> "Coefficients":
        """The same density in P1: one hemisphere, each reflection once, phases shifted."""
        hkl, source, change = equivalents.expand(self.hkl, self.spacegroup)
        f = self.f[source] * change.shift
        f = np.where(change.conjugate_mask, np.conj(f), f)
        return replace(self, hkl=hkl, f=f.astype(np.complex64), spacegroup=p1())


def merge(
    hkl: ArrayLike,
    value: ArrayLike,
    sigma: ArrayLike | None,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64] | None]:
    """Mean of symmetry equivalents and Friedel mates, weighted by 1/σ².

    Parameters
    ----------
    hkl, value, sigma : (n, 3), (n,), (n,) amplitudes or intensities as measured, in any
        order; not-a-number means not measured. A measurement without a usable σ has
        the weight of the least certain one; if none has one, all weights are equal.

    Returns
    -------
    hkl : (m, 3) sorted, in the asymmetric unit, without (000) and systematic absences.
    value : (m,)
    sigma : (m,) the larger of 1/√Σw and the standard error found from the scatter, as
        SHELXL does; None where no measurement has one.
    """
    index = np.array(hkl, dtype=np.int32).reshape(-1, 3)
    values = np.array(value, dtype=np.float64).ravel()
    sigmas = _usable_sigmas(sigma, len(values))
    keep = np.isfinite(values) & index.any(axis=1)
    keep &= ~np.asarray(spacegroup.operations().systematic_absences(index), dtype=bool)
    index, values = index[keep], values[keep]
    weighed = np.ones(len(values)) if sigmas is None else sigmas[keep]
    mapped = equivalents.to_asu(index, cell, spacegroup)
    keys, first, group = np.unique(
        equivalents.packed(mapped), return_index=True, return_inverse=True
    )
    mean, spread, _ = weighted_means(values, weighed, group.ravel(), len(keys))
    return mapped[first], mean, None if sigmas is None else spread


def _usable_sigmas(sigma: ArrayLike | None, n: int) -> NDArray[np.float64] | None:
    if sigma is None:
        return None
    sigmas = np.array(sigma, dtype=np.float64).ravel()
    if len(sigmas) != n:
        raise ValueError(f"{n} measurements but {len(sigmas)} uncertainties")
    good = np.isfinite(sigmas) & (sigmas > 0)
    if not good.any():
        return None
    return np.where(good, sigmas, sigmas[good].max())
