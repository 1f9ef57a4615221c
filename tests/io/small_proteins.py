"""Proteins of a few residues, complete and bonded, written as files for data sets."""

from collections.abc import Sequence
from pathlib import Path

import gemmi

from patterson_gui.crystal.models.residues import STANDARD_ATOMS

# N CA C O CB, Å; copies 3.8 Å apart along x make a chain whose C–N is 1.4 Å.
_BACKBONE = {
    "N": (0.00, 0.00, 0.00),
    "CA": (1.05, 1.00, 0.20),
    "C": (2.40, 0.35, 0.10),
    "O": (2.75, -0.55, 0.85),
    "CB": (0.90, 1.95, 1.40),
}


def protein(names: Sequence[str]) -> gemmi.Structure:
    """One chain; each side chain a rod away from CB, as long as it has atoms."""
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(80, 40, 40, 90, 90, 90)
    structure.spacegroup_hm = "P 1"
    chain = gemmi.Chain("A")
    for i, name in enumerate(names):
        residue = gemmi.Residue()
        residue.name, residue.seqid = name, gemmi.SeqId(str(i + 1))
        side = sorted(STANDARD_ATOMS[name] - set(_BACKBONE))
        places = {a: xyz for a, xyz in _BACKBONE.items() if a in STANDARD_ATOMS[name]} | {
            atom: (0.9, 1.95 + 1.4 * n, 1.4) for n, atom in enumerate(side, start=1)
        }
        for atom_name, (x, y, z) in places.items():
            atom = gemmi.Atom()
            atom.name, atom.element, atom.b_iso = atom_name, gemmi.Element(atom_name[0]), 31.0
            atom.pos = gemmi.Position(x + 3.8 * i, y + 0.1 * i, z - 0.07 * i)
            residue.add_atom(atom)
        chain.add_residue(residue)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    return structure


def write_protein(path: Path, names: str | Sequence[str]) -> Path:
    """The protein as a PDB file; names may be one text, "ALA GLY …"."""
    protein(names.split() if isinstance(names, str) else names).write_pdb(str(path))
    return path
