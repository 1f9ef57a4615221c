import json
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.training.form import form_fields, problems
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.setting_groups import GROUPS
from patterson_gui.io.training.settings import TrainingSettings, read_settings, write_settings

GIVEN = {"data": Path("a.h5"), "output": Path("run")}


def test_reads_back_settings(tmp_path: Path) -> None:
    settings = TrainingSettings(**GIVEN).changed(
        {"augmentation.d_min": (1.5, 2.5), "time_budget": 60, "network_config": {"blocks": 2}}
    )
    write_settings(tmp_path / "s.json", settings)
    assert read_settings(tmp_path / "s.json") == settings


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00\x01", '{"data": 3}', '{"speling": 1}'])
def test_rejects_a_file_without_settings_in_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    with pytest.raises(UserError) as refusal:
        read_settings(path)
    assert str(refusal.value).count("\n") == 0


def test_names_an_invalid_value_and_changes_nothing() -> None:
    settings = TrainingSettings(**GIVEN)
    with pytest.raises(UserError, match="'learning_rate' input should be greater than 0"):
        settings.changed({"learning_rate": 0})
    with pytest.raises(UserError, match=r"'augmentation.noise'"):
        settings.changed({"augmentation.noise": 2})
    assert settings == TrainingSettings(**GIVEN)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_gives_valid_settings(name: str) -> None:
    settings = PRESETS[name].settings(Path("a.h5"), Path("run"), epochs=3)
    assert (settings.data, settings.epochs) == (Path("a.h5"), 3)


def test_presets_of_the_paper_have_its_batch_sizes_and_losses() -> None:
    first, second = (PRESETS[name].settings(**GIVEN) for name in ("paper-1", "paper-2"))
    assert (first.batch_size, first.accumulation, first.epochs) == (146, 3, 1000)
    assert (second.batch_size, second.accumulation, second.epochs) == (58, 16, 200)
    assert (first.mse_weight, first.correlation_weight) == (1.0, 0.0)
    assert (second.mse_weight, second.correlation_weight) == (0.999, 0.001)
    assert (first.optimiser, second.optimiser, second.weight_decay) == ("adam", "adamw", 0.03)
    assert not first.augmentation.rotations


def test_form_has_a_field_for_every_setting() -> None:
    fields = {field.key: field for field in form_fields()}
    assert all(f.title and f.description and f.group in GROUPS for f in fields.values())
    assert {name.partition(".")[0] for name in fields} == set(TrainingSettings.model_fields)
    assert fields["augmentation.d_min"].kind == "range"
    assert fields["augmentation.d_min"].optional
    assert fields["augmentation.d_min"].unit == "Å"
    assert fields["schedule"].choices == ("cosine", "one_cycle", "paper", "constant")
    assert (fields["learning_rate"].minimum, fields["learning_rate"].above) == (0.0, True)
    assert fields["batch_size"].kind == "int"
    assert not fields["batch_size"].expert


def test_form_accepts_the_defaults() -> None:
    values = {field.key: field.default for field in form_fields()} | GIVEN
    assert problems(values) == {}
    made = TrainingSettings(**GIVEN)
    assert made.changed({k: v for k, v in values.items() if k not in GIVEN}) == made


def test_reports_an_error_for_the_field_it_belongs_to() -> None:
    values = {**GIVEN, "epochs": 0, "augmentation.b_iso": (1, "x"), "network": 3}
    found = problems(values)
    assert set(found) == {"epochs", "augmentation.b_iso", "network"}
    assert found["epochs"] == "input should be greater than or equal to 1."
    assert set(problems({"output": "run"})) == {"data"}
    both = problems({**GIVEN, "mse_weight": 0, "correlation_weight": 0})
    assert both == {"": "one of the two weights of the loss must be above 0."}
    ranges = problems({**GIVEN, "augmentation.d_min": (3, 1)})
    assert "ascending" in next(iter(ranges.values()))


def test_keeps_the_old_settings_if_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    path = tmp_path / "s.json"
    write_settings(path, TrainingSettings(**GIVEN))
    before = path.read_bytes()

    def full(self: Path, *args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match="the disk is full"):
        write_settings(path, TrainingSettings(**GIVEN, epochs=5))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.json"]
    assert json.loads(before)["epochs"] == 100
