"""The window: three views, what is round them, and what a person can ask for."""

import base64
import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QByteArray, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PyQt6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QToolBar,
    QWidget,
)

from patterson_gui.app.colours import MAP_COLOURS
from patterson_gui.app.document.cursor import cursor_text
from patterson_gui.app.document.view_state import Links, layer_of
from patterson_gui.app.jobs.jobs import Job, JobState
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.predict import PredictState
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import SettingsStore
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.commands.datasets import DatasetCommands
from patterson_gui.gui.commands.explorer import ExplorerCommands
from patterson_gui.gui.commands.other_programs import ViewerCommands
from patterson_gui.gui.commands.save_files import Commands
from patterson_gui.gui.commands.training import TrainingCommands
from patterson_gui.gui.commands.window_actions import make_actions
from patterson_gui.gui.dialogs.ask import Ask
from patterson_gui.gui.panels.jobs import JobsPanel
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.panels.log import LogPanel
from patterson_gui.gui.panels.patterson import PattersonPanel
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.panels.statistics import StatisticsPanel
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.prediction.predict_button import PredictButton
from patterson_gui.gui.prediction.predict_choices import choices_words
from patterson_gui.gui.prediction.predict_menu import PredictControl, PredictMenu
from patterson_gui.gui.prediction.result_panel import ResultPanel
from patterson_gui.gui.presenters.maps import Presenter
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.scrolled import scrolled_vertically
from patterson_gui.gui.widgets.toasts import ToastArea

PROGRAM = "patterson_gui"
LEFT_WIDTH = 240
RIGHT_WIDTH = 304
BOTTOM_HEIGHT, TALL_TABLE_HEIGHT = 208, 256
LAYERS_HEIGHT, KNOBS_HEIGHT = 320, 176
LONGEST_FIRST_PICTURE = 10.0  # seconds


