"""Session files with their bundles, and the files that they name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.locks import locked_file
from patterson_gui.io.sessions import files
from patterson_gui.io.sessions.files import (
    bundles_folder,
    find_marked,
    mark_of,
    read_session,
    remove_session,
    write_session,
)
from patterson_gui.io.sessions.session import LARGEST, FileMark, PredictionPart, Session

WHEN = datetime(2026, 11, 30, tzinfo=UTC)
NAMES = [f"prediction-{n:016x}.pgz" for n in range(4)]


def session(*names: str) -> Session:
    parts = tuple(PredictionPart(name=n, time=WHEN, bundle=n) for n in names)
    return Session(saved=WHEN, predictions=parts)


def writer(name: str, calls: list[str]):
    def write(path: Path) -> None:
        calls.append(name)
        path.write_text(name)

    return write


def save(path: Path, *names: str) -> list[str]:
    calls: list[str] = []
    write_session(path, session(*names), {name: writer(name, calls) for name in names})
    return calls


def test_writes_each_bundle_once_and_removes_those_that_are_not_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.pgsession"
    assert save(path, NAMES[0], NAMES[1]) == NAMES[:2]
    mine = bundles_folder(path) / "notes.txt"
    mine.write_text("of the user")
    assert save(path, NAMES[1], NAMES[2]) == [NAMES[2]]
    assert {p.name for p in bundles_folder(path).iterdir()} == {*NAMES[1:3], "notes.txt"}
    assert [p.bundle for p in read_session(path).predictions] == NAMES[1:3]


def test_removes_a_session_and_leaves_what_the_user_put_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.pgsession"
    save(path, NAMES[0])
    remove_session(path)
    assert list(tmp_path.iterdir()) == []
    save(path, NAMES[0])
    (bundles_folder(path) / "notes.txt").write_text("of the user")
    remove_session(path)
    assert [p.name for p in bundles_folder(path).iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("keep", [True, False])
def test_keeps_the_files_of_solutions_of_a_user(tmp_path: Path, keep: bool) -> None:
    path = tmp_path / "mine.pgsession"
    solution = "solution-0123456789abcdef"
    solved = Session(saved=WHEN, solution=solution)
    write_session(path, solved, {solution: lambda folder: folder.mkdir()})
    write_session(path, session(), {}, keep_solutions=keep)
    assert (bundles_folder(path) / solution).is_dir() == keep


def test_a_bundle_that_cannot_be_written_leaves_the_earlier_session(tmp_path: Path) -> None:
    path = tmp_path / "mine.pgsession"
    save(path, NAMES[0])
    before = path.read_bytes()

    def fail(target: Path) -> None:
        target.write_text("half")
        raise UserError("The disk is full.")

    with pytest.raises(UserError, match="disk is full"):
        write_session(path, session(NAMES[0], NAMES[1]), {NAMES[1]: fail})
    assert path.read_bytes() == before
    assert [p.name for p in bundles_folder(path).iterdir()] == [NAMES[0]]


def test_two_programs_do_not_write_one_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_WAIT", 0.1)
    path = tmp_path / "mine.pgsession"
    with locked_file(path, "writes"), pytest.raises(UserError, match="Another patterson-gui"):
        save(path)


def test_finds_a_file_at_its_relative_or_absolute_place(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "sessions"
    folder.mkdir(parents=True)
    data = tmp_path / "a" / "data.mtz"
    data.write_text("content")
    mark = mark_of(data, folder)
    assert mark.path == "../data.mtz"
    assert find_marked(mark, folder) == (data, "")
    (tmp_path / "a").rename(tmp_path / "b")  # both were moved
    found, problem = find_marked(mark, tmp_path / "b" / "sessions")
    assert found == tmp_path / "b" / "data.mtz"
    assert problem == ""
    (tmp_path / "b").rename(tmp_path / "a")  # the session alone was moved
    assert find_marked(mark, tmp_path) == (data, "")


def test_tells_that_a_file_is_missing_or_has_changed(tmp_path: Path) -> None:
    data = tmp_path / "data.mtz"
    data.write_text("content")
    mark = mark_of(data, tmp_path)
    data.write_text("CONTENT")
    assert find_marked(mark, tmp_path) == (
        data, "data.mtz was changed since the session was saved.",
    )  # fmt: skip
    data.unlink()
    found, problem = find_marked(mark, tmp_path)
    assert found is None
    assert problem == f"data.mtz is no longer at {data}: it was moved or removed."


@pytest.mark.parametrize("place", ["//elsewhere/share/a.mtz", r"\\\\elsewhere\share\a.mtz"])
def test_does_not_ask_another_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(files, "_is_file", lambda path: bool(asked.append(str(path))))
    mark = FileMark(path=place, absolute=place, size=1, sha256="0" * 64)
    found, problem = find_marked(mark, tmp_path)
    assert found is None
    assert "is no longer at" in problem
    assert not [path for path in asked if path.startswith(("//", "\\\\"))]


def test_prefers_the_file_with_the_same_content(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    data = tmp_path / "old" / "data.mtz"
    data.write_text("content")
    mark = mark_of(data, tmp_path / "old")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "data.mtz").write_text("another")
    assert find_marked(mark, tmp_path / "new") == (data, "")


def test_refuses_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pgsession"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(UserError, match="larger than"):
        read_session(path)
