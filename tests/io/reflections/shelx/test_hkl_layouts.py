"""Lists of reflections in columns that are not those of SHELX, or that are cut."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.formats.shelx_header import HklFormat
from patterson_gui.io.reflections.columns import Measurements
from patterson_gui.io.reflections.shelx.hkl import is_hkl, parse_hkl
from patterson_gui.io.source_file import SourceFile

HKL = [(-8, -3, 2), (-8, -3, 3), (1, 0, 4), (2, 11, -1), (0, 2, 6)]
VALUES = [(2.41, 0.70), (183.26, 4.07), (1234.56, 12.3), (0.5, 0.2), (77.0, 3.0)]


def listed(form: str, *extra: object) -> str:
    """Rows of h, k, l, value, σ, each written by `form`, with `extra` for its further places."""
    return "".join(
        form.format(*hkl, *values, *extra) + "\n" for hkl, values in zip(HKL, VALUES, strict=True)
    )


def parsed(text: str, form: HklFormat | None = None) -> Measurements:
    return parse_hkl(text, form, "a.hkl")


@pytest.mark.parametrize(
    "text",
    [
        listed("{:4d}{:4d}{:4d}{:8.2f}{:8.2f}{:4d}", 1),
        listed("{:4d}{:4d}{:4d}{:10.2f}{:10.2f}"),
        listed("{:5d}{:5d}{:5d}{:12.4f}{:12.4f}"),
        listed("{}\t{}\t{}\t{}\t{}"),
        listed("{},{},{},{},{}"),
        listed("{}, {}, {}, {}, {}"),
        listed("{};{};{};{};{}"),
        "h;k;l;Fo2;sigma\n" + listed("{};{};{};{};{}").replace(".", ","),
        "h,k,l,F_squared_meas,F_squared_sigma\n" + listed("{},{},{},{},{}"),
        listed("{} {} {} {} {}").replace(".", ","),
        listed("{0} {1} {2} {5} {3} {4}", 0),
        listed("{0:4d}{1:4d}{2:4d}{5:4d}{3:8.2f}{4:8.2f}", 0),
        listed("{0} {1} {2} {5} {6} {3} {4}", 0, 0),
        listed("{0} {1} {2} {5} {6} {7} {3} {4}", 0, 0, 0),
        listed("{} {} {} {:.6E} {:.6E}"),
        listed("{} {} {} {:.6E} {:.6E}").replace("E", "D"),
    ],
)  # fmt: skip
def test_every_layout_gives_the_same_reflections(tmp_path: Path, text: str):
    path = tmp_path / "a.hkl"
    path.write_text(text, "utf-8")
    assert is_hkl(SourceFile(path))
    data = parsed(text)
    assert data.kind == "intensity"
    assert data.hkl.tolist() == [list(hkl) for hkl in HKL]
    assert data.sigma is not None
    assert np.column_stack([data.value, data.sigma]) == pytest.approx(np.array(VALUES))
    assert data.notes == ()


def test_a_line_of_names_says_that_the_values_are_amplitudes():
    assert parsed("h,k,l,Fobs,sigF\n" + listed("{},{},{},{},{}")).kind == "amplitude"


@pytest.mark.parametrize(
    "form",
    [
        "{0} {1} {2} {5} {3} {4}",
        "{0:4d}{1:4d}{2:4d}{5:4d}{3:8.2f}{4:8.2f}",
        "{0} {1} {2} 0 {5} {3} {4}",
    ],
)
def test_main_reflections_of_a_modulated_crystal_are_kept(form: str):
    text = "".join(listed(form, m) for m in (-1, 0, 1))
    data = parsed(text)
    assert data.hkl.tolist() == [list(hkl) for hkl in HKL]
    assert data.value.tolist() == [value for value, _ in VALUES]
    assert "10 satellite reflections" in data.notes[0]


def test_a_large_value_may_touch_the_fourth_index():
    text = "".join(listed("{0:4d}{1:4d}{2:4d}{5:4d}{3:8.2f}{4:8.2f}", m) for m in (0, 1))
    text += "   1   1   1   012345.67   12.34\n"
    assert parsed(text).value.tolist()[-1] == 12345.67


def test_the_third_of_four_hexagonal_indices_is_not_used():
    rows = "".join(
        f"{i[0]} {i[1]} {-i[0] - i[1]} {i[2]} {values[0]} {values[1]}\n"
        for i, values in zip(HKL, VALUES, strict=True)
    )
    data = parsed(rows)
    assert data.hkl.tolist() == [list(hkl) for hkl in HKL]
    assert "i is not used" in data.notes[0]


def test_lists_with_phases_give_amplitudes_or_are_refused():
    phases = (-170.0, 20.0, 90.0, 175.0, 3.0)
    rows = [
        (*hkl, value, phase) for hkl, (value, _), phase in zip(HKL, VALUES, phases, strict=True)
    ]
    weighted = "".join("{} {} {} {} 0.9 {}\n".format(*row) for row in rows)
    data = parsed(weighted)
    assert data.kind == "amplitude"
    assert data.sigma is None
    assert data.value.tolist() == [value for value, _ in VALUES]
    unclear = "".join("{} {} {} {} 5.5 {}\n".format(*row) for row in rows)
    with pytest.raises(UserError, match="h k l and three values"):
        parsed(unclear)


@pytest.mark.parametrize(
    ("form", "cut"),
    [
        ("{:4d}{:4d}{:4d}{:8.2f}{:8.2f}{:4d}", 5),
        ("{:4d}{:4d}{:4d}{:8.2f}{:8.2f}", 1),
        ("{:4d}{:4d}{:4d}{:8.2f}{:8.2f}", 10),
        ("{:4d}{:4d}{:4d}{:8.2f}{:8.2f}", 18),
        ("{} {} {} {:.2f} {:.2f}", 1),
        ("{} {} {} {:.2f} {:.2f}", 5),
    ],
)
def test_a_last_line_that_is_cut_is_left_out_and_told(form: str, cut: int):
    text = listed(form, 1).rstrip("\n")
    assert len(parsed(text).value) == 5
    data = parsed(text[:-cut])
    assert data.hkl.tolist() == [list(hkl) for hkl in HKL[:-1]]
    assert "cut off within its last line" in " ".join(data.notes)


@pytest.mark.parametrize("place", [1, 3])
def test_a_bad_line_near_the_end_does_not_end_the_list_in_silence(place: int):
    lines = listed("{:4d}{:4d}{:4d}{:8.2f}{:8.2f}").splitlines()
    lines.insert(place, "   1   x   1")
    with pytest.raises(UserError, match=f"line {place + 1}"):
        parsed("\n".join(lines) + "\n")


def test_values_that_are_no_numbers_are_counted():
    text = listed("{:4d}{:4d}{:4d}{:8.2f}{:8.2f}")
    text += "   1   1   1********    1.00\n   1   1   2     nan    1.00\n"
    data = parsed(text)
    assert len(data.value) == 5
    assert "2 reflections of a.hkl did not fit" in data.notes[0]


def test_a_twin_list_is_known_whatever_the_instruction_says():
    """Domain 1 alone, then a reflection of both domains, then domain 2 alone."""
    text = (
        "   1   1   1  100.00    1.00   1\n   2   1   1  100.00    1.00   1\n"
        "  -1   1   2   50.00    1.00  -2\n   1   1   2   50.00    1.00   1\n"
        "  -3   1   2   50.00    1.00   2\n"
    )
    for form in (None, HklFormat(4), HklFormat(5)):
        data = parsed(text, form)
        assert data.hkl.tolist() == [[1, 1, 1], [2, 1, 1]]
        assert "is a twin (HKLF 5)" in data.notes[0]


def test_flags_of_the_free_r_value_are_no_twin():
    text = "   1   1   1  100.00    1.00   1\n   2   1   1  100.00    1.00  -1\n"
    for form in (None, HklFormat(4)):
        assert len(parsed(text, form).value) == 2


def test_a_batch_number_beyond_any_integer_is_read_without_a_warning():
    lines = [f"{h:4d}{1:4d}{2:4d}{100.0 + h:8.2f}{5.0:8.2f}   1\n" for h in range(1, 9)]
    lines[3] = f"{4:4d}{1:4d}{2:4d}{104.0:8.2f}{5.0:8.2f}   9223372036854775808\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(parsed("".join(lines)).value) == 8
