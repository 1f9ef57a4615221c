"""Pages of a data set of proteins: one example per page, opened as a crystal.

The crystal holds the example's atoms alone in P1, with their Patterson map and true density, so
that everything that works on a fragment works on it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from patterson_gui.app.datasets.pages import SPLIT_WORDS, Pages, atoms_row, spaced, split_phrase
from patterson_gui.app.document.statistics import Rows
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.crystal.problem_kinds import MARGIN

if TYPE_CHECKING:  # loads h5py, which the window does not need before it opens a data set
    from patterson_gui.io.datasets.proteins import DataSet, Example


@dataclass(frozen=True, eq=False)
class ProteinPages(Pages):
    """A data set of proteins. An example is one page."""

    data: "DataSet"

    _page_noun = "Examples"

    def page(self, i: int) -> "ProteinPage":
        return ProteinPage(self.data.example(i))

    def _contents(self) -> Rows:
        arrays = self.data.arrays
        entries = {chain.partition(":")[0] for chain in arrays.chains}
        return (
            ("Entries, chains", f"{spaced(len(entries))}, {spaced(len(arrays.chains))}"),
            ("Residues, atoms", f"{spaced(len(arrays.seqids))}, {spaced(len(arrays.numbers))}"),
        )

    def _settings(self) -> Rows:
        settings = self.data.settings
        least, most = settings.lengths
        return (
            ("Kind", settings.kind),
            ("Residues per example", f"{least}" if least == most else f"{least} – {most}"),
            ("Cell", "extent + 3 Å" if settings.cell is None else _cell(settings.cell)),
            ("Resolution", f"{settings.d_min:g} Å"),
            ("B factor", f"{settings.b_iso:g} Å²"),
            ("Seed", str(settings.seed)),
        )


@dataclass(frozen=True, eq=False)
class ProteinPage:
    """One example."""

    example: "Example"

    @property
    def name(self) -> str:
        return self.example.name

    @cached_property
    def rows(self) -> Rows:
        example = self.example
        return (
            ("Entry", example.entry),
            ("Residues", f"{_sequence(example.residues)} ({len(example.residues)})"),
            ("Numbers", f"{example.seqids[0]} – {example.seqids[-1]}"),
            atoms_row(example.elements),
            ("Cell", "extent + 3 Å" if example.cell is None else _cell(example.cell)),
            ("Split", SPLIT_WORDS[example.split]),
        )

    def crystal(self) -> Crystal:
        return example_crystal(self.example)


def example_crystal(example: "Example") -> Crystal:
    """An example as a crystal: in P1, in its own cell, its centre of mass at the cell's centre.

    Where the data set gives no cell, its edges are the molecule's extent plus 3 Å, rounded up to
    whole Å.
    """
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
        provenance=f"{example.name} of the {split_phrase('examples', example.split)}, "
        f"{len(example.numbers)} atoms alone in P1, B {example.b_iso:g} Å², calculated to "
        f"{example.d_min:g} Å.",
        is_fragment=True,
    )


def _sequence(residues: tuple[str, ...]) -> str:
    text = "-".join(residues)
    return text if len(residues) <= 8 else "-".join((*residues[:4], "…", *residues[-3:]))


def _cell(cell: tuple[float, ...]) -> str:
    lengths = " × ".join(f"{value:g}" for value in cell[:3])
    square = all(abs(angle - 90) < 1e-3 for angle in cell[3:])
    angles = "" if square else ", " + " ".join(f"{value:g}" for value in cell[3:]) + "°"
    return f"{lengths} Å{angles}"
