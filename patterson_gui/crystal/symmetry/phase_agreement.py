"""How well structure factors of P1 agree with an operation or a group, and where its origin lies.

With x' = R x + t, a symmetric density has F(h) = F(hR) exp(2πi h·t). The agreement is

    C(R, t) = Re Σ F(h) F*(hR) exp(−2πi h·t) / ½ Σ (|F(h)|² + |F(hR)|²),

1 where the operation is exact, about 0 where it does not hold. The denominator is not
Σ |F(h) F(hR)|, which hides amplitudes that differ. A shift of the density by s multiplies F(h)
by exp(2πi h·s), so that the operation of a group in its own frame becomes

    C(R, t; s) = Re Σ F(h) F*(hR) exp(−2πi h·t) exp(−2πi (hR − h)·s) / ½ Σ (…) :

one Fourier transform of coefficients at the indices hR − h gives it for all s.
(Navaza & Saludjian, Methods Enzymol. 276, 581, 1997; Burla et al., J. Appl. Cryst. 33, 307, 2000;
Palatinus & van der Lee, J. Appl. Cryst. 41, 975, 2008.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import gemmi
import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

from patterson_gui.crystal.cells import smooth_multiple
from patterson_gui.crystal.reciprocal.equivalents import packed, to_hemisphere
from patterson_gui.crystal.symmetry.operations import (
    DEN,
    GroupOperations,
    Operation,
    is_inversion,
    rotation_code,
    rotations_of_codes,
)

MOST_STRONG = 3000  # reflections that enter the agreement
MOST_POINTS = 90_000  # of the grid on which origins are tried
_PER_D = 6.0  # grid points for each d of the finest reflection that enters it
_ALL_OPERATIONS = 8  # groups of a higher order are searched by their generators alone
_PEAKS = 3  # grid points from which the origin is refined
_ORIGINS = 12  # the same where all origins are asked for
_EQUIVALENT = 0.01  # difference of the agreement at equivalent origins, which is rounding
_CYCLES = 5
_REFINED = 2400  # strongest pairs of all operations together that move the origin


@dataclass(frozen=True, eq=False)
class GroupAgreement:
    """A group at its best origin.

    Attributes
    ----------
    shift : (3,) fractional; x_group = x_P1 + shift.
    operations : (n,) agreement of each operation of the group, 1 for the identity.
    """

    shift: NDArray[np.float64]
    operations: NDArray[np.float64]

    @property
    def lowest(self) -> float:
        """Lowest agreement over the operations without the identity; 1 in P1."""
        return float(self.operations[1:].min()) if len(self.operations) > 1 else 1.0

    @property
    def mean(self) -> float:
        """Mean agreement over the operations without the identity; 1 in P1."""
        return float(self.operations[1:].mean()) if len(self.operations) > 1 else 1.0


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Reflections h with their images hR; product = F(h) F*(hR) / ½ Σ (|F(h)|² + |F(hR)|²);
    coarse = where the grid of trial origins resolves h."""

    hkl: NDArray[np.int64]
    difference: NDArray[np.int64]
    product: NDArray[np.complex128]
    coarse: NDArray[np.bool_]


