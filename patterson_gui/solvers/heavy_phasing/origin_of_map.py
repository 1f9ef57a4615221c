"""Bring sites of one derivative to the origin and hand of phases, by a Fourier map with these."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sites.permissible_origins import inverted_origins, permissible_origins
from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.crystal.vectors.common_origin import steps_along


@dataclass(frozen=True, eq=False)
class SitesOnOrigin:
    """Sites on the origin of a map.

    Attributes
    ----------
    frac : (m, 3) fractional coordinates.
    height : Σ ρ/σ over the m sites, divided by √m: that of places by chance has the deviation one.
    """

    frac: NDArray[np.float64]
    height: float


def on_origin_of_map(
    frac: NDArray[np.float64],
    density: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> SitesOnOrigin:
    """The sites (m, 3), moved together to the origin, and in the hand, where the map is highest.

    Parameters
    ----------
    density : (nu, nv, nw) a Fourier map of the differences of the derivative, with the phases.
    """
    both = np.concatenate(
        [
            frac + permissible_origins(spacegroup)[:, None],
            inverted_origins(spacegroup)[:, None] - frac,
        ]
    )
    directions = polar_directions(spacegroup)
    steps = steps_along(directions, orthogonalization(cell), len(both))
    best: SitesOnOrigin | None = None
    for places in both:
        moved = places[None] + steps[:, None]
        values = map_coordinates(
            density,
            [(moved[..., i] * density.shape[i]) % density.shape[i] for i in range(3)],
            order=1,
            mode="grid-wrap",
        )
        height = (values.sum(axis=1) - len(frac) * density.mean()) / density.std()
        top = int(height.argmax())
        if best is None or height[top] / np.sqrt(len(frac)) > best.height:
            best = SitesOnOrigin(moved[top], float(height[top] / np.sqrt(len(frac))))
    assert best is not None
    return best
