"""What the window does about data sets: the tab that pages through one comes and goes with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from patterson_gui.gui.panels.dataset_viewer import DatasetViewer
from patterson_gui.gui.widgets import file_dialogs

if TYPE_CHECKING:
    from patterson_gui.gui.window.main_window import MainWindow


class DatasetCommands:
    """Belongs to one window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._browser = window.workbench.datasets
        self._viewer: DatasetViewer | None = None
        self._shown: object = None

    def connect(self) -> None:
        """Join actions, browser and tab."""
        self._window.window_actions.on("dataset", self.open)
        self._browser.changed.connect(self._show)
        self._browser.counted.connect(self._show_facts)
        self._window.workbench.document.crystal_changed.connect(self._show_showing)

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
        file_dialogs.ask_open(
            self._window, "Open a data set", self._window.store.settings.last_folder,
            file_dialogs.dataset_filters(), self._window.opening.open_path,
        )  # fmt: skip

    # ------------------------------------------------------------------ the tab
    def _make(self) -> DatasetViewer:
        viewer, browser = DatasetViewer(), self._browser
        ask = self._window.context.unless_predicting

        def go(call: Callable[..., object], *arguments: object) -> None:
            self._show()  # what was chosen stands there once it is shown, not before
            ask("show another example", lambda: call(*arguments))

        viewer.go_wanted.connect(lambda position: go(browser.go, position))
        viewer.step_wanted.connect(lambda by: go(browser.step, by))
        viewer.last_wanted.connect(lambda: go(browser.last))
        viewer.random_wanted.connect(lambda: go(browser.random))
        viewer.split_chosen.connect(lambda split: go(browser.set_split, split))
        viewer.show_wanted.connect(lambda: go(browser.show_again))
        viewer.close_clicked.connect(lambda: ask("put the data set away", browser.close))
        viewer.train_clicked.connect(self._window.training.train)
        self._window.tables.insertTab(0, viewer, "Data set")
        self._window.tables.show_tab(viewer)
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
            self._window.tables.setTabToolTip(0, str(browser.data.path))
            self._window.tables.setCurrentWidget(self._viewer)
            self._show_facts()
        self._viewer.set_splits(browser.splits(), browser.split)
        example = browser.example
        self._viewer.set_example(browser.position, browser.count, example.name, example.rows)
        self._show_showing()

    def _show_facts(self) -> None:
        if self._viewer is not None:
            self._viewer.set_facts(self._browser.facts)

    def _show_showing(self) -> None:
        if self._viewer is not None:
            self._viewer.set_showing(self._browser.showing)

    def _remove(self) -> None:
        viewer, self._viewer, self._shown = self._viewer, None, None
        if viewer is not None:
            self._window.tables.remove(viewer)
