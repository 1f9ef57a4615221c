"""Any file a user has, as a crystal: the content decides what it is, not the name."""

from dataclasses import replace
from pathlib import Path

import gemmi

from patterson_gui.crystal.cells import same_cell
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.as_crystal import D_MIN, SMALL_CELL, crystal_of_material
from patterson_gui.crystal.materials.structure import material_of, structure_of
from patterson_gui.crystal.models.whole_cell import (
    composition_of,
    crystal_from_model,
    has_unit_cell,
    without_cell,
)
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.files import as_text, plain_stem, read_content
from patterson_gui.io.formats.cif_blocks import cell_of, parse_cif
from patterson_gui.io.formats.shelx_instructions import parse_instructions
from patterson_gui.io.maps.amplitudes import amplitudes_of_map
from patterson_gui.io.maps.ccp4 import read_map_contents
from patterson_gui.io.models.small_molecules import formula_in_cell
from patterson_gui.io.opening.materials import open_materials
from patterson_gui.io.opening.models import ModelContents, has_atoms, models_in, read_model_contents
from patterson_gui.io.opening.reflections import ColumnChoice, Reflections, read_reflections
from patterson_gui.io.opening.registry import READABLE, FileKind, kind_of
from patterson_gui.io.reflections import cif as cif_reflections
from patterson_gui.io.siblings import siblings

_MODEL_ENDINGS = (".pdb", ".ent", ".cif", ".mmcif", ".res", ".ins")
_COARSEST_D_MIN = 8.0  # Å: coarser amplitudes show nothing of a model
_FEW = 20  # reflections: fewer are standards or an example, not a data set
_MODEL_POINTS = 32_000_000
_LARGEST_VOLUME = 150_000.0  # Å³ of a crystal that is calculated as far as others


