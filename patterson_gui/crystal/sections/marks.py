"""Where points of the crystal, such as peaks and the cursor, lie beside a section."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.peak_columns import numbers
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.planes import Plane
from patterson_gui.crystal.sections.sampling import Bounds, Section, Slab
from patterson_gui.crystal.symmetry_images import symmetry_images

_IN_PLANE = 0.2  # of the resolution: about half the radius of a peak
_NEAR = 0.5  # of the resolution: a peak farther away is not seen in the section
_UNKNOWN = 2.0  # Å, in place of an unknown resolution
_SAME = 0.05  # Å, between marks that are the same


@dataclass(frozen=True)
class Mark:
    """A point in or near a section.

    Attributes
    ----------
    s, t : foot of the perpendicular, fractions along the axes of the plane.
    distance : from the plane or from the border of the slab, Å; 0 within a slab.
    in_plane : whether it belongs to the section rather than to its neighbourhood.
    """

    s: float
    t: float
    distance: float
    in_plane: bool


@dataclass(frozen=True)
class PeakMark(Mark):
    """A peak in or near a section: its number in the table of peaks, and the peak."""

    number: int
    peak: Peak


@dataclass(frozen=True)
class VectorMark(Mark):
    """The end of an interatomic vector in or near a section: its row in the list of vectors."""

    row: int


@dataclass(frozen=True, eq=False)
class VectorEnds:
    """Ends of interatomic vectors, heaviest first.

    Attributes
    ----------
    frac : (m, 3) fractional u v w.
    rows : (m,) of the vectors in their list.
    """

    frac: NDArray[np.float64]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


def vector_marks(section: Section, vectors: VectorEnds, n: int) -> list[VectorMark]:
    """The ends of vectors in and near a section of a Patterson map, with all their equivalents.

    Of the vectors that lie in or near the section, the `n` heaviest.
    """
    density, plane = section.density, section.plane
    if not len(vectors):
        return []
    images = symmetry_images(vectors.frac, density.spacegroup.operations())  # (k, m, 3)
    heights = images @ np.array(plane.normal) - plane.offset
    apart = np.abs(heights - np.rint(heights)) * plane.spacing(density.cell)
    reach = section.slab.thickness / 2 + _NEAR * (density.d_min or _UNKNOWN)
    marks: list[VectorMark] = []
    shown = 0
    for i in np.flatnonzero((apart <= reach).any(axis=0)).tolist():
        found = point_marks(images[:, i], plane, section.bounds, section.slab, density)
        shown += bool(found)
        row = int(vectors.rows[i])
        marks += [VectorMark(mark.s, mark.t, mark.distance, mark.in_plane, row) for mark in found]
        if shown >= n:
            break
    return marks


def peak_marks(section: Section, peaks: Sequence[Peak], n: int | None = None) -> list[PeakMark]:
    """The peaks in and near a section with all their equivalents within its bounds.

    Of the peaks that lie in or near the section, the `n` highest (None: all). The origin peak of a
    Patterson map is left out: its place is known.
    """
    density = section.density
    marks: list[PeakMark] = []
    shown = 0
    for number, peak in zip(numbers(peaks), peaks, strict=True):
        if peak.is_origin or (n is not None and shown >= n):
            continue
        images = symmetry_images(np.array([peak.frac]), density.spacegroup.operations())
        found = point_marks(
            images.reshape(-1, 3), section.plane, section.bounds, section.slab, density
        )
        shown += bool(found)
        marks += [
            PeakMark(mark.s, mark.t, mark.distance, mark.in_plane, number, peak) for mark in found
        ]
    return marks


def point_marks(
    frac: NDArray[np.float64], plane: Plane, bounds: Bounds, slab: Slab, density: DensityMap
) -> list[Mark]:
    """Marks of (n, 3) fractional points and all their lattice translations within the bounds."""
    limit = density.d_min or _UNKNOWN
    cell = density.cell
    spacing = plane.spacing(cell)
    heights = np.asarray(frac, dtype=np.float64) @ np.array(plane.normal) - plane.offset
    # A translation along the lattice vector with h·c = 1 brings each point next to the plane. A
    # thick slab, or a plane of high indices, has several translations of one point.
    reach = slab.thickness / 2 + _NEAR * limit
    most = floor(reach / spacing + 0.5)
    marks: list[Mark] = []
    places: list[NDArray[np.float64]] = []
    for shift in range(-most - 1, most + 2):
        steps = shift - np.rint(heights)
        distances = (heights + steps) * spacing
        beyond = np.maximum(np.abs(distances) - slab.thickness / 2, 0.0)
        for row in np.flatnonzero(beyond <= _NEAR * limit):
            moved = frac[row] + steps[row] * np.array(plane.next_plane)
            (foot,), _ = plane.project(moved[None], cell)
            for s, t in _within(foot, bounds):
                place = np.array([s, t]) @ plane.axes_angstrom(cell)
                if any(np.linalg.norm(place - other) < _SAME for other in places):
                    continue
                places.append(place)
                distance = float(np.copysign(beyond[row], distances[row]))
                marks.append(Mark(s, t, distance, bool(beyond[row] <= _IN_PLANE * limit)))
    return marks


def _within(foot: NDArray[np.float64], bounds: Bounds) -> list[tuple[float, float]]:
    """The translations of (s, t) by whole numbers that lie within the bounds."""
    s_steps, t_steps = (
        range(ceil(low - x - 1e-9), floor(high - x + 1e-9) + 1)
        for x, (low, high) in zip(foot, (bounds.right, bounds.up), strict=True)
    )
    return [(float(foot[0] + i), float(foot[1] + j)) for i in s_steps for j in t_steps]
