"""The JSON beside a figure: what is written is read again, and damage is named."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.figures.settings import (
    CurvePart,
    FigureSettings,
    PicturePart,
    PlotPart,
    SectionPart,
    TurntablePart,
    parse_settings,
    read_settings,
    settings_path,
)
from patterson_gui.io.sessions.session import Session

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
PARTS: dict[str, dict[str, Any]] = {
    "view": {"picture": PicturePart(background="transparent"), "session": Session(saved=NOW)},
    "turntable": {
        "picture": PicturePart(),
        "turntable": TurntablePart(axis="b"),
        "session": Session(saved=NOW),
    },
    "section": {
        "section": SectionPart(layer="patterson", harker="u, ½, w", start=2.0, step=1.0),
        "session": Session(saved=NOW),
    },
    "plot": {
        "plot": PlotPart(
            x=(0, 1), y=(0, 2), width=400, height=300, curves=(CurvePart(x=(0, 1), y=(None, 2)),)
        )
    },
}


def settings(kind: str) -> FigureSettings:
    return FigureSettings.model_validate(
        {"made": NOW, "figure": "a.png", "kind": kind, **PARTS[kind]}
    )


@pytest.mark.parametrize("kind", PARTS)
def test_settings_are_read_as_they_were_written(tmp_path: Path, kind: str) -> None:
    path = settings_path(tmp_path / "a.png")
    assert path.name == "a.png.json"
    path.write_text(settings(kind).to_json(), encoding="ascii")
    assert read_settings(path) == settings(kind)
    assert json.loads(path.read_text())["program"].startswith("patterson_gui 0.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "patterson_gui session"}, "has no settings of a figure"),
        ({"schema_version": 2}, "newer version"),
        ({"picture": {"width": 0}}, r"damaged \(picture.width"),
        ({"picture": {"background": "pink"}}, r"damaged \(picture.background"),
        ({"kind": "turntable"}, "the settings of a turntable are missing"),
        ({"session": None}, "the settings of a view are missing"),
    ],
)
def test_damaged_settings_are_refused_with_the_place(change: dict[str, Any], words: str) -> None:
    values = json.loads(settings("view").to_json()) | change
    with pytest.raises(UserError, match=words):
        parse_settings(json.dumps(values).encode(), "a.json")


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"[1]", b"{" * 100_000])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(UserError, match="has no settings of a figure"):
        parse_settings(content, "a.json")
