"""The train dialog: a field for every setting, errors at the fields, the settings it returns."""

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QValidator, QWheelEvent
from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from patterson_gui.gui.dialogs.train.dialog import TrainDialog
from patterson_gui.gui.dialogs.train.fields import Field, make_field
from patterson_gui.gui.dialogs.train.form import values_of
from patterson_gui.gui.dialogs.train.number_boxes import NumberBox, TimeBox
from patterson_gui.io.training.form import form_fields
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.run_folder import RunFolder
from patterson_gui.io.training.settings import TrainingSettings
from tests.app.example_datasets import write_small_dataset

pytestmark = pytest.mark.gui


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    return write_small_dataset(tmp_path / "data.h5")


def shown(qtbot: QtBot, values: dict[str, Any], resume: bool = False) -> TrainDialog:
    dialog = TrainDialog(values, resume)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitActive(dialog)
    return dialog


@pytest.fixture
def dialog(qtbot: QtBot, data_file: Path, tmp_path: Path) -> TrainDialog:
    return shown(qtbot, {"data": data_file, "output": tmp_path / "run"})


def go_to(qtbot: QtBot, widget: Any) -> None:
    """Give a field the focus. The window may become active late, so try until it has it."""

    def there() -> bool:
        if not widget.hasFocus():
            widget.window().activateWindow()
            widget.setFocus()
        return bool(widget.hasFocus())

    qtbot.waitUntil(there)


def type_in(qtbot: QtBot, widget: Any, text: str) -> None:
    """Replace the text of a field and leave it with Tab."""
    go_to(qtbot, widget)
    widget.selectAll()
    qtbot.keyClicks(widget, text)
    qtbot.keyClick(widget, Qt.Key.Key_Tab)


def test_every_setting_has_a_field_with_unit_description_and_limits(dialog: TrainDialog) -> None:
    assert set(dialog.form.fields) == {spec.key for spec in form_fields()}
    for spec in form_fields():
        field = dialog.form.fields[spec.key]
        assert field.editor.toolTip() == spec.description
        assert field.isHidden() is False
    assert dialog.form.fields["checkpoint_minutes"].box.suffix() == " min"  # type: ignore[attr-defined]
    assert dialog.form.fields["batch_size"].box.maximum() == 4096  # type: ignore[attr-defined]
    titles = {label.text() for label in dialog.findChildren(QLabel)}
    assert {"Learning rate", "Batch size", "Optimisation"} <= titles


def test_advanced_settings_are_hidden_until_unfolded(qtbot: QtBot, dialog: TrainDialog) -> None:
    expert, common = dialog.form.fields["weight_decay"], dialog.form.fields["learning_rate"]
    assert common.isVisible()
    assert not expert.isVisible()
    qtbot.mouseClick(dialog.form.disclosure, Qt.MouseButton.LeftButton)
    assert expert.isVisible()


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_fills_the_fields_with_its_values(
    dialog: TrainDialog, data_file: Path, tmp_path: Path, name: str
) -> None:
    dialog.preset.setCurrentIndex(dialog.preset.findData(name))
    settings = dialog.settings()
    assert settings is not None
    meant = PRESETS[name].settings(data_file, tmp_path / "run")
    for key, value in values_of(meant).items():
        found = dialog.form.values()[key]
        assert found == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), key
    assert PRESETS[name].description in dialog.preset_words.text()
    assert "Changed" not in dialog.preset_words.text()


def test_names_the_settings_that_differ_from_the_preset(qtbot: QtBot, dialog: TrainDialog) -> None:
    type_in(qtbot, dialog.form.fields["batch_size"].box, "7")  # type: ignore[attr-defined]
    assert dialog.preset_words.text().endswith("Changed: Batch size.")


