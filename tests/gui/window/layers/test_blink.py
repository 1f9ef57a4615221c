"""The main window: two maps that blink in one view."""

import pytest

from patterson_gui.app.document.view_state import Blink, LayerKey
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.viewer3d.layers.blinking import Blinking
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture
def predicted(driver: MainWindowDriver) -> MainWindowDriver:
    driver.open_example()
    driver.press("predict")
    driver.wait_until_idle()
    return driver


def blinking(driver: MainWindowDriver, kind: MapKind) -> Blinking:
    return driver.window.views.view(kind).blinking


def test_prediction_and_truth_blink_until_they_are_toggled_again(
    predicted: MainWindowDriver,
) -> None:
    true, undo = blinking(predicted, MapKind.TRUE), predicted.workbench.history.undo_name
    predicted.press("blink")
    predicted.wait_until_idle()
    assert predicted.window.window_actions["blink"].isChecked()
    shown = {predicted.document.displayed_prediction, predicted.document.truth}
    (layer,) = true.layers.layers
    assert layer.content is predicted.document.displayed_prediction
    assert len(shown) == 2
    for _ in range(2):
        predicted.wait(lambda: true.scene is not None)
        predicted.wait(lambda: true.scene is None)
    predicted.document.set_level(LayerKey.PREDICTED, 3.3)
    assert true.layers.layers[0].level == pytest.approx(3.3)
    predicted.press("blink")
    assert not true.is_on
    assert predicted.workbench.history.undo_name == undo


def test_blinking_ends_with_another_crystal_and_without_the_other_map(
    predicted: MainWindowDriver,
) -> None:
    predicted.document.set_blink(Blink(MapKind.TRUE, LayerKey.PREDICTED))
    assert blinking(predicted, MapKind.TRUE).is_on
    predicted.open_example()
    assert predicted.document.blink is None
    assert not blinking(predicted, MapKind.TRUE).is_on
    action = predicted.window.window_actions["blink"]
    assert not action.isEnabled()
    assert "no two maps" in action.toolTip()
    predicted.document.set_blink(Blink(MapKind.TRUE, 12345))  # a layer that is gone
    assert predicted.document.blink is None


def test_the_menu_of_a_map_offers_the_views_in_which_it_can_blink(
    predicted: MainWindowDriver,
) -> None:
    menu = predicted.window.layer_commands.menu_of(LayerKey.TRUE)
    entry = next(each for each in menu.actions() if "Blink" in each.text())
    entry.trigger()
    assert predicted.document.blink == Blink(MapKind.PREDICTED, LayerKey.TRUE)
    assert blinking(predicted, MapKind.PREDICTED).is_on
