"""LATT and SYMM of all tabulated space groups, read back."""

import gemmi
import numpy as np
import pytest

from patterson_gui.io.formats.shelx_instructions import parse_instructions
from patterson_gui.io.formats.shelx_symmetry import shelx_symmetry


def read_back(group: gemmi.SpaceGroup) -> gemmi.SpaceGroup:
    symmetry = shelx_symmetry(group)
    lines = [f"LATT {symmetry.latt}", *(f"SYMM {op}" for op in symmetry.operations)]
    head, tail = ["TITL a", "CELL 0.71073 9 9 9 90 90 90"], ["SFAC C", "UNIT 1", "HKLF 4", "END"]
    return parse_instructions("\n".join([*head, *lines, *tail]), "a.res").spacegroup


def triplets(group: gemmi.SpaceGroup) -> set[str]:
    return {op.triplet() for op in group.operations()}


def test_every_setting_is_read_back_as_itself() -> None:
    for group in gemmi.spacegroup_table():
        symmetry = shelx_symmetry(group)
        # By operations, because some groups have two names.
        read = triplets(read_back(group))
        assert read == triplets(symmetry.spacegroup)
        assert symmetry.spacegroup.number == group.number
        assert (symmetry.latt > 0) == group.is_centrosymmetric()
        assert symmetry.origin.any() or read == triplets(group)


@pytest.mark.parametrize(
    ("name", "latt", "operations"),
    [
        ("P 1 21/n 1", 1, ("-X+1/2, Y+1/2, -Z+1/2",)),
        ("P 21 21 21", -1, ("-X+1/2, -Y, Z+1/2", "X+1/2, -Y+1/2, -Z", "-X, Y+1/2, -Z+1/2")),
        ("R -3:H", 3, ("-Y, X-Y, Z", "-X+Y, -X, Z")),
        ("P 1", -1, ()),
    ],
)
def test_writes_the_instructions_of_the_manual(
    name: str, latt: int, operations: tuple[str, ...]
) -> None:
    symmetry = shelx_symmetry(gemmi.SpaceGroup(name))
    assert symmetry.latt == latt
    assert set(symmetry.operations) == set(operations)


def test_the_origin_moves_to_the_centre_of_symmetry() -> None:
    symmetry = shelx_symmetry(gemmi.SpaceGroup("F d -3 m:1"))
    assert symmetry.spacegroup.xhm() == "F d -3 m:2"
    assert np.allclose(symmetry.origin, 0.125)
