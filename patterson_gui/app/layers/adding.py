"""Add the maps and the model of a file to the views of the open crystal."""

from collections.abc import Sequence
from pathlib import Path

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.added_layers import AddedLayer, layer_of_file
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.history.added_layers import AddedLayerChanges
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.io.opening.layers import MapColumnsWantedError, ReadLayers, read_layers
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns

MOST_LAYERS = 100

Answer = ReadLayers | tuple[MapColumns, ...]  # or the maps to choose from


class LayerAdding:
    """Reads files and adds what they hold.

    Signals
    -------
    columns_wanted(Path, tuple[MapColumns]) : the file holds several maps to choose from.
    """

    columns_wanted = Signal(object, object)

    def __init__(self, document: Document, jobs: CrystalJobs, changes: AddedLayerChanges) -> None:
        self._document = document
        self._jobs = jobs
        self._changes = changes

    def blocked(self) -> str | None:
        """Why nothing can be added now; None when something can."""
        if self._document.crystal is None:
            return "Open a file first: layers are drawn over an open crystal."
        if len(self._document.added) >= MOST_LAYERS:
            return f"There are {MOST_LAYERS} added layers already: remove one first."
        return None

    def _views_in_use(self) -> frozenset[MapKind]:
        """The views of densities that have a map of their own now; the third one if none has."""
        document = self._document
        is_solved = document.solved is not None
        views = set()
        if is_solved or document.displayed_prediction is not None:
            views.add(MapKind.PREDICTED)
        if is_solved or document.truth is not None or document.map_of(LayerKey.DENSITY) is not None:
            views.add(MapKind.TRUE)
        return frozenset(views or {MapKind.TRUE})

    def add(self, path: Path, columns: Sequence[MapColumns] | None = None) -> Job[Answer] | None:
        """Read a file and draw its maps or its model; `columns` : which maps of an MTZ."""
        crystal, why_not = self._document.crystal, self.blocked()
        if crystal is None or why_not is not None:
            self._jobs.tell(why_not or "", error=True)
            return None

        def work(context: JobContext) -> Answer:
            try:
                return read_layers(path, crystal, columns)
            except MapColumnsWantedError as question:  # an answer too: nothing has failed
                return question.choices

        def done(read: Answer) -> None:
            if not isinstance(read, ReadLayers):
                self.columns_wanted.emit(path, read)
                return
            new: list[AddedLayer] = []
            views = self._views_in_use()
            for each in read.layers:
                new.append(layer_of_file(each, path, [*self._document.added, *new], views))
            self._changes.add(new)
            if read.notes:
                self._jobs.tell(" ".join(read.notes))

        generation = self._document.generation

        def failed(failure: Failure) -> None:
            if self._document.generation != generation:
                return  # another crystal is open: this file was not for it
            self._jobs.tell_failure(failure)

        return self._jobs.submit(
            f"Adding {path.name}", work, done,
            lane=Lane.FILES, key=f"add {path}", on_failed=failed,
        )  # fmt: skip
