"""Make a crystal from a model, with amplitudes calculated from it.

The resolution of the amplitudes depends on the size of the cell.
"""

from dataclasses import replace

import gemmi

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.as_crystal import D_MIN, SMALL_CELL, crystal_of_material
from patterson_gui.crystal.materials.structure import material_of, structure_of
from patterson_gui.crystal.models.whole_cell import (
    crystal_from_model,
    has_unit_cell,
    without_cell,
)
from patterson_gui.errors import UserError
from patterson_gui.io.models.material_file import MaterialFile
from patterson_gui.io.source_file import SourceFile

_COARSEST_D_MIN = 8.0  # Å; coarser amplitudes show no detail of a model
_MODEL_POINTS = 32_000_000
_LARGEST_VOLUME = 150_000.0  # Å³; amplitudes of larger crystals have a coarser limit


def crystal_of_model(
    structure: gemmi.Structure, notes: tuple[str, ...], box_if_no_cell: bool
) -> Crystal:
    """The crystal of a checked model.

    Parameters
    ----------
    notes : notes of its reader, for the user.
    box_if_no_cell : put a model without unit cell into a P1 box around it.

    Raises
    ------
    NoUnitCell : (a `UserError`) there is no cell and `box_if_no_cell` is false.
    UserError : the cell is too large.
    """
    if box_if_no_cell and not has_unit_cell(structure):
        structure = without_cell(structure)
        edges = " × ".join(f"{edge:g}" for edge in structure.cell.parameters[:3])
        notes = (*notes, f"The model has no unit cell: it was put into a P1 box of {edges} Å.")
    d_min, more = _d_min_for(structure)
    crystal = crystal_from_model(structure, d_min)
    return replace(
        crystal, material=material_in_small_cell(structure), notes=(*notes, *more, *crystal.notes)
    )


def material_in_small_cell(structure: gemmi.Structure) -> Material | None:
    """All atoms of a small cell; None: the cell is large, or the model is disordered."""
    if not has_unit_cell(structure) or structure.cell.volume >= SMALL_CELL:
        return None
    try:
        return replace(material_of(structure), name="", identifier=structure.name)
    except UserError:
        return None  # disordered: the model is an average over all cells


def crystal_of_materials(source: SourceFile, file: MaterialFile, box_if_no_cell: bool) -> Crystal:
    """The first crystal of a file that may hold thousands. Raises as `crystal_of_model` does."""
    if not len(file):
        raise file.damage or UserError(f"{source.name} holds no atoms: choose another file.")
    material = file.material(0)
    notes = material.notes
    if len(file) > 1:
        notes = (
            *notes,
            f"The first of {len(file):,} crystals is open; 'patterson-gui dataset build "
            f"{source.name} --kind crystal' makes a data set of all crystals.",
        )
    if file.damage is not None:
        notes = (*notes, str(file.damage))
    if material.lattice is None:
        structure = structure_of(material)
        structure.name = source.stem
        return crystal_of_model(structure, notes, box_if_no_cell)
    if material.volume > _LARGEST_VOLUME:
        # The notes and the resolution are those of any model with a large cell.
        return crystal_of_model(structure_of(material), notes, box_if_no_cell)
    crystal = crystal_of_material(material)
    name = material.label if material.name or len(file) > 1 else source.stem
    return replace(
        crystal,
        name=name,
        provenance=f"{name} of {source.name}: {crystal.provenance}",
        notes=(*notes, *crystal.notes),
    )


def _d_min_for(structure: gemmi.Structure) -> tuple[float | None, tuple[str, ...]]:
    """High-resolution limit of the amplitudes of a model, Å (None: the default), and notes."""
    if not has_unit_cell(structure):
        return None, ()
    if _is_small_molecule(structure):
        return D_MIN, ()
    affordable = affordable_d_min(structure.cell)
    if affordable > _COARSEST_D_MIN:
        edges = " × ".join(f"{edge:g}" for edge in structure.cell.parameters[:3])
        raise UserError(
            f"{structure.name} has a unit cell of {edges} Å, too large to calculate its "
            "amplitudes: correct the cell, or cut out the part you want to see."
        )
    if affordable <= 2.0:
        return None, ()
    return affordable, (f"The cell is large: amplitudes go to {affordable:.1f} Å only.",)


def affordable_d_min(cell: gemmi.UnitCell) -> float:
    """Å, such that a map with three points per d_min takes seconds."""
    return float(3.0 * (cell.volume / _MODEL_POINTS) ** (1 / 3))


def _is_small_molecule(structure: gemmi.Structure) -> bool:
    residues = [residue for chain in structure[0] for residue in chain]
    return (
        len(residues) == 1
        and residues[0].name == "UNL"
        and has_unit_cell(structure)
        and structure.cell.volume < SMALL_CELL
    )