def open_any(
    path: Path, *, column: ColumnChoice | None = None, box_if_no_cell: bool = False
) -> Crystal:
    """Open a model, reflections, a map or a bundle.

    Parameters
    ----------
    column : which column of a reflection file; None: the likeliest.
    box_if_no_cell : put a model without unit cell into a P1 box around it.

    Returns
    -------
    A crystal with amplitudes: measured ones as they are, those of a model or a map
    calculated from it. What was done and left out on the way stands in its notes.

    Raises
    ------
    NoUnitCell
        (a `UserError`) where a model has no cell and `box_if_no_cell` is false.
    UserError
        where the file is none of these or damaged.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind is FileKind.DATASET:
        raise UserError(
            f"{path.name} is an HDF5 file, perhaps a data set, and not one crystal: look through a "
            "data set in the window ('patterson-gui FILE.h5')."
        )
    if kind is FileKind.BUNDLE:
        crystal = read_bundle(path).crystal
    elif kind is FileKind.MAP:
        crystal = _from_map(path)
    elif kind is FileKind.CIF:
        crystal = _from_cif(path, column, box_if_no_cell)
    elif kind in (FileKind.XYZ, FileKind.ATOMS):
        crystal = _from_materials(path, box_if_no_cell)
    elif kind is FileKind.PDB:
        crystal = _from_model(path, box_if_no_cell)
    elif kind is FileKind.SHELX_INSTRUCTIONS:
        crystal = _from_instructions(path)
    else:
        crystal = _from_reflections(path, column)
    return replace(crystal, source=path)


def _from_map(path: Path) -> Crystal:
    contents = read_map_contents(path)
    density = contents.density
    amplitudes, notes = amplitudes_of_map(density)
    is_patterson = density.kind is MapKind.PATTERSON
    what = "a Patterson map: the roots of its" if is_patterson else "a map: its"
    return Crystal(
        name=density.name,
        cell=density.cell,
        spacegroup=density.spacegroup,
        amplitudes=amplitudes,
        opened_map=None if is_patterson else density,
        provenance=f"{path.name}, {what} Fourier coefficients are taken as amplitudes.",
        notes=(
            *contents.notes,
            f"The amplitudes were calculated from the map, to {amplitudes.d_min:.2f} Å.",
            *notes,
        ),
    )


# ---------------------------------------------------------------- models
def _from_model(path: Path, box_if_no_cell: bool) -> Crystal:
    contents = read_model_contents(path)
    return _of_structure(contents.structure, contents.notes, box_if_no_cell)


def _of_structure(
    structure: gemmi.Structure, notes: tuple[str, ...], box_if_no_cell: bool
) -> Crystal:
    if box_if_no_cell and not has_unit_cell(structure):
        structure = without_cell(structure)
        edges = " × ".join(f"{edge:g}" for edge in structure.cell.parameters[:3])
        notes = (*notes, f"The model has no unit cell: it was put into a P1 box of {edges} Å.")
    d_min, more = _d_min_for(structure)
    crystal = crystal_from_model(structure, d_min)
    return replace(crystal, material=_material_of(structure), notes=(*notes, *more, *crystal.notes))


def _material_of(structure: gemmi.Structure) -> Material | None:
    """All atoms of a small cell; None where the cell is large, or no single one shows them."""
    if not has_unit_cell(structure) or structure.cell.volume >= SMALL_CELL:
        return None
    try:
        return replace(material_of(structure), name="", identifier=structure.name)
    except UserError:
        return None  # disordered: what is open is the average over all cells


def _from_materials(path: Path, box_if_no_cell: bool) -> Crystal:
    """The first crystal of a file that may hold thousands."""
    file = open_materials(path)
    if not len(file):
        raise file.damage or UserError(f"{path.name} holds no atoms: choose another file.")
    material = file.material(0)
    notes: tuple[str, ...] = ()
    if len(file) > 1:
        notes = (
            f"The first of {len(file):,} crystals is open; 'patterson-gui dataset build "
            f"{path.name} --kind crystal' makes a data set of all, to page through.",
        )
    if file.damage is not None:
        notes = (*notes, str(file.damage))
    if material.lattice is None:
        structure = structure_of(material)
        structure.name = plain_stem(path)
        return _of_structure(structure, notes, box_if_no_cell)
    if material.volume > _LARGEST_VOLUME:
        # What is said of such a cell, and how far it is calculated, is the same as of any model.
        return _of_structure(structure_of(material), notes, box_if_no_cell)
    crystal = crystal_of_material(material)
    name = material.label if material.name or len(file) > 1 else plain_stem(path)
    return replace(
        crystal,
        name=name,
        provenance=f"{name} of {path.name}: {crystal.provenance}",
        notes=(*notes, *crystal.notes),
    )


def _d_min_for(structure: gemmi.Structure) -> tuple[float | None, tuple[str, ...]]:
    """How far to calculate a model's amplitudes, Å (None: the usual), and a note."""
    if not has_unit_cell(structure):
        return None, ()
    if _is_small_molecule(structure):
        return D_MIN, ()
    affordable = _affordable_d_min(structure.cell)
    if affordable > _COARSEST_D_MIN:
        edges = " × ".join(f"{edge:g}" for edge in structure.cell.parameters[:3])
        raise UserError(
            f"{structure.name} has a unit cell of {edges} Å, too large to calculate its "
            "amplitudes: correct the cell, or cut out the part you want to see."
        )
    if affordable <= 2.0:
        return None, ()
    return affordable, (f"The cell is large: amplitudes go to {affordable:.1f} Å only.",)


def _affordable_d_min(cell: gemmi.UnitCell) -> float:
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


def _from_instructions(path: Path) -> Crystal:
    """A .res or .ins: its atoms; where it has none yet, the reflections beside it."""
    instructions = parse_instructions(as_text(read_content(path)), path.name)
    reflections = siblings(path, (".hkl",))
    if instructions.sites:
        crystal = _from_model(path, box_if_no_cell=False)
        if not reflections:
            return crystal
        note = f"Measured reflections lie beside it: open {reflections[0].name} to use them."
        return replace(crystal, notes=(*crystal.notes, note))
    if not reflections:
        raise UserError(
            f"{path.name} holds no atoms, and no reflections ({plain_stem(path)}.hkl) lie beside "
            "it: put them there or open a refined .res."
        )
    return _from_reflections(reflections[0], None)


