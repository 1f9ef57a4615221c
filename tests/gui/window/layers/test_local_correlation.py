"""The main window: the prediction coloured by its local correlation with the truth."""

import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.widgets.not_none import not_none
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_colours_the_prediction_with_a_legend_and_takes_it_back(driver: MainWindowDriver) -> None:
    driver.open_example()
    action = driver.window.window_actions["correlation"]
    assert not action.isEnabled()
    assert "aligned" in action.toolTip()
    driver.press("predict")
    driver.wait_until_idle()
    view, document = driver.window.views.view(MapKind.PREDICTED), driver.document
    assert not_none(view.contours.contour).colours is None
    driver.press("correlation")
    driver.wait_until_idle()
    contour, found = not_none(view.contours.contour), not_none(document.correlation)
    assert not_none(contour.colours).shape == contour.mesh.vertices.shape
    assert f"{found.radius:.1f} Å" in not_none(view.marks.legend).words
    of_one = np.array([0x0B, 0x8A, 0x8F]) / 255
    fracs = contour.mesh.vertices @ np.linalg.inv(found.values.orthogonalization).T
    high = found.values.value_at(fracs) > 0.999
    assert np.allclose(not_none(contour.colours)[high], of_one, atol=0.01)
    driver.press("undo")
    driver.wait_until_idle()
    assert not_none(view.contours.contour).colours is None
    assert view.marks.legend is None
    driver.press("redo")
    driver.window.layers.aligned.click()  # without alignment there is no meaningful correlation
    driver.wait_until_idle()
    assert not_none(view.contours.contour).colours is None
