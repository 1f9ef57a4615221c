"""Looking through a data set: which of its examples is shown, and what it is.

An example is shown as any other crystal: its atoms alone in P1, with their Patterson and true
density, so that everything can be done with it that can be done with a fragment.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import gemmi
import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document import Document
from patterson_gui.app.jobs import JobContext, Lane
from patterson_gui.app.statistics import Rows
from patterson_gui.crystal.crystal import Crystal

if TYPE_CHECKING:  # h5py takes a tenth of a second that the first picture need not wait for
    from patterson_gui.io.dataset import DataSet, Example

MARGIN = 3.0  # Å, free space to the next copy in a cell that follows the extent
SPLIT_WORDS = {"train": "training", "val": "validation", "test": "test"}
FEW_FILES = 4  # named one by one


class DatasetBrowser:
    """One data set at a time, and one of its examples on the table."""

    changed = Signal()  # another data set, example or filter
    counted = Signal()  # `facts`

    def __init__(
        self, document: Document, jobs: CrystalJobs, show: Callable[[Crystal], None]
    ) -> None:
        """`show` puts a crystal on the table."""
        self._document = document
        self._jobs = jobs
        self._show = show
        self.data: DataSet | None = None
        self.split: str | None = None
        self.example: Example | None = None
        self.facts: tuple[tuple[str, Rows], ...] = ()
        self._chosen: NDArray[np.int64] = np.zeros(0, np.int64)
        self._position = 0
        self._crystal: Crystal | None = None
        self._before: Crystal | None = None

    # ------------------------------------------------------------------ which data set
    def take(self, data: "DataSet", crystal: Crystal, before: Crystal | None) -> None:
        """Look through `data`, of which the first example is on the table as `crystal`."""
        if self.data is None or self._crystal is None or before is not self._crystal:
            self._before = before
        self.data, self.split, self._crystal = data, None, crystal
        self._chosen, self._position = np.arange(len(data)), 0
        self.example = data.example(0)
        self.facts = ()
        self.changed.emit()
        self._count(data)

    def close(self) -> None:
        """Put it away; what was open before comes back."""
        before = self._before if self.showing else None
        self.data = self.example = self._crystal = self._before = None
        self.facts = ()
        self.changed.emit()
        if before is not None:
            self._show(before)

    def _count(self, data: "DataSet") -> None:
        def done(facts: tuple[tuple[str, Rows], ...]) -> None:
            if self.data is data:
                self.facts = facts
                self.counted.emit()

        self._jobs.submit(
            f"Counting {data.path.name}", lambda context: dataset_facts(data), done,
            lane=Lane.FILES, key="count", quiet=True,
        )  # fmt: skip

    # ------------------------------------------------------------------ which example
    @property
    def showing(self) -> bool:
        """Whether an example of the data set is what is on the table."""
        return self._crystal is not None and self._document.crystal is self._crystal

    @property
    def position(self) -> int:
        """Which of the filtered examples it is, from 0."""
        return self._position

    @property
    def count(self) -> int:
        """How many pass the filter."""
        return len(self._chosen)

    @property
    def index(self) -> int:
        """Which example of the file it is, from 0."""
        return int(self._chosen[self._position])

    def splits(self) -> dict[str, int]:
        """How many examples each split holds, those that hold some."""
        if self.data is None:
            return {}
        sizes = {name: len(self.data.in_split(name)) for name in SPLIT_WORDS}
        return {name: size for name, size in sizes.items() if size}

    def set_split(self, split: str | None) -> None:
        """Look at one split alone; the first of its examples from the present one on is shown."""
        if self.data is None or split == self.split:
            return
        here = self.index
        self.split = split
        self._chosen = np.arange(len(self.data)) if split is None else self.data.in_split(split)
        position = min(int(np.searchsorted(self._chosen, here)), self.count - 1)
        self._go(position)

    def go(self, position: int) -> None:
        """Show an example by its number among the filtered; beyond an end: the last there."""
        if self.data is not None and self.count:
            self._go(min(max(position, 0), self.count - 1))

    def step(self, by: int) -> None:
        self.go(self._position + by)

    def last(self) -> None:
        self.go(self.count - 1)

    def random(self) -> None:
        """Any other one."""
        if self.count > 1:
            other = random.randrange(self.count - 1)
            self.go(other + (other >= self._position))

    def show_again(self) -> None:
        """Bring the example back after something else was opened."""
        self.go(self._position)

    def _go(self, position: int) -> None:
        data = self.data
        if data is None:
            return
        self._position = position
        example = self.example = data.example(self.index)
        self.changed.emit()

        def work(context: JobContext) -> Crystal:
            context.check()  # of pages turned in a hurry only the last is made
            crystal = example_crystal(example)
            if crystal.truth is not None:
                _ = crystal.truth.rmsd  # computed here and kept, so that the window need not
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


def example_crystal(example: "Example") -> Crystal:
    """An example as a crystal: in P1, in its own cell, its centre of mass in the middle.

    A cell that follows the extent is that of the molecule as it lies, plus 3 Å, in whole Å.
    """
    from patterson_gui.crystal.whole_crystal import crystal_from_model

    structure = gemmi.Structure()
    structure.name = " ".join(example.name.split()[:2])
    if example.cell is None:
        a, b, c = np.ceil(np.ptp(example.positions, axis=0) + MARGIN).tolist()
        structure.cell = gemmi.UnitCell(a, b, c, 90, 90, 90)
    else:
        structure.cell = gemmi.UnitCell(*example.cell)
    structure.spacegroup_hm = "P 1"
    middle = structure.cell.orthogonalize(gemmi.Fractional(0.5, 0.5, 0.5))
    chain = gemmi.Chain(example.name.split()[1].partition(":")[0] or "A")
    for name, seqid in zip(example.residues, example.seqids, strict=True):
        residue = gemmi.Residue()
        residue.name, residue.seqid, residue.het_flag = name, gemmi.SeqId(seqid), "A"
        chain.add_residue(residue)
    rows = zip(
        example.positions.tolist(), example.numbers.tolist(),
        example.atom_names, example.residue_index.tolist(), strict=True,
    )  # fmt: skip
    for position, number, name, residue_index in rows:
        atom = gemmi.Atom()
        atom.name, atom.element = name, gemmi.Element(number)
        atom.pos, atom.b_iso, atom.occ = middle + gemmi.Position(*position), example.b_iso, 1.0
        chain[residue_index].add_atom(atom)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    structure.setup_cell_images()
    crystal = crystal_from_model(structure, example.d_min)
    return replace(
        crystal,
        provenance=f"{example.name} of the {SPLIT_WORDS[example.split]} examples of a data set, "
        f"{len(example.numbers)} atoms alone in P1, B {example.b_iso:g} Å², calculated to "
        f"{example.d_min:g} Å.",
        is_fragment=True,
    )


def example_rows(example: "Example") -> Rows:
    """What is to be known of one example."""
    elements = " ".join(
        f"{gemmi.Element(number).name}{count}" for number, count in example.elements.items()
    )
    return (
        ("Entry", example.entry),
        ("Residues", f"{_runs(example.residues)} ({len(example.residues)})"),
        ("Numbers", f"{example.seqids[0]} – {example.seqids[-1]}"),
        ("Atoms", f"{len(example.numbers)} ({elements})"),
        ("Cell", "its extent + 3 Å" if example.cell is None else _cell(example.cell)),
        ("Split", SPLIT_WORDS[example.split]),
    )


def dataset_facts(data: "DataSet") -> tuple[tuple[str, Rows], ...]:
    """Contents, settings, rejections and provenance of a data set, in groups of rows."""
    arrays, asked, provenance = data.arrays, data.settings, data.provenance
    sizes = {words: len(data.in_split(name)) for name, words in SPLIT_WORDS.items()}
    entries = {chain.partition(":")[0] for chain in arrays.chains}
    least, most = asked.lengths
    contents = [
        ("Examples", spaced(len(data))),
        *((f"– {words}", spaced(size)) for words, size in sizes.items()),
        ("Entries, chains", f"{spaced(len(entries))}, {spaced(len(arrays.chains))}"),
        ("Residues, atoms", f"{spaced(len(arrays.seqids))}, {spaced(len(arrays.numbers))}"),
        ("File", f"{data.path.name}, {_size(data.path.stat().st_size)}"),
    ]
    settings = [
        ("Kind", asked.kind),
        ("Residues of each", f"{least}" if least == most else f"{least} – {most}"),
        ("Cell", "extent + 3 Å" if asked.cell is None else _cell(asked.cell)),
        ("Resolution", f"{asked.d_min:g} Å"),
        ("B factor", f"{asked.b_iso:g} Å²"),
        ("Seed", str(asked.seed)),
    ]
    rejected = Counter(dict(provenance.rejected))
    left_out = [(reason, spaced(n)) for reason, n in rejected.most_common()]
    files = [file.name for file in provenance.files]
    named = ", ".join(files[:FEW_FILES]) + (" …" if len(files) > FEW_FILES else "")
    origin = [
        ("Made by", provenance.program or "not told"),
        ("Splits", provenance.splits or "not told"),
        ("Source files", f"{spaced(len(files))}: {named}" if files else "not told"),
        ("SHA-256", f"{data.sha256[:16]}…"),
    ]
    return (
        ("Contents", tuple(contents)),
        ("Left out", tuple(left_out) or (("Nothing", ""),)),
        ("Asked for", tuple(settings)),
        ("Provenance", tuple(origin)),
    )


def _runs(residues: tuple[str, ...]) -> str:
    text = "-".join(residues)
    return text if len(residues) <= 8 else "-".join((*residues[:4], "…", *residues[-3:]))


def _cell(cell: tuple[float, ...]) -> str:
    lengths = " × ".join(f"{value:g}" for value in cell[:3])
    square = all(abs(angle - 90) < 1e-3 for angle in cell[3:])
    angles = "" if square else ", " + " ".join(f"{value:g}" for value in cell[3:]) + "°"
    return f"{lengths} Å{angles}"


def _size(n: int) -> str:
    return f"{n / 1e6:.1f} MB" if n >= 1_000_000 else f"{n / 1e3:.0f} kB"


def spaced(n: int) -> str:
    """A number in groups of three digits."""
    return f"{n:,}".replace(",", "\u202f")
