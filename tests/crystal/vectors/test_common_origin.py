"""Sites brought to the origin and hand of others by the vectors between them."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.vectors.common_origin import on_common_origin
from patterson_gui.crystal.vectors.harker_sites import sites_from_harker_vectors

CELL = gemmi.UnitCell(30, 37, 45, 90, 90, 90)
MONOCLINIC = gemmi.UnitCell(30, 37, 45, 90, 104, 90)
FIRST, SECOND = np.array([0.11, 0.23, 0.34]), np.array([0.42, 0.07, 0.18])


def map_of(cell: gemmi.UnitCell, name: str, *sites: np.ndarray) -> DensityMap:
    """The Patterson map of iodine atoms; |F| by gemmi's direct summation."""
    small = gemmi.SmallStructure()
    small.cell, small.spacegroup = cell, gemmi.SpaceGroup(name)
    for n, frac in enumerate(sites):
        site = gemmi.SmallStructure.Site()
        site.label, site.element, site.occ = f"I{n}", gemmi.Element("I"), 1.0
        site.u_iso, site.fract = 0.2, gemmi.Fractional(*frac)
        small.add_site(site)
    small.setup_cell_images()
    hkl = gemmi.make_miller_array(cell, gemmi.SpaceGroup(name), 3.0)
    summed = gemmi.StructureFactorCalculatorX(small.cell)
    f = np.array([abs(summed.calculate_sf_from_small_structure(small, h)) for h in hkl.tolist()])
    data = Amplitudes(hkl.astype(np.int32), f.astype(np.float32), cell, gemmi.SpaceGroup(name))
    return patterson(data, PattersonSettings(remove_origin=True))


def least_distance(cell: gemmi.UnitCell, name: str, one: np.ndarray, other: np.ndarray) -> float:
    """Å between a place and the nearest image of another."""
    images = [op.apply_to_xyz(other.tolist()) for op in gemmi.SpaceGroup(name).operations()]
    apart = [cell.find_nearest_image(
        cell.orthogonalize(gemmi.Fractional(*one)), cell.orthogonalize(gemmi.Fractional(*x))
    ).dist() for x in images]  # fmt: skip
    return min(apart)


def least_distance_of_hands(cell: gemmi.UnitCell, name: str, one: np.ndarray) -> float:
    """Å to `SECOND`, or to its image by the inversion that turns `FIRST` into one of its images.

    There is one with a twofold axis or screw axis alone: two sites fit it as well.
    """
    _, twofold = gemmi.SpaceGroup(name).operations().sym_ops
    inverted = FIRST + twofold.apply_to_xyz(FIRST.tolist()) - SECOND
    return min(least_distance(cell, name, one, other) for other in (SECOND, inverted))


def least_of_one_hand(cell: gemmi.UnitCell, name: str, one: np.ndarray) -> float:
    """Å to `SECOND`."""
    return least_distance(cell, name, one, SECOND)


def test_a_second_site_is_moved_to_the_origin_and_hand_of_the_first() -> None:
    name = "P 21 21 21"
    density = map_of(CELL, name, FIRST, SECOND)
    for moved in (np.array([0.5, 0, 0.5]) + SECOND, -SECOND, [0.5, 0.5, 0] - SECOND, SECOND):
        placed, *_ = on_common_origin(
            moved, np.zeros((0, 3)), FIRST[None], density, gemmi.SpaceGroup(name)
        )
        assert least_distance(CELL, name, placed.frac, SECOND) < 0.01
        assert placed.lowest > 2.0


def test_a_coordinate_along_a_polar_axis_comes_from_the_other_site() -> None:
    name = "P 1 21 1"
    density = map_of(MONOCLINIC, name, FIRST, SECOND)
    u = 2 * SECOND * [1, 0, 1] + [0, 0.5, 0]
    (site,) = sites_from_harker_vectors(u, MONOCLINIC, gemmi.SpaceGroup(name))
    placed, *_ = on_common_origin(
        site.frac, site.free, FIRST[None], density, gemmi.SpaceGroup(name)
    )
    assert least_distance_of_hands(MONOCLINIC, name, placed.frac) < 0.6


def test_vectors_to_a_wrong_site_are_low() -> None:
    name = "P 21 21 21"
    density = map_of(CELL, name, FIRST, SECOND)
    wrong = np.array([0.31, 0.41, 0.05])
    placed, *_ = on_common_origin(
        wrong, np.zeros((0, 3)), FIRST[None], density, gemmi.SpaceGroup(name)
    )
    assert placed.lowest < 0.5


def test_one_other_site_that_does_not_fit_lowers_the_figure() -> None:
    """The figure is the lowest value over all vectors: high ones do not make up for a low one."""
    name, wrong = "P 21 21 21", np.array([0.31, 0.41, 0.05])
    density = map_of(CELL, name, FIRST, SECOND)
    group = gemmi.SpaceGroup(name)
    for others, low in ((FIRST[None], False), (np.array([FIRST, wrong]), True)):
        placed, *_ = on_common_origin(SECOND, np.zeros((0, 3)), others, density, group)
        assert (placed.lowest < 0.5) is low


@pytest.mark.parametrize("name", ["P 31", "R 3 2:H", "C 1 2 1"])
def test_every_kind_of_open_direction_covers_the_cell(name: str) -> None:
    group = gemmi.SpaceGroup(name)
    cell = gemmi.UnitCell(30, 30, 40, 90, 90, 120 if name[0] in "PR" else 90)
    density = map_of(cell, name, FIRST, SECOND)
    op = group.operations().sym_ops[1]
    u = SECOND - op.apply_to_xyz(SECOND.tolist())
    found = sites_from_harker_vectors(u, cell, group)
    near = []
    for site in found:
        placed, *_ = on_common_origin(site.frac, site.free, FIRST[None], density, group)
        apart = least_distance_of_hands if name == "C 1 2 1" else least_of_one_hand
        near.append(apart(cell, name, placed.frac))
    assert min(near) < 0.8


def test_places_are_apart_and_best_first() -> None:
    name = "P 1 21 1"
    density = map_of(MONOCLINIC, name, FIRST, SECOND)
    placed = on_common_origin(
        SECOND, np.zeros((0, 3)), FIRST[None], density, gemmi.SpaceGroup(name), most=4
    )
    assert len(placed) == 4
    assert sorted((each.lowest for each in placed), reverse=True) == [p.lowest for p in placed]
    for n, one in enumerate(placed):
        for other in placed[:n]:
            assert least_distance(MONOCLINIC, name, one.frac, other.frac) > 1.0
