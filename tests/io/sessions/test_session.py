"""The contents of session files: what is read again, refused, and ignored."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.sessions.session import (
    VERSION,
    CameraPart,
    FileMark,
    GivenPart,
    LayerPart,
    OpenedPart,
    PredictionPart,
    Session,
    ViewPart,
    WindowPart,
    parse_session,
)

WHEN = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
MARK = FileMark(path="../data/a.mtz", absolute="/x/data/a\udcff.mtz", size=12, sha256="0" * 64)
WHOLE = Session(
    name="a",
    saved=WHEN,
    opened=OpenedPart(
        file=MARK, beside=(MARK,), given=GivenPart(cell=(1, 2, 3, 90, 90, 90), elements="C H")
    ),
    crystal="crystal-0123456789abcdef.pgz",
    predictions=(PredictionPart(name="one", time=WHEN, bundle="prediction-1.pgz", r=0.5),),
    view=ViewPart(layers={"true": LayerPart(level=3.5, style="surface")}, link_camera=False),
    window=WindowPart(
        cameras={"true": CameraPart(rotation=(1, 0, 0, 0), target=(1, 2, 3), span=9)}
    ),
)


def values(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WHOLE.to_json())
    return found | changes


def read(found: Any) -> Session:
    return parse_session(json.dumps(found).encode(), "a.pgsession")


def test_reads_what_it_wrote() -> None:
    assert parse_session(WHOLE.to_json().encode("ascii"), "a.pgsession") == WHOLE


def test_ignores_entries_that_it_does_not_know() -> None:
    assert read(values(hologram={"a": [1]})) == WHOLE


def test_refuses_a_later_version() -> None:
    with pytest.raises(UserError, match=r"newer version of patterson_gui \(its version is 2"):
        read(values(schema_version=VERSION + 1, view="of another form"))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 5000, b"[]", b'{"format": 1}'])
def test_refuses_what_is_no_session(content: bytes) -> None:
    with pytest.raises(UserError, match="session") as told:
        parse_session(content, "a.pgsession")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "change",
    [
        {"saved": None},
        {"schema_version": "one"},
        {"opened": {"file": {"path": "a"}}},
        {"opened": {"file": MARK.model_dump() | {"sha256": "0" * 63 + "G"}}},
        {"opened": {"file": MARK.model_dump() | {"size": -1}}},
        {"view": {"layers": {"true": {"level": 1e300}}}},
        {"view": {"layers": {"true": {"style": "glass"}}}},
        {"view": {"patterson": {"spacing": "wide"}}},
        {"window": {"cameras": {"true": {"rotation": [0] * 4, "target": [0] * 3, "span": 1}}}},
        {"window": {"docks": "A" * 300_000}},
        {"predictions": [{"name": "a", "time": "yesterday", "bundle": "a.pgz"}]},
    ],
)
def test_refuses_impossible_values_in_a_sentence(change: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"a\.pgsession is damaged") as told:
        read(values(**change))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["../a.pgz", "/etc/passwd", "a/b.pgz", "..", "", "a\\b", "C:a"])
def test_refuses_bundles_outside_their_folder(name: str) -> None:
    with pytest.raises(UserError, match="damaged"):
        read(values(crystal=name))
