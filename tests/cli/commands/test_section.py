"""`section`: what it draws, what it prints, and its errors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import patterson_gui as pg

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def sucrose() -> Path:
    """Measured intensities of sucrose, P 2₁."""
    return pg.measured_example_path()


def test_draws_all_harker_sections_and_lists_them(
    call: Call, sucrose: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s.pdf"
    answer = call("section", sucrose, "--harker", "all", "--peaks", "5", "-o", out)
    assert answer.code == 0
    assert "Harker sections of P 1 21 1" in answer.out
    assert "  1  plane  u, ½, w  2x, ½, 2z by −x, y+½, −z" in answer.out
    assert f"1 section of the patterson map at 10 mm per Å → {out}" in answer.out
    assert out.read_bytes().startswith(b"%PDF")


def test_draws_a_range_of_sections_on_one_picture(call: Call, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.svg"
    answer = call(
        "section", model, "--at", "w=0:1/2:1/4", "--at", "1 1 0 = 0.3", "--scale", "2",
        "--bounds=0:1,-0.5:0.5", "--levels", "1:1:5", "--no-negative", "-o", out,
    )  # fmt: skip
    assert answer.code == 0
    assert "4 sections" in answer.out
    text = out.read_text(encoding="utf-8")
    assert text.count('id="frame"') == 4
    assert "u, v, ¼" in text
    assert "(1 1 0) at 0.3 d" in text
    assert 'id="negative' not in text


def test_cuts_the_map_of_a_map_file(call: Call, model: Path, tmp_path: Path) -> None:
    pg.section(model, "w=0")  # the model has a cell
    pg.patterson(model).save(tmp_path / "P.ccp4")
    answer = call(
        "section", tmp_path / "P.ccp4", "--harker", "1", "--space-group", "P212121",
        "-o", tmp_path / "s.svg",
    )  # fmt: skip
    assert answer.code == 0
    text = (tmp_path / "s.svg").read_text(encoding="utf-8")
    assert "P · Patterson map · Harker plane ½, v, w" in text
    answer = call("section", tmp_path / "P.ccp4", "--harker", "1", "-o", tmp_path / "t.svg")
    assert answer.code == 1
    assert "name that with --space-group" in answer.err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "Say which section: --at w=0.5, or --harker all."),
        (["--harker", "all"], "P 1 has no Harker sections, because"),
        (["--harker", "3", "--space-group", "P 21"], "There are only 1 Harker sections"),
        (["--harker", "all", "--space-group", "P-1"], "P-1 has no Harker sections"),
        (["--harker", "all", "--space-group", "P 4"], "does not have the symmetry of P 4"),
        (["--at", "w=4"], "The section w = 4 lies outside −1…2"),
        (["--at", "q=0.4"], "“q=0.4” is no section"),
        (["--at", "w=0:1:0"], "is no range of sections"),
        (["--at", "w=0:1:1/1000"], "means 1001 sections"),
        (["--at", "w=0", "--bounds=0:5"], "The bounds 0…5 are not possible"),
        (["--at", "w=0", "--bounds=half"], "'half' is not centred, cell, three"),
        (["--at", "w=0", "--sharpen", "F"], "sharpen must be one of none"),
        (["--at", "w=0", "--levels", "2"], "'2' is not START:STEP or START:STEP:N"),
        (["--at", "w=0", "--levels", "0:1"], "'0' must be above 0"),
        (["--at", "w=0", "--map", "density", "--sharpen", "E"], "add --map patterson"),
        (["--at", "w=0", "--native", "n.mtz"], "only used with --kind"),
        (["--at", "w=0", "--scale", "900"], "choose a smaller scale"),
    ],
)
def test_errors_are_one_sentence(
    call: Call, model: Path, tmp_path: Path, words: list[str], error: str
) -> None:
    answer = call("section", model, *words, "-o", tmp_path / "s.pdf")
    assert answer.code == 1
    assert error in answer.err
    assert not (tmp_path / "s.pdf").exists()


def test_offers_the_bounds_that_there_are() -> None:
    from patterson_gui.cli.commands.section import _NAMED_BOUNDS
    from patterson_gui.crystal.sections.sampling import BOUNDS

    assert ("auto", *BOUNDS) == _NAMED_BOUNDS


def test_refuses_a_file_that_is_no_drawing_before_it_reads(
    call: Call, model: Path, tmp_path: Path
) -> None:
    answer = call("section", model, "--at", "w=0", "-o", tmp_path / "s.ccp4")
    assert answer.code == 1
    assert ".pdf, .svg or .png" in answer.err
