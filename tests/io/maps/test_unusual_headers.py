"""Map headers that leave open what the file holds: stacks, bytes without sign, no MX MY MZ."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import MapContents, read_map_contents
from tests.io.maps.test_ccp4 import SHAPE, ramp, raw_map


def read(tmp_path: Path, content: bytes) -> MapContents:
    path = tmp_path / "a.map"
    path.write_bytes(content)
    return read_map_contents(path)


@pytest.mark.parametrize("number", [401, 1, 0])
def test_reads_the_first_volume_of_a_stack(tmp_path: Path, number: int):
    stack = np.concatenate([ramp().T, -3 * ramp().T, ramp().T + 5])
    got = read(tmp_path, raw_map(stack, spacegroup=number, sampling=SHAPE))
    assert np.array_equal(got.density.grid, ramp())
    assert got.density.spacegroup.hm == "P 1"
    assert "3 volumes one after another: only the first is read" in " ".join(got.notes)


def test_a_stack_has_the_space_group_that_its_number_states(tmp_path: Path):
    got = read(tmp_path, raw_map(ramp().T, spacegroup=405, cell=(12, 14, 16, 90, 105, 90)))
    assert got.density.spacegroup.hm == "C 1 2 1"
    assert got.notes == ()


@pytest.mark.parametrize(
    ("number", "name"), [(1004, "P 1 1 21"), (1003, "P 1 1 2"), (1005, "B 1 1 2")]
)
def test_numbers_of_ccp4_settings_are_no_stacks(tmp_path: Path, number: int, name: str):
    got = read(tmp_path, raw_map(ramp().T, spacegroup=number, cell=(12, 14, 16, 90, 90, 100)))
    assert got.density.spacegroup.hm == name
    assert got.notes == ()


def test_refuses_a_stack_of_pictures_by_name(tmp_path: Path):
    with pytest.raises(UserError, match="stack of 10 pictures"):
        read(tmp_path, raw_map(ramp().T, spacegroup=0, sampling=(6, 8, 1)))


@pytest.mark.parametrize("axes", [(1, 2, 3), (3, 1, 2)])
def test_stored_points_are_the_cell_where_mx_my_mz_are_zero(
    tmp_path: Path, axes: tuple[int, int, int]
):
    column, row, section = (axis - 1 for axis in axes)
    stored = ramp().transpose(section, row, column)
    got = read(tmp_path, raw_map(stored, axes=axes, sampling=(0, 0, 0)))
    assert np.array_equal(got.density.grid, ramp())
    assert "one whole cell of 6 × 8 × 10 points" in got.notes[0]


def of_bytes(values: np.ndarray, *, stamp: int | None = None, flags: int = 0, highest: float = 0):
    content = bytearray(raw_map(values.astype(np.uint8).T, mode=0))
    words = np.frombuffer(content[:1024], "<i4").copy()
    words.view("<f4")[20] = highest
    if stamp is not None:
        words[38:40] = stamp, flags
    return words.tobytes() + values.astype(np.uint8).T.tobytes()


@pytest.mark.parametrize(
    ("stamp", "flags", "highest", "unsigned"),
    [
        (1146047817, 0, 0.0, True), (1146047817, 1, 0.0, False), (1146047817, 3, 200.0, False),
        (None, 0, 0.0, False), (None, 0, 127.0, False), (None, 0, 240.0, True),
    ],
)  # fmt: skip
def test_knows_bytes_without_sign(
    tmp_path: Path, stamp: int | None, flags: int, highest: float, unsigned: bool
):
    values = np.random.default_rng(0).integers(0, 256, SHAPE)
    got = read(tmp_path, of_bytes(values, stamp=stamp, flags=flags, highest=highest))
    expected = values if unsigned else values.astype(np.uint8).view(np.int8)
    assert np.array_equal(got.density.grid, expected)
    assert bool(got.notes) == unsigned
