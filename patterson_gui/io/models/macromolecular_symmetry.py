"""Give a macromolecular model (PDB, mmCIF) the space group that its file states."""

import gemmi

from patterson_gui.errors import UserError
from patterson_gui.io.formats.symmetry import StatedSymmetry, Symmetry, sane_cell, symmetry_of
from patterson_gui.io.models.contents import ReadModel


def with_symmetry(structure: gemmi.Structure, stated: StatedSymmetry, name: str) -> ReadModel:
    """The model with the space group by the rule of all readers, and notes on it.

    A setting that is in no table is expanded to P 1 by its own operations. A file with a cell that
    states no symmetry is taken as P 1.

    Parameters
    ----------
    name : name of the file, for messages.

    Raises
    ------
    UserError : the file states a space group that is not known.
    """
    cell = sane_cell(structure.cell.parameters)
    if cell is None:
        return ReadModel(structure)  # no crystal: a model by NMR, or of an electron microscope
    symmetry = symmetry_of(stated, cell, name)
    if symmetry.problem:
        raise UserError(f"{name} {symmetry.problem}: correct it in the file.")
    notes = symmetry.notes
    if symmetry.operations is not None:
        _expand(structure, symmetry)
    elif symmetry.spacegroup is None:
        notes = (f"{name} states no space group: P 1 is assumed.",)
    structure.spacegroup_hm = "P 1" if symmetry.spacegroup is None else symmetry.spacegroup.xhm()
    structure.setup_cell_images()
    return ReadModel(structure, notes)


def _expand(structure: gemmi.Structure, symmetry: Symmetry) -> None:
    """Add the copies of all chains that the operations make."""
    orth, frac = structure.cell.orth, structure.cell.frac
    structure.ncs = gemmi.NcsOpList(
        [
            gemmi.NcsOp(orth.combine(_transform(op)).combine(frac), str(number), False)
            for number, op in enumerate(symmetry.operations or (), start=1)
            if op != gemmi.Op()
        ]
    )
    structure.expand_ncs(gemmi.HowToNameCopiedChain.Short)


def _transform(op: gemmi.Op) -> gemmi.Transform:
    rotation = [[value / gemmi.Op.DEN for value in row] for row in op.rot]
    return gemmi.Transform(
        gemmi.Mat33(rotation), gemmi.Vec3(*(value / gemmi.Op.DEN for value in op.tran))
    )
