"""Starting with and without a file, uncaught exceptions, the unattended run."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import gemmi
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from patterson_gui.app.jobs.jobs import Job
from patterson_gui.app.settings import SettingsStore
from patterson_gui.errors import UserError
from patterson_gui.gui.application import first_light, make_window
from patterson_gui.gui.exception_hooks import ExceptionHooks
from patterson_gui.gui.startup import start
from patterson_gui.gui.window.main_window import MainWindow
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.resources import example_path
from tests.app.fakes import FakePredictor, fake_services
from tests.gui.main_window_driver import WAIT

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]

Starter = Callable[[Path | None], MainWindow]


@pytest.fixture
def predictor() -> FakePredictor:
    return FakePredictor(truth=open_any(example_path()))


@pytest.fixture
def open_window(
    qtbot: QtBot, own_settings: Path, tmp_path: Path, predictor: FakePredictor
) -> Iterator[Starter]:
    windows: list[MainWindow] = []
    PREPARED.clear()

    def opened(path: Path | None) -> MainWindow:
        store = SettingsStore(own_settings)
        window = make_window(fake_services(predictor), store, tmp_path / "sent")
        windows.append(window)
        window.workbench.runner.changed.connect(lambda job: note_prepared(window, job))
        start(window, path)
        document = window.workbench.document
        qtbot.waitUntil(lambda: document.patterson is not None, timeout=WAIT)
        qtbot.waitUntil(lambda: window.views.settled, timeout=WAIT)
        return window

    yield opened
    for window in windows:
        if not sip.isdeleted(window):
            window.close_now()


PREPARED: list[MainWindow] = []  # the windows that have got ready to predict


def note_prepared(window: MainWindow, job: Job[object]) -> None:
    if job.key == "prepare" and job.is_finished:
        PREPARED.append(window)


def is_prepared(window: MainWindow) -> bool:
    return window in PREPARED


def test_the_first_start_predicts_the_example_and_shows_hints(
    open_window: Starter, qtbot: QtBot, predictor: FakePredictor, own_settings: Path
) -> None:
    window = open_window(None)
    document = window.workbench.document
    qtbot.waitUntil(lambda: document.comparison is not None, timeout=WAIT)
    assert window.hints.isVisible()
    window.close()
    window = open_window(None)
    qtbot.waitUntil(lambda: is_prepared(window), timeout=WAIT)
    assert len(predictor.calls) == 1
    assert window.workbench.document.crystal is not None
    assert not window.hints.isVisible()


def test_a_start_with_a_file_opens_it_and_predicts_nothing(
    open_window: Starter, qtbot: QtBot, predictor: FakePredictor, shared_data: Path
) -> None:
    path = shared_data / "xray" / "1yjp.pdb"
    window = open_window(path)
    qtbot.waitUntil(lambda: is_prepared(window), timeout=WAIT)
    assert window.workbench.document.crystal is not None
    assert window.workbench.document.crystal.source == path
    assert predictor.calls == []


def test_a_start_with_a_bad_file_shows_an_error_and_the_example(
    open_window: Starter, tmp_path: Path
) -> None:
    (tmp_path / "bad.pdb").write_text("")
    window = open_window(tmp_path / "bad.pdb")
    (toast,) = window.toasts.toasts
    assert toast.error
    assert window.workbench.document.crystal is not None


def test_a_start_with_a_file_that_needs_an_answer_shows_the_example_behind_the_question(
    open_window: Starter, shared_data: Path, tmp_path: Path
) -> None:
    lines = (shared_data / "xray" / "1yjp.pdb").read_text().splitlines(keepends=True)
    path = tmp_path / "no cell.pdb"
    path.write_text("".join(x for x in lines if not x.startswith(("CRYST1", "SCALE", "ORIGX"))))
    window = open_window(path)
    assert window.workbench.document.crystal is not None
    assert window.workbench.document.crystal.source != path
    (question,) = (d for d in window.findChildren(QDialog) if d.isVisible())
    question.reject()


def test_reports_settings_that_cannot_be_read(open_window: Starter, own_settings: Path) -> None:
    own_settings.mkdir(parents=True)
    (own_settings / "settings.json").write_text("{")
    window = open_window(None)
    assert any("could not be read" in toast.text for toast in window.toasts.toasts)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_shows_uncaught_exceptions(
    open_window: Starter, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    window = open_window(None)
    qtbot.waitUntil(lambda: not window.workbench.runner.busy, timeout=WAIT)
    hooks = ExceptionHooks(window.show_notice)
    hooks.install()
    try:
        QTimer.singleShot(0, stumble)
        qtbot.waitUntil(lambda: len(window.toasts.toasts) == 1, timeout=WAIT)
        QTimer.singleShot(0, refuse)
        qtbot.waitUntil(lambda: len(window.toasts.toasts) == 2, timeout=WAIT)
    finally:
        hooks.remove()
    unexpected, user_error = window.toasts.toasts
    assert unexpected.details_button is not None
    assert "IndexError" in (unexpected.details or "")
    assert user_error.text == "This cannot be done: do that."
    assert user_error.details_button is None
    assert "IndexError" in capsys.readouterr().err


def stumble() -> None:
    raise IndexError("nobody expected this")


def refuse() -> None:
    raise UserError("This cannot be done: do that.")


def test_first_light_writes_everything_and_returns_the_figures(
    qtbot: QtBot, tmp_path: Path, predictor: FakePredictor
) -> None:
    out = tmp_path / "out put"
    figures = first_light(fake_services(predictor), out, timeout=60)
    assert figures["aligned"]["r"] > 0.95
    assert json.loads((out / "figures.json").read_text())["aligned"]["r"] == figures["aligned"]["r"]
    for name in ("patterson", "predicted", "true"):
        assert gemmi.read_ccp4_map(str(out / f"{name}.ccp4")).grid.nu > 0
    assert "PHWT" in gemmi.read_mtz_file(str(out / "phases.mtz")).column_labels()
    picture = QImage(str(out / "first-light.png"))
    assert (picture.width(), picture.height()) == (1600, 1000)


def test_first_light_raises_the_error_of_a_failed_step(
    qtbot: QtBot, tmp_path: Path, predictor: FakePredictor
) -> None:
    predictor.failure = UserError("The data are too few: open more.")
    with pytest.raises(UserError, match="too few"):
        first_light(fake_services(predictor), tmp_path / "out", timeout=60)


def test_first_light_refuses_a_folder_that_cannot_be_made(
    qtbot: QtBot, tmp_path: Path, predictor: FakePredictor
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be made"):
        first_light(fake_services(predictor), tmp_path / "file" / "out", timeout=60)
    assert predictor.calls == []


def test_the_window_starts_without_loading_torch_and_other_slow_libraries() -> None:
    code = (
        "import sys; import patterson_gui.gui.application, patterson_gui.gui.window.main_window; "
        "late = ('torch', 'skimage', 'scipy.optimize', 'h5py', 'ase', 'pymatgen', 'matplotlib');"
        "print([m for m in late if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


_HEAPS = """
import ctypes, threading
from patterson_gui.gui.application import make_application
from tests.app.fakes import fake_services
app = make_application(fake_services())
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
everyone = threading.Barrier(12)
def allocate():
    everyone.wait()
    libc.malloc(1000)
    everyone.wait()
threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="heaps of glibc")
def test_many_threads_share_two_heaps(qapp: object) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _HEAPS], capture_output=True, text=True, check=True,
        cwd=Path(__file__).resolve().parents[2],
    ).stdout  # fmt: skip
    assert 1 <= told.count("<heap nr=") <= 2
