import gemmi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterson_gui.crystal.sections.harker import harker_sections
from patterson_gui.crystal.sections.planes import (
    axis_plane,
    harker_plane,
    hkl_plane,
    parse_plane,
)
from patterson_gui.errors import UserError

CELL = gemmi.UnitCell(11, 13, 17, 95, 106, 112)
index = st.integers(-6, 6)


@settings(max_examples=60, deadline=None)
@given(st.tuples(index, index, index).filter(any), st.floats(-2, 2))
def test_the_axes_span_the_lattice_of_the_plane(hkl, distance):
    plane = hkl_plane(hkl, distance, CELL)
    basis = np.array([plane.right, plane.up, plane.next_plane])
    assert abs(round(np.linalg.det(basis))) == 1
    normal = np.array(plane.normal)
    assert normal @ plane.right == normal @ plane.up == 0
    assert normal @ plane.next_plane == 1
    # h·x of the whole indices is the distance in spacings of h k l.
    assert np.array(hkl) @ plane.frac(0.3, 0.7) == pytest.approx(distance)


def test_distances_in_angstrom_are_perpendicular():
    plane = hkl_plane((1, 1, 0), 2.5, CELL, "Å")
    _, distance = plane.project(np.zeros((1, 3)), CELL)
    assert distance[0] == pytest.approx(-2.5)
    assert plane.spacing(CELL) == pytest.approx(CELL.calculate_d((1, 1, 0)))


def test_the_paper_has_the_lengths_and_angles_of_the_cell():
    plane = axis_plane("w", 0.3)
    right, up = plane.axes_angstrom(CELL)
    assert np.linalg.norm(right) == pytest.approx(CELL.a)
    assert np.linalg.norm(up) == pytest.approx(CELL.b)
    cosine = right @ up / np.linalg.norm(right) / np.linalg.norm(up)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(CELL.gamma)
    assert right[1] == 0
    assert up[1] > 0


def test_projects_points_along_the_normal():
    plane = axis_plane("v", 0.25)
    frac = plane.frac(0.2, 0.6) + 1.5 * plane.normal_step(CELL)
    s_t, distance = plane.project(frac[None], CELL)
    np.testing.assert_allclose(s_t, [[0.2, 0.6]], atol=1e-12)
    assert distance[0] == pytest.approx(1.5)
    foot = CELL.orthogonalize(gemmi.Fractional(*plane.frac(0.2, 0.6)))
    assert foot.dist(CELL.orthogonalize(gemmi.Fractional(*frac))) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("text", "label", "normal", "offset"),
    [
        ("w=0.5", "u, v, ½", (0, 0, 1), 0.5),
        ("V = 1/3", "u, ⅓, w", (0, 1, 0), 1 / 3),
        ("u=0.123", "0.123, v, w", (1, 0, 0), 0.123),
        ("w=½", "u, v, ½", (0, 0, 1), 0.5),
        ("1 1 0 = 0.5", "(1 1 0) at 0.5 d", (1, 1, 0), 0.5),
        ("(2 2 0)=1", "(2 2 0) at 1 d", (1, 1, 0), 0.5),
        ("0 0 1 = 2.0 Å", "(0 0 1) at 2 Å", (0, 0, 1), 2 / CELL.calculate_d((0, 0, 1))),
        ("-1,0,2=-0.5d", "(−1 0 2) at −0.5 d", (-1, 0, 2), -0.5),
    ],
)
def test_reads_planes_as_they_are_typed(text, label, normal, offset):
    plane = parse_plane(text, CELL)
    assert (plane.label, plane.normal) == (label, normal)
    assert plane.offset == pytest.approx(offset)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("w=2.5", "w = 2.5 lies outside"),
        ("x=0.5", "is no section"),
        ("w=half", "is no section"),
        ("w=nan", "is no section"),
        ("w=1/0", "is no section"),
        ("0 0 0 = 1", "is no lattice plane"),
        ("1 0 31 = 1", "up to 30"),
        ("1 1 0 = 1e9", "too large"),
        ("", "is no section"),
    ],
)
def test_refuses_what_is_no_plane(text, words):
    with pytest.raises(UserError, match=words):
        parse_plane(text, CELL)


@pytest.mark.parametrize("symbol", ["P 61 2 2", "R 3:R", "P 43 21 2", "P 1 21/c 1", "F d -3 m:2"])
def test_every_harker_section_has_a_plane_that_holds_it(symbol):
    for section in harker_sections(gemmi.SpaceGroup(symbol)):
        plane = harker_plane(section, CELL)
        points = np.array([[float(x) for x in section.point]])
        if section.direction is not None:
            points = np.concatenate([points, points + 0.3 * np.array(section.direction)])
        off = points @ np.array(plane.normal) - plane.offset
        np.testing.assert_allclose(off - np.rint(off), 0, atol=1e-12)
