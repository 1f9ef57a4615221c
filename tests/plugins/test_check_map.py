"""The check of CCP4 maps in the plugins."""

import struct
from collections.abc import Callable
from pathlib import Path

import gemmi
import pytest

from tests.plugins.bundles import refused, rewritten
from tests.plugins.load import shared_module

check_map = shared_module("check_map")
BundleError = shared_module("text").BundleError


def damaged(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[dict[str, bytes]], None]:
    def apply(members: dict[str, bytes]) -> None:
        members["maps/true.ccp4"] = bytes(change(bytearray(members["maps/true.ccp4"])))

    return apply


def put(data: bytearray, word: int, form: str, value: float) -> bytearray:
    struct.pack_into(form, data, 4 * (word - 1), value)
    return data


def operation(data: bytearray, triplet: str) -> bytearray:
    """The first symmetry operation is another."""
    data[1024:1104] = triplet.ljust(80).encode()
    return data


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d[:500], "not a CCP4 map"),
        (lambda d: b"text " * 1000, "not a CCP4 map"),
        (lambda d: d[:-4], "wrong length"),
        (lambda d: d + b"1234", "wrong length"),
        (lambda d: put(d, 1, "<i", -5), "damaged map header"),
        (lambda d: put(d, 2, "<i", 2_000_000_000), "damaged map header"),
        (lambda d: put(d, 4, "<i", 0), "not a map in mode 2"),
        (lambda d: put(d, 17, "<i", 3), "damaged map header"),
        (lambda d: put(d, 24, "<i", -80), "damaged map header"),
        (lambda d: put(d, 11, "<f", 0.0), "damaged map header"),
        (lambda d: put(d, 14, "<f", float("nan")), "damaged map header"),
        (lambda d: put(d, 14, "<f", 5.0), "damaged map header"),  # no three angles of a corner
        (lambda d: put(d, 55, "<f", float("inf")), "damaged map header"),
        (lambda d: put(d, 25, "<i", 1), "damaged map header"),
        # Coot's reader ends at these, or goes on without end.
        (lambda d: put(d, 54, "<i", -1), "damaged map header"),
        (lambda d: put(d, 54, "<i", 0x1111), "damaged map header"),
        (lambda d: put(d, 56, "<i", 11), "damaged map header"),
        (lambda d: put(d, 56, "<i", -1), "damaged map header"),
        (lambda d: put(put(put(d, 8, "<i", 1 << 16), 9, "<i", 1 << 16), 10, "<i", 9), "damaged"),
        (lambda d: operation(d, "x,x,z"), "damaged map header"),
        (lambda d: operation(d, "x+y,y,z"), "damaged map header"),
        (lambda d: operation(d, "2x,y,z"), "damaged map header"),
        (lambda d: operation(d, "x,y"), "damaged map header"),
        (lambda d: operation(d, ""), "damaged map header"),
        (lambda d: put(d, len(d) // 4, "<f", float("nan")), "not numbers"),
        (lambda d: put(d, len(d) // 4 - 7, "<f", float("inf")), "not numbers"),
        (lambda d: put(d, len(d) // 4 - 7, "<f", 1e20), "not numbers"),
    ],
)
def test_rejects_damaged_maps(
    bundle: Path, out: Path, change: Callable[[bytearray], bytes], match: str
) -> None:
    rewritten(bundle, damaged(change))
    refused(bundle, out, match)
    assert not list(out.glob("*true*"))


def test_accepts_maps_of_every_space_group(tmp_path: Path) -> None:
    path = tmp_path / "map.ccp4"
    one = {group.number: group for group in gemmi.spacegroup_table()}
    odd = [
        gemmi.find_spacegroup_by_name(name) for name in ("F d -3 m:1", "R 3:H", "C -1", "P 21 1 1")
    ]
    for group in [*one.values(), *odd]:
        written = gemmi.Ccp4Map()
        written.grid = gemmi.FloatGrid(24, 24, 24)
        written.grid.spacegroup = group
        written.grid.set_unit_cell(gemmi.UnitCell(20, 20, 20, 90, 90, 90))
        written.update_ccp4_header(2)
        written.write_ccp4_map(str(path))
        assert check_map.check_map(str(path)) == 0.0


def test_reports_a_map_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"^none.ccp4 could not be read"):
        check_map.check_map(str(tmp_path / "none.ccp4"))
