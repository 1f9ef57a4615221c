"""Make a crystal of measured reflections, with a model or a composition from nearby files."""

from patterson_gui.crystal.cells import same_cell
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.models.whole_cell import composition_of
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.models.contents import ModelContents
from patterson_gui.io.opening.crystal_of_model import affordable_d_min, material_in_small_cell
from patterson_gui.io.opening.models import models_in
from patterson_gui.io.opening.reflections import Reflections, read_reflections
from patterson_gui.io.opening.registry import reader_of
from patterson_gui.io.reflections.columns import ColumnChoice
from patterson_gui.io.source_file import SourceFile

_MODEL_ENDINGS = (".pdb", ".ent", ".cif", ".mmcif", ".res", ".ins")


def crystal_of_reflections(
    source: SourceFile, column: ColumnChoice | None, has_model: bool = False
) -> Crystal:
    """A crystal with measured amplitudes, and with a model where one of the same crystal is found.

    Parameters
    ----------
    column : the column to use; None: the most likely one.
    has_model : look for the model in the file itself and not in other files of its folder.
    """
    read = read_reflections(source, column)
    data = read.amplitudes
    notes = list(read.notes)
    candidates = [source] if has_model else _companions(source, read)
    model = composition = truth = None
    for candidate in candidates:
        found = _model_of_same_crystal(candidate, data)
        if found is not None:
            model = found.structure
            composition = composition_of(model)
            truth = true_density(model, max(data.d_min, affordable_d_min(data.cell)))
            notes += found.notes
            if candidate is not source:
                notes.append(
                    f"{candidate.name}, in the same folder, has the same cell: predictions are "
                    "compared with its model."
                )
            break
    if composition is None:
        composition = _stated_composition([source, *candidates], data)
    origin = "calculated" if read.is_calculated else "measured"
    return Crystal(
        name=source.stem,
        cell=data.cell,
        spacegroup=data.spacegroup,
        amplitudes=data,
        model=model,
        material=None if model is None else material_in_small_cell(model),
        composition=composition,
        truth=truth,
        provenance=(
            f"{data.label}: {len(data):,} {origin} amplitudes to {data.d_min:.2f} Å, "
            f"{data.spacegroup.xhm()}, {100 * data.completeness:.0f} % complete."
        ),
        notes=tuple(notes),
    )


def _companions(source: SourceFile, read: Reflections) -> list[SourceFile]:
    beside = source.beside(_MODEL_ENDINGS)
    if read.companion is not None:
        beside = [read.companion, *(each for each in beside if each is not read.companion)]
    return beside


def _model_of_same_crystal(source: SourceFile, data: Amplitudes) -> ModelContents | None:
    """The first model in a file with the cell and the symmetry of the data; None: no model."""
    try:
        for contents in models_in(source):
            group = contents.structure.find_spacegroup()
            same_symmetry = group and group.operations() == data.spacegroup.operations()
            if same_symmetry and same_cell(data.cell, contents.structure.cell):
                return contents
    except UserError:
        pass  # a file of the same name need not be a model
    return None


def _stated_composition(sources: list[SourceFile], data: Amplitudes) -> Composition | None:
    """The composition by formula and Z, or by SFAC and UNIT, of a file with the same cell."""
    for source in sources:
        try:
            read = reader_of(source).compositions
            for cell, stated in read(source) if read else ():
                if same_cell(data.cell, cell):
                    return Composition(stated)
        except UserError:
            continue
    return None
