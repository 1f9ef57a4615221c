"""A format of models: the line "FOUR", then element, x, y and z in Å, one atom a line."""

from collections.abc import Iterator

import gemmi

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reader import Reader
from patterson_gui.io.source_file import SourceFile

EDGE = 20.0  # Å; the format has no cell


def structures(source: SourceFile) -> Iterator[gemmi.Structure]:
    """The atoms in a cubic P1 cell."""
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(EDGE, EDGE, EDGE, 90, 90, 90)
    structure.spacegroup_hm = "P 1"
    residue = gemmi.Residue()
    residue.name, residue.seqid = "UNK", gemmi.SeqId("1")
    for number, line in enumerate(source.text.splitlines()[1:], start=2):
        try:
            symbol, x, y, z = line.split()
            atom = gemmi.Atom()
            atom.name, atom.element = symbol, gemmi.Element(symbol)
            atom.pos = gemmi.Position(float(x), float(y), float(z))
        except ValueError as error:
            raise UserError(f"{source.name} has no atom in line {number}: correct it.") from error
        residue.add_atom(atom)
    chain, model = gemmi.Chain("A"), gemmi.Model(1)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    yield structure


READER = Reader(
    "four columns", lambda source: source.head.startswith(b"FOUR"), ("*.four",), models=structures
)
