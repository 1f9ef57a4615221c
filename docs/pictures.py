"""Take the pictures of the guide from the real window: `make docs-pictures`.

Drives the program as a user does, through the texts of its menus, and writes PNG files into
docs/guide/pictures. Needs a display; the Makefile provides one where there is none.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from PyQt6.QtCore import QCoreApplication, QEventLoop, QTimer
from PyQt6.QtGui import QAction, QImage
from PyQt6.QtWidgets import QApplication, QDialog, QDockWidget, QMainWindow, QMenu, QWidget

from patterson_gui.app.document.patterson_source import PattersonSource
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.settings import SettingsStore
from patterson_gui.cli.services import window_services
from patterson_gui.gui.application import make_application, make_window, release
from patterson_gui.gui.dialogs.find.key_sheet import KeySheet
from patterson_gui.gui.dialogs.networks.dialog import NetworksDialog
from patterson_gui.gui.dialogs.preferences.dialog import PreferencesDialog
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.window.main_window import MainWindow
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.opening.reflections import list_columns
from patterson_gui.io.resources import known_crystals_path

T = TypeVar("T")
ASSETS = Path(__file__).resolve().parent / "guide" / "assets"
DERIVATIVES = (  # without it, that picture stays as it is
    Path(__file__).resolve().parents[2] / "shared/data/heavy/rnase25/rnase25_Nat_Derivs.mtz"
)
PICTURES = Path(__file__).parent / "guide" / "pictures"
SIZE = (1440, 900)
WAIT = 300.0  # seconds
SETTLE = 1.0  # seconds for views, animations and layouts to come to rest
DATA_HOME = "/home/user/.local/share"  # shown in dialogs in place of a folder of this computer


def main() -> int:
    """Write all pictures."""
    os.environ["XDG_DATA_HOME"] = DATA_HOME
    app = make_application(window_services())
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HOME"] = scratch  # without plugins in other programs, and their paths
        os.environ.pop("XDG_CONFIG_HOME", None)
        window = make_window(window_services(), SettingsStore(None), Path(scratch))
        window.resize(*SIZE)
        window.show()
        try:
            take_pictures(window)
        finally:
            window.close_now()
            release(app)
    return 0


def take_pictures(window: MainWindow) -> None:
    """Take every picture, in the order of the guide."""
    workbench = window.workbench
    workbench.open_example()
    wait(lambda: workbench.document.patterson is not None and bool(workbench.document.peaks))
    choose(window, "Predict", "Predict density")
    wait(
        lambda: (
            workbench.document.prediction is not None and workbench.document.comparison is not None
        )
    )
    come_to_rest(window)
    save(window.screenshot(), "window")
    choose(window, "Help", "Keys and mouse")
    come_to_rest(window)
    save(window.screenshot(), "keys")
    window.findChild(KeySheet).close()
    take_layers(window)

    for menu, text, name in (
        ("File", "Save a picture", "figure"),
        ("Structure", "Choose a fragment", "fragment"),
        ("Predict", "Networks", "networks"),
        ("Edit", "Preferences", "preferences"),
        ("Train", "Train a network", "train"),
        ("Send", "Programs and plugins", "programs"),
        ("Predict", "Prediction settings", "settings"),
    ):
        if name == "train":
            known = known_crystals_path()
            os.chdir(known.parent)  # the dialog shows the path of the data set as it is given
            workbench.open(OpenRequest(Path(known.name)))
            wait(lambda: not workbench.runner.busy)
            come_to_rest(window)
        choose(window, menu, text)
        dialog = wait_for_dialog()
        if isinstance(dialog, NetworksDialog):
            dialog.tabs.setCurrentWidget(dialog.layers_page)
            wait(lambda shown=dialog: bool(shown.layers.parts))
        if isinstance(dialog, PreferencesDialog):
            dialog.show_page("Keys")
        come_to_rest(window)
        save(dialog.grab().toImage(), name)
        dialog.reject()
        come_to_rest(window)

    take_sections(window)

    take_solution(window)
    os.chdir(known_crystals_path().parent)
    workbench.open(OpenRequest(Path(known_crystals_path().name)))
    wait(lambda: not workbench.runner.busy)

    choose(window, "Structure", "Explore crystals")  # with a known crystal of the data set open
    explorer = wait_for(lambda: next((w for w in shown() if is_explorer(w)), None))
    explorer.resize(*SIZE)
    come_to_rest(window, 6 * SETTLE)
    wait(lambda: not workbench.runner.busy)
    come_to_rest(window, 3 * SETTLE)
    save(explorer.grab().toImage(), "explorer")
    explorer.close()
    if DERIVATIVES.is_file():
        take_heavy_atoms(window)


def take_solution(window: MainWindow) -> None:
    """The example of measured intensities, solved."""
    workbench = window.workbench
    choose(window, "File", "Open measured intensities")
    wait(lambda: workbench.solving.is_primary and not workbench.runner.busy)
    choose(window, "Structure", "Solve structure")
    wait(lambda: workbench.solving.solution is not None and not workbench.runner.busy)
    come_to_rest(window, 2 * SETTLE)
    window.tables.show_tab(window.peaks)
    result = next(d for d in window.findChildren(QDockWidget) if d.windowTitle() == "Result")
    result.raise_()
    come_to_rest(window)
    save(window.screenshot(), "solution")


def take_layers(window: MainWindow) -> None:
    """The prediction coloured by local correlation; an added map with a further level."""
    workbench = window.workbench
    choose(window, "View", "Colour by local correlation")
    wait(lambda: workbench.document.correlation is not None)
    come_to_rest(window, 2 * SETTLE)
    save(window.screenshot(), "correlation")
    choose(window, "View", "Colour by local correlation")
    with tempfile.TemporaryDirectory() as folder:
        truth = not_none(workbench.document.truth)
        noise = np.random.default_rng(0).normal(scale=truth.rmsd, size=truth.shape)
        write_map(Path(folder) / "refined.ccp4", truth.with_grid(truth.grid + noise))
        workbench.layer_adding.add(Path(folder) / "refined.ccp4")
        wait(lambda: not workbench.runner.busy)
    workbench.layer_changes.add_level(LayerKey.TRUE)
    come_to_rest(window, 2 * SETTLE)
    save(window.screenshot(), "layers")
    for layer in workbench.document.added:
        workbench.layer_changes.remove(layer.key)
    come_to_rest(window)


def take_sections(window: MainWindow) -> None:
    """The panel of sections with a Harker section, and with all sections."""
    workbench, panel = window.workbench, window.sections
    os.chdir(ASSETS)
    workbench.open(OpenRequest(Path("bromobenzene.cif")))
    wait(lambda: bool(workbench.document.peaks) and not workbench.runner.busy)
    window.show_sections()
    window.tables.show_tab(window.peaks)
    workbench.document.sections.show_harker(workbench.document.sections.harker[1])
    peak = workbench.document.peaks[3]
    workbench.document.set_cursor(peak.frac)
    wait(lambda: window.section_presenter.settled)
    come_to_rest(window)
    save(window.screenshot(), "sections")
    window.tables.show_tab(window.vectors)
    wait(lambda: window.vectors.table.model().rowCount() > 0 and not workbench.runner.busy)
    window.vectors.table.selectRow(0)
    come_to_rest(window, 2 * SETTLE)
    save(window.screenshot(), "vectors")
    window.show_sections()
    panel.montage.click()
    wait(lambda: window.section_presenter.settled)
    come_to_rest(window)
    save(panel.grab().toImage(), "montage")
    panel.montage.click()


def take_heavy_atoms(window: MainWindow) -> None:
    """Phases from platinum sites: both hands side by side, with the sites and the reason."""
    workbench = window.workbench
    column = next(c for c in list_columns(DERIVATIVES) if c.label == "FNAT")
    workbench.open(OpenRequest(DERIVATIVES, column))
    wait(lambda: workbench.document.source_choices.native is not None and not workbench.runner.busy)
    workbench.patterson_maps.choose(PattersonSource("isomorphous", "FPTNCD25(+)", "FNAT"))
    wait(lambda: workbench.document.differences is not None and not workbench.runner.busy)
    window.tables.setCurrentWidget(window.sites)
    workbench.site_search.start("Pt", None)
    wait(lambda: bool(workbench.sites.sites) and not workbench.runner.busy)
    workbench.site_phasing.start(0.5)
    wait(lambda: workbench.document.compared is not None and not workbench.runner.busy)
    workbench.sites.choose(0)
    for layer in (LayerKey.PREDICTED, LayerKey.COMPARED):
        workbench.document.set_level(layer, 2.0)
    window.toasts.clear()
    come_to_rest(window, 2 * SETTLE)
    save(window.screenshot(), "phases")


# ---------------------------------------------------------------------- what a user does
def choose(window: QMainWindow, menu: str, text: str) -> None:
    """Choose an entry of a menu by the beginning of its text."""
    bar = window.menuBar()
    assert bar is not None
    for title in bar.actions():
        inside = title.menu()
        if plain(title) == menu and isinstance(inside, QMenu):
            for entry in inside.actions():
                if plain(entry).startswith(text):
                    assert entry.isEnabled(), f"{menu} > {text} is disabled: {entry.toolTip()}"
                    entry.trigger()
                    return
    raise SystemExit(f"There is no {menu} > {text} in the menus: correct docs/pictures.py.")


def plain(action: QAction) -> str:
    """The text of a menu entry without its key."""
    return action.text().replace("&", "")


def shown() -> list[QWidget]:
    """The windows and dialogs that are open."""
    return [w for w in QApplication.topLevelWidgets() if w.isVisible()]


def is_explorer(widget: QWidget) -> bool:
    """Whether this is the window of the Explorer."""
    return isinstance(widget, QMainWindow) and not isinstance(widget, MainWindow)


# ---------------------------------------------------------------------- waiting, saving
def wait_for(get: Callable[[], T | None]) -> T:
    """The first answer that is not None."""
    wait(lambda: get() is not None)
    answer = get()
    assert answer is not None
    return answer


def wait_for_dialog() -> QDialog:
    """The dialog that has opened."""
    return wait_for(lambda: next((w for w in shown() if isinstance(w, QDialog)), None))


def wait(until: Callable[[], bool]) -> None:
    """Run the event loop until a condition holds."""
    deadline = time.monotonic() + WAIT
    while not until():
        if time.monotonic() > deadline:
            raise SystemExit("The window did not reach the expected state in time.")
        run_event_loop(0.02)


def run_event_loop(seconds: float) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def come_to_rest(window: MainWindow, seconds: float = SETTLE) -> None:
    """Wait for layouts and views, and remove messages."""
    run_event_loop(seconds)
    wait(lambda: window.views.settled)
    window.toasts.clear()
    QCoreApplication.processEvents()


def save(picture: QImage, name: str) -> None:
    """Write a picture without its alpha channel, which keeps the file small."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    if not picture.convertToFormat(QImage.Format.Format_RGB888).save(str(path), quality=1):
        raise SystemExit(f"{path} cannot be written.")
    print(f"{path.name}: {picture.width()} × {picture.height()}, {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    sys.exit(main())
