"""How many atoms of a known structure a solution has, whatever its origin, hand and space group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from tests.benchmarks.solve.comparison.atoms_in_cell import AtomsInCell

_SPACING = 0.4  # Å: grid on which both structures are laid over each other
_BLUR = 0.3  # Å: standard deviation of a Gaussian atom on this grid
_SHIFTS = 40  # best shifts of the origin that are tried
# A solution atom nearer to a disordered or smeared atom is not spurious: Å, or so many times its
# root mean square displacement where that is more.
_DISORDERED, _SMEARED = 0.5, 2.5
_IDENTITY = np.eye(3)


@dataclass(frozen=True)
class Match:
    """The best overlay.

    Attributes
    ----------
    found : share of the ordered atoms of the truth that have a solution atom within the tolerance.
    elements_right : share of those atoms whose solution atom has the right element.
    spurious : share of the ordered solution atoms that are on no atom of the truth.
    rmsd : of the found atoms, Å; NaN where there is none.
    hand : 1, or −1 where the solution has the other hand.
    shift : (3,) fractional; truth = hand · rotation · solution + shift.
    """

    found: float
    elements_right: float
    spurious: float
    rmsd: float
    hand: int = 1
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)


NOTHING = Match(0.0, 0.0, 0.0, float("nan"))


def match(
    truth: AtomsInCell,
    solution: AtomsInCell,
    tolerance: float = 0.3,
    rotations: Sequence[NDArray[np.float64]] = (),
) -> Match:
    """Lay a solution over the truth in the way that finds most atoms.

    Shifts come from the correlation of both structures as blurred points, by FFT; each good one is
    refined by the median distance of the pairs it makes.

    Parameters
    ----------
    tolerance : Å.
    rotations : further orientations (3, 3) of the solution, in fractional coordinates, to be tried
        beside its own: those of the twin law of a crystal whose domains are as large.
    """
    if not len(solution) or not truth.ordered.any():
        return NOTHING
    overlay = _Overlay(truth, tolerance)
    best, best_rank = NOTHING, (-1.0, 0.0)
    for rotation in (_IDENTITY, *rotations):
        for hand in (1, -1):
            turned = (hand * solution.frac @ rotation.T) % 1.0
            for shift in overlay.shifts(turned):
                found = overlay.compare(solution, turned, shift, hand)
                rank = (found.found, found.elements_right)
                if rank > best_rank:
                    best, best_rank = found, rank
    return best


class _Overlay:
    """The truth, prepared for being compared with many placements of a solution."""

    def __init__(self, truth: AtomsInCell, tolerance: float) -> None:
        self._truth = truth
        self._tolerance = tolerance
        edges = np.linalg.norm(truth.to_cartesian, axis=1)
        self._shape = tuple(int(n) for n in np.maximum(4, np.ceil(edges / _SPACING)))
        steps = np.array([-1.0, 0.0, 1.0])
        cells = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
        images = (truth.frac + cells[:, None]).reshape(-1, 3)
        self._images = images
        self._tree = cKDTree(images @ truth.to_cartesian)
        ordered = np.tile(truth.ordered, len(cells))
        self._ordered_rows = np.flatnonzero(ordered) % len(truth)
        self._ordered = cKDTree(images[ordered] @ truth.to_cartesian)
        self._disordered = cKDTree(images[~ordered] @ truth.to_cartesian)
        smeared = _SMEARED * np.sqrt(np.maximum(truth.u_iso, 0.0))
        self._reach = np.maximum(_DISORDERED, np.tile(smeared, len(cells))[~ordered])
        self._transform = np.fft.rfftn(self._points(truth.frac)) * self._blur()

    def shifts(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 3) shifts that bring (m, 3) positions onto the truth, best first."""
        product = self._transform * np.conj(np.fft.rfftn(self._points(frac)))
        correlation = np.fft.irfftn(product, s=self._shape, axes=(0, 1, 2))
        peaks = correlation == maximum_filter(correlation, size=3, mode="wrap")
        where = np.flatnonzero(peaks)
        best = where[np.argsort(-correlation.ravel()[where])[:_SHIFTS]]
        return np.stack(np.unravel_index(best, self._shape), axis=1) / np.array(self._shape)

    def compare(
        self,
        solution: AtomsInCell,
        frac: NDArray[np.float64],
        shift: NDArray[np.float64],
        hand: int,
    ) -> Match:
        truth, tolerance = self._truth, self._tolerance
        for limit in (2.0 * tolerance + _SPACING, 2.0 * tolerance):
            near, index = self._nearest(frac + shift, limit)
            if not near.any():
                return NOTHING
            away = self._images[index[near]] - (frac[near] + shift) % 1.0
            shift = shift + np.median(away, axis=0)
        moved = (frac + shift) % 1.0 @ truth.to_cartesian
        distance, index = self._ordered.query(moved, distance_upper_bound=tolerance)
        close = np.isfinite(distance)
        rows = np.flatnonzero(close)
        partner = self._ordered_rows[index[close]]
        sites = truth.sites[partner]
        # Atoms of several elements may share a site in the truth, and any of them is right there.
        fits = np.array(
            [
                solution.elements[row] in self._elements_at(int(atom))
                for row, atom in zip(rows, partner, strict=True)
            ],
            dtype=bool,
        )
        found, right = np.unique(sites), np.unique(sites[fits])
        stray = ~close & ~self._near_disorder(moved)
        asked = np.unique(truth.sites[truth.ordered])
        counted = solution.ordered
        return Match(
            found=len(found) / len(asked),
            elements_right=len(right) / max(len(found), 1),
            spurious=float((stray & counted).sum() / max(int(counted.sum()), 1)),
            rmsd=float(np.sqrt(np.mean(distance[close] ** 2))) if close.any() else float("nan"),
            hand=hand,
            shift=(float(shift[0] % 1), float(shift[1] % 1), float(shift[2] % 1)),
        )

    def _near_disorder(self, moved: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(m,) whether Cartesian positions lie within the reach of a disordered atom."""
        near = np.zeros(len(moved), dtype=bool)
        if len(self._reach):
            distance, index = self._disordered.query(moved)
            near = distance <= self._reach[index]
        return near

    def _elements_at(self, atom: int) -> set[str]:
        place = self._truth.frac[atom] @ self._truth.to_cartesian
        rows = self._tree.query_ball_point(place, self._tolerance)
        return {str(self._truth.elements[row % len(self._truth)]) for row in rows}

    def _nearest(
        self, frac: NDArray[np.float64], limit: float
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        distance, index = self._tree.query(
            frac % 1.0 @ self._truth.to_cartesian, distance_upper_bound=limit
        )
        return np.isfinite(distance), index

    def _points(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        grid = np.zeros(self._shape)
        voxels = np.rint(frac * self._shape).astype(np.int64) % self._shape
        np.add.at(grid, tuple(voxels.T), 1.0)
        return grid

    def _blur(self) -> NDArray[np.float64]:
        reciprocal = np.linalg.inv(self._truth.to_cartesian).T
        h, k, l_ = (np.fft.fftfreq(n) * n for n in self._shape)
        half = np.abs(l_[: self._shape[2] // 2 + 1])
        indices = np.stack(np.meshgrid(h, k, half, indexing="ij"), axis=-1)
        s_squared = ((indices @ reciprocal) ** 2).sum(axis=-1)
        return np.asarray(np.exp(-2.0 * np.pi**2 * (2 * _BLUR**2) * s_squared))
