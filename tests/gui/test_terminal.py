"""Ctrl-C and SIGTERM from the terminal close the window cleanly."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.timeout(90)]

ROOT = Path(__file__).resolve().parents[2]
# Starts the program as a user does, and prints a line once the first picture is drawn.
CHILD = """
import sys
from patterson_gui.gui import application, startup
from tests.app.fakes import fake_services

start = startup.start
def start_and_report(window, path, crashes):
    start(window, path, crashes)
    startup.when_drawn(window, lambda: print("ready", flush=True))
startup.start = start_and_report
sys.exit(application.run(fake_services()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals to send")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_closes_an_idle_window_and_saves_the_settings(
    qtbot: object, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    environment = os.environ | {"PATTERSON_GUI_CONFIG": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as child:  # fmt: skip
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            child.send_signal(number)
            _, errors = child.communicate(timeout=30)
        finally:
            child.kill()
    assert child.returncode == status
    assert errors == ""
    saved = json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))
    assert saved["window_geometry"]
    assert list((tmp_path / "crashes").iterdir()) == []
