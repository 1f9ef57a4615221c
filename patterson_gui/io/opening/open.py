"""Open a file of any format as a crystal. Its content identifies the format, not its name."""

from dataclasses import replace
from pathlib import Path

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.maps.amplitudes import amplitudes_of_map
from patterson_gui.io.maps.ccp4 import MapContents
from patterson_gui.io.models.material_file import MaterialFile
from patterson_gui.io.opening.crystal_of_model import crystal_of_materials, crystal_of_model
from patterson_gui.io.opening.crystal_of_reflections import crystal_of_reflections
from patterson_gui.io.opening.models import read_model_contents
from patterson_gui.io.opening.reader import Reader
from patterson_gui.io.opening.reflections import problem_of, reflection_file
from patterson_gui.io.opening.registry import faults_of, readable, reader_of
from patterson_gui.io.reflections.columns import ColumnChoice
from patterson_gui.io.source_file import SourceFile

_FEW = 20  # reflections; fewer are standards, not a data set


def open_any(
    file: Path | SourceFile, *, column: ColumnChoice | None = None, box_if_no_cell: bool = False
) -> Crystal:
    """Open a model, reflections, a map or a bundle.

    Parameters
    ----------
    column : which column of a reflection file; None: the most likely one.
    box_if_no_cell : put a model without unit cell into a P1 box around it.

    Returns
    -------
    A crystal with amplitudes, measured, or calculated from a model or a map. Its notes say what was
    changed and left out.

    Raises
    ------
    NoUnitCell : (a `UserError`) a model has no cell and `box_if_no_cell` is false.
    UserError : the file is none of these, or is damaged.
    """
    source = SourceFile.of(file)
    reader = reader_of(source)
    with faults_of(reader, source):
        crystal = _opened(source, reader, column, box_if_no_cell)
    return replace(crystal, source=source.path, read_files=source.states)


def _opened(
    source: SourceFile, reader: Reader, column: ColumnChoice | None, box_if_no_cell: bool
) -> Crystal:
    if reader.crystal is not None:
        return reader.crystal(source)
    if reader.density is not None:
        materials = None if reader.materials is None else reader.materials(source)
        return _of_map_and_atoms(source, reader.density(source), materials)
    if reader.reflections is not None:
        return _of_reflections_or_model(source, reader, column, box_if_no_cell)
    if reader.materials is not None:
        return crystal_of_materials(source, reader.materials(source), box_if_no_cell)
    if reader.reflections_beside:
        return _of_model_or_reflections_beside(source, reader)
    return _of_model(source, box_if_no_cell)


def _of_map_and_atoms(
    source: SourceFile, contents: MapContents, file: MaterialFile | None
) -> Crystal:
    """A map with the atoms of the same file, if it has any; they have its cell."""
    if file is None:
        return _of_map(source, contents)
    atoms = crystal_of_materials(source, file, box_if_no_cell=False)
    try:
        crystal = _of_map(source, contents)
    except UserError:
        notes = (*contents.notes, "Its grid is too coarse: the amplitudes are those of its atoms.")
        return replace(atoms, opened_map=contents.density, notes=notes)
    return replace(
        crystal, model=atoms.model, composition=atoms.composition, material=atoms.material
    )


def _of_model(source: SourceFile, box_if_no_cell: bool) -> Crystal:
    contents = read_model_contents(source)
    return crystal_of_model(contents.structure, contents.notes, box_if_no_cell)


def _of_model_or_reflections_beside(source: SourceFile, reader: Reader) -> Crystal:
    """The model of a .res or .ins or, if it has no atoms yet, the reflections of the same name."""
    reflections = source.beside(reader.reflections_beside)
    if reader.has_models is None or reader.has_models(source):
        crystal = _of_model(source, box_if_no_cell=False)
        if not reflections:
            return crystal
        note = f"The folder has measured reflections: open {reflections[0].name} to use them."
        return replace(crystal, notes=(*crystal.notes, note))
    if not reflections:
        raise UserError(
            f"{source.name} holds no atoms, and its folder has no reflections "
            f"({source.stem}{reader.reflections_beside[0]}): put them there or open a refined .res."
        )
    return crystal_of_reflections(reflections[0], None)


def _of_reflections_or_model(
    source: SourceFile, reader: Reader, column: ColumnChoice | None, box_if_no_cell: bool
) -> Crystal:
    """The reflections or, if the file has fewer than `_FEW` and a model, the model."""
    if reader.models is None:
        return crystal_of_reflections(source, column)
    atoms = reader.has_models is None or reader.has_models(source)
    reflections = reflection_file(source)
    choices = reflections.choices
    if choices and not (atoms and max(choice.n for choice in choices) < _FEW):
        return crystal_of_reflections(source, column, has_model=atoms)
    problem = "" if choices else problem_of(reflections)
    if not atoms and problem:
        raise UserError(problem)
    if not atoms:
        raise UserError(
            f"{source.name} is a {reader.kind} with neither atoms nor reflections: open "
            f"{readable()}."
        )
    crystal = _of_model(source, box_if_no_cell)
    if not choices and not problem:
        return crystal
    if problem:
        return replace(crystal, notes=(*crystal.notes, problem))
    note = f"Its {choices[0].n} reflections are too few to use: the amplitudes are calculated."
    return replace(crystal, notes=(*crystal.notes, note))


def _of_map(source: SourceFile, contents: MapContents) -> Crystal:
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
        provenance=f"{source.name}, {what} Fourier coefficients are taken as amplitudes.",
        notes=(
            *contents.notes,
            f"The amplitudes were calculated from the map, to {amplitudes.d_min:.2f} Å.",
            *notes,
        ),
        of_patterson_map=is_patterson,
    )
