"""Squares of differences, and the variance that sites of heavy atoms lead one to expect.

An acentric isomorphous difference is F_H cos α, an anomalous one 2 F″_H sin α, where the angle α
to the unknown phase of the protein may have any value. Without sites, F_H is a sum over many
unknown atoms. So a difference is taken as a normal variable of mean zero and variance

    v₀ = σ² + c S ε,

where σ² is that of the measurement, ε is the multiplicity factor, c is 2 for centric isomorphous
differences (F_H itself, no cosine) and 1 otherwise, and S is the mean over a shell of resolution.
Sites explain a part of it: with F(h) of the sites, on a scale where S is one,

    v = σ² + c S [ε (1 − q) + |F|²],     q = Σ of o² over the sites of the primitive cell.

|F|² has the mean ε q, so the mean of v is that of v₀. Cf. Blundell & Johnson, Protein
Crystallography (1976), chapters 11 and 12; Wilson, Acta Cryst. 2, 318 (1949).
"""

from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.differences.differences import Differences, Kind
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.errors import UserError

USUAL_LIMIT = 2.5  # Å; heavy atoms are sought to this resolution ...
FEWEST, MOST = 2000, 8000  # ... but with at least and at most so many differences
_CAP = 12.0  # a square counts at most as so many times its variance: rare outliers remain
_PER_SHELL = 150
_LEAST_SIGNAL = 0.1  # share of the mean square in a shell that is taken as signal
_TOO_FEW = 50


@dataclass(frozen=True, eq=False)
class DifferenceSquares:
    """Squares of differences with the model of their variance.

    Attributes
    ----------
    hkl : (n, 3) indices.
    square : (n,) Δ², the largest ones cut off at twelve times v₀.
    noise : (n,) σ².
    signal : (n,) c S.
    epsilon : (n,) multiplicity of the primitive group.
    variance : (n,) v₀.
    x : (n,) 1/d², Å⁻².
    shell, centric : (n,) resolution shell, and whether centric.
    images : (k, n, 3) h R for each operation without the centring.
    shifts : (k, n) exp(2πi h·t) of the same operations.
    """

    kind: Kind
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    hkl: NDArray[np.int64]
    square: NDArray[np.float64]
    noise: NDArray[np.float64]
    signal: NDArray[np.float64]
    epsilon: NDArray[np.float64]
    variance: NDArray[np.float64]
    x: NDArray[np.float64]
    shell: NDArray[np.int64]
    centric: NDArray[np.bool_]
    images: NDArray[np.int64]
    shifts: NDArray[np.complex64]

    def __len__(self) -> int:
        return len(self.square)

    @property
    def d_min(self) -> float:
        """Å."""
        return float(1.0 / np.sqrt(self.x.max()))

    def shuffled(self, seed: int) -> "DifferenceSquares":
        """The same with Δ²/v₀ exchanged at random within shells: no sites fit these."""
        random = np.random.default_rng(seed)
        ratio = self.square / self.variance
        for group in np.unique(2 * self.shell + self.centric):
            rows = np.flatnonzero(2 * self.shell + self.centric == group)
            ratio[rows] = ratio[random.permutation(rows)]
        return replace(self, square=ratio * self.variance)


def difference_squares(differences: Differences) -> DifferenceSquares:
    """Prepare differences for a search.

    Used are those to 2.5 Å, where they are 2,000 to 8,000: otherwise to the resolution that
    holds so many. All of them are used if there are fewer.

    Raises
    ------
    UserError : fewer than fifty differences.
    """
    chosen = _within_limit(differences)
    n = len(chosen)
    if n < _TOO_FEW:
        raise UserError(
            f"{chosen.label or 'The data'} have {n} {chosen.kind} differences, too few to find "
            "heavy atoms: use data that are more complete."
        )
    operations = chosen.spacegroup.operations()
    epsilon = np.asarray(
        operations.epsilon_factor_without_centering_array(chosen.hkl), dtype=np.float64
    )
    factor = np.ones(n)
    if chosen.kind == "isomorphous":
        factor = np.where(chosen.centric, 2.0, 1.0)
    square, x = chosen.value**2, chosen.d**-2.0
    count = int(np.clip(n / _PER_SHELL, 4, 20))
    edges = np.quantile(x, np.linspace(0, 1, count + 1))
    shell = np.clip(np.searchsorted(edges, x, side="left") - 1, 0, count - 1)
    noise = np.minimum(chosen.sigma**2, square.mean() * 4)
    weight = epsilon * factor
    number = np.maximum(np.bincount(shell, minlength=count), 1)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(shell, values, minlength=count) / number)

    total = np.maximum(mean(square / weight), 1e-12 * square.mean())
    above_noise = np.maximum(total - mean(noise / weight), _LEAST_SIGNAL * total)
    place = mean(x)
    signal = factor * np.interp(x, place, np.exp(_smooth(np.log(above_noise))))
    variance = noise + signal * epsilon
    rotations, translations = operation_arrays(operations.sym_ops)
    hkl = chosen.hkl.astype(np.int64)
    return DifferenceSquares(
        chosen.kind,
        chosen.cell,
        chosen.spacegroup,
        hkl,
        np.minimum(square, _CAP * variance),
        noise,
        signal,
        epsilon,
        variance,
        x,
        shell.astype(np.int64),
        chosen.centric,
        np.einsum("ni,kij->knj", hkl, np.rint(rotations).astype(np.int64)),
        np.exp(2j * np.pi * (translations @ hkl.T)).astype(np.complex64),
    )


def _within_limit(differences: Differences) -> Differences:
    if differences.kind == "anomalous":
        differences = differences.select(~differences.centric)
    if len(differences) == 0:
        return differences
    d = np.sort(differences.d)[::-1]
    limit = min(USUAL_LIMIT, d[min(FEWEST, len(d)) - 1])
    limit = max(limit, d[min(MOST, len(d)) - 1])
    return differences.select(differences.d >= limit - 1e-6)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A running mean of three shells, weighted ¼ ½ ¼."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    return np.asarray(0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:])