def _from_cif(path: Path, column: ColumnChoice | None, box_if_no_cell: bool) -> Crystal:
    document = parse_cif(read_content(path), path.name)
    inner = cif_reflections.unpacked_document(document, path.name)
    atoms = any(has_atoms(block) for block in document)
    choices = cif_reflections.list_choices(inner)
    if choices and not (atoms and max(choice.n for choice in choices) < _FEW):
        return _from_reflections(path, column, path if atoms else None)
    if not atoms:
        raise UserError(
            f"{path.name} is a CIF with neither atoms nor reflections: open {READABLE}."
        )
    crystal = _from_model(path, box_if_no_cell)
    if not choices:
        return crystal
    note = f"Its {choices[0].n} reflections are too few to use: the amplitudes are calculated."
    return replace(crystal, notes=(*crystal.notes, note))


# ---------------------------------------------------------------- reflections
def _from_reflections(
    path: Path, column: ColumnChoice | None, model_in: Path | None = None
) -> Crystal:
    """Measured amplitudes, with the model of the same crystal where one lies beside them."""
    read = read_reflections(path, column)
    data = read.amplitudes
    notes = list(read.notes)
    candidates = [model_in] if model_in else _companions(path, read)
    model = composition = truth = None
    for candidate in candidates:
        found = _model_of_same_crystal(candidate, data)
        if found is not None:
            model = found.structure
            composition = composition_of(model)
            truth = true_density(model, max(data.d_min, _affordable_d_min(data.cell)))
            notes += found.notes
            if candidate != path:
                notes.append(
                    f"{candidate.name} lies beside it and has the same cell: it is the model "
                    "that predictions are compared with."
                )
            break
    if composition is None:
        composition = _stated_composition([path, *candidates], data)
    return Crystal(
        name=plain_stem(path),
        cell=data.cell,
        spacegroup=data.spacegroup,
        amplitudes=data,
        model=model,
        material=None if model is None else _material_of(model),
        composition=composition,
        truth=truth,
        provenance=(
            f"{data.label}: {len(data):,} measured amplitudes to {data.d_min:.2f} Å, "
            f"{data.spacegroup.xhm()}, {100 * data.completeness:.0f} % complete."
        ),
        notes=tuple(notes),
    )


def _companions(path: Path, read: Reflections) -> list[Path]:
    beside = siblings(path, _MODEL_ENDINGS)
    if read.companion is not None:
        beside = [read.companion, *(p for p in beside if p != read.companion)]
    return beside


def _model_of_same_crystal(path: Path, data: Amplitudes) -> ModelContents | None:
    """The first model in `path` that has the data's cell and symmetry."""
    try:
        for contents in models_in(path):
            group = contents.structure.find_spacegroup()
            same_symmetry = group and group.operations() == data.spacegroup.operations()
            if same_symmetry and same_cell(data.cell, contents.structure.cell):
                return contents
    except UserError:
        pass  # what lies beside a file need not be a model
    return None


def _stated_composition(paths: list[Path], data: Amplitudes) -> Composition | None:
    """What a formula and Z, or SFAC and UNIT, say of a cell like that of the data."""
    for path in paths:
        try:
            kind = kind_of(path)
            if kind is FileKind.SHELX_INSTRUCTIONS:
                read = parse_instructions(as_text(read_content(path)), path.name)
                if read.composition and same_cell(data.cell, read.cell):
                    return Composition(read.composition)
            elif kind is FileKind.CIF:
                for block in parse_cif(read_content(path), path.name):
                    cell, stated = cell_of(block), formula_in_cell(block)
                    if stated and cell is not None and same_cell(data.cell, cell):
                        return Composition(stated)
        except UserError:
            continue
    return None
