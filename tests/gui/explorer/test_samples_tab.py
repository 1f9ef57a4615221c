"""Draw samples and return to one of the list."""

import pytest

from tests.gui.explorer.conftest import ExplorerDriver

pytestmark = pytest.mark.gui


def test_draws_and_lists_samples_and_goes_back_to_one(driver: ExplorerDriver) -> None:
    tab = driver.window.samples
    driver.window.tabs.setCurrentWidget(tab)
    for _ in range(2):
        driver.click(tab.draw)
        driver.wait_until_idle()
    assert tab.seed.value() == 3
    assert [row[0] for row in tab.table.rows.rows] == [
        "Sample 1 around Cl4Na4 mp-1",
        "Sample 2 around Cl4Na4 mp-1",
    ]  # fmt: skip
    assert all(row[2].endswith("%") for row in tab.table.rows.rows)
    tab.chosen.emit(0)
    driver.wait_until_idle()
    assert driver.explorer.decoding.latent is driver.explorer.samples.kept[0].latent
