"""`solve`."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import patterson_gui as pg
from patterson_gui.api.solving import solve as solving
from patterson_gui.cli.options import solving as solve_options
from patterson_gui.cli.printing.solution import progress_lines
from patterson_gui.crystal.solution import SolveProgress
from tests.io.solved_crystals import made_solution

Call = Callable[..., Any]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the measured example."""
    source = pg.measured_example_path()
    for ending in (".hkl", ".ins"):
        shutil.copy(source.with_suffix(ending), tmp_path / f"test{ending}")
    return tmp_path / "test.hkl"


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Any]]:
    """Puts a solver in place that gives this verdict; returns the settings of its calls."""

    def place(word: str) -> list[Any]:
        calls: list[Any] = []

        def solver(intensities: Any, contents: Any, settings: Any, report: Any, _: Any) -> Any:
            calls.append((intensities, contents, settings))
            made = made_solution("P 1 21/n 1")
            report(SolveProgress("Phases", 0.2, starts=made.starts))
            report(SolveProgress("Space group", 0.5, candidates=made.candidates))
            report(SolveProgress("Refinement", 0.9, structure=made.structure))
            return replace(made, verdict=word, intensities=intensities, contents=contents)

        monkeypatch.setattr(solving, "solve_structure", solver)
        return calls

    return place


@pytest.mark.parametrize(("word", "code"), [("solved", 0), ("probably", 3), ("not solved", 4)])
def test_the_exit_code_tells_the_verdict(
    call: Call, data: Path, verdict: Any, word: str, code: int
) -> None:
    verdict(word)
    answer = call("solve", data)
    assert answer.code == code
    assert answer.out.startswith(f"test: {word}. ")
    folder = data.parent / "test-solved"
    assert answer.out.endswith(f"→ {folder}\n")
    assert (folder / "test.res").is_file()
    assert (folder / "report.html").is_file()


def test_progress_goes_to_standard_error_in_lines(call: Call, data: Path, verdict: Any) -> None:
    verdict("solved")
    answer = call("solve", data)
    assert answer.err.splitlines() == [
        "Phases",
        "  try 1, charge flipping: R 0.210, agreement 0.300",
        "  try 2, charge flipping: R 0.120, agreement 0.920, low R",
        "Space group",
        "  space group P 1 21/n 1, agreement 0.930",
        "Refinement",
        "  R1 0.0321, 5 atoms",
    ]


def test_json_prints_the_figures_of_the_report_alone(
    call: Call, data: Path, verdict: Any, tmp_path: Path
) -> None:
    verdict("solved")
    answer = call("solve", data, "-o", tmp_path / "out", "--json")
    assert answer.err == ""
    figures = json.loads(answer.out)
    assert figures["verdict"] == "solved"
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report.pop("files")
    assert report == figures


def test_options_reach_the_solver(call: Call, data: Path, verdict: Any, tmp_path: Path) -> None:
    calls = verdict("solved")
    answer = call(
        "solve", data, "-o", tmp_path / "out", "--formula", "C6 H12 O6", "--z", 4,
        "--cell", "8 9 11 90 103 90", "--wavelength", 0.5, "--space-group", "given",
        "--laue", "2/m", "--radiation", "electron", "--starts", 9, "--time", 3, "--seed", 5,
        "--no-hydrogens", "--isotropic",
    )  # fmt: skip
    assert answer.code == 0
    ((intensities, contents, settings),) = calls
    assert intensities.cell.parameters == (8, 9, 11, 90, 103, 90)
    assert (intensities.wavelength, intensities.radiation) == (0.5, "electron")
    assert contents.counts["C"] == 24
    assert (settings.space_group, settings.laue, settings.radiation) == ("given", "2/m", "electron")
    assert (settings.starts, settings.time, settings.seed) == (9, 3, 5)
    assert (settings.hydrogens, settings.anisotropic) == (False, False)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "auto"),
        (["--superpose", "none"], "none"),
        (["--superpose", "0.1 0.2 0.3"], ((0.1, 0.2, 0.3),)),
        (["--superpose", "0.1,0.2,0.3", "--superpose=-0.4 0 0.5"],
         ((0.1, 0.2, 0.3), (-0.4, 0.0, 0.5))),
    ],
)  # fmt: skip
def test_patterson_peaks_reach_the_solver(
    call: Call, data: Path, verdict: Any, arguments: list[str], expected: Any
) -> None:
    calls = verdict("solved")
    assert call("solve", data, *arguments).code == 0
    assert calls[0][2].superpose == expected


def test_peaks_and_automatic_starts_exclude_each_other(
    call: Call, data: Path, verdict: Any
) -> None:
    calls = verdict("solved")
    answer = call("solve", data, "--superpose", "auto", "--superpose", "0.1 0.2 0.3")
    assert answer.code == 1
    assert "Give --superpose once" in answer.err
    assert calls == []


def test_all_groups_are_tried_by_default(call: Call, data: Path, verdict: Any) -> None:
    calls = verdict("solved")
    call("solve", data)
    assert calls[0][2].space_group == "auto"


def test_files_of_others_stop_the_command_before_it_solves(
    call: Call, data: Path, verdict: Any
) -> None:
    calls = verdict("solved")
    answer = call("solve", data, "-o", data.parent)  # the data themselves are test.hkl
    assert answer.code == 1
    assert "test.hkl, which this program did not write" in answer.err
    assert calls == []


def test_a_solution_may_be_replaced_by_a_new_one(call: Call, data: Path, verdict: Any) -> None:
    verdict("solved")
    assert call("solve", data).code == 0
    assert call("solve", data).code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--formula", "C", "--elements", "C"), "not allowed with"),
        (("--cell", "1 2 3"), "six numbers"),
        (("--laue", "5"), "invalid choice"),
        (("--space-group", "Q 1"), "not known"),
        (("--z", "2"), "give the formula"),
    ],
)
def test_mistakes_are_told_in_one_line(
    call: Call, data: Path, words: tuple[str, ...], sentence: str
) -> None:
    answer = call("solve", data, *words)
    assert answer.code == 1
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert not (data.parent / "test-solved").exists()


def test_the_help_states_the_exit_codes(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call("solve", "--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "0 solved, 3 probably solved, 4 not solved; 1 an error" in text


def test_the_choices_of_the_options_are_those_of_the_function() -> None:
    assert solve_options.RADIATIONS == solving.RADIATIONS
    assert solve_options.LAUE_CLASSES == solving.LAUE_CLASSES


def test_a_step_is_told_once() -> None:
    first = SolveProgress("Phases", 0.1, "4 tries")
    assert list(progress_lines(None, first)) == ["Phases: 4 tries"]
    assert list(progress_lines(first, SolveProgress("Phases", 0.2, "4 tries"))) == []
    assert list(progress_lines(first, SolveProgress("Phases", 0.2, "8 tries"))) == [
        "Phases: 8 tries"
    ]
