"""Compute the Patterson map of the open crystal, of its amplitudes or of differences."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.patterson_source import NATIVE, PattersonSource, SourceChoices
from patterson_gui.app.history.steps import History
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.crystal.differences.differences import Kind
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
from patterson_gui.crystal.maps.peaks import find_peaks
from patterson_gui.crystal.sections.peak_sections import with_harker_sections
from patterson_gui.errors import UserError
from patterson_gui.io.opening.differences import ReadDifferences, native_by_name, read_differences
from patterson_gui.io.opening.friedel_pairs import data_sets, distinct_sets, holds_mates
from patterson_gui.io.opening.registry import reader_of
from patterson_gui.io.source_file import SourceFile

# A sparse cell's unsharpened Patterson has few peaks, and broad ones: low is not noise there.
MOST_PEAKS = 200
LEAST_PEAK = 1.0  # rmsd


class PattersonMaps:
    """Patterson maps and their peaks, as jobs whose results go to the document."""

    def __init__(
        self,
        document: Document,
        jobs: CrystalJobs,
        history: History,
        computed: Callable[[], None],
    ) -> None:
        """`computed` is called when a map is on the document."""
        self._document = document
        self._history = history
        self._job: Job[ReadDifferences] | None = None  # reads differences
        self._jobs = jobs
        self._computed = computed

    def look_for_choices(self) -> None:
        """Find out which difference Patterson maps the open file can give."""
        crystal = self._document.crystal
        path = None if crystal is None else crystal.source
        if path is None:
            return

        def work(context: JobContext) -> SourceChoices:
            return source_choices(path)

        self._jobs.submit(
            f"Data sets of {path.name}", work, self._document.set_source_choices,
            lane=Lane.PREVIEW, key="data sets", quiet=True,
        )  # fmt: skip

    def look_at_native(self, path: Path, source: PattersonSource) -> None:
        """Offer the data sets of another file as the native; show the map where it is clear which
        of them is meant.

        Parameters
        ----------
        source : the differences that are wanted; its native is not used.
        """
        document = self._document

        def work(context: JobContext) -> SourceChoices:
            found = source_choices(path)
            if not found.sets:
                _ = data_sets(path)  # raises what is wrong
                raise UserError(f"{path.name} holds no measured reflections: choose another file.")
            return found

        def done(found: SourceChoices) -> None:
            choices = replace(document.source_choices, other_file=path, other_sets=found.sets)
            document.set_source_choices(choices)
            native = found.native or (found.sets[0] if len(found.sets) == 1 else "")
            wanted = replace(source, native=native, native_file=path)
            if native:
                self.choose(wanted)
            else:
                document.want_patterson_source(wanted)

        self._jobs.submit(
            f"Data sets of {path.name}", work, done, lane=Lane.MAPS, key="native", quiet=True
        )

    def choose(self, source: PattersonSource) -> None:
        """Show the map of `source`, as a step that can be undone.

        Where that is not possible, the present map stays.
        """
        before = self._document.patterson_source

        def shown() -> None:
            if before != source:
                self._history.add(
                    f"{source.kind.capitalize()} Patterson map",
                    lambda: self._show(before),
                    lambda: self._show(source),
                )

        self._show(source, shown)

    def show(self, source: PattersonSource) -> None:
        """Show the map of `source`, as part of what is opened: it is no step."""
        self._show(source)

    def _show(self, source: PattersonSource, shown: Callable[[], object] = lambda: None) -> None:
        """Show the map of `source`; `shown` is called when its differences are there."""
        document = self._document
        crystal = document.crystal
        if crystal is None:
            return
        if self._job is not None:  # what was wanted before is no longer
            self._jobs.cancel(self._job)
            self._job = None
        if source == NATIVE:
            document.set_patterson_source(NATIVE, None)
            shown()
            self.update(document.patterson_settings)
            return
        path = crystal.source
        if path is None:
            self._jobs.tell(
                "Differences are read from a file of reflections: open one first.", error=True
            )
            return

        def work(context: JobContext) -> ReadDifferences:
            return differences_of(path, source)

        def done(found: ReadDifferences) -> None:
            self._job = None
            document.set_patterson_source(source, found)
            shown()
            if found.scaled is not None and found.scaled.warnings:
                self._jobs.tell(" ".join(found.scaled.warnings))
            self.update(document.patterson_settings)

        def failed(failure: Failure) -> None:
            self._jobs.tell_failure(failure)
            stay()

        def stay() -> None:
            """Tell what the map still is of, unless another one was chosen meanwhile."""
            if self._job is job:
                self._job = None
                document.set_patterson_source(document.patterson_source, document.differences)

        job = self._job = self._jobs.submit(
            f"Differences of {path.name}", work, done,
            lane=Lane.MAPS, key="differences", on_failed=failed, on_cancelled=stay,
        )  # fmt: skip

    def update(self, settings: PattersonSettings) -> None:
        """Compute the map, then its peaks; a newer request replaces an older one."""
        document = self._document
        document.set_patterson_settings(settings)
        crystal, differences = document.crystal, document.differences
        if crystal is None or crystal.amplitudes is None:
            return
        amplitudes = crystal.amplitudes

        def work(context: JobContext) -> DensityMap:
            density = (
                patterson(amplitudes, settings)
                if differences is None
                else difference_patterson(differences, settings)
            )
            _ = density.rmsd  # cached here, in the job, so that the window does not compute it
            return density

        def done(density: DensityMap) -> None:
            document.set_patterson(density)
            self._find_peaks(density)
            self._computed()

        self._jobs.submit(
            f"Patterson map of {crystal.name}", work, done,
            lane=Lane.MAPS, key="patterson", quiet=True,
        )  # fmt: skip

    def _find_peaks(self, density: DensityMap) -> None:
        crystal = self._document.crystal
        group = density.spacegroup if crystal is None else crystal.spacegroup

        def work(context: JobContext) -> tuple[Any, ...]:
            peaks = find_peaks(density, MOST_PEAKS, LEAST_PEAK)
            return with_harker_sections(peaks, density, group)

        self._jobs.submit(
            f"Peaks of {density.name or 'the Patterson map'}", work, self._document.set_peaks,
            lane=Lane.MAPS, key="peaks", quiet=True,
        )  # fmt: skip


def difference_patterson(found: ReadDifferences, settings: PattersonSettings) -> DensityMap:
    """The Patterson map of differences, with a name that says so."""
    density = patterson(found.differences.amplitudes(), settings)
    return replace(density, name=f"{found.differences.kind.capitalize()} difference Patterson")


def source_choices(path: Path) -> SourceChoices:
    """What a file offers; nothing where it is no file of measured reflections."""
    source = SourceFile(path)
    try:
        reader = reader_of(source)
        if reader.reflections is None and (reader.has_models is None or reader.has_models(source)):
            return SourceChoices()  # the reflections beside a model are not those that are open
        sets = distinct_sets(data_sets(source))
    except UserError:
        return SourceChoices()
    return SourceChoices(
        tuple(each.name for each in sets),
        tuple(each.name for each in sets if holds_mates(source, each)),
        native.name if (native := native_by_name(sets)) is not None else "",
    )


def differences_of(path: Path, source: PattersonSource) -> ReadDifferences:
    """The differences that `source` names, of the file at `path`.

    Raises
    ------
    UserError : there are none, see `read_differences`.
    """
    kind: Kind = "anomalous" if source.kind == "anomalous" else "isomorphous"
    return read_differences(
        path,
        kind,
        derivative=source.data_set or None,
        native=source.native or None,
        native_file=source.native_file,
    )
