"""CCP4 and MRC maps of every kind that programs write, and of kinds they should not."""

import gzip
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.errors import UserError
from patterson_gui.io import source_file
from patterson_gui.io.maps import ccp4 as maps
from patterson_gui.io.maps.ccp4 import read_map, read_map_contents, write_map

CELL = gemmi.UnitCell(12, 14, 16, 90, 105, 90)
SHAPE = (6, 8, 10)


def ramp(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def raw_map(
    grid: np.ndarray,
    *,
    mode: int = 2,
    dtype: str = "<f4",
    axes: tuple[int, int, int] = (1, 2, 3),
    start: tuple[int, int, int] = (0, 0, 0),
    sampling: tuple[int, int, int] | None = None,
    cell: tuple[float, ...] = (12, 14, 16, 90, 105, 90),
    spacegroup: int = 1,
    extended: bytes = b"",
    stamp: bytes = b"MAP DA\x00\x00",
    origin: tuple[float, float, float] = (0, 0, 0),
) -> bytes:
    """A map file made by hand; `grid` is (section, row, column)."""
    order = dtype[0]
    words = np.zeros(256, dtype=f"{order}i4")
    reals = words.view(f"{order}f4")
    words[0:3] = grid.shape[::-1]
    words[3] = mode
    words[4:7] = start
    words[7:10] = sampling or grid.transpose(np.argsort([axes[2], axes[1], axes[0]])).shape
    reals[10:16] = cell
    words[16:19] = axes
    words[22], words[23] = spacegroup, len(extended)
    reals[49:52] = origin
    head = bytearray(words.tobytes())
    head[208:216] = stamp
    return bytes(head) + extended + np.ascontiguousarray(grid, dtype=dtype).tobytes()


def read_bytes(tmp_path: Path, content: bytes, name: str = "a.map") -> DensityMap:
    path = tmp_path / name
    path.write_bytes(content)
    return read_map(path)


@pytest.mark.parametrize("axes", [(1, 2, 3), (3, 2, 1), (2, 1, 3), (2, 3, 1), (3, 1, 2), (1, 3, 2)])
def test_any_axis_order_gives_the_same_grid(tmp_path: Path, axes: tuple[int, int, int]):
    grid = ramp()
    column, row, section = (axis - 1 for axis in axes)
    stored = grid.transpose(section, row, column)
    got = read_bytes(tmp_path, raw_map(stored, axes=axes, sampling=SHAPE))
    assert np.array_equal(got.grid, grid)
    assert got.kind is MapKind.DENSITY
    assert got.cell.approx(CELL, 1e-4)


@pytest.mark.parametrize(
    ("mode", "dtype"),
    [(0, "<i1"), (1, "<i2"), (2, "<f4"), (6, "<u2"), (12, "<f2"), (1, ">i2"), (2, ">f4")],
)
def test_every_mode_and_byte_order_is_read(tmp_path: Path, mode: int, dtype: str):
    grid = np.arange(480).reshape(SHAPE) % 100
    stamp = b"MAP DA\x00\x00" if dtype[0] == "<" else b"MAP \x11\x11\x00\x00"
    stored = grid.transpose(2, 1, 0)
    got = read_bytes(tmp_path, raw_map(stored, mode=mode, dtype=dtype, stamp=stamp))
    assert np.array_equal(got.grid, grid)


@pytest.mark.parametrize("stamp", [b"\0" * 8, b"MAP \0\0\0\0", b"MAP \x11\x11\0\0", b"MAP DD\0\0"])
def test_missing_and_wrong_stamps_do_not_matter(tmp_path: Path, stamp: bytes):
    got = read_bytes(tmp_path, raw_map(ramp().T, stamp=stamp))
    assert np.array_equal(got.grid, ramp())


def test_a_box_away_from_the_origin_is_filled_by_symmetry(tmp_path: Path):
    group = gemmi.SpaceGroup("P 1 21 1")
    full = gemmi.FloatGrid(ramp((12, 16, 20)), CELL, group)
    full.symmetrize_avg()
    whole = np.array(full.array)
    rows = np.arange(-3, 6)  # a little more than half of b
    box = np.take(whole, rows, axis=1)
    content = raw_map(
        box.transpose(2, 1, 0), start=(0, -3, 0), sampling=(12, 16, 20), spacegroup=4,
    )  # fmt: skip
    path = tmp_path / "half cell.map"
    path.write_bytes(content)
    contents = read_map_contents(path)
    assert np.array_equal(contents.density.grid, whole)
    assert contents.density.spacegroup.xhm() == "P 1 21 1"
    assert contents.notes == ()


def test_fills_the_rest_of_the_cell_with_the_mean_and_notes_it(tmp_path: Path):
    box = ramp((3, 4, 5)) + 7
    path = tmp_path / "box.map"
    path.write_bytes(raw_map(box.T, start=(2, 3, 4), sampling=SHAPE))
    contents = read_map_contents(path)
    grid = contents.density.grid
    assert np.array_equal(grid[2:5, 3:7, 4:9], box)
    assert grid[0, 0, 0] == pytest.approx(box.mean())
    assert any("only 12 % of the unit cell" in note for note in contents.notes)


def test_a_box_larger_than_the_cell_wraps_around(tmp_path: Path):
    grid = ramp()
    larger = np.pad(grid, 2, mode="wrap")
    got = read_bytes(tmp_path, raw_map(larger.T, start=(-2, -2, -2), sampling=SHAPE))
    assert np.array_equal(got.grid, grid)


def test_skips_extended_headers_but_uses_the_operations_in_them(tmp_path: Path):
    noise = bytes(range(256)) * 4
    assert np.array_equal(read_bytes(tmp_path, raw_map(ramp().T, extended=noise)).grid, ramp())
    for triplets, name in (
        (("X,  Y,  Z", "-X,  -Y,  1/2+Z  "), "P 1 1 21"),
        (("x,y,z * -x,1/2+y,-z",), "P 1 21 1"),
        (("x,y,z", "1/2-x,1/2+y,-z"), "P 1"),  # in no table: no symmetry, not another one
        (("once upon a time, x, y",), "P 1 21 1"),
    ):
        records = b"".join(triplet.ljust(80).encode() for triplet in triplets)
        got = read_bytes(tmp_path, raw_map(ramp().T, extended=records, spacegroup=4))
        assert got.spacegroup.xhm() == name


@pytest.mark.parametrize("number", [0, 1, 401])
def test_microscopy_maps_are_p1(tmp_path: Path, number: int):
    got = read_bytes(tmp_path, raw_map(ramp().T, spacegroup=number, cell=(9, 9, 9, 90, 90, 90)))
    assert got.spacegroup.xhm() == "P 1"
    assert got.units == "arb."


def test_shifts_microscopy_maps_by_their_origin(tmp_path: Path):
    content = raw_map(ramp().T, cell=(6, 8, 10, 90, 90, 90), origin=(2, -3, 0))
    assert np.array_equal(
        read_bytes(tmp_path, content).grid, np.roll(ramp(), (2, -3, 0), (0, 1, 2))
    )


def test_reads_old_microscopy_headers_without_angles_and_axes(tmp_path: Path):
    got = read_bytes(tmp_path, raw_map(ramp().T, axes=(1, 2, 3), cell=(6, 8, 10, 0, 0, 0)))
    assert got.cell.alpha == 90
    content = bytearray(raw_map(ramp().T))
    content[64:76] = b"\0" * 12
    assert np.array_equal(read_bytes(tmp_path, bytes(content)).grid, ramp())


def test_packed_maps_are_read(tmp_path: Path):
    got = read_bytes(tmp_path, gzip.compress(raw_map(ramp().T)), "ü b.map.gz")
    assert np.array_equal(got.grid, ramp())
    assert got.name == "ü b"


def nan_map(value: float) -> bytes:
    grid = ramp()
    grid[2, 3, 4] = value
    return raw_map(grid.T)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (nan_map(np.nan), "not numbers"),
        (nan_map(np.inf), "not numbers"),
        (nan_map(1e38), "absurd values"),
        (raw_map(np.zeros(SHAPE)), "same value"),
        (raw_map(ramp().T)[:-100], "cut short"),
        (gzip.compress(raw_map(ramp().T)[:-100]), "cut short"),
        (raw_map(ramp().T)[:600], "cut short"),
        (raw_map(ramp().T, mode=4), "transform"),
        (raw_map(ramp().T, mode=101), "4-bit"),
        (raw_map(ramp().T, mode=77), "unknown kind"),
        (raw_map(ramp().T, cell=(0, 0, 0, 90, 90, 90)), "no usable unit cell"),
        (raw_map(ramp().T, cell=(10, 10, 10, 150, 150, 150)), "no usable unit cell"),
        (raw_map(ramp().T, cell=(np.nan,) * 6), "no usable unit cell"),
        (raw_map(ramp().T, sampling=(0, 0, -1)), "number of grid points"),
        (raw_map(ramp().T, spacegroup=299), "number 299"),
        (raw_map(ramp().T, axes=(1, 1, 3), sampling=SHAPE), "damaged map header"),
        (
            raw_map(ramp((5, 7, 9)).T, spacegroup=14, sampling=(7, 9, 11)),
            "does not fit space group",
        ),
    ],
)
def test_reports_a_bad_map_in_one_sentence(tmp_path: Path, content: bytes, word: str):
    path = tmp_path / "bad.map"
    path.write_bytes(content)
    with pytest.raises(UserError, match=word) as error:
        read_map(path)
    assert "bad.map" in str(error.value)
    assert "\n" not in str(error.value)


