"""The Explorer: a crystal, its latent, what the latent decodes to, and the ways to move it.

It lives in the GUI thread and emits its changes as signals. Slow work runs as jobs; an answer that
belongs to another network, or to an earlier crystal, is dropped. While a slider is dragged,
`LatestRequest` decodes one density after the other; atoms are found once it rests.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from patterson_gui.app.explorer.encoding import Encoding
from patterson_gui.app.explorer.known_crystals import LatentLibrary
from patterson_gui.app.explorer.values import Encoded, Judged, decoded_map, judge
from patterson_gui.app.jobs.jobs import Failure, JobRunner, Lane
from patterson_gui.app.jobs.latest_request import LatestRequest
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.services import CrystalServices
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.materials.cube import Kind
from patterson_gui.crystal.materials.latent import CrystalCoder, Decoded, Latent, between

MOST_KEPT = 200  # latents in the list of samples
NEAREST = 24


class Source(StrEnum):
    """Where the present latent is from."""

    ENCODED = "encoded"
    MOVED = "moved"
    BETWEEN = "between"
    SAMPLED = "sampled"


@dataclass(frozen=True, eq=False)
class Kept:
    """A latent in the list, with the formula of its atoms once they are known."""

    latent: Latent
    source: Source
    formula: str = ""
    explained: float | None = None


class Explorer:
    """Attributes are read freely and set by the methods alone.

    Attributes
    ----------
    kind : what is encoded: a unit cell, or a window onto the crystal.
    coder : the network of this kind, once it is loaded; `trouble` says why there is none.
    encoding : the crystal as given, its sample and density.
    latent, base : the present one, and the one that directions were moved away from.
    density : the newest that was decoded, which may be of a latent a moment ago.
    decoded, judged : atoms of the present latent; None until it rests.
    ends : latents that lie at the two ends of the line; `fraction` is where on it one is.
    kept : samples and what else was kept.
    """

    coder_changed = Signal()
    latent_changed = Signal()
    density_changed = Signal()
    decoded_changed = Signal()
    ends_changed = Signal()
    kept_changed = Signal()
    notice = Signal(object)  # Notice

    def __init__(self, runner: JobRunner, services: CrystalServices) -> None:
        self._runner = runner
        self._services = services
        self._coders: dict[Kind, CrystalCoder] = {}
        self.library = LatentLibrary(runner, services.known)
        self.kind: Kind = "crystal"
        self.loading = False
        self.trouble = ""
        self.encoding = Encoding(runner, lambda: (self.kind, self.coder))
        self.encoding.taken.connect(self._taken)
        self.encoding.notice.connect(self.notice.emit)
        self._began = False
        self._opened_first: Crystal | None = None
        self._densities: LatestRequest[DensityMap] = LatestRequest(
            runner, "Decoding", Lane.DECODING, self._tell_failure
        )
        self._atoms: LatestRequest[tuple[Decoded, Judged]] = LatestRequest(
            runner, "Finding atoms", Lane.CHECKING, self._tell_failure
        )
        self._clear()

    def _clear(self) -> None:
        """Latents of one network mean nothing to another."""
        self.latent: Latent | None = None
        self.base: Latent | None = None
        self._centre: Latent | None = None  # of samples: the newest that is none itself
        self.source = Source.ENCODED
        self.density: DensityMap | None = None
        self.decoded: Decoded | None = None
        self.judged: Judged | None = None
        self.ends: tuple[Latent | None, Latent | None] = (None, None)
        self.fraction = 0.0
        self.kept: tuple[Kept, ...] = ()

    # ------------------------------------------------------------------ the network
    @property
    def coder(self) -> CrystalCoder | None:
        return self._coders.get(self.kind)

    def begin(self, opened: Crystal | None = None) -> None:
        """Load the network and the known crystals, and encode what is open where it fits."""
        self._opened_first = opened
        if self.coder is None and not self.loading:
            self._load(self.kind)

    def set_kind(self, kind: Kind) -> None:
        """Encode unit cells, or windows."""
        if kind == self.kind:
            return
        self.kind = kind
        self._clear()
        self.encoding.forget()
        self._tell_all()
        if self.coder is None:
            self._load(kind)
        else:
            self._ready()

    def _load(self, kind: Kind) -> None:
        self.loading, self.trouble = True, ""
        self.coder_changed.emit()

        def done(coder: CrystalCoder) -> None:
            self._coders[kind] = coder
            if kind == self.kind:
                self.loading = False
                self._ready()

        def failed(failure: Failure) -> None:
            if kind == self.kind:
                self.loading, self.trouble = False, failure.sentence
                if failure.details:
                    self._tell_failure(failure)
                self._ready()

        self._runner.submit(
            "Loading the network for crystals", lambda context: self._services.coder(kind),
            lane=Lane.EXPLORER, quiet=True, on_done=done, on_failed=failed,
        )  # fmt: skip

    def _ready(self) -> None:
        self.coder_changed.emit()
        self.library.begin(self.coder)
        if self.encoding.material is not None:
            self.encoding.encode_again()
        elif not self._began:
            self._began = True
            self.encoding.open_if_possible(self._opened_first, self._open_first_known)

    def _open_first_known(self) -> None:
        """The first look meets a picture: one of the known crystals, once they are there."""
        library = self.library

        def look() -> None:
            if library.known is None and not library.trouble:
                return
            library.changed.disconnect(look)
            if self.encoding.material is None:
                self.open_known(0)

        library.changed.connect(look)
        look()

    # ------------------------------------------------------------------ what is encoded
    def _taken(self, encoded: Encoded, another: bool) -> None:
        if encoded.latent is None:
            return
        self.use(encoded.latent, Source.ENCODED)
        self.rest()
        first, last = self.ends
        # The first two crystals are the ends of a line, until others are chosen.
        if first is None:
            self.set_end(0)
        elif another and last is None and first.name != encoded.latent.name:
            self.set_end(1)

    def open_known(self, row: int) -> None:
        """Encode one of the known crystals."""
        if self.library.known is not None:
            self.encoding.open_material(self.library.known.materials[row])

    # ------------------------------------------------------------------ the latent
    def use(self, latent: Latent, source: Source, *, base: bool = True) -> None:
        """Go to a latent; its density follows. Atoms follow on `rest`."""
        coder = self.coder
        if coder is None:
            return
        self.latent, self.source = latent, source
        self._centre = latent
        if base:
            self.base = latent
        if self.decoded is not None or self.judged is not None:
            self.decoded = self.judged = None
            self.decoded_changed.emit()
        self.latent_changed.emit()

        def done(density: DensityMap) -> None:
            if coder is self.coder:
                self.density = density
                self.density_changed.emit()

        self._densities.submit(lambda: decoded_map(coder.decode_density(latent), latent.name), done)

    def rest(self) -> None:
        """Look for the atoms of the present latent."""
        coder, latent, encoded = self.coder, self.latent, self.encoding.encoded
        if coder is None or latent is None or self.decoded is not None:
            return
        if encoded is not None and encoded.latent is not latent:
            encoded = None

        def work() -> tuple[Decoded, Judged]:
            decoded = coder.decode(latent)
            return decoded, judge(decoded, encoded)

        def done(answer: tuple[Decoded, Judged]) -> None:
            if self.latent is latent:
                self.decoded, self.judged = answer
                self._note_formula(latent, answer[0])
                self.decoded_changed.emit()

        self._atoms.submit(work, done)

    @property
    def busy(self) -> bool:
        """Whether something of the present latent is still to come."""
        return self._densities.busy or self._atoms.busy

    # ------------------------------------------------------------------ directions
    def coordinates(self, of: Latent | None) -> NDArray[np.float64] | None:
        """(k,) of a latent along the principal directions, in spreads of the known crystals."""
        known = self.library.map
        return None if known is None or of is None else known.place(of.vector)

    def set_direction(self, direction: int, value: float) -> None:
        """Bring the present latent to a coordinate along one principal direction."""
        known, latent = self.library.map, self.latent
        if known is None or latent is None or self.base is None:
            return
        coordinates = known.place(latent.vector)
        coordinates[direction] = value
        name = f"{self.base.name.removesuffix(', moved')}, moved"
        moved = replace(latent, vector=known.moved(latent.vector, coordinates), name=name)
        self.use(moved, Source.MOVED, base=False)

    def reset_direction(self, direction: int | None = None) -> None:
        """Bring one direction, or all, back to where they began."""
        if self.base is None:
            return
        at = self.coordinates(self.base)
        if direction is None or at is None:
            self.use(self.base, self._source_of(self.base))
        else:
            self.set_direction(direction, float(at[direction]))
        self.rest()

    def _source_of(self, latent: Latent) -> Source:
        encoded = self.encoding.encoded
        own = encoded is not None and encoded.latent is latent
        return Source.ENCODED if own else Source.MOVED

    # ------------------------------------------------------------------ the line
    def set_end(self, end: int) -> None:
        """Put the present latent at one end, 0 or 1, of the line."""
        if self.latent is None:
            return
        first, last = self.ends
        self.ends = (self.latent, last) if end == 0 else (first, self.latent)
        self.fraction = float(end)
        self.ends_changed.emit()

    def swap_ends(self) -> None:
        first, last = self.ends
        self.ends, self.fraction = (last, first), 1.0 - self.fraction
        self.ends_changed.emit()

    @property
    def on_line(self) -> bool:
        """Whether the present latent lies on the line."""
        return self.source is Source.BETWEEN or self.latent in self.ends

    def move_between(self, fraction: float) -> None:
        """Go to a place on the line, from the first end (0) to the last (1)."""
        first, last = self.ends
        if first is None or last is None:
            return
        self.fraction = min(max(fraction, 0.0), 1.0)
        end = {0.0: first, 1.0: last}.get(self.fraction)
        latent = between(first, last, self.fraction) if end is None else end
        source = Source.BETWEEN if end is None else self._source_of(latent)
        self.use(latent, source)

    # ------------------------------------------------------------------ samples
    def draw_sample(self, seed: int, temperature: float, around: bool) -> None:
        """A random latent, of the prior or around the present one."""
        coder = self.coder
        if coder is None:
            return
        about = self._centre

        def done(latent: Latent) -> None:
            if coder is self.coder:
                self._keep(Kept(latent, Source.SAMPLED))
                self.use(latent, Source.SAMPLED)
                self._centre = about  # the next is drawn around the same crystal
                self.rest()

        self._runner.submit(
            "Drawing a sample",
            lambda context: coder.sample(seed, temperature, about if around else None),
            lane=Lane.EXPLORER, key="sample", quiet=True,
            on_done=done, on_failed=self._tell_failure,
        )  # fmt: skip

    def keep(self) -> None:
        """Put the present latent into the list."""
        latent, decoded = self.latent, self.decoded
        if latent is not None and all(kept.latent is not latent for kept in self.kept):
            self._keep(Kept(latent, self.source))
            if decoded is not None:
                self._note_formula(latent, decoded)

    def use_kept(self, row: int) -> None:
        """Go back to a latent of the list."""
        kept = self.kept[row]
        self.use(kept.latent, kept.source)
        self.rest()

    def _keep(self, kept: Kept) -> None:
        self.kept = (*self.kept, kept)[-MOST_KEPT:]
        self.kept_changed.emit()

    def _note_formula(self, latent: Latent, decoded: Decoded) -> None:
        rows = [kept.latent is latent for kept in self.kept]
        if any(rows):
            formula = decoded.material.formula if len(decoded.material) else "no atoms"
            self.kept = tuple(
                replace(kept, formula=formula, explained=decoded.explained) if own else kept
                for kept, own in zip(self.kept, rows, strict=True)
            )
            self.kept_changed.emit()

    # ------------------------------------------------------------------ neighbours
    def nearest(self) -> list[tuple[int, float]]:
        """The known crystals nearest to the present latent: rows of `library.known`, and
        distances, rms e/Å³."""
        known, latent = self.library.map, self.latent
        if known is None or latent is None:
            return []
        found, distances = known.nearest(latent.vector, NEAREST)
        return [(int(known.rows[i]), float(d)) for i, d in zip(found, distances, strict=True)]

    # ------------------------------------------------------------------ telling
    def _tell_all(self) -> None:
        for signal in (
            self.coder_changed, self.latent_changed, self.density_changed,
            self.decoded_changed, self.ends_changed, self.kept_changed,
        ):  # fmt: skip
            signal.emit()

    def _tell_failure(self, failure: Failure) -> None:
        self.notice.emit(Notice(failure.sentence, error=True, details=failure.details))
