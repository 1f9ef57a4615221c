"""Convert a material to a crystal in P1, with calculated amplitudes and density."""

from dataclasses import replace

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import B_ISO, structure_of, to_standard_axes
from patterson_gui.crystal.models.whole_cell import crystal_from_model, has_unit_cell

D_MIN = 0.8  # Å, usual resolution for small cells
SMALL_CELL = 20_000.0  # Å³; smaller cells are quick to calculate to this resolution


def crystal_of_material(material: Material) -> Crystal:
    """All atoms of the cell in P1, with B 1 Å², amplitudes and density calculated from them.

    The crystal has standard axes, and so has its `material`.

    Raises
    ------
    NoUnitCell : the material has no lattice.
    """
    structure = structure_of(material)
    small = has_unit_cell(structure) and structure.cell.volume < SMALL_CELL
    crystal = crystal_from_model(structure, D_MIN if small else None)
    assert crystal.amplitudes is not None
    return replace(
        crystal,
        name=material.label,
        material=to_standard_axes(material),
        provenance=f"{len(material)} atoms in P1, B {B_ISO:g} Å², calculated to "
        f"{crystal.amplitudes.d_min:.2f} Å.",
    )
