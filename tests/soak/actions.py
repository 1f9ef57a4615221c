"""What the user does: look around, work, use files and dialogs. Each with its share."""

from dataclasses import replace

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenuBar, QTableView

from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.app.solving.choices import SolveChoices
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.app.training.training import TrainingState
from patterson_gui.io.training.settings import TrainingSettings
from tests.soak import hands
from tests.soak.user import MOST_WAIT, Action, User

# They end the program, wait for other programs, or open a dialog that `train` opens.
_NEVER = {"quit", "doctor", "train"}
_SAVES = ("save_bundle", "save_solution", "save_patterson", "save_predicted", "save_true",
          "save_phases", "save_atoms", "save_model", "save_figures", "save_peaks")  # fmt: skip
_DIALOGS = ("fragment", "predict_settings", "solve_settings", "solve_folder", "train", "viewers",
            "about", "resume_run", "truth", "dataset", "open", "save_picture",
            "save_turntable")  # fmt: skip
_TINY = {
    "network": "resunet1", "network_config": {"narrow": 2, "wide": 2, "blocks": 1},
    "samples_per_epoch": 16, "validation_samples": 2, "spacing": 0.7, "batch_size": 2,
    "precision": "fp32", "epochs": 1000,
}  # fmt: skip


# ---------------------------------------------------------------------- looking
def rotate(user: User) -> None:
    port = user.viewport()
    if port is None:
        return
    buttons = (hands.LEFT, hands.LEFT, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton)
    steps = [QPoint(user.random.randint(-9, 9), user.random.randint(-9, 9)) for _ in range(12)]
    keys = Qt.KeyboardModifier.ShiftModifier if user.random.random() < 0.2 else hands.NO_KEYS
    hands.drag(port, steps, user.random.choice(buttons), keys)


def turn_by_keys(user: User) -> None:
    port = user.viewport()
    if port is None:
        return
    keys = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Plus,
            Qt.Key.Key_Minus, Qt.Key.Key_Home)  # fmt: skip
    for _ in range(4):
        QTest.keyClick(port, user.random.choice(keys))


def level(user: User) -> None:
    port = user.viewport()
    if port is None:
        return
    control = Qt.KeyboardModifier.ControlModifier
    keys = control if user.random.random() < 0.2 else hands.NO_KEYS
    for _ in range(user.random.randint(1, 6)):
        hands.turn_wheel(port, user.random.choice((-1, 1)), keys)
        hands.wait(0.01)


def pick(user: User) -> None:
    port = user.viewport()
    if port is None:
        return
    place = QPoint(user.random.randrange(port.width()), user.random.randrange(port.height()))
    QTest.mouseClick(port, hands.LEFT, hands.NO_KEYS, place)


def enlarge(user: User) -> None:
    view = user.random.choice(user.window.views.views)
    if view.isVisible():
        QTest.mouseDClick(view.header, hands.LEFT)


def use_panel(user: User) -> None:
    window = user.window
    panel = user.random.choice((window.layers, window.patterson, window.results, window.toolbar))
    hands.poke(panel, user.random, avoid=("Open", "Predict density", "Solve structure"))


def use_sections(user: User) -> None:
    window = user.window
    window.show_sections()
    hands.wait(0.05)
    view = window.sections.view
    place = QPoint(user.random.randrange(view.width()), user.random.randrange(view.height()))
    for _ in range(user.random.randint(1, 6)):
        what = user.random.randrange(4)
        if what == 0:
            keys = user.random.choice((hands.NO_KEYS, Qt.KeyboardModifier.ControlModifier))
            hands.turn_wheel(view, user.random.choice((-1, 1)), keys)
        elif what == 1:
            QTest.keyClick(view, user.random.choice((Qt.Key.Key_Up, Qt.Key.Key_PageDown)))
        elif what == 2:
            QTest.mouseClick(view, hands.LEFT, hands.NO_KEYS, place)
        else:
            hands.poke(window.sections, user.random, avoid=("Save drawing…",))


def use_tables(user: User) -> None:
    hands.poke(user.window.tables, user.random, avoid=("Open the report",))


def choose_peak(user: User) -> None:
    user.window.tables.show_tab(user.window.peaks)
    for table in hands.visible(user.window.peaks, QTableView):
        port = table.viewport()
        if port is not None:
            QTest.mouseClick(
                port, hands.LEFT, hands.NO_KEYS, QPoint(40, 12 + 20 * user.random.randrange(6))
            )


def change_theme(user: User) -> None:
    user.press(user.random.choice(("theme_light", "theme_dark", "theme_system")))


def resize(user: User) -> None:
    user.window.showNormal()
    user.window.resize(user.random.randint(960, 1580), user.random.randint(620, 980))


def full_screen(user: User) -> None:
    user.press("full_screen")


