"""Pages through a data set: which example is open.

A page is an example of a data set of proteins, or a crystal of one of crystals; it is shown as any
other crystal.
"""

import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.datasets.pages import SPLIT_WORDS, Facts, Page, Pages
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.crystal.crystal import Crystal


class DatasetBrowser:
    """One data set, of which one example is open."""

    changed = Signal()  # another data set, example or filter
    counted = Signal()  # `facts`

    def __init__(
        self, document: Document, jobs: CrystalJobs, show: Callable[[Crystal], None]
    ) -> None:
        """`show` opens a crystal."""
        self._document = document
        self._jobs = jobs
        self._show = show
        self.data: Pages | None = None
        self.split: str | None = None
        self.example: Page | None = None
        self.facts: Facts = ()
        self._chosen: NDArray[np.int64] = np.zeros(0, np.int64)
        self._position = 0
        self._crystal: Crystal | None = None
        self._before: Crystal | None = None

    # ------------------------------------------------------------------ which data set
    def begin(self, data: Pages, crystal: Crystal, before: Crystal | None) -> None:
        """Browse a data set.

        Parameters
        ----------
        crystal : its first example, which is open already.
        before : what was open before; `close` opens it again.
        """
        if self.data is None or self._crystal is None or before is not self._crystal:
            self._before = before
        self.data, self.split, self._crystal = data, None, crystal
        self._chosen, self._position = np.arange(len(data)), 0
        self.example = data.page(0)
        self.facts = ()
        self.changed.emit()
        self._count(data)

    def close(self) -> None:
        """Close the data set; open again what was open before."""
        before = self._before if self.showing else None
        self.data = self.example = self._crystal = self._before = None
        self.facts = ()
        self.changed.emit()
        if before is not None:
            self._show(before)

    def _count(self, data: Pages) -> None:
        def done(facts: Facts) -> None:
            if self.data is data:
                self.facts = facts
                self.counted.emit()

        self._jobs.submit(
            f"Counting {data.path.name}", lambda context: data.facts(), done,
            lane=Lane.FILES, key="count", quiet=True,
        )  # fmt: skip

    # ------------------------------------------------------------------ which example
    @property
    def showing(self) -> bool:
        """Whether the example is the open crystal."""
        return self._crystal is not None and self._document.crystal is self._crystal

    @property
    def position(self) -> int:
        """Number of the example within the chosen split, from 0."""
        return self._position

    @property
    def count(self) -> int:
        """Number of examples in the chosen split."""
        return len(self._chosen)

    @property
    def index(self) -> int:
        """Number of the example in the file, from 0."""
        return int(self._chosen[self._position])

    def splits(self) -> dict[str, int]:
        """Number of examples in each split that is not empty."""
        if self.data is None:
            return {}
        sizes = {name: len(self.data.in_split(name)) for name in SPLIT_WORDS}
        return {name: size for name, size in sizes.items() if size}

    def set_split(self, split: str | None) -> None:
        """Show only one split, from its next example on; None: all."""
        if self.data is None or split == self.split:
            return
        here = self.index
        self.split = split
        self._chosen = np.arange(len(self.data)) if split is None else self.data.in_split(split)
        position = min(int(np.searchsorted(self._chosen, here)), self.count - 1)
        self._go(position)

    def go(self, position: int) -> None:
        """Show an example by its number within the split, limited to the first and last."""
        if self.data is not None and self.count:
            self._go(min(max(position, 0), self.count - 1))

    def step(self, by: int) -> None:
        self.go(self._position + by)

    def last(self) -> None:
        self.go(self.count - 1)

    def random(self) -> None:
        """Show another example, chosen at random."""
        if self.count > 1:
            other = random.randrange(self.count - 1)
            self.go(other + (other >= self._position))

    def show_again(self) -> None:
        """Open the example again after something else was opened."""
        self.go(self._position)

    def _go(self, position: int) -> None:
        data = self.data
        if data is None:
            return
        self._position = position
        example = self.example = data.page(self.index)
        self.changed.emit()

        def work(context: JobContext) -> Crystal:
            context.check()  # of pages turned in a hurry only the last is made
            crystal = example.crystal()
            if crystal.truth is not None:
                _ = (
                    crystal.truth.rmsd
                )  # cached here, in the job, so that the window does not compute it
            return crystal

        def done(crystal: Crystal) -> None:
            if self.example is example:
                self._crystal = crystal
                self._show(crystal)
                self.changed.emit()

        self._jobs.submit(
            f"Example {self.index + 1} of {data.path.name}", work, done,
            lane=Lane.FILES, key="open", quiet=True,
        )  # fmt: skip
