import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.sections.coordinates_text import coordinates_text
from patterson_gui.crystal.sections.harker import harker_sections, why_none

# Planes, then lines, as in the textbooks; of equivalent ones the one that is written most simply.
KNOWN = {
    "P 1": "",
    "P -1": "",
    "P 1 2 1": "u, 0, w",
    "P 1 21 1": "u, ½, w",
    "P 1 1 21": "u, v, ½",
    "C 1 2 1": "u, 0, w",
    "P 1 m 1": "/ 0, v, 0",
    "P 1 c 1": "/ 0, v, ½",
    "P 1 21/c 1": "u, ½, w / 0, v, ½",
    "P 1 21/n 1": "u, ½, w / ½, v, ½",
    "C 1 2/c 1": "u, 0, w / 0, v, ½",
    "P 21 21 21": "½, v, w; u, ½, w; u, v, ½",
    "P 21 21 2": "½, v, w; u, ½, w; u, v, 0",
    "I 2 2 2": "0, v, w; u, 0, w; u, v, 0",
    "I 21 21 21": "0, v, w; u, 0, w; u, v, 0",
    "P b c a": "½, v, w; u, ½, w; u, v, ½ / u, ½, 0; 0, v, ½; ½, 0, w",
    "P 41": "u, v, ¼; u, v, ½",
    "I 41": "u, v, ¼; u, v, 0",
    "P 43 21 2": "u, v, ¼; u, ½, w; u, u, w; u, v, ½",
    "P 31": "u, v, ⅓",
    "R 3:H": "u, v, 0",
    "R 3:R": "u, v, −u−v",
    "P 3 2 1": "u, 2u, w; u, v, 0",
    "P 3 1 2": "u, 0, w; u, v, 0",
    "P 61": "u, v, ⅙; u, v, ⅓; u, v, ½",
    "P 61 2 2": "u, 2u, w; u, 0, w; u, v, ⅙; u, v, ⅓; u, v, ½",
    "P 21 3": "u, v, u+v; u, v, ½",
}


@pytest.mark.parametrize("symbol", KNOWN)
def test_labels_are_those_of_the_textbooks(symbol):
    found = harker_sections(gemmi.SpaceGroup(symbol))
    planes, _, lines = KNOWN[symbol].partition("/")
    for kind, text in (("plane", planes), ("line", lines)):
        expected = {label.strip() for label in text.split(";") if label.strip()}
        assert {s.label for s in found if s.kind == kind} == expected


def test_i_212121_has_one_section_for_each_axis_although_centring_adds_others():
    found = harker_sections(gemmi.SpaceGroup("I 21 21 21"))
    assert len(found) == 3
    assert all(len(section.vectors) == 2 for section in found)


def test_planes_come_in_the_order_of_their_axes():
    labels = [s.label for s in harker_sections(gemmi.SpaceGroup("P 21 21 21"))]
    assert labels == ["½, v, w", "u, ½, w", "u, v, ½"]


def test_vectors_are_written_with_their_operations():
    (section,) = harker_sections(gemmi.SpaceGroup("P 1 21 1"))
    (vector,) = section.vectors
    assert (vector.operation, vector.vector, vector.label) == (
        "−x, y+½, −z", "2x, ½, 2z", "u, ½, w",
    )  # fmt: skip


GROUPS = (
    "P 1 21/c 1", "C 1 2/c 1", "F d d 2", "P 43 21 2", "I 41/a m d:2", "P 61 2 2", "R -3 c:H",
    "R 3 m:R", "P 21 3", "I a -3 d", "B 1 2 1", "C 4 2 2", "A 1 2/a 1",
)  # fmt: skip


def patterson_symmetry(group):
    """R and t of the Patterson group, from every operation without its own translation."""
    operations = group.operations()
    centring = np.array(operations.cen_ops) / 24
    for op in operations.sym_ops:
        rotation = np.array(op.rot) // 24
        for sign in (1, -1):
            for shift in centring:
                yield sign * rotation, shift


def lies_on(section, u):
    """Whether a vector lies in the plane or line, up to lattice vectors."""
    if section.kind == "plane":
        off = np.array(section.normal) @ u - float(section.offset)
        return abs(off - np.rint(off)) < 1e-9
    direction = np.array(section.direction)
    first = int(np.flatnonzero(np.abs(direction) == 1)[0])
    rest = u - np.array([float(x) for x in section.point])
    rest = rest - rest[first] * direction[first] * direction
    return bool(np.abs(rest - np.rint(rest)).max() < 1e-9)


@pytest.mark.parametrize("symbol", GROUPS)
def test_every_vector_between_symmetry_mates_lies_on_its_section(symbol):
    group = gemmi.SpaceGroup(symbol)
    x = np.random.default_rng(7).random(3)
    counted = 0
    for section in harker_sections(group):
        for vector in section.vectors:
            rotation = np.array(vector.rotation)
            u = x - (rotation @ x + [float(t) for t in vector.translation])
            images = [r @ u + t for r, t in patterson_symmetry(group)]
            assert any(lies_on(section, image) for image in images), vector
            counted += 1
    # Every operation whose vectors do not fill space is there.
    special = 0
    for op in group.operations():
        turn = np.eye(3) - np.array(op.rot) / 24
        special += np.linalg.matrix_rank(turn) in (1, 2)
    assert counted == special


@pytest.mark.parametrize("symbol", GROUPS)
def test_no_two_sections_are_equivalent(symbol):
    group = gemmi.SpaceGroup(symbol)
    planes = [s for s in harker_sections(group) if s.kind == "plane"]
    seen = []
    for section in planes:
        orbit = set()
        for rotation, shift in patterson_symmetry(group):
            normal = np.array(section.normal) @ rotation
            offset = float(section.offset) - float(np.array(section.normal) @ shift)
            sign = np.sign(normal[np.flatnonzero(normal)[0]])
            orbit.add((*(sign * normal).tolist(), round(float(sign * offset) % 1.0 * 24) % 24))
        assert not any(orbit & other for other in seen)
        seen.append(orbit)


def test_says_why_p1_has_none():
    assert harker_sections(gemmi.SpaceGroup("P 1")) == ()
    assert "P 1 has no Harker sections, because" in why_none(gemmi.SpaceGroup("P 1"))


def test_writes_coordinates_with_signs_and_fractions():
    from fractions import Fraction

    factors = [[-1, 0, 0], [2, -1, 0], [0, 0, 0]]
    constants = [Fraction(1, 2), Fraction(1, 3), Fraction(5, 12)]
    assert coordinates_text(factors, constants, "xyz") == "½−x, 2x−y+⅓, 5/12"
