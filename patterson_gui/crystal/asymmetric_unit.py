"""The independent atoms of a crystal, as arrays: what a refinement changes and files hold."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

_WHOLE = 1e-3  # largest difference from 1 of a sum of occupancies, which files round


@dataclass(frozen=True, eq=False)
class AsymmetricUnit:
    """Independent atoms in fractional coordinates.

    Attributes
    ----------
    labels : (n,) atom names, each once: "C1", "H12A".
    elements : (n,) element symbols.
    frac : (n, 3) fractional coordinates.
    occ : (n,) chemical occupancies 0..1. An atom on a special position has 1, not the share
        that belongs to one asymmetric unit.
    u_iso : (n,) Å²; of anisotropic atoms the equivalent U.
    u_aniso : (n, 6) U11 U22 U33 U12 U13 U23 in Å², along a*, b*, c* as in CIF and SHELX
        (exp(−2π² Σ h_i h_j a*_i a*_j U_ij)); a row is NaN where the atom is isotropic.
    parent : (n,) row of the atom that a hydrogen rides on; −1 where the atom does not ride.
    part : (n,) disorder group as in SHELX, 0 where there is no disorder. Groups 2k − 1 and 2k
        are alternatives: one of the two is there in each cell.
    sigma_frac, sigma_u_iso, sigma_u_aniso, sigma_occ : standard uncertainties in the same
        units, 0 where fixed; None before a refinement has given them.
    """

    labels: tuple[str, ...]
    elements: tuple[str, ...]
    frac: NDArray[np.float64]
    occ: NDArray[np.float64]
    u_iso: NDArray[np.float64]
    u_aniso: NDArray[np.float64]
    parent: NDArray[np.int64]
    part: NDArray[np.int64]
    sigma_frac: NDArray[np.float64] | None = None
    sigma_occ: NDArray[np.float64] | None = None
    sigma_u_iso: NDArray[np.float64] | None = None
    sigma_u_aniso: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.elements)

    @classmethod
    def isotropic(
        cls,
        elements: tuple[str, ...],
        frac: NDArray[np.float64],
        u_iso: NDArray[np.float64] | float = 0.04,
        labels: tuple[str, ...] | None = None,
    ) -> "AsymmetricUnit":
        """Fully occupied isotropic atoms; labels C1, C2, O1 ... where none are given."""
        n = len(elements)
        return cls(
            labels=labels if labels is not None else numbered_labels(elements),
            elements=tuple(elements),
            frac=np.asarray(frac, dtype=np.float64).reshape(n, 3),
            occ=np.ones(n),
            u_iso=np.broadcast_to(np.asarray(u_iso, dtype=np.float64), (n,)).copy(),
            u_aniso=np.full((n, 6), np.nan),
            parent=np.full(n, -1, dtype=np.int64),
            part=np.zeros(n, dtype=np.int64),
        )

    @property
    def is_anisotropic(self) -> NDArray[np.bool_]:
        """(n,) whether an atom has six U."""
        return np.asarray(np.isfinite(self.u_aniso).all(axis=1))

    @property
    def is_hydrogen(self) -> NDArray[np.bool_]:
        """(n,) whether an atom is H or D."""
        return np.array([element in ("H", "D") for element in self.elements], dtype=bool)

    def without_hydrogen(self) -> "AsymmetricUnit":
        """The atoms other than H and D."""
        return self.select(~self.is_hydrogen)

    def alternatives(self) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
        """Rows of the disorder groups 2k − 1 and 2k, where both exist and their occupancies sum
        to 1."""
        pairs = []
        for group in range(1, int(self.part.max(initial=0)), 2):
            one, other = (np.flatnonzero(self.part == g) for g in (group, group + 1))
            if len(one) == 0 or len(other) == 0:
                continue
            if abs(self.occ[one[0]] + self.occ[other[0]] - 1) < _WHOLE:
                pairs.append((one, other))
        return tuple(pairs)

    @property
    def is_lesser(self) -> NDArray[np.bool_]:
        """(n,) whether an atom belongs to the less occupied of two alternatives."""
        lesser = np.zeros(len(self), dtype=bool)
        for one, other in self.alternatives():
            lesser[other if self.occ[one[0]] >= self.occ[other[0]] else one] = True
        return lesser

    def select(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "AsymmetricUnit":
        """The atoms in `rows` (a mask or row numbers). A hydrogen whose parent is left out
        no longer rides."""
        index = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows, dtype=np.int64)
        new = np.full(len(self) + 1, -1, dtype=np.int64)
        new[index] = np.arange(len(index))

        def part(values: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
            return None if values is None else values[index]

        return replace(
            self,
            labels=tuple(self.labels[i] for i in index),
            elements=tuple(self.elements[i] for i in index),
            frac=self.frac[index],
            occ=self.occ[index],
            u_iso=self.u_iso[index],
            u_aniso=self.u_aniso[index],
            parent=new[self.parent[index]],
            part=self.part[index],
            sigma_frac=part(self.sigma_frac),
            sigma_occ=part(self.sigma_occ),
            sigma_u_iso=part(self.sigma_u_iso),
            sigma_u_aniso=part(self.sigma_u_aniso),
        )


def numbered_labels(elements: tuple[str, ...]) -> tuple[str, ...]:
    """C1, C2, O1, ... in the order of the atoms."""
    seen: dict[str, int] = {}
    labels = []
    for element in elements:
        seen[element] = seen.get(element, 0) + 1
        labels.append(f"{element}{seen[element]}")
    return tuple(labels)
