"""The pages of a data set of proteins: each example a crystal, its atoms alone in P1, with their
Patterson and true density, so that all can be done with it that can be done with a fragment."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.datasets.pages import (
    SPLIT_WORDS,
    Facts,
    file_row,
    left_out_rows,
    provenance_rows,
    spaced,
    split_rows,
)
from patterson_gui.app.document.statistics import Rows
from patterson_gui.crystal.crystal import Crystal

if TYPE_CHECKING:  # h5py takes a tenth of a second that the first picture need not wait for
    from patterson_gui.io.datasets.proteins import DataSet, Example

MARGIN = 3.0  # Å, free space to the next copy in a cell that follows the extent


@dataclass(frozen=True, eq=False)
class ProteinPages:
    """A data set of proteins, of which every example is a page."""

    data: "DataSet"

    @property
    def path(self) -> Path:
        return self.data.path

    def __len__(self) -> int:
        return len(self.data)

    def in_split(self, name: str) -> NDArray[np.int64]:
        return self.data.in_split(name)

    def page(self, i: int) -> "ProteinPage":
        return ProteinPage(self.data.example(i))

    def facts(self) -> Facts:
        return dataset_facts(self.data)


@dataclass(frozen=True, eq=False)
class ProteinPage:
    """One example."""

    example: "Example"

    @property
    def name(self) -> str:
        return self.example.name

    @cached_property
    def rows(self) -> Rows:
        return example_rows(self.example)

    def crystal(self) -> Crystal:
        return example_crystal(self.example)


def example_crystal(example: "Example") -> Crystal:
    """An example as a crystal: in P1, in its own cell, its centre of mass in the middle.

    A cell that follows the extent is that of the molecule as it lies, plus 3 Å, in whole Å.
    """
    from patterson_gui.crystal.models.whole_cell import crystal_from_model

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
    arrays, asked = data.arrays, data.settings
    entries = {chain.partition(":")[0] for chain in arrays.chains}
    least, most = asked.lengths
    contents = [
        *split_rows("Examples", data),
        ("Entries, chains", f"{spaced(len(entries))}, {spaced(len(arrays.chains))}"),
        ("Residues, atoms", f"{spaced(len(arrays.seqids))}, {spaced(len(arrays.numbers))}"),
        ("File", file_row(data.path)),
    ]
    settings = [
        ("Kind", asked.kind),
        ("Residues of each", f"{least}" if least == most else f"{least} – {most}"),
        ("Cell", "extent + 3 Å" if asked.cell is None else _cell(asked.cell)),
        ("Resolution", f"{asked.d_min:g} Å"),
        ("B factor", f"{asked.b_iso:g} Å²"),
        ("Seed", str(asked.seed)),
    ]
    return (
        ("Contents", tuple(contents)),
        ("Left out", left_out_rows(data.provenance)),
        ("Asked for", tuple(settings)),
        ("Provenance", provenance_rows(data.provenance, data.sha256)),
    )


def _runs(residues: tuple[str, ...]) -> str:
    text = "-".join(residues)
    return text if len(residues) <= 8 else "-".join((*residues[:4], "…", *residues[-3:]))


def _cell(cell: tuple[float, ...]) -> str:
    lengths = " × ".join(f"{value:g}" for value in cell[:3])
    square = all(abs(angle - 90) < 1e-3 for angle in cell[3:])
    angles = "" if square else ", " + " ".join(f"{value:g}" for value in cell[3:]) + "°"
    return f"{lengths} Å{angles}"
