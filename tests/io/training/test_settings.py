import json
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.training.form import form_fields, problems
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.settings import (
    GROUPS,
    TrainingSettings,
    read_settings,
    write_settings,
)

GIVEN = {"data": Path("a.h5"), "output": Path("run")}


def test_settings_come_back_from_their_file(tmp_path: Path) -> None:
    settings = TrainingSettings(**GIVEN).changed(
        {"augmentation.d_min": (1.5, 2.5), "time_budget": 60, "network_config": {"blocks": 2}}
    )
    write_settings(tmp_path / "s.json", settings)
    assert read_settings(tmp_path / "s.json") == settings


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00\x01", '{"data": 3}', '{"speling": 1}'])
def test_a_file_with_something_else_is_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    with pytest.raises(UserError) as refusal:
        read_settings(path)
    assert str(refusal.value).count("\n") == 0


def test_a_wrong_value_is_named_and_nothing_is_changed() -> None:
    settings = TrainingSettings(**GIVEN)
    with pytest.raises(UserError, match="'learning_rate' input should be greater than 0"):
        settings.changed({"learning_rate": 0})
    with pytest.raises(UserError, match=r"'augmentation.noise'"):
        settings.changed({"augmentation.noise": 2})
    assert settings == TrainingSettings(**GIVEN)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_settings(name: str) -> None:
    settings = PRESETS[name].settings(Path("a.h5"), Path("run"), epochs=3)
    assert (settings.data, settings.epochs) == (Path("a.h5"), 3)


def test_the_papers_presets_have_its_batches_and_loss() -> None:
    first, second = (PRESETS[name].settings(**GIVEN) for name in ("paper-1", "paper-2"))
    assert (first.batch_size, first.accumulation, first.epochs) == (146, 3, 1000)
    assert (second.batch_size, second.accumulation, second.epochs) == (58, 16, 200)
    assert (first.mse_weight, first.correlation_weight) == (1.0, 0.0)
    assert (second.mse_weight, second.correlation_weight) == (0.999, 0.001)
    assert (first.optimiser, second.optimiser, second.weight_decay) == ("adam", "adamw", 0.03)
    assert not first.augmentation.rotations


def test_a_form_has_a_line_for_every_setting_with_title_tooltip_and_group() -> None:
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


def test_a_form_filled_with_the_defaults_is_all_right() -> None:
    values = {field.key: field.default for field in form_fields()} | GIVEN
    assert problems(values) == {}
    made = TrainingSettings(**GIVEN)
    assert made.changed({k: v for k, v in values.items() if k not in GIVEN}) == made


def test_reports_an_error_at_its_field_of_the_form() -> None:
    values = {**GIVEN, "epochs": 0, "augmentation.b_iso": (1, "x"), "network": 3}
    found = problems(values)
    assert set(found) == {"epochs", "augmentation.b_iso", "network"}
    assert found["epochs"] == "input should be greater than or equal to 1."
    assert set(problems({"output": "run"})) == {"data"}
    both = problems({**GIVEN, "mse_weight": 0, "correlation_weight": 0})
    assert both == {"": "one of the two weights of the loss must be above 0."}
    ranges = problems({**GIVEN, "augmentation.d_min": (3, 1)})
    assert "ascending" in next(iter(ranges.values()))


def test_a_disk_that_fills_leaves_the_old_settings(
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
