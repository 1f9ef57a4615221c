"""The main window: makes its parts, connects them to the workbench, and closes."""

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QImage
from PyQt6.QtWidgets import QMainWindow, QMenu

from patterson_gui.app.jobs.jobs import Job
from patterson_gui.app.jobs.log import LogLevel
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import SettingsStore
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.commands.actions.menus import make_actions
from patterson_gui.gui.commands.console import ConsoleCommands
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.commands.explorer import ExplorerCommands
from patterson_gui.gui.commands.files.figures import FigureCommands
from patterson_gui.gui.commands.files.open_files import OpenCommands
from patterson_gui.gui.commands.files.save_files import SaveCommands
from patterson_gui.gui.commands.files.sessions import SessionCommands
from patterson_gui.gui.commands.find_commands import FindCommands
from patterson_gui.gui.commands.help import HelpCommands
from patterson_gui.gui.commands.history import HistoryCommands
from patterson_gui.gui.commands.layers import LayerCommands
from patterson_gui.gui.commands.networks.datasets import DatasetCommands
from patterson_gui.gui.commands.networks.trained import NetworkCommands
from patterson_gui.gui.commands.networks.training import TrainingCommands
from patterson_gui.gui.commands.other_programs import SendCommands
from patterson_gui.gui.commands.predictions.kept_predictions import KeptPredictionCommands
from patterson_gui.gui.commands.predictions.predict import PredictionCommands
from patterson_gui.gui.commands.preferences import PreferenceCommands
from patterson_gui.gui.commands.shown_part import ShownPartCommands
from patterson_gui.gui.commands.solving.folder import FolderCommands
from patterson_gui.gui.commands.solving.sites import SiteCommands
from patterson_gui.gui.commands.solving.solve import SolveCommands
from patterson_gui.gui.commands.structure import StructureCommands
from patterson_gui.gui.commands.view import ViewCommands
from patterson_gui.gui.dialogs.ask import Ask
from patterson_gui.gui.jobs.panel import JobsPanel
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.panels.log import LogPanel
from patterson_gui.gui.panels.patterson import PattersonPanel
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.panels.predictions import PredictionsPanel
from patterson_gui.gui.panels.statistics import StatisticsPanel
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.prediction.predict_button import PredictButton
from patterson_gui.gui.prediction.predict_menu import PredictMenu
from patterson_gui.gui.prediction.result_panel import ResultPanel
from patterson_gui.gui.presenters.added_layers import AddedLayersPresenter
from patterson_gui.gui.presenters.blink import BlinkPresenter
from patterson_gui.gui.presenters.cursor import CursorPresenter
from patterson_gui.gui.presenters.density_peaks import PeakTablePresenter
from patterson_gui.gui.presenters.local_correlation import CorrelationPresenter
from patterson_gui.gui.presenters.maps import MapPresenter
from patterson_gui.gui.presenters.patterson import PattersonPresenter
from patterson_gui.gui.presenters.prediction import PredictionPresenter
from patterson_gui.gui.presenters.sections import SectionPresenter
from patterson_gui.gui.presenters.sites import SitePresenter
from patterson_gui.gui.presenters.solving import SolvingPresenter
from patterson_gui.gui.presenters.vectors import VectorPresenter
from patterson_gui.gui.sections.panel import SectionPanel
from patterson_gui.gui.sites.panel import SitesPanel
from patterson_gui.gui.solving.solution_panel import SolutionPanel
from patterson_gui.gui.solving.solve_button import SolveButton
from patterson_gui.gui.vectors.panel import VectorsPanel
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.gui.widgets.dropped_files import DroppedFiles
from patterson_gui.gui.widgets.job_button import ButtonWithMenu
from patterson_gui.gui.widgets.messages.toasts import ToastArea
from patterson_gui.gui.window.closing import Closing, disconnect_from
from patterson_gui.gui.window.docks import Docks
from patterson_gui.gui.window.extension_panels import ExtensionPanels
from patterson_gui.gui.window.geometry import remember_geometry, restore_geometry
from patterson_gui.gui.window.result_pages import ResultPages
from patterson_gui.gui.window.status_line import StatusLine
from patterson_gui.gui.window.title import window_title
from patterson_gui.gui.window.toolbar import MainToolBar


