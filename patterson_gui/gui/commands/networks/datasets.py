"""Open data sets and page through them. Their tab is there while a data set is open."""

from collections.abc import Callable
from pathlib import Path

from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.panels.dataset_viewer import DatasetViewer
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.widgets import file_dialogs


class DatasetCommands:
    """Commands of one window."""

    def __init__(
        self,
        context: CommandContext,
        tables: Tables,
        open_path: Callable[[Path], object],
        train: Callable[[], object],
    ) -> None:
        """`tables` : holds the tab; `open_path` : opens a file; `train` : asks for a training."""
        self._context = context
        self._tables = tables
        self._open_path = open_path
        self._train = train
        self._browser = context.workbench.datasets
        self._viewer: DatasetViewer | None = None
        self._shown: object = None

    def connect(self) -> None:
        """Connect actions, browser and tab."""
        self._context.actions.on("dataset", self.open)
        self._browser.changed.connect(self._show)
        self._browser.counted.connect(self._show_facts)
        self._context.workbench.document.crystal_changed.connect(self._show_whether_shown)

    def stop_listening(self) -> None:
        """The window closes."""
        self._browser.changed.disconnect()
        self._browser.counted.disconnect()

    @property
    def viewer(self) -> DatasetViewer | None:
        """The tab, while a data set is open."""
        return self._viewer

    def open(self) -> None:
        """Ask for a data set."""
        self._context.ask.open_file(
            "Open a data set", file_dialogs.dataset_filters(), self._open_path
        )

    # ------------------------------------------------------------------ the tab
    def _make(self) -> DatasetViewer:
        viewer, browser = DatasetViewer(), self._browser
        ask = self._context.unless_busy

        def go(call: Callable[..., object], *arguments: object) -> None:
            self._show()  # undo what the user typed: it changes once the example is shown
            ask("show another example", lambda: call(*arguments))

        viewer.go_wanted.connect(lambda position: go(browser.go, position))
        viewer.step_wanted.connect(lambda by: go(browser.step, by))
        viewer.last_wanted.connect(lambda: go(browser.last))
        viewer.random_wanted.connect(lambda: go(browser.random))
        viewer.split_chosen.connect(lambda split: go(browser.set_split, split))
        viewer.show_wanted.connect(lambda: go(browser.show_again))
        viewer.close_clicked.connect(lambda: ask("close the data set", browser.close))
        viewer.train_clicked.connect(self._train)
        self._tables.insertTab(0, viewer, "Data set")
        self._tables.show_tab(viewer)
        viewer.setFocus()
        return viewer

    def _show(self) -> None:
        browser = self._browser
        if browser.data is None or browser.example is None:
            self._remove()
            return
        if self._viewer is None:
            self._viewer = self._make()
        if browser.data is not self._shown:
            self._shown = browser.data
            self._tables.setTabToolTip(0, str(browser.data.path))
            self._tables.setCurrentWidget(self._viewer)
            self._show_facts()
        self._viewer.set_splits(browser.splits(), browser.split)
        example = browser.example
        self._viewer.set_example(browser.position, browser.count, example.name, example.rows)
        self._show_whether_shown()

    def _show_facts(self) -> None:
        if self._viewer is not None:
            self._viewer.set_facts(self._browser.facts)

    def _show_whether_shown(self) -> None:
        if self._viewer is not None:
            self._viewer.set_showing(self._browser.showing)

    def _remove(self) -> None:
        viewer, self._viewer, self._shown = self._viewer, None, None
        if viewer is not None:
            self._tables.remove(viewer)
