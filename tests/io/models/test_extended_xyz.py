import numpy as np
import pytest

from patterson_gui.crystal.material import Material
from patterson_gui.errors import UserError
from patterson_gui.io.models.extended_xyz import Frames, extended_xyz, looks_like_xyz
from tests.crystal.example_materials import perovskite, rock_salt

FRAME = """\
2
Lattice="3.8 0.0 0.0 1.9 3.3 0.0 1.9 1.1 3.1" Properties=species:S:1:pos:R:3 pbc="T T T" \
material_id=mp-10 formula=Zr1 C1 N2 split=val
As 1.912 1.104 0.780
As 5.735 3.311 2.341
"""


def test_keeps_the_fields_of_the_comment_line() -> None:
    material = Frames(FRAME, "a.xyz").material(0)
    assert (material.identifier, material.name, material.split) == ("mp-10", "ZrCN2", "val")
    assert material.lattice is not None
    assert np.allclose(material.lattice[1], [1.9, 3.3, 0.0])
    assert material.numbers.tolist() == [33, 33]


def test_columns_are_found_by_their_properties() -> None:
    text = "1\nProperties=forces:R:3:pos:R:3:Z:I:1 Lattice='2 0 0 0 2 0 0 0 2'\n9 9 9 1 2 3 26\n"
    material = Frames(text, "a.xyz").material(0)
    assert material.numbers.tolist() == [26]
    assert material.positions.tolist() == [[1, 2, 3]]


def test_plain_xyz_is_atoms_without_a_lattice() -> None:
    material = Frames("3\nwater\nO 0 0 0 -0.8\nH 0.96 0 0 0.4\nH 0 0.96 0 0.4\n", "w.xyz").material(
        0
    )
    assert material.lattice is None
    assert material.name == "water"
    assert material.formula == "H2O"


def test_a_molecule_in_a_box_that_does_not_repeat_has_no_lattice() -> None:
    text = FRAME.replace("T T T", "F F F")
    assert Frames(text, "a.xyz").material(0).lattice is None


def test_reads_back_what_was_written() -> None:
    molecule = Material(np.array([[0.5, 0, 0]]), np.array([6]))
    materials = [rock_salt(), perovskite(), molecule]
    text = extended_xyz(materials, 'said "so"')
    frames = Frames(text, "a.xyz")
    back = [frames.material(i) for i in range(3)]
    for before, after in zip(materials, back, strict=True):
        assert np.allclose(before.positions, after.positions)
        assert before.identifier == after.identifier
    assert frames.fields(1)["provenance"] == "said 'so'"
    assert back[2].lattice is None


def test_reads_the_complete_frames_of_a_truncated_file_and_reports_the_next() -> None:
    frames = Frames(FRAME + FRAME[: FRAME.rindex("As")], "a.xyz")
    assert len(frames) == 1
    assert frames.damage is not None
    assert "it has only 1 of the 2 atoms of frame 2" in str(frames.damage)


def test_ends_at_a_line_that_is_not_a_number_of_atoms() -> None:
    frames = Frames(FRAME + "hello\n", "a.xyz")
    assert "line 5 should give the number of atoms of frame 2" in str(frames.damage)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (FRAME.replace("As 1.912", "Xq 1.912"), "names 'Xq', which is not an element"),
        (FRAME.replace("1.104", "nan"), "coordinate that is not a number"),
        (FRAME.replace("1.104", "1,104"), "coordinate that is not a number"),
        (FRAME.replace(" 0.780", ""), "has 3 columns instead of 4 in the line of atom 1"),
        (FRAME.replace("3.8 0.0 0.0", "1.9 3.3 0.0"), "enclose no volume"),
        (FRAME.replace("3.8 0.0 0.0", "3.8 0.0"), "not nine numbers"),
        (FRAME.replace("pos:R:3", "place:R:3"), "lacks the elements or positions"),
        (FRAME.replace("pos:R:3", "pos:R"), "Properties that cannot be read"),
    ],
)
def test_reports_a_wrong_frame_in_one_sentence(text: str, why: str) -> None:
    frames = Frames(FRAME + text, "a.xyz")
    assert len(frames.material(0)) == 2
    with pytest.raises(UserError, match=r"Frame 2 of a\.xyz") as caught:
        frames.material(1)
    assert why in str(caught.value)


def test_distinguishes_xyz_from_other_texts() -> None:
    assert looks_like_xyz(FRAME)
    assert looks_like_xyz(" 1\n\n H 0.0 0.0 0.0\n")
    assert not looks_like_xyz("   2\n   -985\n  50.0 60.0 70.0 90.0 90.0 90.0 p212121\n")
    assert not looks_like_xyz("2 0 0 1.0\n")


@pytest.mark.parametrize("properties", ["species:S:1:pos:R:1", "species:S:0:pos:R:3", "pos:R:-3"])
def test_rejects_impossible_numbers_of_columns(properties: str) -> None:
    frames = Frames(f"1\nProperties={properties}\nNa 0\n", "a.extxyz")
    with pytest.raises(UserError, match="has Properties that cannot be read"):
        frames.material(0)
