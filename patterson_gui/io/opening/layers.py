"""Read the maps and the model of a file that are drawn over an open crystal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gemmi

from patterson_gui.crystal.cells import grid_shape, same_cell
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.patterson import patterson_group
from patterson_gui.crystal.models.whole_cell import has_unit_cell
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError
from patterson_gui.io.opening.models import read_model_contents
from patterson_gui.io.opening.reader import FileKind
from patterson_gui.io.opening.registry import faults_of, reader_of
from patterson_gui.io.reflections.map_coefficients.cif import list_cif_maps, read_cif_map
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns
from patterson_gui.io.reflections.map_coefficients.mtz import list_mtz_maps, read_mtz_map
from patterson_gui.io.source_file import SourceFile

_NOTED = 0.002  # relative difference of edges that is told; files round to less
_NOTED_ANGLE = 0.2  # degrees


@dataclass(frozen=True, eq=False)
class ReadLayer:
    """A map or a model of a file; `columns` : of the map, where the file has map coefficients."""

    content: DensityMap | gemmi.Structure
    name: str
    columns: MapColumns | None = None


@dataclass(frozen=True, eq=False)
class ReadLayers:
    """What a file holds, and notes for the user."""

    layers: tuple[ReadLayer, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Maps:
    """How maps of coefficients are listed and read in one format."""

    columns: Callable[[SourceFile], list[MapColumns]]
    read: Callable[[SourceFile, MapColumns], tuple[Coefficients, tuple[str, ...]]]


_MAPS: Mapping[str, _Maps] = {
    FileKind.MTZ: _Maps(list_mtz_maps, read_mtz_map),
    FileKind.CIF: _Maps(list_cif_maps, read_cif_map),
}


class MapColumnsWantedError(Exception):
    """The file holds several maps to choose from."""

    def __init__(self, choices: Sequence[MapColumns]) -> None:
        super().__init__("several maps")
        self.choices = tuple(choices)


def read_layers(
    path: Path, crystal: Crystal, columns: Sequence[MapColumns] | None = None
) -> ReadLayers:
    """The maps or the model of a file, to be drawn over `crystal`.

    Parameters
    ----------
    columns : which maps of a file of map coefficients; None: the only one.

    Raises
    ------
    MapColumnsWantedError : `columns` is None, and the file has several maps.
    UserError : the file has neither a map nor a model, is damaged, or is of another cell or space
        group.
    """
    source = SourceFile(path)
    reader = reader_of(source)
    notes: list[str] = []
    layers: list[ReadLayer] = []
    has_model = reader.models is not None and (
        reader.has_models is None or reader.has_models(source)
    )
    maps = None if has_model else _MAPS.get(reader.kind)
    if maps is not None and columns is None:
        with faults_of(reader, source):
            found = maps.columns(source)
        columns = _only_one(found, source)
    with faults_of(reader, source):
        if reader.density is not None:
            contents = reader.density(source)
            notes += contents.notes
            layers.append(ReadLayer(contents.density, source.stem))
        elif maps is not None:
            layers += _of_coefficients(source, maps, columns or (), notes)
        elif has_model:
            read = read_model_contents(source)
            notes += read.notes
            layers.append(ReadLayer(_in_a_cell(read.structure, crystal, notes), source.stem))
        else:
            raise UserError(
                f"{source.name} holds neither a map nor a model: add a map (CCP4, MRC), map "
                "coefficients (MTZ, mmCIF), or a model (PDB, CIF, SHELX .res)."
            )
    for layer in layers:
        notes += _refuse_other_crystal(layer.content, crystal, source.name)
        if isinstance(layer.content, DensityMap):
            _ = layer.content.rmsd  # cached here, so that the window does not compute it
    return ReadLayers(tuple(layers), tuple(dict.fromkeys(notes)))


def _only_one(found: list[MapColumns], source: SourceFile) -> list[MapColumns]:
    """The columns of the only map of a file."""
    if len(found) > 1:
        raise MapColumnsWantedError(found)
    if not found:
        raise UserError(
            f"{source.name} has no map coefficients (amplitudes with phases): add a file that has "
            "them, such as FWT and PHWT, or a CCP4 map."
        )
    return found


def _of_coefficients(
    source: SourceFile, maps: "_Maps", columns: Sequence[MapColumns], notes: list[str]
) -> list[ReadLayer]:
    layers = []
    for each in columns:
        terms, more = maps.read(source, each)
        notes += more
        d_min = float(terms.d.min())
        shape = grid_shape(terms.cell, d_min / 3.0, terms.spacegroup, d_min=d_min)
        kind = MapKind.DIFFERENCE if each.is_difference else MapKind.DENSITY
        grid = map_from_coefficients(terms, shape)
        name = f"{source.stem} {each.amplitude}"
        density = DensityMap(grid, terms.cell, terms.spacegroup, kind, d_min, name)
        layers.append(ReadLayer(density, name, each))
    return layers


def _in_a_cell(model: gemmi.Structure, crystal: Crystal, notes: list[str]) -> gemmi.Structure:
    """The model; one without a cell is taken to be in that of the crystal."""
    if not has_unit_cell(model):
        model.cell = crystal.cell
        model.spacegroup_hm = crystal.spacegroup.xhm()
        model.setup_cell_images()
        notes.append(f"{model.name} has no cell: that of the open crystal is used.")
    return model


def _refuse_other_crystal(
    content: DensityMap | gemmi.Structure, crystal: Crystal, name: str
) -> list[str]:
    """Refuse a map or model of another cell or space group; notes on a small difference."""
    what = "map" if isinstance(content, DensityMap) else "model"
    own, open_cell = content.cell, crystal.cell
    if not same_cell(open_cell, own):
        raise UserError(
            f"The cell of {name} ({_words(own)}) is not that of the open crystal "
            f"({_words(open_cell)}): add a {what} of the same crystal."
        )
    if isinstance(content, DensityMap):
        group: gemmi.SpaceGroup | None = content.spacegroup
        is_patterson = content.kind is MapKind.PATTERSON
    else:
        group, is_patterson = content.find_spacegroup(), False
    wanted = patterson_group(crystal.spacegroup) if is_patterson else crystal.spacegroup
    # In P 1 the whole cell is given, whatever its symmetry: such a map or model fits everywhere.
    plain = group is None or group.number == 1 or wanted.number == 1
    if group is not None and not plain and group.operations() != wanted.operations():
        raise UserError(
            f"{name} is in {group.xhm()}, the open crystal in {wanted.xhm()}: their origins need "
            f"not be the same, so add a {what} in {wanted.xhm()} or P 1."
        )
    pairs = list(zip(open_cell.parameters, own.parameters, strict=True))
    largest = max(abs(a - b) / a for a, b in pairs[:3])
    angle = max(abs(a - b) for a, b in pairs[3:])
    if largest > _NOTED or angle > _NOTED_ANGLE:
        return [
            f"The cell of {name} differs from that of the open crystal by up to "
            f"{100 * largest:.1f} % and {angle:.1f}°: it is drawn in its own cell."
        ]
    return []


def _words(cell: gemmi.UnitCell) -> str:
    return " ".join(f"{x:.1f}" for x in cell.parameters)
