"""Reflections of the data-processing programs."""

from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import read_amplitudes
from tests.io.reflection_files import HKL, SIGMA, F, same


def test_scalepack_is_read_with_and_without_friedel_mates(tmp_path: Path):
    head = (
        f"    1\n -987\n{8.5:10.3f}{9.5:10.3f}{12.5:10.3f}{90:10.3f}{103:10.3f}{90:10.3f} p21/c\n"
    )
    for pair in (False, True):
        lines = []
        for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True):
            one = f"{f * f:8.1f}{2 * f * s:8.1f}"
            lines.append(f"{h[0]:4d}{h[1]:4d}{h[2]:4d}{one}{one if pair else ''}\n")
        path = tmp_path / "a.sca"
        path.write_text(head + "".join(lines))
        assert same(read_amplitudes(path))


@pytest.mark.parametrize("merged", [False, True])
def test_xds_files_leave_out_what_was_rejected(tmp_path: Path, merged: bool):
    names = ("H", "K", "L", "IOBS", "SIGMA(IOBS)", "XD", "YD", "ZD")[: 5 if merged else 8]
    items = "".join(f"!ITEM_{name}={n}\n" for n, name in enumerate(names, start=1))
    head = (
        f"!FORMAT=XDS_ASCII    MERGE={str(merged).upper()}    FRIEDEL'S_LAW=TRUE\n"
        "!SPACE_GROUP_NUMBER=   14\n!UNIT_CELL_CONSTANTS= 8.5 9.5 12.5 90.000 103.00 90.000\n"
        f"!NUMBER_OF_ITEMS_IN_EACH_DATA_RECORD={len(names)}\n{items}!END_OF_HEADER\n"
    )
    more = "" if merged else " 1 1 1"
    rows = [
        f" {h[0]} {h[1]} {h[2]} {f * f:.3f} {2 * f * s:.3f}{more}\n"
        for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True)
    ]
    rows.append(f" 1 1 1 99999 -3.0{more}\n")
    path = tmp_path / "XDS_ASCII.HKL"
    path.write_text(head + "".join(rows) + "!END_OF_DATA\n")
    assert same(read_amplitudes(path))
    path.write_text(head)
    with pytest.raises(UserError, match="HKL lacks"):
        read_amplitudes(path)
