"""The atoms of a model as independent sites whose vectors can be calculated."""

from dataclasses import replace

import gemmi
import numpy as np

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.errors import UserError


def atoms_of_model(structure: gemmi.Structure) -> AsymmetricUnit:
    """The atoms of the first model other than hydrogen; labels "A/54/SD".

    In a model of one residue, such as a small molecule, atoms are labelled by their names alone.

    Raises
    ------
    UserError : there is no such atom, or the model has no cell.
    """
    if not structure.cell.is_crystal():
        raise UserError("The model has no unit cell, so it has no vectors: open one with a cell.")
    residues = sum(len(chain) for chain in structure[0]) if len(structure) else 0
    rows = [
        (f"{chain.name}/{residue.seqid}/{atom.name}" if residues > 1 else str(atom.name), atom)
        for chain in (structure[0] if len(structure) else [])
        for residue in chain
        for atom in residue
        if not atom.is_hydrogen() and atom.occ > 0 and atom.element.atomic_number > 0
    ]
    if not rows:
        raise UserError("The model has no atoms, so it has no vectors: open a model with atoms.")
    cell = structure.cell
    frac = np.array([cell.fractionalize(atom.pos).tolist() for _, atom in rows])
    unit = AsymmetricUnit.isotropic(
        tuple(atom.element.name for _, atom in rows), frac, labels=tuple(name for name, _ in rows)
    )
    return replace(unit, occ=np.array([atom.occ for _, atom in rows], dtype=np.float64))
