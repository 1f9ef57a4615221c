"""The known crystals, and where they lie in a network's latent space.

Reading them and encoding thousands is slow and is done once for each network, in one job in a lane
of its own, with progress; nothing else waits for it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.latent import CrystalCoder, Latent
from patterson_gui.crystal.materials.latent_map import LatentMap, latent_map
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import UserError

MOST_NEIGHBOURS = 24
_SYMBOL = re.compile("[A-Z][a-z]?")


@dataclass(frozen=True, eq=False)
class CrystalTable:
    """Known crystals, with the values to search and colour them by, each (n,)."""

    materials: Sequence[Material]
    formulas: tuple[str, ...]
    identifiers: tuple[str, ...]
    atoms: NDArray[np.int64]
    mean_z: NDArray[np.float64]
    volume_per_atom: NDArray[np.float64]  # Å³

    def __len__(self) -> int:
        return len(self.formulas)

    def search(self, words: str) -> list[int]:
        """Indices of crystals whose formula or identifier holds all words; without words: all."""
        texts = [f"{f} {i}" for f, i in zip(self.formulas, self.identifiers, strict=True)]
        return search_texts(texts, words)


def search_texts(texts: Sequence[str], words: str) -> list[int]:
    """Indices of the texts that hold all words. Each text begins with a formula.

    A word written as an element symbol matches only that element: "C" does not match "Co".
    """
    wanted = [
        re.compile(f"{word}(?![a-z])" if _SYMBOL.fullmatch(word) else f"(?i:{re.escape(word)})")
        for word in words.split()
    ]
    return [n for n, text in enumerate(texts) if all(one.search(text) for one in wanted)]


def crystal_table(materials: Sequence[Material]) -> CrystalTable:
    """Collect formulas, identifiers and figures of crystals."""
    rows = [materials[i] for i in range(len(materials))]
    return CrystalTable(
        rows,
        tuple(m.formula for m in rows),
        tuple(m.identifier for m in rows),
        np.array([len(m) for m in rows], np.int64),
        np.array([m.numbers.mean() for m in rows]),
        np.array([m.volume / len(m) for m in rows]),
    )


class KnownCrystals:
    """Reads and encodes the known crystals in the background.

    Attributes
    ----------
    table : the crystals; None until they are read.
    fraction : of the encoding that is done; None where none runs.
    problem : why there is no map, one sentence; "" where there is one.
    """

    changed = Signal()  # `table`, `map` or `problem`
    progressed = Signal()  # `fraction`

    def __init__(self, runner: JobRunner, load: Callable[[], Sequence[Material]]) -> None:
        self._runner = runner
        self._read_crystals = load
        self._maps: dict[tuple[str, str], LatentMap] = {}
        self._coder: CrystalCoder | None = None
        self.table: CrystalTable | None = None
        self.fraction: float | None = None
        self.problem = ""

    @property
    def map(self) -> LatentMap | None:
        """The map for the network in use; None until it is made."""
        coder = self._coder
        return None if coder is None else self._maps.get((coder.name, coder.kind))

    def coordinates(self, latent: Latent | None) -> NDArray[np.float64] | None:
        """Coordinates of a latent along the principal directions, (k,), in standard deviations of
        the known crystals; None without a map or a latent."""
        known = self.map
        return None if known is None or latent is None else known.place(latent.vector)

    def nearest(self, latent: Latent | None) -> list[tuple[int, float]]:
        """The known crystals nearest to a latent: indices into `table`, and distances, rms e/Å³."""
        known = self.map
        if known is None or latent is None:
            return []
        found, distances = known.nearest(latent.vector, MOST_NEIGHBOURS)
        return [(int(known.rows[i]), float(d)) for i, d in zip(found, distances, strict=True)]

    def load(self, coder: CrystalCoder | None) -> None:
        """Read the crystals, unless they are read, and encode them with a network.

        Parameters
        ----------
        coder : None: only read the crystals.
        """
        self._coder = coder
        self.problem = ""
        if self.table is not None and (coder is None or self.map is not None):
            self.changed.emit()
            return
        known = self.table

        def work(context: JobContext) -> LatentMap | None:
            crystals = known
            if crystals is None:
                crystals = crystal_table(self._read_crystals())
                context.deliver(lambda: self._set_table(crystals))
            if coder is None:
                return None
            context.report_fraction(0.0, "encoding")
            vectors = coder.encode_many(
                crystals.materials,
                lambda share: context.report_fraction(share, "encoding"),
                context.cancelled,
            )
            context.check()
            try:
                return latent_map(vectors, coder.metric)
            except ValueError as error:
                raise UserError(
                    "Too few of the known crystals fit this network to draw a map of them: "
                    "choose the other kind of sample."
                ) from error

        def done(found: LatentMap | None) -> None:
            self.fraction = None
            if found is not None and coder is not None:
                self._maps[coder.name, coder.kind] = found
            self.changed.emit()

        def failed(failure: Failure) -> None:
            self.fraction = None
            self.problem = failure.sentence
            self.changed.emit()

        def on_progress(progress: Progress) -> None:
            self.fraction = progress.fraction
            self.progressed.emit()

        self.fraction = 0.0
        self.changed.emit()
        self._runner.submit(
            "Encoding the known crystals", work, lane=Lane.KNOWN_CRYSTALS, key="known-crystals",
            quiet=True, on_done=done, on_failed=failed, on_progress=on_progress,
        )  # fmt: skip

    def _set_table(self, table: CrystalTable) -> None:
        self.table = table
        self.changed.emit()
