"""`figure`: made by the window, from the settings beside a figure."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_hands_the_settings_and_the_output_to_the_window(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Path, Path]] = []
    monkeypatch.setattr(
        "patterson_gui.cli.window.make_figure",
        lambda settings, out: made.append((settings, out)),
    )
    answer = call("figure", tmp_path / "a.png.json", "-o", tmp_path / "b.png")
    assert answer.code == 0
    assert made == [(tmp_path / "a.png.json", tmp_path / "b.png")]
    assert answer.out == f"→ {tmp_path / 'b.png'}\n"
