"""The Explorer's window: its first crystal, the theme, a missing network, closing."""

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QApplication

from patterson_gui.gui.widgets import theme
from tests.gui.explorer.conftest import ExplorerDriver
from tests.gui.main_window_driver import WAIT

pytestmark = pytest.mark.gui


def test_opens_with_an_encoded_and_decoded_crystal(driver: ExplorerDriver) -> None:
    window = driver.window
    assert window.crystal.name.text() == "Cl4Na4 mp-1"
    assert "8 atoms" in window.crystal.facts.text()
    assert "5.64" in window.crystal.facts.text()
    assert driver.row(0)[1:] == ["Na", "0.0000", "0.0000", "0.0000"]
    for view in window.views.views:
        assert view.shows_map
        assert view.model is not None
        assert len(list(view.model[0].all())) == 8
    assert "Network cosines" in window.network.text()
    assert "Cl4Na4" in window.validity.formula.text()
    assert any("2.82 Å" in text for text in window.validity.texts)
    assert any("Na⁺ Cl⁻" in text for text in window.validity.texts)
    assert any("2.16 g/cm³" in text for text in window.validity.texts)
    assert "Stability is not judged" in window.validity.honest.text()


def test_changes_the_theme_of_the_views(driver: ExplorerDriver) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    try:
        for name in ("light", "dark"):
            driver.main.view.set_theme(name)  # type: ignore[arg-type]
            driver.wait_until_idle()
            assert driver.window.views.decoded.viewport.scene.background == theme.rgb(
                theme.current().view
            )
    finally:
        theme.apply_theme(app, "dark")


def test_the_kind_of_sample_can_be_changed(driver: ExplorerDriver) -> None:
    kind = driver.window.crystal.kind
    kind.setCurrentIndex(1)
    kind.activated.emit(1)
    driver.wait_until_idle()
    assert driver.explorer.network.kind == "lattice"
    assert "windows" in driver.window.network.text()
    model = driver.window.views.encoded.model
    assert model is not None
    assert len(list(model[0].all())) > 8


def test_says_why_no_network_was_found_and_can_search_again(unopened: ExplorerDriver) -> None:
    unopened.crystals.problem = "There is no trained network for crystals here: train one."
    unopened.open()
    unopened.wait_until_idle()
    window = unopened.window
    assert window.views.encoded.shows_map
    assert window.views.decoded.page.label.text() == unopened.crystals.problem
    assert window.directions.waiting.text() == unopened.crystals.problem
    assert not window.by_name["save_crystal"].isEnabled()
    assert not window.samples.draw.isEnabled()
    assert unopened.toasts() == []
    unopened.crystals.problem = ""
    unopened.click(window.views.decoded.page.button)
    unopened.wait_until_idle()
    assert window.views.decoded.shows_map


def test_can_be_closed_while_busy_and_reopens_in_the_same_state(
    two_crystals: ExplorerDriver,
) -> None:
    two_crystals.crystals.coder.go.clear()
    two_crystals.explorer.line.move_to(0.5)
    two_crystals.explorer.decoding.find_atoms()
    two_crystals.window.close()
    assert two_crystals.main.explorer.window is None
    two_crystals.crystals.coder.go.set()
    two_crystals.qtbot.waitUntil(lambda: not two_crystals.main.workbench.runner.busy, timeout=WAIT)
    two_crystals.open()
    two_crystals.wait_until_idle()
    assert two_crystals.window.line.slider.value() == 500
    assert two_crystals.window.views.decoded.shows_map
    assert two_crystals.window.map.map.plot is not None


def test_closing_the_main_window_closes_a_busy_explorer(unopened: ExplorerDriver) -> None:
    unopened.crystals.coder.go.clear()
    unopened.open()
    unopened.qtbot.waitUntil(lambda: unopened.explorer.encoding.encoded is not None, timeout=WAIT)
    window = unopened.window
    unopened.crystals.coder.go.set()
    unopened.main.close_now()
    assert sip.isdeleted(window) or not window.isVisible()
