"""`screen`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.api.solving import screen as screening
from patterson_gui.api.types.screening import Screening, ScreenProgress

Call = Callable[..., Any]

ROWS = (
    {"name": "a", "verdict": "solved", "space_group": "P -1", "formula": "C H4", "r1": 0.04},
    {"name": "b", "verdict": "failed", "reason": "It has no cell."},
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Replaces the screening by one that returns `ROWS`; its arguments."""
    asked: list[dict[str, Any]] = []

    def screen_sets(sets: Any, output: Path, options: Any, *, report: Any, **more: Any) -> Any:
        asked.append({"sets": sets, "output": output, "options": options, **more})
        for i, row in enumerate(ROWS):
            report(ScreenProgress(i + 1, 2, row))
        return Screening(output, ROWS, 1, ("Something changed.",))

    monkeypatch.setattr(screening, "screen_sets", screen_sets)
    return asked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.hkl").write_text("   1   0   0    1.00    0.10\n")
    return tmp_path / "in"


def test_prints_a_line_for_each_crystal_and_a_summary(
    call: Call, folder: Path, calls: list[dict[str, Any]], tmp_path: Path
) -> None:
    answer = call("screen", folder, "-o", tmp_path / "out")
    assert answer.code == 0
    assert answer.err.splitlines() == [
        "1/2  a: solved  P -1, C H4, R1 0.040",
        "2/2  b: failed  It has no cell.",
    ]
    assert answer.out.splitlines() == [
        "Note: Something changed.",
        "Finished before and kept: 1.",
        "2 crystals: 1 solved, 1 failed.",
        f"→ {tmp_path / 'out' / 'screen.html'}",
    ]


def test_options_reach_the_screening(
    call: Call, folder: Path, calls: list[dict[str, Any]], tmp_path: Path
) -> None:
    call(
        "screen", folder, "-o", tmp_path / "out", "--jobs", 3, "--limit", 50, "--retry",
        "--elements", "C H", "--seed", 4, "--isotropic", "--space-group", "given",
    )  # fmt: skip
    (asked,) = calls
    assert [one.name for one in asked["sets"]] == ["a"]
    assert (asked["jobs"], asked["limit"], asked["retry"], asked["dask"]) == (3, 50, True, None)
    options = asked["options"]
    assert (options["elements"], options["seed"], options["anisotropic"]) == ("C H", 4, False)
    assert options["space_group"] == "given"


def test_json_prints_the_rows_alone(
    call: Call, folder: Path, calls: list[dict[str, Any]], tmp_path: Path
) -> None:
    answer = call("screen", folder, "-o", tmp_path / "out", "--json")
    assert answer.err == ""
    assert json.loads(answer.out) == [dict(row) for row in ROWS]


def test_jobs_and_a_cluster_exclude_each_other(call: Call, folder: Path, tmp_path: Path) -> None:
    answer = call("screen", folder, "-o", tmp_path / "o", "--jobs", 2, "--dask", "tcp://x:1")
    assert answer.code == 1
    assert "not allowed with" in answer.err
