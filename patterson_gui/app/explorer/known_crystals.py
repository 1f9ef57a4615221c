"""The known crystals: what they are, and where they lie in a network's latent space.

Reading them and encoding thousands takes a while, once for each network; it is one job in a lane
of its own, with progress, and nothing else waits for it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from patterson_gui.app.jobs.jobs import Failure, JobContext, JobRunner, Lane
from patterson_gui.crystal.materials.latent import CrystalCoder
from patterson_gui.crystal.materials.latent_map import LatentMap, latent_map
from patterson_gui.crystal.materials.material import Material
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import UserError

_SYMBOL = re.compile("[A-Z][a-z]?")


@dataclass(frozen=True, eq=False)
class Known:
    """The crystals and what each is sorted, searched and coloured by: all (n,)."""

    materials: Sequence[Material]
    formulas: tuple[str, ...]
    identifiers: tuple[str, ...]
    atoms: NDArray[np.int64]
    mean_z: NDArray[np.float64]
    volume_per_atom: NDArray[np.float64]  # Å³

    def __len__(self) -> int:
        return len(self.formulas)

    def found(self, words: str) -> list[int]:
        """Those whose formula or identifier holds the words; all for none."""
        texts = [f"{f} {i}" for f, i in zip(self.formulas, self.identifiers, strict=True)]
        return found_among(texts, words)


def found_among(texts: Sequence[str], words: str) -> list[int]:
    """Which of some texts, each beginning with a formula, hold all words; a word written as an
    element's symbol is one: Ti, and the O of no Co."""
    wanted = [
        re.compile(f"{word}(?![a-z])" if _SYMBOL.fullmatch(word) else f"(?i:{re.escape(word)})")
        for word in words.split()
    ]
    return [n for n, text in enumerate(texts) if all(one.search(text) for one in wanted)]


def known_of(materials: Sequence[Material]) -> Known:
    """The figures of crystals."""
    rows = [materials[i] for i in range(len(materials))]
    return Known(
        rows,
        tuple(m.formula for m in rows),
        tuple(m.identifier for m in rows),
        np.array([len(m) for m in rows], np.int64),
        np.array([m.numbers.mean() for m in rows]),
        np.array([m.volume / len(m) for m in rows]),
    )


class LatentLibrary:
    """Known crystals with their map, in the background."""

    changed = Signal()  # known crystals, map or trouble
    progressed = Signal()  # `fraction` alone

    def __init__(self, runner: JobRunner, load: Callable[[], Sequence[Material]]) -> None:
        self._runner = runner
        self._load = load
        self._maps: dict[tuple[str, str], LatentMap] = {}
        self._coder: CrystalCoder | None = None
        self.known: Known | None = None
        self.fraction: float | None = None  # of the encoding; None: none runs
        self.trouble = ""

    @property
    def map(self) -> LatentMap | None:
        """Of the network in use, as soon as it is there."""
        coder = self._coder
        return None if coder is None else self._maps.get((coder.name, coder.kind))

    def begin(self, coder: CrystalCoder | None) -> None:
        """Read the crystals, where they are not yet, and encode them with a network; None: the
        crystals alone."""
        self._coder = coder
        self.trouble = ""
        if self.known is not None and (coder is None or self.map is not None):
            self.changed.emit()
            return
        known = self.known

        def work(context: JobContext) -> LatentMap | None:
            crystals = known
            if crystals is None:
                crystals = known_of(self._load())
                context.deliver(lambda: self._take_known(crystals))
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
            self.trouble = failure.sentence
            self.changed.emit()

        def on_progress(progress: Progress) -> None:
            self.fraction = progress.fraction
            self.progressed.emit()

        self.fraction = 0.0
        self.changed.emit()
        self._runner.submit(
            "Encoding the known crystals", work, lane=Lane.LIBRARY, key="latent-library",
            quiet=True, on_done=done, on_failed=failed, on_progress=on_progress,
        )  # fmt: skip

    def _take_known(self, known: Known) -> None:
        self.known = known
        self.changed.emit()
