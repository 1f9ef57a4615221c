from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.peaks import Peak, find_peaks
from patterson_gui.crystal.sections.marks import VectorEnds, peak_marks, point_marks, vector_marks
from patterson_gui.crystal.sections.planes import axis_plane, hkl_plane
from patterson_gui.crystal.sections.sampling import (
    CELL,
    CENTRED,
    THREE_CELLS,
    SectionSampler,
    Slab,
)
from tests.crystal.sections.made_maps import CELL as MADE_CELL
from tests.crystal.sections.made_maps import direct_sum, made_map

TRICLINIC = gemmi.UnitCell(11, 13, 17, 95, 106, 112)


def empty_map(cell=TRICLINIC, group="P 1", d_min=2.0) -> DensityMap:
    grid = np.zeros((8, 8, 8), np.float32)
    grid[0, 0, 0] = 1
    return DensityMap(grid, cell, gemmi.SpaceGroup(group), MapKind.PATTERSON, d_min)


def peak(u, v, w, height=10.0) -> Peak:
    return Peak(height, height, (u, v, w), 5.0, 1)


def test_the_distance_of_a_point_is_that_of_its_nearest_translation():
    density, plane = empty_map(), axis_plane("w", 0.02)
    (mark,) = point_marks(np.array([[0.3, 0.4, 0.97]]), plane, CELL, Slab(), density)
    spacing = TRICLINIC.calculate_d((0, 0, 1))
    assert mark.distance == pytest.approx(-0.05 * spacing)
    assert not mark.in_plane  # 0.8 Å of a resolution of 2 Å
    foot = plane.frac(mark.s, mark.t)
    moved = np.array([0.3, 0.4, -0.03]) - foot
    shift = TRICLINIC.orthogonalize(gemmi.Fractional(*moved))
    along = TRICLINIC.orthogonalize(gemmi.Fractional(*plane.normal_step(TRICLINIC)))
    assert shift.length() == pytest.approx(abs(mark.distance))
    assert abs(shift.dot(along)) == pytest.approx(abs(mark.distance))


def test_points_far_from_the_plane_have_no_mark_unless_a_slab_holds_them():
    density, plane = empty_map(), axis_plane("w", 0.5)
    place = np.array([[0.3, 0.4, 0.6]])
    assert point_marks(place, plane, CELL, Slab(), density) == []
    (mark,) = point_marks(place, plane, CELL, Slab(4.0), density)
    assert mark.in_plane
    assert mark.distance == 0


def test_translations_within_the_bounds_are_marked():
    density, plane = empty_map(), axis_plane("w", 0.5)
    place = np.array([[0.25, 0.25, 0.5]])
    assert len(point_marks(place, plane, THREE_CELLS, Slab(), density)) == 9
    (mark,) = point_marks(np.array([[0.75, 0.25, 1.5]]), plane, CENTRED, Slab(), density)
    assert (mark.s, mark.t) == (pytest.approx(-0.25), pytest.approx(0.25))


def test_a_point_on_a_plane_h_k_l_is_found_in_it():
    density, plane = empty_map(), hkl_plane((1, 2, 3), 0.4, TRICLINIC)
    place = plane.frac(0.2, 0.7) + np.array([3, -2, 1])
    (mark,) = point_marks(place[None], plane, CELL, Slab(), density)
    assert (mark.s, mark.t, mark.distance) == (
        pytest.approx(0.2), pytest.approx(0.7), pytest.approx(0, abs=1e-9),
    )  # fmt: skip


def test_peaks_have_their_equivalents_and_numbers_and_only_the_highest_are_marked():
    cell = gemmi.UnitCell(10, 12, 15, 90, 90, 90)
    density = empty_map(cell, "P m m m")
    section = SectionSampler(density).sample(axis_plane("w", 0.5), CENTRED)
    peaks = [
        replace(peak(0, 0, 0), is_origin=True),
        peak(0.2, 0.3, 0.1),
        peak(0.2, 0.3, 0.5, 8.0),
        peak(0.0, 0.4, 0.5, 7.0),
    ]
    marks = peak_marks(section, peaks)
    assert [mark.number for mark in marks] == [2, 2, 2, 2, 3, 3]
    assert {(round(m.s, 6), round(m.t, 6)) for m in marks[:4]} == {
        (0.2, 0.3), (-0.2, 0.3), (0.2, -0.3), (-0.2, -0.3),
    }  # fmt: skip
    assert {mark.number for mark in peak_marks(section, peaks, 1)} == {2}


@pytest.mark.parametrize("hkl", [(1, 0, 0), (1, 1, 0), (2, -1, 3), (0, 2, 2)])
def test_the_map_has_the_height_of_a_peak_at_its_mark(hkl):
    density = made_map()
    for peak in find_peaks(density, 5):
        plane = hkl_plane(hkl, float(np.dot(hkl, peak.frac)), MADE_CELL)
        section = SectionSampler(density).sample(plane, CELL)
        marks = [mark for mark in peak_marks(section, [peak]) if abs(mark.distance) < 1e-6]
        assert marks
        for mark in marks:
            value = direct_sum(plane.frac(mark.s, mark.t))
            assert value == pytest.approx(peak.height, rel=0.05)
            assert section.cubic_at(mark.s, mark.t) == pytest.approx(float(value), rel=0.01)


def test_vectors_are_marked_with_all_their_equivalents() -> None:
    cell, group = gemmi.UnitCell(20, 24, 28, 90, 90, 90), gemmi.SpaceGroup("P m m m")
    grid = np.zeros((20, 24, 28), dtype=np.float32)
    density = DensityMap(grid, cell, group, MapKind.PATTERSON, 2.0)
    section = SectionSampler(density).sample(axis_plane("w", 0.0), CENTRED, Slab())
    ends = VectorEnds(
        np.array([[0.1, 0.2, 0.0], [0.3, 0.4, 0.02], [0.3, 0.1, 0.25]]), np.array([4, 2, 9])
    )
    marks = vector_marks(section, ends, 10)
    places = {(round(mark.s, 3), round(mark.t, 3)) for mark in marks if mark.row == 4}
    assert places == {(x, y) for x in (0.1, -0.1) for y in (0.2, -0.2)}
    near = [mark for mark in marks if mark.row == 2]
    assert {abs(round(mark.distance, 2)) for mark in near} == {0.56}  # 0.02 · 28 Å
    assert not any(mark.in_plane for mark in near)
    assert not any(mark.row == 9 for mark in marks)
    assert {mark.row for mark in vector_marks(section, ends, 1)} == {4}
