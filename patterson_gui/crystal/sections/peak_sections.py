"""The Harker sections on which the peaks of a Patterson map lie."""

from collections.abc import Sequence
from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import minimum_image
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.harker import HarkerSection, harker_sections
from patterson_gui.crystal.symmetry_images import symmetry_images

LEAST_DISTANCE = 0.5  # Å; peaks are found to a fraction of the resolution
_NEIGHBOURS = np.array(list(np.ndindex(3, 3, 3)), dtype=np.float64) - 1.0


def with_harker_sections(
    peaks: Sequence[Peak], patterson: DensityMap, spacegroup: gemmi.SpaceGroup
) -> tuple[Peak, ...]:
    """The peaks, each with the labels of the Harker sections that it or an equivalent lies on.

    A peak lies on a section that is nearer than a quarter of the resolution of the map (0.5 Å at
    least). The origin peak lies on none.

    Parameters
    ----------
    patterson : the map of the peaks.
    spacegroup : of the crystal, not of its Patterson map.
    """
    sections = harker_sections(spacegroup)
    near = max(LEAST_DISTANCE, 0.25 * (patterson.d_min or 0.0))
    frac = np.array([p.frac for p in peaks], dtype=np.float64).reshape(-1, 3)
    distance = harker_distances(frac, patterson.cell, spacegroup)
    return tuple(
        replace(
            peak,
            harker=tuple(
                s.label
                for s, d in zip(sections, row, strict=True)
                if d <= near and not peak.is_origin
            ),
        )
        for peak, row in zip(peaks, distance, strict=True)
    )


def harker_distances(
    frac: NDArray[np.float64], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> NDArray[np.float64]:
    """(n, k) Å, distance of vectors (n, 3), fractional, or of the nearest of their equivalents, to
    each of the k `harker_sections`."""
    symmetry = spacegroup.operations().derive_symmorphic()
    symmetry.add_inversion()
    images = symmetry_images(frac, symmetry)
    axes = orthogonalization(cell).T
    sections = harker_sections(spacegroup)
    distances = np.empty((len(frac), len(sections)))
    for column, section in enumerate(sections):
        distances[:, column] = _distances(images, cell, axes, section).min(axis=0, initial=np.inf)
    return distances


def _distances(
    images: NDArray[np.float64],
    cell: gemmi.UnitCell,
    axes: NDArray[np.float64],
    section: HarkerSection,
) -> NDArray[np.float64]:
    """(...) Å, distances of vectors (..., 3) to a plane or line and its lattice translations."""
    if section.direction is None:
        height = images @ np.array(section.normal, dtype=np.float64) - float(section.offset)
        return np.abs(height - np.rint(height)) * cell.calculate_d(section.normal)
    along = np.array(section.direction, dtype=np.float64) @ axes
    along /= np.linalg.norm(along)
    point = np.array([float(x) for x in section.point])
    step = (minimum_image(images - point, axes)[..., None, :] + _NEIGHBOURS) @ axes
    across = step - (step @ along)[..., None] * along
    return np.asarray(np.linalg.norm(across, axis=-1).min(axis=-1))