class PhaseAgreement:
    """Agreement of one set of structure factors of P1 with any operation or group."""

    def __init__(
        self, hkl: NDArray[np.int32], f: NDArray[np.complex128], cell: gemmi.UnitCell
    ) -> None:
        """Take structure factors of one hemisphere or both; F(−h) = F*(h) is assumed.

        Parameters
        ----------
        hkl : (n, 3) indices.
        f : (n,) structure factors of P1, any scale and origin.
        """
        half, flipped = to_hemisphere(hkl)
        f = np.where(flipped, np.conj(f), f)
        _, first = np.unique(packed(half), return_index=True)
        half, f = half[first].astype(np.int64), f[first]
        self._limit = np.abs(half).max(axis=0)
        shape = tuple(int(i) for i in 2 * self._limit + 1)
        self._f = np.zeros(shape, dtype=np.complex128)
        self._f[tuple(half.T)] = f
        self._f[tuple(-half.T)] = np.conj(f)
        self._present = np.zeros(shape, dtype=bool)
        self._present[tuple(half.T)] = self._present[tuple(-half.T)] = True
        strongest = np.argsort(-np.abs(f), kind="stable")[:MOST_STRONG]
        self._strong = half[strongest]
        d = np.asarray(cell.calculate_d_array(self._strong.astype(np.int32)), dtype=np.float64)
        # hR − h reaches twice as far as h, so that six points for each d are three for a wave.
        d_grid = max(float(d.min()), (_PER_D**3 * cell.volume / MOST_POINTS) ** (1.0 / 3.0))
        self._coarse = d >= d_grid - 1e-9
        edges = np.array(cell.parameters[:3])
        self._shape = tuple(
            smooth_multiple(int(np.ceil(_PER_D * edge / d_grid)), 2) for edge in edges
        )
        self._pairs: dict[int, _Pairs] = {}
        self._best: dict[int, float] = {}
        self._maps: dict[tuple[int, int, int, int], NDArray[np.float32]] = {}

    def best_of_rotation(self, operation: Operation) -> float:
        """The highest agreement of the rotation over all translations, on a grid."""
        code = operation.code
        if code not in self._best:
            pairs = self._pairs_of(operation)
            self._best[code] = float(self._transform(pairs, pairs.hkl, pairs.product).max())
        return self._best[code]

    def upper_limit(
        self, group: GroupOperations, enough: float, enough_for_inversion: float
    ) -> tuple[float, bool]:
        """The lowest over the operations of the best that each reaches on its own, on a grid.

        Returns
        -------
        The lowest agreement, and whether every operation reaches enough. The search ends with the
        first that does not.
        """
        lowest = 1.0
        for operation in group.each[1:]:
            need = enough_for_inversion if is_inversion(operation.rotation) else enough
            best = self.best_of_rotation(operation)
            if best >= need:
                best = float(self._map_of(operation).max())
            lowest = min(lowest, best)
            if best < need:
                return best, False
        return lowest, True

    def of_group(self, group: GroupOperations, refine: bool = True) -> GroupAgreement:
        """The origin at which the operations of a group agree best, on average.

        Without `refine` it is the best point of a grid, and agreements are a little too low.
        """
        if len(group) == 1:
            return GroupAgreement(np.zeros(3), np.ones(1))
        rows = _sufficient(group)
        total = self._total(group)
        if not refine:
            best = int(total.argmax())
            point = np.unravel_index(best, self._shape)
            maps = (self._map_of(group.each[row]) for row in rows)
            values = np.array([1.0, *(float(one.ravel()[best]) for one in maps)])
            return GroupAgreement(np.array(point) / self._shape, values)
        refined = [self._refined(group, shift) for shift in self._peaks(total)]
        return self.at_shift(group, max(refined, key=lambda pair: pair[0])[1])

    def origins(self, group: GroupOperations, share: float) -> list[GroupAgreement]:
        """The origins that are not equivalent, the best first, down to `share` of the mean
        agreement of the best.

        Density that is symmetric about several points, as that of a heavy atom and a weaker image
        of it, has several. Origins that agree equally well are taken for equivalent ones: those
        that the group allows, and all along a polar axis.
        """
        if len(group) == 1:
            return [self.of_group(group)]
        total = self._total(group)
        highest = total == scipy.ndimage.maximum_filter(total, 5, mode="wrap")
        points = np.argwhere(highest & (total >= share * total.max()))
        points = points[np.argsort(-total[tuple(points.T)], kind="stable")]
        chosen: list[NDArray[np.int64]] = []
        values: list[float] = []
        for point in points:
            value = float(total[tuple(point)]) / float(total.max())
            if all(abs(value - other) > _EQUIVALENT / 2 for other in values):
                chosen.append(point)
                values.append(value)
        refined = [self._refined(group, p / np.array(self._shape)) for p in chosen[:_ORIGINS]]
        found: list[GroupAgreement] = []
        for each in sorted(
            (self.at_shift(group, shift) for _, shift in refined), key=lambda one: -one.mean
        ):
            same = any(abs(each.mean - other.mean) < _EQUIVALENT for other in found)
            if not same and each.mean >= share * (found[0] if found else each).mean:
                found.append(each)
        return found

    def at_shift(self, group: GroupOperations, shift: NDArray[np.float64]) -> GroupAgreement:
        """The agreement of each operation of a group at a given origin."""
        values = [1.0]
        for operation in group.each[1:]:
            pairs = self._pairs_of(operation)
            turns = pairs.hkl @ (operation.translation / DEN) + pairs.difference @ shift
            values.append(float((pairs.product * np.exp(-2j * np.pi * turns)).real.sum()))
        return GroupAgreement(np.asarray(shift, dtype=np.float64), np.array(values))

    def _pairs_of(self, operation: Operation) -> _Pairs:
        code = operation.code
        if code not in self._pairs:
            image = self._strong @ operation.rotation
            inside = (np.abs(image) <= self._limit).all(axis=1)
            hkl, image, coarse = self._strong[inside], image[inside], self._coarse[inside]
            f, f_image = self._f[tuple(hkl.T)], self._f[tuple(image.T)]
            known = self._present[tuple(image.T)]
            norm = 0.5 * float((np.abs(f[known]) ** 2 + np.abs(f_image[known]) ** 2).sum())
            product = f[known] * np.conj(f_image[known]) / max(norm, 1e-300)
            hkl, image, coarse = hkl[known], image[known], coarse[known]
            self._pairs[code] = _Pairs(hkl, image - hkl, product, coarse)
        return self._pairs[code]

    def _map_of(self, operation: Operation) -> NDArray[np.float32]:
        """C(R, t; s) at the grid points s."""
        key = operation.key
        if key not in self._maps:
            pairs = self._pairs_of(operation)
            turns = pairs.hkl @ (operation.translation / DEN)
            turned = pairs.product * np.exp(-2j * np.pi * turns)
            self._maps[key] = self._transform(pairs, pairs.difference, turned)
        return self._maps[key]

    def _total(self, group: GroupOperations) -> NDArray[np.float32]:
        """The sum of C(R, t; s) over the operations of a group, or its generators, on the grid."""
        total = np.zeros(self._shape, dtype=np.float32)
        for row in _sufficient(group):
            total += self._map_of(group.each[row])
        return total

    def _transform(
        self,
        pairs: _Pairs,
        index: NDArray[np.int64],
        coefficient: NDArray[np.complex128],
    ) -> NDArray[np.float32]:
        """Re Σ c(k) exp(−2πi k·s) on the grid, by a real transform of both k and −k.

        Reflections too fine for the grid are left out, and the sum is scaled up for them.
        """
        index, coefficient = index[pairs.coarse], coefficient[pairs.coarse]
        whole, part = np.abs(pairs.product).sum(), np.abs(coefficient).sum()
        coefficient = coefficient * (whole / max(float(part), 1e-300))
        shape = np.array(self._shape)
        both = np.concatenate([index, -index]) % shape
        values = 0.5 * np.concatenate([np.conj(coefficient), coefficient])
        half = both[:, 2] <= shape[2] // 2
        both, values = both[half], values[half]
        size = (int(shape[0]), int(shape[1]), int(shape[2] // 2 + 1))
        flat = (both[:, 0] * size[1] + both[:, 1]) * size[2] + both[:, 2]
        points = size[0] * size[1] * size[2]
        grid = np.empty(points, dtype=np.complex64)
        grid.real = np.bincount(flat, weights=values.real, minlength=points)
        grid.imag = np.bincount(flat, weights=values.imag, minlength=points)
        return np.asarray(
            scipy.fft.irfftn(grid.reshape(size), s=self._shape, norm="forward", workers=1),
            dtype=np.float32,
        )

    def _peaks(self, total: NDArray[np.float32]) -> list[NDArray[np.float64]]:
        """The highest grid points, fractional, none beside a higher one."""
        flat, shape = total.ravel(), np.array(self._shape)
        count = min(60, flat.size)
        order = np.argpartition(-flat, count - 1)[:count]
        order = order[np.argsort(-flat[order], kind="stable")]
        points = np.stack(np.unravel_index(order, self._shape), axis=1)
        chosen: list[NDArray[np.int64]] = []
        for point in points:
            apart = [np.abs((point - c + shape // 2) % shape - shape // 2).max() for c in chosen]
            if all(distance > 2 for distance in apart):
                chosen.append(point)
            if len(chosen) == _PEAKS:
                break
        return [point / shape for point in chosen]

    def _refined(
        self, group: GroupOperations, shift: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Newton steps on Σ C(R, t; s), its strongest terms, from a grid point: sum, shift."""
        products, differences = [], []
        most = max(60, _REFINED // len(group))
        for operation in group.each[1:]:
            pairs = self._pairs_of(operation)
            turn = np.exp(-2j * np.pi * (pairs.hkl[:most] @ (operation.translation / DEN)))
            products.append(pairs.product[:most] * turn)
            differences.append(pairs.difference[:most])
        product = np.concatenate(products)
        k = 2.0 * np.pi * np.concatenate(differences)
        for _ in range(_CYCLES):
            value = product * np.exp(-1j * (k @ shift))
            gradient = k.T @ value.imag
            # A sum of cosines is concave near its peak; the weights keep the matrix definite.
            weights = np.maximum(value.real, 0.0)
            curvature = (k * weights[:, None]).T @ k
            step = np.linalg.pinv(curvature, rcond=1e-6) @ gradient
            shift = shift + step
            if float(np.abs(step).max()) < 1e-5:
                break
        return float((product * np.exp(-1j * (k @ shift))).real.sum()), shift % 1.0


def _sufficient(group: GroupOperations) -> Sequence[int]:
    """Rows of operations by which an origin is searched."""
    return range(1, len(group)) if len(group) <= _ALL_OPERATIONS else _generators(group)


def _generators(group: GroupOperations) -> tuple[int, ...]:
    """Rows of operations that generate the group together with its translations."""
    return _generators_of(tuple(int(code) for code in group.codes))


@lru_cache(maxsize=256)
def _generators_of(codes: tuple[int, ...]) -> tuple[int, ...]:
    matrices = {code: rotations_of_codes((code,))[0] for code in codes}
    identity = codes[0]
    have, rows = {identity}, []
    # The operations of the highest order come last in the table, products of the earlier ones.
    for row in reversed(range(1, len(codes))):
        if codes[row] in have:
            continue
        rows.append(row)
        have.add(codes[row])
        while True:
            values = np.array([matrices[code] for code in sorted(have)])
            products = rotation_code((values[:, None] @ values[None]).reshape(-1, 3, 3))
            larger = have | {int(code) for code in products}
            if len(larger) == len(have):
                break
            have = larger
        if len(have) == len(codes):
            break
    return tuple(rows)