class MainWindow(QMainWindow):
    """Shows one document. Made by `application`, which hands in everything it works on."""

    closed = pyqtSignal()

    def __init__(
        self,
        workbench: Workbench,
        saver: Saver,
        viewers: Viewers,
        store: SettingsStore,
        sessions: Path | None = None,
    ) -> None:
        """`sessions` : folder of the sessions that are saved automatically; None: none are."""
        super().__init__()
        self._sessions_folder = sessions
        self.workbench = workbench
        self.saver = saver
        self.viewers = viewers
        self.store = store
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(960, 600)
        self.resize(1440, 900)
        self._make_widgets()
        self._make_commands()
        self._arrange()
        self._make_presenters()
        self._connect_commands()
        self._connect()
        self.view.restore()
        restore_geometry(self, store.settings)
        self.window_actions["tables_at_side"].setChecked(self._docks.tables_at_side)
        self.result.details.set_open(store.settings.result_details)
        self.solution.details.set_open(store.settings.solution_details)
        self._show_state()
        self.preferences.use_keys()
        for extension in self.extension_panels.extensions:
            if not extension.works:
                self.show_notice(Notice(extension.sentence, error=True))

    # ------------------------------------------------------------------ making
    def _make_widgets(self) -> None:
        self.window_actions = make_actions(self)
        self.centre = CentralArea()
        self.views = self.centre.views
        self.hints = self.centre.hints
        self.toasts = ToastArea(self.centre)
        self.layers = LayersPanel()
        self.patterson = PattersonPanel()
        self.result = ResultPanel()
        self.solution = SolutionPanel()
        self.results = ResultPages(self.result, self.solution)
        self.sections = SectionPanel()
        self.peaks = PeaksPanel()
        self.vectors = VectorsPanel()
        self.sites = SitesPanel()
        self.predictions = PredictionsPanel()
        self.statistics = StatisticsPanel()
        self.jobs = JobsPanel()
        self.log = LogPanel()
        self.tables = Tables()
        self.predict_button = PredictButton()
        self.solve_button = SolveButton()
        self.predict_menu = PredictMenu(self)
        self.predict_menu.add_last(self.window_actions["predict_settings"])
        self.status = StatusLine(self.workbench.document)

    def _make_commands(self) -> None:
        self.ask = Ask(self, self.store.settings)
        context = self.context = CommandContext(
            self.workbench, self.saver, self.viewers, self.store, self.window_actions,
            self.ask, self.show_notice,
        )  # fmt: skip
        self.opening = OpenCommands(context)
        self.saving = SaveCommands(context, self.centre)
        self.structure = StructureCommands(context)
        self.prediction = PredictionCommands(context, self.predict_button, self.predict_menu)
        self.solve = SolveCommands(context, self.solve_button, self.solution)
        self.view = ViewCommands(context, self.centre)
        self.shown_part = ShownPartCommands(context, self.centre.views)
        self.layer_commands = LayerCommands(context, self.layers)
        self.edit = HistoryCommands(context)
        self.preferences = PreferenceCommands(context, self.view, self.prediction.take_choices)
        self.finding = FindCommands(context)
        self.kept = KeptPredictionCommands(context, self.predictions)
        self.sessions = SessionCommands(context, self.centre, self.tables, self._sessions_folder)
        self.opening.open_session = self.sessions.open_path
        self.figures = FigureCommands(
            context, self.centre, self.sessions.sessions, self.sessions.window_part
        )
        self.help = HelpCommands(context, self.centre)
        self.site_commands = SiteCommands(context, self.sites, self.peaks)
        self.sending = SendCommands(context)
        self.training = TrainingCommands(context, self.tables, self.centre)
        self.closing = Closing(context, self.training.holds_close, self.close)
        self.networks = NetworkCommands(context)
        self.datasets = DatasetCommands(
            context, self.tables, self.opening.open_path, self.training.train
        )
        self.folder = FolderCommands(context, self.tables, self.opening.open_path)
        self.console = ConsoleCommands(context, self.tables)
        self.explorer = ExplorerCommands(context, self.figures.add_plots)

    def _arrange(self) -> None:
        """Put the widgets in their places."""
        self.setCentralWidget(self.centre)
        predict = ButtonWithMenu(
            self.predict_button, self.predict_menu, "Method, network, atoms", "How to predict"
        )
        solve_menu = QMenu(self)
        solve_menu.setToolTipsVisible(True)
        solve_menu.addActions([self.window_actions[name] for name in ("solve_settings", "predict")])
        solve = ButtonWithMenu(
            self.solve_button, solve_menu, "Settings; predict the density instead", "How to solve"
        )
        self.toolbar = MainToolBar(self.window_actions, predict, solve, self.sending.button)
        self.addToolBar(self.toolbar)
        for title, table in (
            ("Peaks", self.peaks),
            ("Vectors", self.vectors),
            ("Sites", self.sites),
            ("Predictions", self.predictions),
            ("Statistics", self.statistics),
            ("Training", self.training.panel),
            ("Jobs", self.jobs),
            ("Log", self.log),
        ):
            self.tables.addTab(table, title)
        self.extension_panels = ExtensionPanels(self.workbench, self.tables)
        self._docks = Docks(
            self, self.window_actions.panels, self.layers, self.patterson, self.results,
            self.sections, self.tables,
        )  # fmt: skip
        self._docks.follow(self.workbench.predicting, self.workbench.solving)
        self.window_actions.add_panels()
        self.setStatusBar(self.status)

    def _make_presenters(self) -> None:
        workbench, views, layers = self.workbench, self.views, self.layers
        self._patterson_presenter = PattersonPresenter(
            workbench, views, layers, self.patterson, self.peaks, self.statistics,
            self.structure.choose_native,
        )  # fmt: skip
        self._maps = MapPresenter(workbench, views, layers)
        self._added_layers = AddedLayersPresenter(workbench, views, layers)
        self.layer_commands.follow(BlinkPresenter(workbench, views))
        self._correlation = CorrelationPresenter(workbench, views)
        self._result_presenter = PredictionPresenter(
            workbench, views, layers, self.result, self._maps
        )
        self._solving_presenter = SolvingPresenter(workbench, views, self.solution)
        self.section_presenter = SectionPresenter(workbench, self.sections)
        self._cursor_presenter = CursorPresenter(workbench.document, views)
        self._peak_presenter = PeakTablePresenter(
            workbench, self.peaks, views, self._cursor_presenter
        )
        self._vector_presenter = VectorPresenter(
            workbench.document, workbench.vectors, self.vectors, views, self._cursor_presenter
        )
        self._site_presenter = SitePresenter(workbench, self.sites, self.peaks, views)

    def _connect_commands(self) -> None:
        for commands in (
            self.opening, self.saving, self.structure, self.prediction, self.solve, self.view,
            self.edit, self.kept, self.sessions, self.help, self.training, self.datasets,
            self.folder, self.explorer, self.sending, self.site_commands, self.figures,
            self.shown_part, self.networks, self.console, self.preferences, self.finding,
            self.layer_commands,
        ):  # fmt: skip
            commands.connect()
        self.window_actions.on("quit", self.close)
        self.window_actions.on("sections", self.show_sections)
        self.window_actions["tables_at_side"].toggled.connect(self._docks.set_tables_at_side)
        self.window_actions.on("close_message", self.toasts.close_newest)
        self.window_actions.on("close_messages", self.toasts.clear)
        self.toasts.changed.connect(self._show_messages)
        self._show_messages()
        self.view.theme_changed.connect(self.sending.refresh_icons)
        self.view.theme_changed.connect(self.explorer.refresh_icons)
        self.sending.usual_changed.connect(self.explorer.show_viewer)

    def _connect(self) -> None:
        workbench, document = self.workbench, self.workbench.document
        workbench.notice.connect(self.show_notice)
        workbench.runner.changed.connect(self._job_changed)
        for changed in (
            workbench.predicting.changed, document.crystal_changed, document.patterson_changed,
            document.peaks_changed, document.prediction_changed, document.links_changed,
            document.compared_changed, document.solved_changed, workbench.solving.changed,
        ):  # fmt: skip
            changed.connect(self._show_state)
        for progressed in (
            workbench.predicting.progressed, workbench.solving.progressed,
            workbench.training.changed,
            workbench.training.progressed,
        ):  # fmt: skip
            progressed.connect(self._show_running)
        document.cursor_changed.connect(self.status.show_cursor)
        self.jobs.cancel_clicked.connect(workbench.runner.cancel)
        self.status.jobs.cancel_clicked.connect(workbench.runner.cancel)
        self.status.jobs.all_clicked.connect(self.show_all_jobs)
        self.window_actions.on("jobs", self.status.jobs.open_list)
        self.peaks.save_clicked.connect(self.saving.save_peaks)
        self.window_actions.on("next_peak", lambda: self.peaks.step(1))
        self.window_actions.on("previous_peak", lambda: self.peaks.step(-1))
        self.sections.save_clicked.connect(self.figures.save_section)
        self.peaks.solve_clicked.connect(self.solve.solve_from)
        self.views.empty_clicked.connect(self._fill_view)
        drops = DroppedFiles(self)
        drops.dropped.connect(self.opening.open_path)
        drops.added.connect(self.layer_commands.add)
        drops.refused.connect(lambda sentence: self.show_notice(Notice(sentence, error=True)))
        drops.ignored.connect(lambda sentence: self.show_notice(Notice(sentence)))

    # ------------------------------------------------------------------ showing
    def show_notice(self, notice: Notice) -> None:
        """Show a notice as a toast, and write it to the log."""
        self.toasts.add(notice.text, error=notice.error, details=notice.details)
        details = f"\n{notice.details.rstrip()}" if notice.details else ""
        self.log.add(notice.text + details, LogLevel.ERROR if notice.error else LogLevel.MESSAGE)

    def _show_messages(self) -> None:
        """Let Esc close messages where there are some, and nothing else."""
        reason = None if self.toasts.toasts else "No message is shown."
        for name in ("close_message", "close_messages"):
            self.window_actions.set_blocked(name, reason)

    def _show_state(self) -> None:
        """Show what is open, and enable the actions that can be used now."""
        workbench = self.workbench
        self._show_running()
        for commands in (
            self.structure, self.prediction, self.solve, self.saving, self.view, self.edit,
            self.sessions, self.figures, self.layer_commands,
        ):  # fmt: skip
            commands.show_enabled()
        solving = workbench.solving
        self.peaks.set_solvable(self.solve.start_blocked())
        self.toolbar.show_primary(solve=solving.is_primary or solving.is_shown)
        self.results.show_page(solution=solving.is_shown)
        self.sending.show_state()
        self.status.show_frame()
        self.status.show_cursor()

    def _show_running(self) -> None:
        """Show what is running and how far it is, on the button and in the title."""
        self.prediction.show_running()
        self.solve.show_running()
        self.setWindowTitle(window_title(self.workbench))

    def _job_changed(self, job: Job) -> None:
        self.jobs.update_job(job)
        self.status.jobs.update_job(job)
        self._maps.show_job(job)
        self.log.add_job(job)

    def _fill_view(self, kind: MapKind) -> None:
        """Do what the button of an empty view offers."""
        if self.workbench.document.crystal is None:
            self.opening.open()
        elif kind is MapKind.PREDICTED and self.workbench.solving.is_primary:
            self.solve.solve()
        elif kind is MapKind.PREDICTED:
            self.prediction.predict()
        elif kind is MapKind.TRUE:
            self.structure.choose_truth()

    def show_sections(self) -> None:
        """Bring the panel of sections to the front."""
        self._docks.show_sections()

    def show_all_jobs(self) -> None:
        """Bring the tab of the jobs to the front."""
        self._docks.show_tables()
        self.tables.show_tab(self.jobs)

    def screenshot(self) -> QImage:
        """The whole window, with what OpenGL has drawn."""
        return self.grab().toImage()

    # ------------------------------------------------------------------ closing
    def closeEvent(self, event: QCloseEvent | None) -> None:
        if event is None:
            return
        if self.closing.is_held():
            event.ignore()
            return
        self._shut_down()
        event.accept()

    def close_now(self) -> None:
        """Stop what is running and close, without a question."""
        self.closing.close_now()

    def _shut_down(self) -> None:
        settings = self.store.settings
        settings.hints_dismissed = True  # they are for the first start
        remember_geometry(self, settings)
        settings.result_details = self.result.details.is_open
        settings.solution_details = self.solution.details.is_open
        self.view.remember()
        self.store.save()
        self.hide()  # stopping the threads may take a moment
        for part in (
            self._maps, self._result_presenter, self._solving_presenter, self.section_presenter,
            self._site_presenter, self._peak_presenter, self.extension_panels, self.console,
            self.opening, self.prediction, self.view, self.edit, self.kept, self.sessions,
            self.training, self.networks, self.datasets, self.folder, self.explorer, self.sending,
            self.layer_commands,
        ):  # fmt: skip
            part.stop_listening()
        if not self.workbench.runner.shutdown():
            self.workbench.training.kill()  # it did not write its checkpoint in time
        self.sessions.end()
        disconnect_from(self.workbench)
        self.closed.emit()
