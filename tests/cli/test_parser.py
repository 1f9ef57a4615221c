"""What the program does with its arguments."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict", "missing.pdb", "-o", "x"), "missing.pdb"),
        (("predict",), "required"),
        (("frobnicate",), "no file or command"),
        (("patterson", "a.mtz", "-o", "P.ccp4", "--d-min", "two"), "not a number"),
        (("patterson", "a.mtz", "-o", "P.ccp4", "--b", "10"), "--sharpen b_factor"),
        (("evaluate", ".", "--length", "5"), "the kind 'fragment'"),
        (("evaluate", "no-such-folder"), "not a folder"),
        (("one.pdb", "two.pdb"), "One file at a time"),
    ],
)
def test_reports_a_mistake_in_one_line_with_exit_code_1(
    call: Call,
    words: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call(*words)
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert sentence in answer.err


@pytest.mark.parametrize("named", [True, False])
def test_opens_the_window_for_a_file_or_no_argument(
    call: Call, model: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    opened: list[Path | None] = []

    def open_window(path: Path | None) -> int:
        opened.append(path)
        return 3

    monkeypatch.setattr("patterson_gui.cli.window.open_window", open_window)
    assert call(*([model] if named else [])).code == 3
    assert opened == [model if named else None]


def test_first_light_prints_figures_and_folder(
    call: Call, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import patterson_gui as pg

    result = pg.predict(bundle, method="retrieval", atoms=False, starts=2)
    monkeypatch.setattr("patterson_gui.cli.window.predict_example", lambda folder: result.figures)
    answer = call("first-light", "--out", tmp_path / "new")
    assert answer.code == 0
    assert result.verdict in answer.out
    assert answer.out.endswith(f"→ {tmp_path / 'new'}\n")
    assert (tmp_path / "new").is_dir()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others always have a display")
@pytest.mark.parametrize("command", [(), ("first-light",), ("figure", "a.png.json", "-o", "b.png")])
def test_without_a_display_there_is_a_sentence_and_no_crash(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    answer = call(*command)
    assert answer.code == 1
    assert "There is no display to open the window on" in answer.err
    assert "xvfb-run -a" in answer.err