def walk_through_menus(user: User) -> None:
    bar = user.window.menuBar()
    assert isinstance(bar, QMenuBar)
    place = bar.actionGeometry(user.random.choice(bar.actions())).center()
    QTest.mouseClick(bar, hands.LEFT, hands.NO_KEYS, place)
    for _ in range(user.random.randint(1, 8)):
        popup = QApplication.activePopupWidget()
        if popup is not None:
            QTest.keyClick(popup, Qt.Key.Key_Down)
    for _ in range(3):
        popup = QApplication.activePopupWidget()
        if popup is not None:
            QTest.keyClick(popup, Qt.Key.Key_Escape)


def any_action(user: User) -> None:
    """One of all actions of the menus."""
    names = sorted(set(user.window.window_actions.by_name) - _NEVER)
    user.press(user.random.choice(names))


# ---------------------------------------------------------------------- files and dialogs
def open_file(user: User) -> None:
    hands.drop(user.window, user.random.choice(user.files))


def open_file_until_drawn(user: User) -> None:
    open_file(user)
    hands.wait_until(lambda: user.idle, MOST_WAIT)


def open_bad_file(user: User) -> None:
    hands.drop(user.window, user.bad)


def open_example(user: User) -> None:
    user.press(user.random.choice(("example", "measured_example")))


def open_dataset(user: User) -> None:
    hands.drop(user.window, user.dataset)


def page_dataset(user: User) -> None:
    viewer = user.window.datasets.viewer
    if viewer is not None:
        user.window.tables.show_tab(viewer)
        hands.poke(viewer, user.random, avoid=("Train…",))


def save(user: User) -> None:
    user.press(user.random.choice(_SAVES))


def copy(user: User) -> None:
    user.press(user.random.choice(("copy_figures", "copy_picture")))


def dialog(user: User) -> None:
    user.press(user.random.choice(_DIALOGS))


def send(user: User) -> None:
    names = [n for n in user.window.window_actions.by_name if n.startswith(("send_", "fetch_"))]
    user.press(user.random.choice(sorted(names)))


# ---------------------------------------------------------------------- work
def predict(user: User) -> None:
    workbench = user.window.workbench
    if workbench.predicting.state is not PredictState.IDLE:
        user.press("cancel")
        return
    user.window.store.settings.prediction = PredictionChoices(
        starts=user.random.randint(1, 3), iterations=user.random.choice((30, 80)),
        atoms=user.random.random() < 0.3, method="retrieval", seed=user.random.randrange(1000),
    )  # fmt: skip
    workbench.predicting.changed.emit()
    button = user.window.predict_button
    if button.isVisible() and user.random.random() < 0.5:
        QTest.mouseClick(button, hands.LEFT)
    else:
        user.press("predict")


def solve(user: User) -> None:
    solving = user.window.workbench.solving
    if solving.state is not SolveState.IDLE:
        user.press("cancel")
    elif solving.measured is None:
        user.press("measured_example")
    else:
        solving.choices = replace(SolveChoices(), starts=user.random.randint(1, 4))
        user.press("solve")


def correct_model(user: User) -> None:
    user.press(user.random.choice(("refine", "undo", "redo", "show_solution", "around_atoms")))


def train(user: User) -> None:
    training = user.window.workbench.training
    if not training.active:
        run = user.folder / f"run{user.random.randrange(10**9)}"
        settings = TrainingSettings.model_validate(
            {"data": user.dataset, "output": run, "name": "soak"} | _TINY
        )
        training.start(settings)
        user.window.training.show_panel()
    elif training.state in (TrainingState.RUNNING, TrainingState.PAUSED):
        user.press(user.random.choice(("pause_training", "stop_training", "show_example")))


def explore(user: User) -> None:
    user.press("explore")


def use_explorer(user: User) -> None:
    window = user.window.explorer.window
    if window is not None and window.isVisible():
        for _ in range(3):
            hands.poke(window, user.random)
            hands.wait(0.05)


def close_explorer(user: User) -> None:
    if user.window.explorer.window is not None:
        user.window.explorer.window.close()


# Each with how often it is chosen.
ACTIONS: dict[Action, int] = {
    rotate: 20, turn_by_keys: 8, level: 14, pick: 8, enlarge: 3, use_panel: 14, use_tables: 6,
    use_sections: 8,
    choose_peak: 5, change_theme: 3, resize: 4, full_screen: 1, walk_through_menus: 4,
    any_action: 8, open_file: 8, open_bad_file: 1, open_example: 5, open_dataset: 1,
    page_dataset: 3, save: 5, copy: 2, dialog: 6, send: 1, predict: 8, solve: 4,
    correct_model: 2, train: 2, explore: 2, use_explorer: 5, close_explorer: 2,
}  # fmt: skip

OPENINGS: dict[Action, int] = {open_file_until_drawn: 1}
