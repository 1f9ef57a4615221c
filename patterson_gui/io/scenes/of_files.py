"""Make the scene that another program shows of a bundle, a map or a model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from patterson_gui.crystal.models.whole_cell import has_unit_cell
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.files import is_packed, make_folder, plain_stem
from patterson_gui.io.maps.ccp4 import read_map, write_map
from patterson_gui.io.maps.vasp_density import read_vasp_density
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.opening.reader import FileKind
from patterson_gui.io.opening.registry import kind_of
from patterson_gui.io.scenes.write import cell_numbers, scene_of_bundle, scene_of_map
from patterson_gui.io.source_file import SourceFile
from patterson_gui.io.viewers.scene import ViewerItem, ViewerScene


def scene_of_file(path: Path, folder: Path, *, aligned: bool = True) -> ViewerScene:
    """The scene that another program shows of a file.

    Parameters
    ----------
    path : bundle, map or model.
    folder : folder for the maps of a bundle, and for copies of files that are packed or have an
        ending that other programs do not know.
    aligned : align a prediction to the true structure, if it is known.

    Raises
    ------
    UserError : the file is damaged, or has neither maps nor a model.
    """
    kind = kind_of(path)
    if kind is FileKind.BUNDLE:
        return scene_of_bundle(folder, read_bundle(path), aligned=aligned)
    if kind in (FileKind.MAP, FileKind.CHARGE_DENSITY):
        return _scene_of_map(path, folder, kind)
    if kind in (FileKind.PDB, FileKind.CIF):
        return _scene_of_model(path, folder)
    raise UserError(
        f"{path.name} holds neither a map nor a model: send a bundle (.pgz), a CCP4 map, or "
        "a model (PDB, mmCIF)."
    )


def joined(scenes: Sequence[ViewerScene]) -> ViewerScene:
    """Join scenes into one, with distinct keys, and the cell and centre of the first scene."""
    items = [
        replace(item, key=f"{number}-{item.key}" if number else item.key)
        for number, scene in enumerate(scenes)
        for item in scene.items
    ]
    return replace(scenes[0], items=tuple(items))


def _scene_of_map(path: Path, folder: Path, kind: str) -> ViewerScene:
    if kind == FileKind.CHARGE_DENSITY:
        density = read_vasp_density(SourceFile.of(path)).density
    else:
        density = read_map(path)  # check the whole file: some programs crash on a damaged map
    if is_packed(path) or path.suffix.lower() not in (".ccp4", ".map", ".mrc"):
        make_folder(folder)
        copy = folder / f"{plain_stem(path)}.ccp4"
        write_map(copy, density)
        path = copy
    return scene_of_map(density, path)


def _scene_of_model(path: Path, folder: Path) -> ViewerScene:
    model = read_model(path)
    name = plain_stem(path)
    if is_packed(path) or path.suffix.lower() not in (".pdb", ".cif"):
        make_folder(folder)
        path = folder / f"{name}.cif"
        write_model(path, model)
    box = model.calculate_box()
    middle = (box.minimum + box.maximum) / 2
    cell = cell_numbers(model.cell) if has_unit_cell(model) else None
    item = ViewerItem(path, name, key=name)
    return ViewerScene((item,), name, cell, (float(middle.x), float(middle.y), float(middle.z)))
