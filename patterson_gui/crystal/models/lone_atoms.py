"""Make a gemmi structure from atoms without chains and residues, for files and programs."""

from collections import Counter
from collections.abc import Iterable

import gemmi
import numpy as np
from numpy.typing import NDArray


def structure_of_atoms(
    name: str,
    cell: gemmi.UnitCell,
    elements: Iterable[gemmi.Element],
    positions: NDArray[np.float64],
    b_iso: NDArray[np.float64] | float,
) -> gemmi.Structure:
    """A P1 model of one residue, UNL, its atoms named by element and number.

    Parameters
    ----------
    positions : (n, 3) Cartesian, Å.
    b_iso : Å², (n,) or one for all.
    """
    structure = gemmi.Structure()
    structure.name, structure.cell, structure.spacegroup_hm = name, cell, "P 1"
    model, chain, residue = gemmi.Model(1), gemmi.Chain("A"), gemmi.Residue()
    residue.name, residue.seqid, residue.het_flag = "UNL", gemmi.SeqId("1"), "H"
    numbered: Counter[str] = Counter()
    every_b = np.broadcast_to(b_iso, len(positions)).tolist()
    for element, place, b in zip(elements, positions.tolist(), every_b, strict=True):
        numbered[element.name] += 1
        atom = gemmi.Atom()
        atom.name, atom.element = f"{element.name.upper()}{numbered[element.name]}", element
        atom.pos, atom.b_iso, atom.occ = gemmi.Position(*place), b, 1.0
        residue.add_atom(atom)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    structure.setup_cell_images()
    return structure
