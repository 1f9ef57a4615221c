"""What each action of the window does: dialogs out, requests to the workbench in."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QBuffer, QIODevice
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.jobs.jobs import Failure, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.open_requests import (
    FieldError,
    FragmentChoices,
    FragmentRequest,
    OpenRequest,
)
from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import PredictionChoices, Theme
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.about import AboutDialog
from patterson_gui.gui.dialogs.columns import ColumnsDialog
from patterson_gui.gui.dialogs.fragment import FragmentDialog
from patterson_gui.gui.dialogs.p1_box import BoxDialog
from patterson_gui.gui.dialogs.predict_settings import PredictSettingsDialog
from patterson_gui.gui.widgets import file_dialogs
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.theme import apply_theme
from patterson_gui.io.reflections.columns import ColumnChoice

if TYPE_CHECKING:
    from patterson_gui.gui.window.main_window import MainWindow

CCP4 = ("CCP4 map (*.ccp4)",)


class Commands:
    """Belongs to one window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._workbench = window.workbench
        self._saver = window.saver
        self._settings = window.store.settings

    def connect_actions(self) -> None:
        """Give every action its work."""
        actions, workbench = self._window.window_actions, self._workbench
        for name, call in (
            ("open", self.open),
            ("example", self.open_example),
            ("save_bundle", self.save_bundle),
            ("save_patterson", lambda: self.save_map(LayerKey.PATTERSON)),
            ("save_predicted", lambda: self.save_map(LayerKey.PREDICTED)),
            ("save_true", lambda: self.save_map(LayerKey.TRUE)),
            ("save_phases", self.save_phases),
            ("save_atoms", self.save_atoms),
            ("save_model", self.save_model),
            ("save_figures", self.save_figures),
            ("save_peaks", self.save_peaks),
            ("save_picture", self.save_picture),
            ("quit", self._window.close),
            ("copy_figures", self.copy_figures),
            ("copy_picture", self.copy_picture),
            ("reset_view", self._window.views.reset_view),
            ("fragment", self.choose_fragment),
            ("whole", self.back_to_parent),
            ("truth", self.choose_truth),
            ("predict", self.predict),
            ("cancel", workbench.predicting.cancel),
            ("predict_settings", self.choose_predict_settings),
            ("hints", self._window.hints.show),
            ("about", lambda: AboutDialog(self._window).open()),
        ):
            actions.on(name, call)
        actions["aligned"].toggled.connect(workbench.document.set_show_aligned)
        actions["full_screen"].toggled.connect(self._full_screen)
        actions["surfaces"].setChecked(self._settings.style == "surface")
        actions["surfaces"].toggled.connect(self._surfaces)
        for name, field in (
            ("link_camera", "camera"),
            ("link_cursor", "cursor"),
            ("link_levels", "levels"),
        ):
            actions[name].toggled.connect(lambda on, f=field: self._link(f, on))
        for theme in ("system", "light", "dark"):
            actions[f"theme_{theme}"].setChecked(self._settings.theme == theme)
            actions.on(f"theme_{theme}", partial(self.set_theme, theme))

    def show_enabled(self) -> None:
        """Every action that cannot be used now says why."""
        actions, workbench, out = self._window.window_actions, self._workbench, self._saver
        document = workbench.document
        idle = workbench.predicting.state is PredictState.IDLE
        actions.set_blocked("fragment", workbench.fragment_blocked())
        actions.set_blocked(
            "whole", None if document.parent is not None else "No fragment is open."
        )
        has_data = document.crystal is not None and document.crystal.amplitudes is not None
        actions.set_blocked("truth", None if has_data else "Open reflections first.")
        actions.set_blocked(
            "predict", workbench.predicting.blocked() if idle else "A prediction is running."
        )
        self.show_prediction_choices()
        actions.set_blocked("cancel", "No prediction is running." if idle else None)
        for name, key in (
            ("save_patterson", LayerKey.PATTERSON),
            ("save_predicted", LayerKey.PREDICTED),
            ("save_true", LayerKey.TRUE),
        ):
            actions.set_blocked(name, out.map_blocked(key))
        for name in ("save_phases", "save_figures", "copy_figures"):
            actions.set_blocked(name, out.prediction_blocked())
        actions.set_blocked("save_atoms", out.atoms_blocked())
        actions.set_blocked("save_peaks", None if document.peaks else "There are no peaks yet.")
        model = document.crystal is not None and document.crystal.model is not None
        actions.set_blocked("save_model", None if model else "There is no model.")
        for name in ("save_bundle", "save_picture"):
            actions.set_blocked(name, out.crystal_blocked())
        self._window.sending.show_state()
        for name, on in (
            ("aligned", document.show_aligned),
            ("link_camera", document.links.camera),
            ("link_cursor", document.links.cursor),
            ("link_levels", document.links.levels),
        ):
            actions[name].setChecked(on)

    # ------------------------------------------------------------------ opening
    def open(self) -> None:
        file_dialogs.ask_open(
            self._window, "Open", self._settings.last_folder, file_dialogs.OPEN_FILTERS,
            self.open_path,
        )  # fmt: skip

    def open_path(self, path: Path) -> None:
        self._window.context.unless_predicting(
            f"open {path.name}", lambda: self._workbench.open(OpenRequest(path))
        )

    def open_example(self) -> None:
        self._window.context.unless_predicting("open the example", self._workbench.open_example)

    def ask_column(self, request: OpenRequest, choices: list[ColumnChoice]) -> None:
        """The file holds several columns: which?"""
        dialog = ColumnsDialog(request.path.name, choices, self._window)
        dialog.chosen.connect(lambda choice: self._workbench.open(replace(request, column=choice)))
        dialog.open()

    def ask_box(self, request: OpenRequest, _why: str) -> None:
        """The model has no cell: put it into a box?"""
        dialog = BoxDialog(request.path.name, self._window)

        def answered() -> None:
            if dialog.clickedButton() is dialog.box_button:
                self._workbench.open(replace(request, box_if_no_cell=True))

        dialog.finished.connect(answered)
        dialog.open()

    def fill_view(self, kind: MapKind) -> None:
        """The click an empty view offers."""
        crystal = self._workbench.document.crystal
        if crystal is None:
            self.open()
        elif kind is MapKind.PREDICTED:
            self.predict()
        elif kind is MapKind.TRUE:
            self.choose_truth()

    def show_recent(self) -> None:
        """The menu of recent files, those that are gone greyed."""
        menu = self._window.window_actions.recent
        menu.clear()
        menu.setToolTipsVisible(True)
        for number, name in enumerate(self._settings.recent_files, start=1):
            path = Path(name)
            action = not_none(menu.addAction(f"&{number % 10}  {path.name}"))
            action.setToolTip(name)
            action.triggered.connect(lambda _on=False, p=path: self.open_path(p))
        menu.setEnabled(bool(self._settings.recent_files))

    # ------------------------------------------------------------------ structure
    def choose_fragment(self) -> None:
        source = self._workbench.fragment_source
        if source is not None:
            self._workbench.list_residues(
                source, lambda choices: self._show_fragment_dialog(source, choices)
            )

    def _show_fragment_dialog(self, source: Crystal, choices: FragmentChoices) -> None:
        dialog = FragmentDialog(source.name, choices, self._window)
        open_ = [True]

        def made(fragment: Crystal) -> None:
            if open_:
                dialog.show_fragment(fragment)

        def preview(request: FragmentRequest) -> None:
            def failed(failure: Failure) -> None:
                field = failure.error.field if isinstance(failure.error, FieldError) else ""
                if open_:
                    dialog.show_error(failure.sentence, field)

            self._workbench.preview_fragment(source, request, made, failed)

        def use(fragment: Crystal) -> None:
            self._window.context.unless_predicting(
                "go on with the fragment",
                lambda: self._workbench.use_fragment(fragment, source),
            )

        dialog.preview_wanted.connect(preview)
        dialog.chosen.connect(use)
        dialog.finished.connect(lambda _result: open_.clear())
        dialog.show()

    def back_to_parent(self) -> None:
        self._window.context.unless_predicting("go back", self._workbench.back_to_parent)

    def choose_truth(self) -> None:
        file_dialogs.ask_open(
            self._window, "Compare with a model", self._settings.last_folder,
            file_dialogs.MODEL_FILTERS, self._workbench.compare_with_model,
        )  # fmt: skip

    # ------------------------------------------------------------------ predicting
    def predict(self) -> None:
        self._workbench.predicting.start()

    @property
    def data_d_min(self) -> float | None:
        """How far the open data reach, Å."""
        crystal = self._workbench.document.crystal
        data = None if crystal is None else crystal.amplitudes
        return None if data is None else data.d_min

    def show_prediction_choices(self) -> None:
        """What can be chosen behind the arrow, and what is."""
        self._window.predict_menu.show_choices(
            self._settings.prediction, self._workbench.networks.choices, self.data_d_min
        )

    def choose_predict_settings(self) -> None:
        crystal = self._workbench.document.crystal
        content = None if crystal is None else crystal.composition
        networks = self._workbench.networks
        dialog = PredictSettingsDialog(
            self._settings.prediction,
            self.data_d_min,
            None if content is None else content.n_atoms,
            networks.choices,
            self._window,
        )
        open_ = [True]

        def show_networks() -> None:
            if open_:
                dialog.set_networks(networks.choices)

        def finished() -> None:
            open_.clear()
            networks.changed.disconnect(show_networks)

        networks.changed.connect(show_networks)
        networks.refresh()
        dialog.finished.connect(finished)
        dialog.chosen.connect(self.take_prediction_choices)

        def found(names: list[str]) -> None:
            if open_:
                dialog.set_devices(names)

        services = self._workbench.services
        # Asking for graphics cards loads much the first time: never in this thread.
        self._workbench.runner.submit(
            "Looking for devices",
            lambda context: services.device_names(),
            lane=Lane.PREVIEW,
            key="devices",
            quiet=True,
            on_done=found,
        )
        dialog.open()

    def take_prediction_choices(self, choices: PredictionChoices) -> None:
        """Use them from now on, and remember them."""
        self._settings.prediction = choices
        self._window.store.save()
        self._workbench.networks.refresh()
        self._workbench.predicting.changed.emit()  # what the button says of itself

    # ------------------------------------------------------------------ saving
    def _ask_save(
        self, title: str, what: str, filters: tuple[str, ...], save: Callable[[Path], object]
    ) -> None:
        file_dialogs.ask_save(
            self._window, title, self._settings.last_folder,
            self._saver.suggested_name(what), filters, save,
        )  # fmt: skip

    def save_map(self, key: LayerKey) -> None:
        self._ask_save(
            f"Save the {key.value} map", key.value, CCP4,
            lambda path: self._saver.save_map(key, path),
        )  # fmt: skip

    def save_phases(self) -> None:
        self._ask_save("Save phases", "phases", ("MTZ (*.mtz)",), self._saver.save_phases)

    def save_atoms(self) -> None:
        filters = ("PDB (*.pdb)", "mmCIF (*.cif)")
        self._ask_save("Save the built atoms", "atoms", filters, self._saver.save_atoms)

    def save_model(self) -> None:
        filters = ("PDB (*.pdb)", "mmCIF (*.cif)")
        self._ask_save("Save the model", "model", filters, self._saver.save_model)

    def save_figures(self) -> None:
        filters = ("JSON (*.json)", "CSV (*.csv)")
        self._ask_save("Save figures", "figures", filters, self._saver.save_figures)

    def save_peaks(self) -> None:
        self._ask_save("Save peaks", "peaks", ("CSV (*.csv)",), self._saver.save_peaks)

    def save_bundle(self) -> None:
        filters = ("Prediction bundle (*.pgz)",)
        self._ask_save("Save everything", "bundle", filters, self._saver.save_bundle)

    def save_picture(self) -> None:
        image = self._window.centre.shown_views.screenshot()  # as it stands at the click
        self._ask_save(
            "Save the picture", "picture", ("PNG (*.png)",),
            lambda path: self._saver.save_picture(path, _png(image)),
        )  # fmt: skip

    def copy_picture(self) -> None:
        not_none(QApplication.clipboard()).setImage(self._window.centre.shown_views.screenshot())
        self._window.tell(Notice("The picture is on the clipboard."))

    def copy_figures(self) -> None:
        values = self._saver.figures()
        if values is not None:
            text = json.dumps(values, indent=2, ensure_ascii=False)
            copy_text(text)
            self._window.tell(Notice("The figures are on the clipboard."))

    # ------------------------------------------------------------------ appearance
    def set_theme(self, theme: Theme) -> None:
        self._settings.theme = theme
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)
        self._window.window_actions.refresh_icons()
        self._window.explorer.refresh_icons()
        self._window.sending.refresh_icons()
        self._window.store.save()

    def _surfaces(self, on: bool) -> None:
        self._settings.style = "surface" if on else "wire"
        self._window.presenter.set_style_of_all(self._settings.style)

    def _link(self, field: str, on: bool) -> None:
        document = self._workbench.document
        document.set_links(replace(document.links, **{field: on}))

    def _full_screen(self, on: bool) -> None:
        self._window.showFullScreen() if on else self._window.showNormal()


def _png(image: QImage) -> bytes:
    """A picture as the bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return buffer.data().data()
