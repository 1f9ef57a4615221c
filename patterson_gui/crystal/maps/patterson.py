"""The Patterson function P(u) = (1/V) Σ |F(h)|² cos 2π h·u (Patterson, 1934)."""

from dataclasses import dataclass
from functools import lru_cache

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.sharpening import B_REMOVED, SHARPENINGS
from patterson_gui.crystal.reciprocal import wilson
from patterson_gui.crystal.reciprocal.equivalents import expand
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError


@dataclass(frozen=True)
class PattersonSettings:
    """How to compute a Patterson map.

    Attributes
    ----------
    d_min : Å; reflections of smaller spacing are left out. None: all are used.
    remove_origin : subtract the expected |F|² of each reflection, so that the sum of the
        atoms' vectors to themselves vanishes.
    sharpen : a name in `sharpening.SHARPENINGS`.
    b : Å², for the sharpenings that take a B factor.
    spacing : largest distance of grid points, Å; None: a third of the resolution.
    d_max : Å; reflections of larger spacing are left out. None: all are used.
    """

    d_min: float | None = None
    remove_origin: bool = False
    sharpen: str = "none"
    b: float = B_REMOVED
    spacing: float | None = None
    d_max: float | None = None


def patterson(amplitudes: Amplitudes, settings: PattersonSettings | None = None) -> DensityMap:
    """Patterson map over the whole cell, zero-mean, in the Patterson group.

    e²/Å³ where the amplitudes are absolute and not replaced by E values.
    """
    settings = settings or PattersonSettings()
    data = _within(amplitudes, settings)
    if len(data) == 0:
        raise UserError(
            "No reflection lies within the resolution limits: choose limits between which the "
            f"data, {amplitudes.d.max():.2f} to {amplitudes.d_min:.2f} Å, have some."
        )
    group = patterson_group(data.spacegroup)
    terms = _squared_terms(data, settings).astype(np.complex64)
    d_min = max(data.d_min, settings.d_min or 0.0)
    shape = grid_shape(data.cell, settings.spacing or d_min / 3.0, group, d_min=data.d_min)
    # Every equivalent of h has the same |F|², with zero phase: P's Fourier coefficients.
    hkl, source, _ = expand(data.hkl, data.spacegroup)
    grid = map_from_terms(hkl, terms[source], data.cell, shape)
    return DensityMap(
        grid,
        data.cell,
        group,
        MapKind.PATTERSON,
        d_min,
        "Patterson",
        absolute=data.absolute and SHARPENINGS[settings.sharpen].keeps_scale,
    )


def _within(amplitudes: Amplitudes, settings: PattersonSettings) -> Amplitudes:
    """The reflections between the resolution limits."""
    data = amplitudes if settings.d_min is None else amplitudes.cut(settings.d_min)
    return data if settings.d_max is None else data.select(data.d <= settings.d_max + 1e-6)


def _squared_terms(data: Amplitudes, settings: PattersonSettings) -> NDArray[np.float64]:
    """(n,) coefficients of the map."""
    squared = SHARPENINGS[settings.sharpen].squared(data, settings.b)
    if settings.remove_origin:
        mean = wilson.expected_intensity(squared, data.d, data.epsilon)
        squared = squared - data.epsilon * mean
    return np.asarray(squared)


@lru_cache(maxsize=64)
def _patterson_group_named(xhm: str) -> gemmi.SpaceGroup:
    operations = gemmi.SpaceGroup(xhm).operations().derive_symmorphic()
    operations.add_inversion()
    group = gemmi.find_spacegroup_by_ops(operations)
    if group is not None:
        return group
    # A few unusual settings (B 1 2 1, C 4 2 2, ...) have a Patterson group that is not
    # tabulated; the largest tabulated one within it describes the map as well.
    wanted = {op.triplet() for op in operations}
    best = gemmi.SpaceGroup("P -1")
    for candidate in gemmi.spacegroup_table():
        if candidate.is_centrosymmetric() and candidate.is_symmorphic():
            ops = candidate.operations()
            if len(ops) > len(best.operations()) and {op.triplet() for op in ops} <= wanted:
                best = candidate
    return best


def patterson_group(spacegroup: gemmi.SpaceGroup) -> gemmi.SpaceGroup:
    """The symmetry of a crystal's Patterson map, in the crystal's own setting.

    Translations of screws and glides dropped, an inversion added, the lattice kept:
    P 2₁2₁2₁ → P m m m, C 2 → C 2/m, P 3₁21 → P −3 m 1.
    """
    return _patterson_group_named(spacegroup.xhm())