class MainWindow(QMainWindow):
    """Shows one document. Made by `application`, which hands in everything it works on."""

    closed = pyqtSignal()

    def __init__(
        self, workbench: Workbench, saver: Saver, viewers: Viewers, store: SettingsStore
    ) -> None:
        super().__init__()
        self.workbench = workbench
        self.saver = saver
        self.viewers = viewers
        self.store = store
        self._closing = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self.setMinimumSize(960, 600)
        self.resize(1440, 900)
        self.window_actions = make_actions(self)
        self.centre = CentralArea()
        self.setCentralWidget(self.centre)
        self.toasts = ToastArea(self.centre)
        self.tables = Tables()
        self.log = LogPanel()
        self.ask = Ask(self, store.settings)
        self.context = CommandContext(
            workbench, saver, viewers, store, self.window_actions, self.ask, self.tell
        )
        self._make_parts()
        self._make_toolbar()
        self._make_docks()
        self._make_status()
        self.commands = Commands(self)
        self.presenter = Presenter(
            workbench, self.views, self.layers, self.patterson, self.peaks,
            self.statistics, self.result,
        )  # fmt: skip
        self._connect()
        self._restore()
        self._show_state()

    # ------------------------------------------------------------------ making
    def _make_parts(self) -> None:
        self.views = self.centre.views
        self.hints = self.centre.hints
        self.layers = LayersPanel({layer_of(kind): c for kind, c in MAP_COLOURS.items()})
        self.patterson = PattersonPanel()
        self.result = ResultPanel()
        self.peaks = PeaksPanel()
        self.statistics = StatisticsPanel()
        self.jobs = JobsPanel()
        self.training = TrainingCommands(self)
        self.datasets = DatasetCommands(self)
        self.explorer = ExplorerCommands(self)
        self.sending = ViewerCommands(self)

    def _make_toolbar(self) -> None:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.predict_button = PredictButton()
        bar.addAction(self.window_actions["open"])
        bar.addAction(self.window_actions["fragment"])
        bar.addSeparator()
        self.predict_menu = PredictMenu(self)
        self.predict_menu.add_last(self.window_actions["predict_settings"])
        bar.addWidget(PredictControl(self.predict_button, self.predict_menu))
        bar.addAction(self.window_actions["predict_settings"])
        bar.addAction(self.window_actions["train"])
        bar.addAction(self.window_actions["explore"])
        bar.addSeparator()
        self.sending.add_to(bar)
        bar.addAction(self.window_actions["save_bundle"])
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(spacer)
        for name in ("link_camera", "link_cursor", "link_levels", "reset_view"):
            bar.addAction(self.window_actions[name])
            button = bar.widgetForAction(self.window_actions[name])
            if button is not None:
                button.setProperty("toolButtonStyle", Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.window_actions["predict_settings"].setIconText("Settings")
        self.window_actions["save_bundle"].setIconText("Save")
        self.window_actions["explore"].setIconText("Explore…")
        self.window_actions["fragment"].setIconText("Fragment")
        self.window_actions["open"].setIconText("Open")
        self.addToolBar(bar)
        self.toolbar = bar

    def _make_docks(self) -> None:
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        layers = self._dock("Layers", scrolled_vertically(self.layers), left)
        knobs = self._dock("Patterson map", scrolled_vertically(self.patterson), left)
        result = self._dock("Result", self.result, Qt.DockWidgetArea.RightDockWidgetArea)
        self.tables.addTab(self.peaks, "Peaks")
        self.tables.addTab(self.statistics, "Statistics")
        self.tables.addTab(self.training.panel, "Training")
        self.tables.addTab(self.jobs, "Jobs")
        self.tables.addTab(self.log, "Log")
        tables = self._dock("Tables", self.tables, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.tables.room_wanted.connect(lambda: self._give_room(tables))
        tables.setTitleBarWidget(QWidget())  # the tabs are title enough
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.resizeDocks([layers, result], [LEFT_WIDTH, RIGHT_WIDTH], Qt.Orientation.Horizontal)
        self.resizeDocks([layers, knobs], [LAYERS_HEIGHT, KNOBS_HEIGHT], Qt.Orientation.Vertical)
        self.resizeDocks([tables], [BOTTOM_HEIGHT], Qt.Orientation.Vertical)

    def _dock(self, title: str, inside: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(title.lower().replace(" ", "-"))
        dock.setWidget(inside)
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.addDockWidget(area, dock)
        toggle = dock.toggleViewAction()
        if toggle is not None:
            self.window_actions.panels.addAction(toggle)
        return dock

    def _make_status(self) -> None:
        bar = self.statusBar()
        self.cursor_line = QLabel()
        self.cursor_line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.cursor_line.setContentsMargins(8, 0, 0, 0)
        self.frame_line = QLabel()
        self.frame_line.setContentsMargins(0, 0, 8, 0)
        if bar is not None:
            bar.addWidget(self.cursor_line, 1)
            bar.addPermanentWidget(self.frame_line)

    def _connect(self) -> None:
        workbench, document = self.workbench, self.workbench.document
        workbench.notice.connect(self.tell)
        workbench.column_wanted.connect(self.commands.ask_column)
        workbench.box_wanted.connect(self.commands.ask_box)
        workbench.opened.connect(self._opened)
        workbench.predicting.changed.connect(self._show_state)
        workbench.predicting.progressed.connect(self._show_running)
        workbench.runner.changed.connect(self._job_changed)
        document.crystal_changed.connect(self._show_state)
        document.patterson_changed.connect(self._show_state)
        document.peaks_changed.connect(self._show_state)
        document.prediction_changed.connect(self._show_state)
        document.cursor_changed.connect(self._show_cursor)
        document.links_changed.connect(self._show_state)
        workbench.networks.changed.connect(self.commands.show_prediction_choices)
        self.predict_menu.aboutToShow.connect(workbench.networks.refresh)
        self.predict_menu.chosen.connect(self.commands.take_prediction_choices)
        self.predict_button.predict_clicked.connect(self.commands.predict)
        self.predict_button.cancel_clicked.connect(workbench.predicting.cancel)
        self.jobs.cancel_clicked.connect(workbench.runner.cancel)
        self.peaks.save_clicked.connect(self.commands.save_peaks)
        self.views.empty_clicked.connect(self.commands.fill_view)
        self.hints.dismissed.connect(self._hints_dismissed)
        self.commands.connect_actions()
        self.training.connect()
        self.datasets.connect()
        self.explorer.connect()
        self.sending.connect()
        workbench.training.changed.connect(self._show_running)
        workbench.training.progressed.connect(self._show_running)
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._desktop_theme_changed)

    def _desktop_theme_changed(self) -> None:
        if self.store.settings.theme == "system":
            self.commands.set_theme("system")

    # ------------------------------------------------------------------ telling
    def tell(self, notice: Notice) -> None:
        """A toast now, a line in the log for later."""
        self.toasts.tell(notice.text, error=notice.error, details=notice.details)
        self.log.add(notice.text)
        if notice.details:
            self.log.add(notice.details.rstrip())

    # ------------------------------------------------------------------ showing
    def _show_state(self) -> None:
        """Title, primary button, and which actions can be used now."""
        document = self.workbench.document
        self._show_running()
        self.commands.show_enabled()
        self.frame_line.setText(
            ""
            if document.prediction is None
            else "Predicted map aligned to the truth"
            if document.displayed_is_aligned
            else "Predicted map as predicted: origin and hand not aligned"
        )
        self._show_cursor()

    def _show_running(self) -> None:
        """Title and primary button: what runs, and how far it is."""
        predicting = self.workbench.predicting
        self.predict_button.show_state(
            predicting.state,
            predicting.progress,
            predicting.blocked(),
            choices_words(self.store.settings.prediction, self.commands.data_d_min),
        )
        self.setWindowTitle(self._title())

    def _title(self) -> str:
        crystal = self.workbench.document.crystal
        words = [] if crystal is None else [crystal.name]
        state = self.workbench.predicting.state
        if state is PredictState.RUNNING:
            progress = self.workbench.predicting.progress
            share = f" {100 * progress.fraction:.0f} %" if progress is not None else ""
            words.append(f"predicting{share}")
        elif state is PredictState.STOPPING:
            words.append("stopping")
        training = self.workbench.training
        if training.active:
            words.append(f"training {100 * training.fraction:.0f} %")
        return " – ".join([*words, PROGRAM])

    def _show_cursor(self) -> None:
        self.cursor_line.setText(cursor_text(self.workbench.document))

    def _job_changed(self, job: Job) -> None:
        self.jobs.update_job(job)
        self.presenter.show_job(job)
        if job.state is JobState.RUNNING and job.progress is None and not job.quiet:
            self.log.add(f"{job.name} …")
        elif job.state is JobState.DONE and not job.quiet:
            self.log.add(f"{job.name}: done in {job.seconds:.1f} s")
        elif job.state is JobState.CANCELLED and not job.quiet:
            self.log.add(f"{job.name}: cancelled")

    def _opened(self, path: Path | None) -> None:
        if path is not None:
            self.store.settings.add_recent(path.absolute())
            self.commands.show_recent()
        self.store.save()

    def _hints_dismissed(self) -> None:
        self.store.settings.hints_dismissed = True
        self.store.save()

    def _give_room(self, tables: QDockWidget) -> None:
        """Make the tables below high enough for the tab that is to be seen."""
        if tables.height() < TALL_TABLE_HEIGHT:
            self.resizeDocks([tables], [TALL_TABLE_HEIGHT], Qt.Orientation.Vertical)

    def when_drawn(self, call: Callable[[], None]) -> None:
        """Call once the first map is on the screen, or when it is clear that none comes."""
        deadline = time.monotonic() + LONGEST_FIRST_PICTURE
        timer = QTimer(self)
        timer.setInterval(20)

        def look() -> None:
            there = self.workbench.document.patterson is not None and self.views.settled
            if there or time.monotonic() > deadline:
                timer.stop()
                timer.deleteLater()
                call()

        timer.timeout.connect(look)
        timer.start()

    def screenshot(self) -> QImage:
        """The whole window as it stands, with what OpenGL has drawn."""
        return self.grab().toImage()

    # ------------------------------------------------------------------ files dropped
    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and not_none(event.mimeData()).hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        if event is None:
            return
        urls = not_none(event.mimeData()).urls()
        files = [url.toLocalFile() for url in urls if url.isLocalFile()]
        if not files:
            self.tell(Notice("Only files of this machine can be dropped here.", error=True))
            return
        event.acceptProposedAction()
        if len(files) > 1:
            self.tell(Notice(f"One file at a time: {Path(files[0]).name} is opened."))
        self.commands.open_path(Path(files[0]))

    # ------------------------------------------------------------------ start and end
    def _restore(self) -> None:
        settings = self.store.settings
        document = self.workbench.document
        document.set_show_aligned(settings.show_aligned)
        document.set_links(Links(settings.link_camera, settings.link_cursor, settings.link_levels))
        self.presenter.set_style_of_all(settings.style)
        if settings.window_geometry:
            self.restoreGeometry(_from_text(settings.window_geometry))
        if settings.window_state:
            self.restoreState(_from_text(settings.window_state))
        self.commands.show_recent()

    def _remember(self) -> None:
        settings, document = self.store.settings, self.workbench.document
        settings.hints_dismissed = True  # they belong to the first start
        settings.window_geometry = _to_text(self.saveGeometry())
        settings.window_state = _to_text(self.saveState())
        settings.show_aligned = document.show_aligned
        settings.link_camera = document.links.camera
        settings.link_cursor = document.links.cursor
        settings.link_levels = document.links.levels
        self.store.save()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        if event is None:
            return
        if not self._closing and self.training.holds_close():
            event.ignore()
            return
        busy = [job.name for job in self.workbench.runner.unfinished() if not job.quiet]
        if busy and not self._closing:
            event.ignore()
            self.ask.question(
                f"{busy[0]} is still running.",
                "Nothing that was saved is lost.",
                [("Stop it and close", self.close_now)],
            )
            return
        self._shut()
        event.accept()

    def close_now(self) -> None:
        """Stop what runs and close."""
        self._closing = True
        self.close()

    def _shut(self) -> None:
        self._remember()
        self.hide()  # the threads may need a moment; nobody has to watch
        for part in (
            self.presenter, self.training, self.datasets, self.explorer, self.sending,
        ):  # fmt: skip
            part.stop_listening()
        if not self.workbench.runner.shutdown():
            self.workbench.training.kill()  # it had its time to write a checkpoint
        for signal in (
            self.workbench.notice, self.workbench.column_wanted, self.workbench.box_wanted,
            self.workbench.opened, self.workbench.runner.changed, self.workbench.networks.changed,
        ):  # fmt: skip
            signal.disconnect()
        self.closed.emit()


def _to_text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _from_text(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