def test_shows_a_missing_data_set_as_an_error_below_its_field(
    qtbot: QtBot, dialog: TrainDialog
) -> None:
    field = dialog.form.fields["data"]
    type_in(qtbot, field.line, "/nowhere/data.h5")  # type: ignore[attr-defined]
    assert field.error.isVisible()
    assert "no file /nowhere/data.h5" in field.error.text()
    assert not dialog.start.isEnabled()
    assert dialog.start.toolTip() == field.error.text()
    assert not dialog.form.fields["output"].error.isVisible()


def test_refuses_a_file_that_is_not_a_data_set(
    qtbot: QtBot, dialog: TrainDialog, tmp_path: Path
) -> None:
    other = tmp_path / "other.h5"
    other.write_text("nothing of the kind")
    type_in(qtbot, dialog.form.fields["data"].line, str(other))  # type: ignore[attr-defined]
    assert "not a data set" in dialog.form.fields["data"].error.text()


def test_refuses_to_overwrite_the_folder_of_another_training(
    qtbot: QtBot, dialog: TrainDialog, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "earlier")
    run.path.mkdir()
    run.metrics.write_text("")
    type_in(qtbot, dialog.form.fields["output"].line, str(run.path))  # type: ignore[attr-defined]
    assert "holds a training" in dialog.form.fields["output"].error.text()


@pytest.mark.parametrize("text", ["{not JSON", "[1, 2]"])
def test_shows_an_unreadable_configuration_as_an_error_below_its_field(
    qtbot: QtBot, dialog: TrainDialog, text: str
) -> None:
    dialog.form.disclosure.click()
    field = dialog.form.fields["network_config"]
    type_in(qtbot, field.line, text)  # type: ignore[attr-defined]
    assert field.error.isVisible()
    assert not dialog.start.isEnabled()
    type_in(qtbot, field.line, '{"blocks": 3}')  # type: ignore[attr-defined]
    assert not field.error.isVisible()
    settings = dialog.settings()
    assert settings is not None
    assert settings.network_config == {"blocks": 3}


def test_an_error_in_an_advanced_setting_unfolds_the_section(dialog: TrainDialog) -> None:
    field = dialog.form.fields["augmentation.d_min"]
    field.set_value((3.0, 1.5))
    field.changed.emit()
    assert dialog.form.advanced.isVisible()
    assert "second" in field.error.text()


def test_shows_an_error_of_several_fields_once(dialog: TrainDialog) -> None:
    for key in ("mse_weight", "correlation_weight"):
        dialog.form.fields[key].set_value(0.0)
    dialog.form.fields["mse_weight"].changed.emit()
    assert "one of the two weights" in dialog.general_error.text()
    assert not dialog.start.isEnabled()


def test_starts_with_the_settings_shown(qtbot: QtBot, dialog: TrainDialog, tmp_path: Path) -> None:
    type_in(qtbot, dialog.form.fields["learning_rate"].box, "1.25e-5")  # type: ignore[attr-defined]
    type_in(qtbot, dialog.form.fields["max_time"].box, "90 min")  # type: ignore[attr-defined]
    type_in(qtbot, dialog.form.fields["name"].line, "Mine")  # type: ignore[attr-defined]
    with qtbot.waitSignal(dialog.chosen) as chosen:
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    (settings,) = chosen.args
    assert isinstance(settings, TrainingSettings)
    assert settings.learning_rate == pytest.approx(1.25e-5)
    assert settings.max_time == pytest.approx(5400.0)
    assert settings.output == tmp_path / "run"
    assert settings.model_name == "Mine"


def test_a_resumed_run_keeps_its_network_and_data(
    qtbot: QtBot, data_file: Path, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.metrics.write_text("")
    before = TrainingSettings(
        data=data_file, output=run.path, network="resunet2", epochs=7, seed=3, patience=5
    )
    dialog = shown(qtbot, values_of(before), resume=True)
    assert dialog.settings() == before
    assert not dialog.form.fields["network"].isEnabled()
    assert dialog.form.fields["epochs"].isEnabled()
    assert dialog.start.text() == "Resume"


def test_requests_the_cost_once_all_fields_are_filled_in(
    qtbot: QtBot, data_file: Path, tmp_path: Path
) -> None:
    dialog = shown(qtbot, {"output": tmp_path / "run"})
    dialog._timer.setInterval(10)
    asked: list[TrainingSettings] = []
    dialog.estimate_wanted.connect(asked.append)
    assert "once all fields are filled in" in dialog.cost.text()
    qtbot.wait(50)
    assert asked == []
    dialog._timer.setInterval(10)
    type_in(qtbot, dialog.form.fields["data"].line, str(data_file))  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0].data == data_file
    dialog.show_cost("About 3 s an epoch.")
    assert dialog.cost.text() == "About 3 s an epoch."


