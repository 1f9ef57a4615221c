"""Run the real window once: `start` times its first picture, `predict` its stalls.

Arguments: the mode, and the time (time.time()) at which the process was asked for.
"""

import json
import sys
import time

from patterson_gui.cli.services import window_services
from patterson_gui.gui.application import make_application, make_window
from patterson_gui.io.places import sent_folder


def main(mode: str, asked_at: float) -> None:
    services = window_services()
    app = make_application(services)
    from heartbeat import Heartbeat
    from PyQt6.QtCore import QTimer

    from patterson_gui.app.settings import SettingsStore
    from patterson_gui.gui.startup import start

    store = SettingsStore(None)
    store.settings.example_predicted = True  # skips the prediction of the first start
    window = make_window(services, store, sent_folder())
    window.resize(1600, 1000)
    heartbeat = Heartbeat()
    found: dict[str, float] = {}
    began = 0.0

    def pictured() -> None:
        found["first_picture_s"] = time.time() - asked_at
        if mode == "start":
            QTimer.singleShot(0, end)
        else:
            # torch is loaded in the background after the first picture: let it finish.
            QTimer.singleShot(6000, predict)

    def predict() -> None:
        nonlocal began
        # Many starts that do not stop early, so that the prediction takes long enough.
        window.workbench.settings.prediction = long_run()
        heartbeat.start()
        began = time.perf_counter()
        window.workbench.predicting.start()
        QTimer.singleShot(8000, stop)

    def stop() -> None:
        found["longest_gap_ms"] = heartbeat.stop()
        found["ticks"] = heartbeat.ticks
        found["seconds"] = time.perf_counter() - began
        end()

    def end() -> None:
        window.close_now()
        app.quit()

    waiting = [pictured]

    def first_picture() -> None:
        if waiting:
            waiting.pop()()

    for view in window.views.views:
        view.viewport.pictured.connect(first_picture)
    start(window, None)
    app.exec()
    print(json.dumps(found))


def long_run():
    from patterson_gui.app.settings import PredictionChoices

    return PredictionChoices(starts=8, iterations=3000, n_atoms=400)


main(sys.argv[1], float(sys.argv[2]))
