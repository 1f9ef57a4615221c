"""Save or copy what is open: maps, phases, models, figures of merit, peaks, the bundle."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtWidgets import QApplication

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.gui.widgets.not_none import not_none

CCP4 = ("CCP4 map (*.ccp4)",)
MODELS = ("PDB (*.pdb)", "mmCIF (*.cif)")
SAVED_MAPS = {
    "save_patterson": LayerKey.PATTERSON,
    "save_predicted": LayerKey.PREDICTED,
    "save_true": LayerKey.TRUE,
}


class SaveCommands:
    """Saving and copying in one window; pictures are of the views shown in `centre`."""

    def __init__(self, context: CommandContext, centre: CentralArea) -> None:
        self._context = context
        self._saver = context.saver
        self._centre = centre

    def connect(self) -> None:
        """Connect the actions."""
        actions = self._context.actions
        for name, key in SAVED_MAPS.items():
            actions.on(name, partial(self.save_map, key))
        for name, call in (
            ("save_bundle", self.save_bundle),
            ("save_phases", self.save_phases),
            ("save_atoms", self.save_atoms),
            ("save_model", self.save_model),
            ("save_figures", self.save_figures),
            ("save_peaks", self.save_peaks),
            ("copy_figures", self.copy_figures),
            ("copy_picture", self.copy_picture),
        ):
            actions.on(name, call)

    def show_enabled(self) -> None:
        """Disable what cannot be saved now; the tooltips say why."""
        actions, saver = self._context.actions, self._saver
        document = self._context.workbench.document
        for name, key in SAVED_MAPS.items():
            actions.set_blocked(name, saver.map_blocked(key))
        for name in ("save_phases", "save_figures", "copy_figures"):
            actions.set_blocked(name, saver.prediction_blocked())
        actions.set_blocked("save_atoms", saver.atoms_blocked())
        actions.set_blocked("save_peaks", None if document.peaks else "There are no peaks yet.")
        model = document.crystal is not None and document.crystal.model is not None
        actions.set_blocked("save_model", None if model else "There is no model.")
        actions.set_blocked("save_bundle", saver.crystal_blocked())

    # ------------------------------------------------------------------ saving
    def _ask_save(
        self, title: str, what: str, filters: tuple[str, ...], save: Callable[[Path], object]
    ) -> None:
        self._context.ask.save_file(title, self._saver.suggested_name(what), filters, save)

    def save_map(self, key: LayerKey) -> None:
        self._ask_save(
            f"Save the {key.value} map", key.value, CCP4,
            lambda path: self._saver.save_map(key, path),
        )  # fmt: skip

    def save_phases(self) -> None:
        self._ask_save("Save phases", "phases", ("MTZ (*.mtz)",), self._saver.save_phases)

    def save_atoms(self) -> None:
        self._ask_save("Save the built atoms", "atoms", MODELS, self._saver.save_atoms)

    def save_model(self) -> None:
        self._ask_save("Save the model", "model", MODELS, self._saver.save_model)

    def save_figures(self) -> None:
        filters = ("JSON (*.json)", "CSV (*.csv)")
        self._ask_save("Save figures", "figures", filters, self._saver.save_figures)

    def save_peaks(self) -> None:
        self._ask_save(
            "Save peaks", "peaks", ("CSV (*.csv)", "PDB (*.pdb)"), self._saver.save_peaks
        )

    def save_bundle(self) -> None:
        filters = ("Prediction bundle (*.pgz)",)
        self._ask_save("Save everything", "bundle", filters, self._saver.save_bundle)

    # ------------------------------------------------------------------ copying
    def copy_picture(self) -> None:
        not_none(QApplication.clipboard()).setImage(self._centre.shown_views.screenshot())
        self._context.show_notice(Notice("The picture is on the clipboard."))

    def copy_figures(self) -> None:
        values = self._saver.figures()
        if values is not None:
            copy_text(json.dumps(values, indent=2, ensure_ascii=False))
            self._context.show_notice(Notice("The figures are on the clipboard."))