def test_a_change_or_closing_cancels_the_estimate(qtbot: QtBot, dialog: TrainDialog) -> None:
    with qtbot.waitSignal(dialog.estimate_unwanted):
        type_in(qtbot, dialog.form.fields["batch_size"].box, "9")  # type: ignore[attr-defined]
    with qtbot.waitSignal(dialog.estimate_unwanted):
        dialog.reject()


def test_offers_architectures_once_they_are_listed(dialog: TrainDialog) -> None:
    field = dialog.form.fields["network"]
    before = field.value()
    dialog.set_architectures(["resunet1", "transformer"])
    offered = {field.box.itemText(i) for i in range(field.box.count())}  # type: ignore[attr-defined]
    assert {"resunet1", "transformer", before} == offered
    assert field.value() == before


@pytest.mark.parametrize("spec", form_fields(), ids=lambda spec: spec.key)
def test_each_field_returns_the_value_it_was_set_to(qtbot: QtBot, spec: Any) -> None:
    field: Field = make_field(spec)
    qtbot.addWidget(field)
    examples = {
        "bool": [True, False],
        "int": [spec.minimum or 1, 37],
        "float": [max(1.25e-05, spec.minimum or 0), 0.37],
        "choice": list(spec.choices),
        "text": ["a name"],
        "path": [Path("/data/set.h5")],
        "range": [(1.5, 2.25)],
        "mapping": [{}, {"blocks": 3}],
    }[spec.kind]
    for value in [*examples, *([None] if spec.optional else [])]:
        field.set_value(value)
        assert field.value() == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90 min", 5400), ("2h", 7200), ("1.5 d", 129600), ("45", 45), ("30 s", 30), ("0,5 h", 1800)],
)
def test_accepts_times_with_and_without_units(qtbot: QtBot, text: str, seconds: float) -> None:
    box = TimeBox()
    qtbot.addWidget(box)
    assert box.validate(text, 0)[0] is QValidator.State.Acceptable
    box.setValue(box.valueFromText(text))
    assert box.value() == pytest.approx(seconds)
    assert box.valueFromText(box.text()) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-", "1e", "two"])
def test_accepts_incomplete_numbers_while_typing(qtbot: QtBot, text: str) -> None:
    for box in (NumberBox(), TimeBox()):
        qtbot.addWidget(box)
        assert box.validate(text, 0)[0] is QValidator.State.Intermediate


def test_scrolling_changes_a_number_only_with_focus(qtbot: QtBot, dialog: TrainDialog) -> None:
    box = dialog.form.fields["batch_size"].box  # type: ignore[attr-defined]
    dialog.form.fields["name"].line.setFocus()  # type: ignore[attr-defined]
    before = box.value()

    def turn() -> None:
        middle = QPointF(box.rect().center())
        event = QWheelEvent(
            middle, box.mapToGlobal(middle), QPoint(0, 0), QPoint(0, 120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(box, event)

    turn()
    assert box.value() == before
    go_to(qtbot, box)
    turn()
    assert box.value() == before + 1


def test_return_in_a_field_does_not_start_the_training(qtbot: QtBot, dialog: TrainDialog) -> None:
    box = dialog.form.fields["batch_size"].box  # type: ignore[attr-defined]
    go_to(qtbot, box)
    box.selectAll()
    qtbot.keyClicks(box, "11")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.form.values()["batch_size"] == 11
