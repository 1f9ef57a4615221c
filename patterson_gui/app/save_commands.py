"""Saves the open crystal, its maps, prediction, atoms and figures to files."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from patterson_gui.app.bundle_contents import bundle_writer, figures_of
from patterson_gui.app.document.sections import SectionChoices
from patterson_gui.app.document.view_state import MAP_LAYERS, LayerKey
from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.jobs.jobs import Job, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.workbench import Workbench
from patterson_gui.app.write_files import (
    section_drawings,
    shown_atoms,
    write_model,
)
from patterson_gui.crystal.colours import PALETTES
from patterson_gui.crystal.comparison.prediction_metrics import aligned_density, aligned_phases_deg
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.io.file_names import file_stem, map_stem
from patterson_gui.io.files import make_folder
from patterson_gui.io.heavy_atoms.phases import write_phases_mtz
from patterson_gui.io.heavy_atoms.site_files import write_site_file
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.reflections.write_phases import write_phases
from patterson_gui.io.report.tables import write_figures, write_peaks
from patterson_gui.io.sections.write import write_sections
from patterson_gui.io.solution.write import refuse_foreign_files, write_solution


class Saver:
    """Saves the contents of the workbench's document, each in a job."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._document = workbench.document

    # ------------------------------------------------------------------ what there is
    def map_blocked(self, key: LayerKey) -> str | None:
        """Why this map cannot be saved now; None when it can."""
        if self._document.map_of(key) is not None:
            return None
        return {
            LayerKey.PATTERSON: "Open a file first: its Patterson map can then be saved.",
            LayerKey.PREDICTED: "Predict the density first.",
            LayerKey.TRUE: "There is no model, and so no true density.",
            LayerKey.DENSITY: "Solve the structure first.",
            LayerKey.DIFFERENCE: "Solve the structure first.",
        }.get(key, "No map is open.")

    def prediction_blocked(self) -> str | None:
        """Why phases and figures cannot be saved now; None when they can."""
        return None if self._document.prediction is not None else "Predict the density first."

    def atoms_blocked(self) -> str | None:
        """Why built atoms cannot be saved now; None when they can."""
        prediction = self._document.prediction
        if prediction is None:
            return self.prediction_blocked()
        if prediction.model is None:
            return "No atoms were built into the predicted density."
        return None

    def crystal_blocked(self) -> str | None:
        return None if self._document.crystal is not None else "Open a file first."

    def solution_blocked(self) -> str | None:
        """Why the solution cannot be saved now; None when it can."""
        return self._workbench.solving.save_blocked()

    def suggested_name(self, what: str) -> str:
        """A file name for a map's layer key, or for 'phases', 'figures', 'bundle' …"""
        crystal = self._document.crystal
        name = crystal.name if crystal is not None else "untitled"
        if what in {key.value for key in MAP_LAYERS}:
            density = self._document.map_of(LayerKey(what))
            if density is not None:
                return map_stem(name, density.kind, self._aligned) + ".ccp4"
        atoms = shown_atoms(self._document)
        if what == "atoms" and atoms is not None:
            return atoms.stem(name) + ".pdb"
        endings = {
            "phases": "-phases.mtz",
            "figures": "-figures.json",
            "bundle": ".pgz",
            "picture": ".png",
            "turntable": "-turn.gif",
            "plot": "-plot.svg",
            "peaks": "-patterson-peaks.csv",
            "section": "-section.pdf",
            "solution": "-solution",
            "model": ".pdb",
            "sites": "-sites.pdb",
        }
        return file_stem(name) + endings.get(what, "")

    # ------------------------------------------------------------------ saving
    def save_map(self, key: LayerKey, path: Path) -> Job[Path] | None:
        """Write one map, as it is shown (CCP4)."""
        density = self._document.map_of(key)
        if density is None:
            return self._refuse(self.map_blocked(key))

        def work(context: JobContext) -> None:
            write_map(path, density)

        moved = key is LayerKey.PREDICTED and self._aligned
        return self._save(path, work, "; it is aligned to the truth, as shown" if moved else "")

    def save_phases(self, path: Path) -> Job[Path] | None:
        """Write the phases (MTZ), in the frame that is shown."""
        prediction, crystal = self._document.prediction, self._document.crystal
        if prediction is None or crystal is None:
            return self._refuse(self.prediction_blocked())
        hand = self._workbench.site_phasing.hand_of(prediction)
        if hand is not None and not self._aligned:
            phased_hand = hand
            return self._save(
                path,
                lambda context: write_phases_mtz(path, phased_hand),
                "; it has the Hendrickson–Lattman coefficients",
                lambda: self._mark_saved([prediction]),
            )
        shown = self._prediction_as_shown()

        def work(context: JobContext) -> None:
            write_phases(path, shown() or prediction)

        note = "; the phases are aligned to the truth, as shown" if self._aligned else ""
        return self._save(path, work, note)

    def save_figures(self, path: Path) -> Job[Path] | None:
        """Write the figures, as JSON or CSV by the file ending."""
        values = self.figures()
        if values is None:
            return self._refuse(self.prediction_blocked())

        def work(context: JobContext) -> None:
            write_figures(path, values)

        return self._save(path, work)

    def save_sites(self, path: Path, then: Callable[[], object] = lambda: None) -> Job[Path] | None:
        """Write the heavy-atom sites, as PDB, SHELX instructions or CSV by the file ending; then
        call `then`."""
        crystal, sites = self._document.crystal, self._workbench.sites.sites
        state = self._workbench.sites.state
        if crystal is None or not sites:
            return self._refuse("There are no sites to save: find some, or add one.")

        def work(context: JobContext) -> None:
            write_site_file(path, sites, crystal.cell, crystal.spacegroup)

        capped = path.suffix.lower() not in (".csv", ".res", ".ins") and any(
            site.occupancy > 1.0 for site in sites
        )

        def saved() -> None:
            self._workbench.sites.mark_saved(state)
            then()

        note = "; occupancies above 1 are written as 1" if capped else ""
        return self._save(path, work, note, saved)

    def save_peaks(self, path: Path) -> Job[Path] | None:
        """Write the table of the peaks that are listed (CSV or PDB by the file ending)."""
        listed = self._workbench.density_peaks
        if listed.layer is not LayerKey.PATTERSON and (found := listed.found) is not None:
            no_atoms = (None,) * len(found.peaks)

            def work_on_density(context: JobContext) -> None:
                write_peaks(path, found.peaks, found.density, found.near or no_atoms)

            return self._save(path, work_on_density)
        peaks, density = self._document.peaks, self._document.patterson
        if density is None or not peaks:
            return self._refuse("There are no Patterson peaks to save: open a file first.")

        def work(context: JobContext) -> None:
            write_peaks(path, peaks, density)

        return self._save(path, work)

    def save_section(
        self, path: Path, beside: Callable[[SectionChoices, ContourLevels], object]
    ) -> Job[Path] | None:
        """Draw the shown section, or all of the montage, to scale (PDF, SVG or PNG).

        beside : called in the job once it is drawn, to write its settings.
        """
        document = self._document
        choices = document.sections.choices
        density = document.map_of(choices.layer)
        if density is None:
            return self._refuse("There is no map to cut: open a file first.")
        crystal, peaks = document.crystal, document.peaks
        name = "" if crystal is None else crystal.name
        palette = PALETTES[self._workbench.settings.palette]
        levels = choices.levels_for(density, crystal is not None and crystal.is_fragment)
        marked = choices.vectors and choices.layer is LayerKey.PATTERSON and not choices.montage
        vectors = self._workbench.vectors.ends() if marked else None

        def work(context: JobContext) -> None:
            drawings = section_drawings(choices, density, levels, peaks, name, vectors)
            write_sections(path, drawings, palette=palette)
            beside(choices, levels)

        return self._save(path, work)

    def save_model(self, path: Path) -> Job[Path] | None:
        """Write the model, also of a fragment (PDB or mmCIF by the file ending)."""
        crystal = self._document.crystal
        if crystal is None or crystal.model is None:
            return self._refuse("There is no model to save: open a structure first.")
        return self._save(path, lambda context: write_model(path, crystal))

    def save_atoms(self, path: Path) -> Job[Path] | None:
        """Write the built atoms, as they are shown (PDB or mmCIF by the file ending)."""
        atoms = shown_atoms(self._document)
        if atoms is None:
            return self._refuse(self.atoms_blocked())
        note = "; they are aligned to the truth, as shown" if atoms.aligned else ""
        return self._save(path, lambda context: atoms.write(path), note)

    def save_bundle(self, path: Path) -> Job[Path] | None:
        """Write everything in one file (.pgz)."""
        document = self._document
        if document.crystal is None:
            return self._refuse(self.crystal_blocked())
        prediction = document.prediction
        bundle = bundle_writer(
            document, document.crystal, prediction, document.truth_comparison, as_shown=True
        )
        return self._save(
            path, lambda context: bundle(path), then=lambda: self._mark_saved([prediction])
        )

    def save_prediction(
        self, path: Path, item: KeptPrediction, then: Callable[[], object] = lambda: None
    ) -> Job[Path] | None:
        """Write one of the kept predictions with its crystal (.pgz), and then call `then`."""
        crystal = self._document.crystal
        if crystal is None:
            return self._refuse(self.crystal_blocked())
        bundle = bundle_writer(self._document, crystal, item.prediction, item.truth_comparison)

        def done() -> None:
            self._mark_saved([item.prediction])
            then()

        return self._save(path, lambda context: bundle(path), then=done)

    def save_predictions(
        self, folder: Path, items: Sequence[KeptPrediction], then: Callable[[], object]
    ) -> Job[Path] | None:
        """Write kept predictions into a folder, each as a bundle, and then call `then`.

        Files that are there stay: the bundles get other numbers.
        """
        name = self.suggested_name("bundle").removesuffix(".pgz")
        crystal = self._document.crystal
        if crystal is None:
            return self._refuse(self.crystal_blocked())
        bundles = [
            bundle_writer(self._document, crystal, item.prediction, item.truth_comparison)
            for item in items
        ]

        def work(context: JobContext) -> None:
            make_folder(folder)
            names = (folder / f"{name}-{number}.pgz" for number in count(1))
            free = (path for path in names if not path.exists())
            for bundle in bundles:
                bundle(next(free))

        def done() -> None:
            self._mark_saved([item.prediction for item in items])
            then()

        return self._save(folder, work, then=done)

    def _mark_saved(self, predictions: Sequence[Prediction | None]) -> None:
        for prediction in predictions:
            if prediction is not None:
                self._workbench.predicting.kept.mark_saved(prediction)

    def save_solution(
        self, folder: Path, then: Callable[[], object] = lambda: None
    ) -> Job[Path] | None:
        """Write every file of the solution into a folder: SHELX, CIF, maps, reports and more.
        Then call `then`.

        Files that this program did not write stay as they are: the folder is refused then.
        """
        solving = self._workbench.solving
        solution, crystal = solving.solution_to_save(), self._document.crystal
        kept = solving.solution, solving.model.state
        if solution is None or crystal is None or self.solution_blocked() is not None:
            return self._refuse(self.solution_blocked())
        name = file_stem(crystal.name)

        def work(context: JobContext) -> Path:
            refuse_foreign_files(folder, name)
            write_solution(folder, solution, name)
            return folder

        def done(written: Path) -> None:
            self._workbench.settings.last_folder = str(written.parent)
            self._workbench.notice.emit(
                Notice(f"Saved the solution in {written}: open report.html there to read on.")
            )
            solving.mark_saved(*kept)
            then()

        return self._workbench.runner.submit(
            f"Saving the solution of {crystal.name}", work, lane=Lane.FILES,
            on_done=done, on_failed=self._workbench.jobs.tell_failure,
        )  # fmt: skip

    # ------------------------------------------------------------------ parts
    @property
    def _aligned(self) -> bool:
        return self._document.displayed_is_aligned

    def figures(self) -> dict[str, Any] | None:
        """The figures of the prediction; None without a prediction."""
        document = self._document
        if document.crystal is None or document.prediction is None:
            return None
        return figures_of(document.crystal, document.prediction, document.truth_comparison)

    def _prediction_as_shown(self) -> Callable[[], Prediction | None]:
        """A function for the job: the prediction moved onto the truth, if it is shown so."""
        document = self._document
        prediction, comparison = document.prediction, document.comparison
        if prediction is None or comparison is None or not self._aligned:
            return lambda: None

        def moved() -> Prediction:
            return replace(
                prediction,
                density=aligned_density(prediction, comparison),
                phases_deg=aligned_phases_deg(prediction, comparison),
            )

        return moved

    def _refuse(self, reason: str | None) -> Job[Any] | None:
        self._workbench.notice.emit(Notice(reason or "", error=True))
        return None

    def _save(
        self,
        path: Path,
        write: Callable[[JobContext], None],
        note: str = "",
        then: Callable[[], object] = lambda: None,
    ) -> Job[Path]:
        def work(context: JobContext) -> Path:
            write(context)
            return path

        def done(written: Path) -> None:
            self._workbench.settings.last_folder = str(written.parent)
            self._workbench.notice.emit(Notice(f"Saved {written.name} in {written.parent}{note}."))
            then()

        return self._workbench.runner.submit(
            f"Saving {path.name}", work, lane=Lane.FILES,
            on_done=done, on_failed=self._workbench.jobs.tell_failure,
        )  # fmt: skip
