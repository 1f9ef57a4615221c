"""A structure that the window solved, sent from there to PyMOL itself and to Coot's own code."""

from collections.abc import Iterator
from pathlib import Path

import gemmi
import numpy as np
import pytest
from PyQt6 import sip
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.settings import SettingsStore
from patterson_gui.bridges.scene_files import TAG
from patterson_gui.cli.services import window_services
from patterson_gui.gui.application import make_window
from patterson_gui.io.resources import measured_example_path
from patterson_gui.io.viewers.places import ViewerPlace
from patterson_gui.io.viewers.scene import Viewer
from tests.app.fakes import FakePredictor, FakeViewers
from tests.gui.main_window_driver import MainWindowDriver
from tests.viewers import test_real_coot, test_real_pymol
from tests.viewers.test_real_coot import real as real_coot  # noqa: F401  a Coot that runs
from tests.viewers.test_real_pymol import real as real_pymol  # noqa: F401  a PyMOL that runs

pytestmark = [pytest.mark.gui, pytest.mark.timeout(300)]


@pytest.fixture
def solved(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[MainWindowDriver]:
    """The window of the program with the measured example, solved by a click on the button."""
    services = window_services()
    services.prepare()  # as the program does after its first picture
    window = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    driver = MainWindowDriver(window, FakePredictor(), FakeViewers(), qtbot)
    window.opening.open_path(measured_example_path())
    driver.wait(lambda: driver.document.crystal is not None)
    driver.wait_until_idle()
    driver.click(window.solve_button)
    driver.wait(lambda: driver.workbench.solving.solution is not None)
    driver.wait_until_idle()
    yield driver
    if not sip.isdeleted(window):
        window.close_now()


def send(driver: MainWindowDriver, viewer: Viewer, port: int) -> str:
    """Send from the menu to a program at a port; return the notice."""
    viewers = driver.window.viewers
    viewers.set_place(viewer, ViewerPlace(ports=[port]))
    driver.press(f"send_{viewer}")
    driver.wait_until_idle()
    return driver.toasts()[-1]


def atoms_of(driver: MainWindowDriver) -> tuple[list[str], np.ndarray]:
    """Elements and places (Å) of the non-hydrogen atoms of the refined model."""
    state = driver.workbench.solving.model.state
    assert state is not None
    heavy = state.model.without_hydrogen()
    cell = state.structure.merged.cell
    places = [cell.orthogonalize(gemmi.Fractional(*x)).tolist() for x in heavy.frac.tolist()]
    return list(heavy.elements), np.array(places)


def test_pymol_shows_the_solved_model_and_its_maps(
    real_pymol: test_real_pymol.Real,  # noqa: F811  skips before the window opens
    solved: MainWindowDriver,
) -> None:
    assert "to PyMOL (port" in send(solved, Viewer.PYMOL, real_pymol.port)
    cmd, elements = real_pymol.cmd, atoms_of(solved)[0]
    kinds = {name: cmd.get_type(name) for name in cmd.get_names("objects")}
    prefix = "patterson_gui.sucrose_"
    assert kinds[f"{prefix}model"] == "object:molecule"
    assert kinds[f"{prefix}density"] == kinds[f"{prefix}difference"] == "object:mesh"
    assert kinds[f"{prefix}difference_below"] == "object:mesh"
    for element in set(elements):
        chosen = f"({prefix}model) and elem {element}"
        assert cmd.count_atoms(chosen) == elements.count(element)
    assert cmd.get_symmetry(f"{prefix}model")[6] == "P 1 21 1"
    for key in (LayerKey.DENSITY, LayerKey.DIFFERENCE):
        density, layer = solved.document.map_of(key), solved.document.layers[key]
        assert density is not None
        level = layer.level.in_rmsd(density) * density.rmsd
        name = prefix + ("density" if key is LayerKey.DENSITY else "difference")
        assert cmd.isolevel(name, 0, 0, 1, 1) == pytest.approx(level, rel=1e-4)


def test_coot_reads_the_solved_model_and_the_density_at_its_atoms(
    real_coot: test_real_coot.Real,  # noqa: F811  skips before the window opens
    solved: MainWindowDriver,
) -> None:
    assert "to Coot (port" in send(solved, Viewer.COOT, real_coot.port)
    numbers = real_coot.ask("__import__('coot').numbers()")
    names = {name.removesuffix(f" {TAG}"): name for name in numbers}
    density = solved.document.map_of(LayerKey.DENSITY)
    assert density is not None
    _, places = atoms_of(solved)
    name = next(names[short] for short in names if short.endswith("density"))
    there = real_coot.densities(name, places)
    np.testing.assert_allclose(there, test_real_coot.ours_at(density, places), rtol=0.02, atol=0.02)
    assert there.min() > 3 * density.rmsd  # every atom lies in the density
