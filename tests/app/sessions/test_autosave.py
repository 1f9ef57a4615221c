"""Sessions that are saved automatically, and found after a kill."""

import shutil
from pathlib import Path

import pytest

from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.io.resources import example_path, resources_folder
from patterson_gui.io.sessions.files import bundles_folder, read_session
from tests.app.sessions.conftest import WINDOW, SessionDriver


@pytest.fixture
def places(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture
def worked(first: SessionDriver, tmp_path: Path) -> SessionDriver:
    """A workbench with a file of the user and a prediction."""
    shutil.copy(resources_folder() / "examples" / "1yjp.pdb", tmp_path / "mine.pdb")
    first.workbench.open(OpenRequest(tmp_path / "mine.pdb"))
    first.wait_until_idle()
    first.predict(0)
    return first


def test_after_a_kill_the_next_start_finds_the_session(
    worked: SessionDriver, second: SessionDriver, places: Path
) -> None:
    autosave = worked.autosave(places)
    assert autosave.find_leftover() is None
    autosave.begin()
    autosave.save(WINDOW)
    worked.wait_until_idle()
    assert second.autosave(places).find_leftover() is None  # its window is open
    worked.let_go(autosave)
    found = second.autosave(places).find_leftover()
    assert found is not None
    assert found.sentence.startswith("The program did not end properly: mine with 1 prediction,")
    second.sessions.open(found.path, in_file=False)
    second.wait_until_idle()
    assert len(second.workbench.predicting.kept.items) == 1
    assert second.workbench.predicting.kept.unsaved  # no file of the user has it
    found.discard()
    assert [p.name for p in places.iterdir()] == []


def test_what_is_not_restored_is_offered_again(worked: SessionDriver, places: Path) -> None:
    autosave = worked.autosave(places)
    autosave.begin()
    autosave.save(WINDOW)
    worked.wait_until_idle()
    worked.let_go(autosave)
    found = worked.autosave(places).find_leftover()
    assert found is not None
    assert worked.autosave(places).find_leftover() is None  # offered in one window at a time
    found.release()
    again = worked.autosave(places).find_leftover()
    assert again is not None
    again.release()


def test_a_clean_end_empties_the_place_and_keeps_what_was_open(
    worked: SessionDriver, places: Path
) -> None:
    autosave = worked.autosave(places)
    autosave.begin()
    autosave.save(WINDOW)
    worked.wait_until_idle()
    kept = worked.workbench.predicting.kept
    kept.give_up(kept.items[0])  # the user chose “Discard”
    autosave.end(WINDOW)
    assert [p.name for p in places.iterdir()] == ["last.pgsession"]
    last = read_session(places / "last.pgsession")
    assert last.predictions == ()
    assert last.opened is not None
    assert Path(last.opened.file.absolute).name == "mine.pdb"


def test_an_end_that_asked_nobody_keeps_what_is_not_saved(
    worked: SessionDriver, places: Path
) -> None:
    autosave = worked.autosave(places)
    autosave.begin()
    autosave.end(WINDOW)
    found = worked.autosave(places).find_leftover()
    assert found is not None
    assert len(found.session.predictions) == 1
    found.discard()


def test_two_windows_have_places_of_their_own(
    worked: SessionDriver, second: SessionDriver, places: Path
) -> None:
    second.workbench.open(OpenRequest(worked.document.crystal.source))
    second.wait_until_idle()
    for driver in (worked, second):
        autosave = driver.autosave(places)
        autosave.begin()
        autosave.save(WINDOW)
        driver.wait_until_idle()
        driver.workbench.test_autosave = autosave  # keeps its lock
    assert len(list(places.glob("*.pgsession"))) == 2
    for driver in (worked, second):
        driver.let_go(driver.workbench.test_autosave)


def test_saves_only_what_has_changed(worked: SessionDriver, places: Path) -> None:
    autosave = worked.autosave(places)
    autosave.begin()
    done = []
    for _ in range(3):
        autosave.save(WINDOW, lambda: done.append(1))
        worked.wait_until_idle()
    (path,) = places.glob("*.pgsession")
    written = path.stat().st_mtime_ns
    autosave.save(WINDOW)
    worked.wait_until_idle()
    assert path.stat().st_mtime_ns == written
    assert len(done) == 3
    worked.predict(1)
    autosave.save(WINDOW)
    worked.wait_until_idle()
    assert len(list(bundles_folder(path).iterdir())) == 2
    worked.let_go(autosave)


def test_an_example_alone_is_not_saved(first: SessionDriver, places: Path) -> None:
    first.workbench.open(OpenRequest(example_path()))
    first.wait_until_idle()
    autosave = first.autosave(places)
    autosave.begin()
    autosave.save(WINDOW)
    first.wait_until_idle()
    assert list(places.glob("*.pgsession")) == []
    autosave.end(WINDOW)
    assert list(places.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["{", '{"format": "patterson_gui session", "schema_version": 2}']
)
def test_a_place_that_cannot_be_read_stays_as_it_is(
    worked: SessionDriver, places: Path, content: str
) -> None:
    places.mkdir()
    (places / "autosave-1.pgsession").write_text(content)
    autosave = worked.autosave(places)
    assert autosave.find_leftover() is None
    autosave.begin()
    autosave.save(WINDOW)
    worked.wait_until_idle()
    assert (places / "autosave-1.pgsession").read_text() == content
    assert (places / "autosave-2.pgsession").is_file()
    worked.let_go(autosave)


def test_a_folder_that_cannot_be_written_to_is_told_once(
    worked: SessionDriver, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    autosave = worked.autosave(places)
    autosave.begin()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("patterson_gui.app.sessions.autosave.write_captured", fail)
    for seed in (1, 2):
        worked.predict(seed)
        autosave.save(WINDOW)
        worked.wait_until_idle()
    (told,) = worked.errors()
    assert told.startswith("The session is not saved automatically at present: ")
    worked.let_go(autosave)
