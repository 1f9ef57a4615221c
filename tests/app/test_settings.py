"""Settings: saving, reading, limits, and files that cannot be read."""

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from patterson_gui.app.settings import N_RECENT, PredictionChoices, Settings, SettingsStore
from patterson_gui.io.places import settings_folder
from patterson_gui.io.training.settings import TrainingSettings


def test_saves_and_reads_settings(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "new folder")
    store.settings.theme = "dark"
    store.settings.prediction.starts = 16
    store.settings.add_recent(Path("/data/Ångström file.mtz"))
    assert store.save()
    again = SettingsStore(tmp_path / "new folder").settings
    assert again.theme == "dark"
    assert again.prediction.starts == 16
    assert again.recent_files == [str(Path("/data/Ångström file.mtz"))]


@pytest.mark.parametrize("content", ["", "{not json", '{"theme": "pink"}', "[1, 2]", "\0\0"])
def test_an_unreadable_file_is_kept_under_another_name_and_gives_defaults(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "settings.json").write_text(content)
    store = SettingsStore(tmp_path)
    assert store.settings == Settings()
    assert "could not be read" in store.note
    assert (tmp_path / "settings.json.unreadable").read_text() == content
    assert store.save()


def test_one_wrong_entry_does_not_discard_the_others(tmp_path: Path) -> None:
    text = '{"theme": "pink", "link_levels": false, "keys": {"open": 5}, "prediction": {"seed": 7}}'
    (tmp_path / "settings.json").write_text(text)
    store = SettingsStore(tmp_path)
    assert store.settings == Settings(link_levels=False, prediction=PredictionChoices(seed=7))
    assert "“keys”, “theme” could not be read" in store.note
    assert (tmp_path / "settings.json.unreadable").read_text() == text
    assert store.save()


def test_ignores_entries_of_a_later_version(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "light", "holograms": true}')
    store = SettingsStore(tmp_path)
    assert store.note == ""
    assert store.settings.theme == "light"


def test_saving_to_an_unwritable_folder_returns_false(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("in the way")
    assert not SettingsStore(target).save()
    assert not list(tmp_path.glob("*.tmp*"))
    assert stat.S_ISREG(target.stat().st_mode)


def test_recent_files_are_unique_limited_and_newest_first() -> None:
    settings = Settings()
    for i in range(30):
        settings.add_recent(Path(f"/data/{i}.pdb"))
    settings.add_recent(Path("/data/25.pdb"))
    assert len(settings.recent_files) == N_RECENT
    assert settings.recent_files[0] == str(Path("/data/25.pdb"))
    assert len(set(settings.recent_files)) == N_RECENT


def test_rejects_impossible_values_when_they_are_set() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.prediction.starts = 0
    with pytest.raises(ValidationError):
        settings.prediction.d_min = -1.0


def test_an_environment_variable_sets_the_settings_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATTERSON_GUI_CONFIG", str(tmp_path))
    assert settings_folder() == tmp_path


def test_keeps_names_of_files_that_are_not_utf_8(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    store.settings.add_recent(Path("/data/m\udcff.pdb"))
    assert store.save()
    again = SettingsStore(tmp_path)
    assert (again.settings.recent_files, again.note) == (["/data/m\udcff.pdb"], "")


def test_starts_with_defaults_where_the_file_is_nested_too_deeply(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"a":' * 50_000 + "1" + "}" * 50_000)
    assert "could not be read: the defaults are used" in SettingsStore(tmp_path).note


def test_two_windows_keep_the_changes_of_each_other(tmp_path: Path) -> None:
    SettingsStore(tmp_path).save()
    one, other = SettingsStore(tmp_path), SettingsStore(tmp_path)
    one.settings.theme = "dark"
    one.settings.add_recent(Path("/data/one.pdb"))
    assert one.save()
    other.settings.link_camera = False
    other.settings.add_recent(Path("/data/other.pdb"))
    assert other.save()
    saved = SettingsStore(tmp_path).settings
    assert (saved.theme, saved.link_camera) == ("dark", False)
    assert set(saved.recent_files) == {str(Path("/data/one.pdb")), str(Path("/data/other.pdb"))}
    one.settings.prediction.starts = 3
    assert one.save()
    saved = SettingsStore(tmp_path).settings
    assert (saved.theme, saved.link_camera, saved.prediction.starts) == ("dark", False, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_keeps_the_settings_of_the_last_training(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    training = TrainingSettings(data=Path("/data/a\udcff.h5"), output=Path("/out"), epochs=7)
    store.settings.training = training
    assert store.save()
    assert SettingsStore(tmp_path).settings.training == training


@pytest.mark.parametrize("training", ['{"epochs": 3}', '{"data": 1}', "[1]", '"a"', "4"])
def test_settings_of_a_training_that_are_not_understood_are_forgotten_alone(
    tmp_path: Path, training: str
) -> None:
    text = f'{{"theme": "light", "training": {training}}}'
    (tmp_path / "settings.json").write_text(text)
    store = SettingsStore(tmp_path)
    assert store.note == ""
    assert store.settings.theme == "light"
    assert store.settings.training is None