def sparse(path: Path, n: int, values: bytes = b"") -> int:
    """A valid header of n³ points, and almost no content."""
    head = raw_map(np.zeros((1, 1, 1)), sampling=(n, n, n), cell=(n, n, n, 90, 90, 90))[:1024]
    words = np.frombuffer(head, "<i4").copy()
    words[:3] = n
    size = 1024 + 4 * n**3
    with path.open("wb") as file:
        file.write(words.tobytes() + values)
        file.truncate(size)
    return size


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each call asked for, of files that are too large to be kept."""
    asked: list[int] = []
    real = source_file.opened

    class Counting:
        def __init__(self, file: IO[bytes]) -> None:
            self._file = file

        def read(self, n: int) -> bytes:
            asked.append(n)
            return self._file.read(n)

        def seek(self, n: int) -> int:
            return self._file.seek(n)

    @contextmanager
    def counting(path: Path) -> Iterator[Counting]:
        with real(path) as file:
            yield Counting(file)

    monkeypatch.setattr(source_file, "opened", counting)
    return asked


def test_thins_out_a_map_of_two_gigabytes_without_reading_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_read: list[int]
):
    monkeypatch.setattr(maps, "MOST_POINTS", 8_000_000)
    path = tmp_path / "large.map"
    assert sparse(path, 800, np.float32(5).tobytes()) > 2e9
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    contents = read_map_contents(path)
    assert contents.density.shape == (200, 200, 200)
    assert contents.density.grid[0, 0, 0] == 5
    assert "every 4th point" in contents.notes[0]
    assert 0 < sum(bytes_read) < 0.6e9
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024
    assert grown < 300e6


def test_refuses_a_map_that_is_too_large_to_thin_out_after_its_header(
    tmp_path: Path, bytes_read: list[int]
):
    path = tmp_path / "larger.map"
    for n in (797, 1300):  # a prime; beyond what is gone through at all
        sparse(path, n)
        with pytest.raises(UserError, match="too large"):
            read_map(path)
    assert sum(bytes_read) < 1e6
    os.truncate(path, 5000)
    with pytest.raises(UserError, match=r"too large|cut short"):
        read_map(path)


def test_thinning_keeps_points_of_the_cell_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(maps, "MOST_POINTS", 100)
    grid = ramp((8, 8, 12))
    got = read_bytes(
        tmp_path, raw_map(np.roll(grid, -3, 0).T, start=(3, 0, 0), sampling=(8, 8, 12))
    )
    assert np.array_equal(got.grid, grid[::2, ::2, ::2])


@pytest.mark.parametrize(
    "group", ["P 1", "P 1 21 1", "P 2 21 21", "F d -3 m:2", "R 3:R", "I 1 2 1"]
)
def test_a_written_map_is_read_back_exactly_and_by_gemmi(tmp_path: Path, group: str):
    spacegroup = gemmi.SpaceGroup(group)
    cell = CELL if "1" in group and group != "P 1" else gemmi.UnitCell(16, 16, 16, 90, 90, 90)
    grid = ramp((16, 16, 16))
    density = DensityMap(grid, cell, spacegroup, MapKind.TRUE, 1.5, "Ångström", absolute=True)
    path = tmp_path / "a b ü.ccp4"
    write_map(path, density)
    got = read_map(path)
    assert np.array_equal(got.grid, grid)
    assert got.spacegroup.operations() == spacegroup.operations()
    assert (got.kind, got.absolute, got.d_min) == (MapKind.DENSITY, True, 1.5)
    theirs = gemmi.read_ccp4_map(str(path), setup=True)
    assert np.array_equal(theirs.grid.array, grid)
    assert theirs.header_float(55) == pytest.approx(grid.std(), rel=1e-4)
    assert theirs.header_float(22) == pytest.approx(grid.mean(), abs=1e-5)
    assert [theirs.header_float(i) for i in (50, 51, 52)] == [0, 0, 0]


def test_a_box_is_cut_out_with_the_rms_of_the_whole_cell(tmp_path: Path):
    density = DensityMap(ramp((16, 16, 16)), CELL, gemmi.SpaceGroup("P 1"), MapKind.PREDICTED, 2.0)
    path = tmp_path / "box.ccp4"
    write_map(path, density, box=((-0.25, 0.0, 0.25), (0.25, 0.5, 1.25)))
    theirs = gemmi.read_ccp4_map(str(path))
    assert theirs.header_float(55) == pytest.approx(density.grid.std(), rel=1e-4)
    assert [theirs.header_i32(i) for i in (1, 2, 3)] == [9, 9, 17]
    assert [theirs.header_i32(i) for i in (5, 6, 7)] == [-4, 0, 4]
    assert theirs.grid.array[0, 0, 0] == density.grid[-4, 0, 4]


def test_our_own_patterson_is_recognised(tmp_path: Path):
    density = DensityMap(ramp(), CELL, gemmi.SpaceGroup("P 1 2/m 1"), MapKind.PATTERSON, 2.0)
    write_map(tmp_path / "P.ccp4", density)
    got = read_map(tmp_path / "P.ccp4")
    assert got.kind is MapKind.PATTERSON
    assert got.units == "e²/Å³"


@pytest.mark.parametrize(
    "name",
    [
        "maps/5i55_tiny.ccp4", "maps/EMD-3197.map", "maps/ccp4_20_21_22_to_30_40_50.ccp4",
        "maps/emd_3001.map.gz", "maps/tst_input.map", "edge/iota_yzx.ccp4.gz",
    ],
)  # fmt: skip
def test_real_maps_agree_with_gemmi(shared_data: Path, name: str):
    got = read_map(shared_data / name)
    theirs = gemmi.read_ccp4_map(str(shared_data / name))
    theirs.setup(np.nan)
    known = np.isfinite(theirs.grid.array)
    assert np.array_equal(got.grid[known], theirs.grid.array[known])
    assert got.spacegroup.xhm() == theirs.grid.spacegroup.xhm()
    assert got.cell.approx(theirs.grid.unit_cell, 1e-3)
