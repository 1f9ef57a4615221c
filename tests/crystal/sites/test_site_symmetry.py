"""Site symmetry against International Tables A."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.sites.site_symmetry import (
    polar_directions,
    site_symmetries,
)
from patterson_gui.crystal.symmetry_images import operation_arrays

_CUBIC = gemmi.UnitCell(5, 5, 5, 90, 90, 90)
_HEXAGONAL = gemmi.UnitCell(5, 5, 7, 90, 90, 120)
_TRICLINIC = gemmi.UnitCell(5, 6, 7, 80, 95, 100)


@pytest.mark.parametrize(
    ("group", "cell", "near", "exact", "order", "n_shifts", "n_u"),
    [
        ("F m -3 m", _CUBIC, (0.01, 0.0, 0.0), (0, 0, 0), 48, 0, 1),
        ("F m -3 m", _CUBIC, (0.25, 0.26, 0.25), (0.25, 0.25, 0.25), 24, 0, 1),
        ("F m -3 m", _CUBIC, (0.1, 0.1, 0.11), (0.31 / 3,) * 3, 6, 1, 2),
        ("P 6/m m m", _HEXAGONAL, (0.33, 0.66, 0.25), (1 / 3, 2 / 3, 0.25), 6, 1, 2),
        ("P -1", _TRICLINIC, (0.49, 0.0, 0.5), (0.5, 0, 0.5), 2, 0, 6),
        ("P 1", _TRICLINIC, (0.1, 0.2, 0.3), (0.1, 0.2, 0.3), 1, 3, 6),
        (
            "P 1 2/c 1",
            gemmi.UnitCell(5, 6, 7, 90, 95, 90),
            (0.0, 0.3, 0.25),
            (0, 0.3, 0.25),
            2,
            1,
            4,
        ),
    ],
)
def test_finds_order_and_freedom_of_sites(
    group: str,
    cell: gemmi.UnitCell,
    near: tuple[float, float, float],
    exact: tuple[float, float, float],
    order: int,
    n_shifts: int,
    n_u: int,
) -> None:
    (site,) = site_symmetries(np.array([near]), cell, gemmi.SpaceGroup(group), 0.3)
    assert site.order == order
    assert site.is_special == (order > 1)
    assert site.frac == pytest.approx(exact, abs=1e-7)
    assert site.shifts.shape == (3, n_shifts)
    assert site.u.shape == (6, n_u)


@pytest.mark.parametrize("group", ["P 6/m m m", "P 3 1 m", "I 41/a m d:2", "R -3 c:H", "P 4 3 2"])
def test_allowed_u_are_invariant_under_the_operations_of_the_site(group: str) -> None:
    spacegroup = gemmi.SpaceGroup(group)
    cell = _CUBIC if "4 3" in group else gemmi.UnitCell(5, 5, 7, 90, 90, 120)
    if "41" in group:
        cell = gemmi.UnitCell(5, 5, 7, 90, 90, 90)
    star = np.diag([cell.reciprocal().a, cell.reciprocal().b, cell.reciprocal().c])
    for point in np.random.default_rng(0).integers(0, 24, (40, 3)) / 24:
        (site,) = site_symmetries(point[None], cell, spacegroup, 0.01)
        rotations, translations = operation_arrays(spacegroup.operations())
        moved = rotations @ site.frac + translations - site.frac
        fixing = rotations[np.abs(moved - np.round(moved)).max(axis=1) < 1e-6]
        assert len(fixing) == site.order
        u11, u22, u33, u12, u13, u23 = site.u @ np.arange(1, site.u.shape[1] + 1)
        u = star @ np.array([[u11, u12, u13], [u12, u22, u23], [u13, u23, u33]]) @ star
        for rotation in fixing:
            assert rotation @ u @ rotation.T == pytest.approx(u, abs=1e-9)
            assert rotation @ site.shifts == pytest.approx(site.shifts, abs=1e-9)


@pytest.mark.parametrize(
    ("group", "directions"),
    [("P 1", 3), ("P 1 21 1", 1), ("P 1 c 1", 2), ("P 21 21 21", 0), ("P 41", 1), ("P -1", 0)],
)
def test_counts_directions_in_which_the_origin_is_free(group: str, directions: int) -> None:
    assert polar_directions(gemmi.SpaceGroup(group)).shape == (directions, 3)
