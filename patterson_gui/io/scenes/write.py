"""Scenes for other programs: files with the levels, colours and names of our screen."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.colours import DIFFERENCE_COLOURS, MAP_COLOURS, element_colour
from patterson_gui.app.document.compare_with_truth import compare_with_truth
from patterson_gui.app.document.view_state import (
    ContourLevel,
    Layer,
    LayerKey,
    default_layers,
    layer_of,
    patterson_level,
)
from patterson_gui.app.write_files import ShownAtoms, ShownMap, file_stem, map_stem, write_model
from patterson_gui.crystal.comparison.truth import truth_of
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.boxes import WHOLE_CELL, Box, box_about
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.io.bundle.pgz import BundleContents
from patterson_gui.io.viewer_scene import ViewerItem, ViewerScene

DIFFERENCE_LEVEL = 3.0  # rmsd, above and below


def map_item(shown: ShownMap, crystal_name: str, path: Path) -> ViewerItem:
    """How another program is to show a map that lies at `path`."""
    kind = shown.density.kind
    return ViewerItem(
        path=path,
        name=f"{crystal_name} {kind.value}",
        kind=kind,
        level=shown.layer.level.in_units(shown.density),
        colour=shown.colour,
        style="surface" if shown.layer.style == "surface" else "mesh",
        below=DIFFERENCE_COLOURS[1] if kind is MapKind.DIFFERENCE else None,
        key=kind.value,
        shown=shown.layer.visible,
    )


def write_scene(
    folder: Path,
    crystal: Crystal,
    maps: Sequence[ShownMap],
    atoms: ShownAtoms | None = None,
    *,
    hidden: Collection[str] = (),
) -> ViewerScene:
    """Write maps, model and built atoms into `folder`, with absolute levels and our colours.

    Maps reach as far as they do on the screen: over the whole cell, its faces included, and
    further where the model sticks out, because some programs show no more than a file holds.
    Where a prediction and the truth are among them their difference comes with them, switched
    off. `hidden` : keys of the models that are switched off.
    """
    from patterson_gui.io.files import make_folder
    from patterson_gui.io.maps.ccp4 import write_map

    make_folder(folder)
    box = _box(crystal)
    whole = (WHOLE_CELL.lower, WHOLE_CELL.upper)
    items = []
    for shown in (*maps, *_difference(crystal.name, maps)):
        path = folder / f"{shown.stem}.ccp4"
        is_patterson = shown.density.kind is MapKind.PATTERSON
        write_map(path, shown.density, box=whole if is_patterson else (box.lower, box.upper))
        items.append(map_item(shown, crystal.name, path))
    if crystal.model is not None:
        path = folder / f"{file_stem(crystal.name)}.pdb"
        write_model(path, crystal)
        items.append(ViewerItem(path, f"{crystal.name} model", key=LayerKey.MODEL.value))
    if atoms is not None:
        path = folder / f"{atoms.stem(crystal.name)}.pdb"
        atoms.write(path)
        colour = element_colour("C")  # as here; the other elements have their own there too
        name = f"{crystal.name} built atoms"
        items.append(ViewerItem(path, name, colour=colour, key=LayerKey.ATOMS.value))
    items = [replace(item, shown=item.shown and item.key not in hidden) for item in items]
    return ViewerScene(tuple(items), crystal.name, cell_numbers(crystal.cell), _centre(crystal))


def scene_of_bundle(folder: Path, contents: BundleContents, *, aligned: bool = True) -> ViewerScene:
    """Write a bundle's maps and models as the window would show them once it is opened.

    `aligned` : with the prediction moved onto the truth, where there is one.
    """
    crystal, prediction = contents.crystal, contents.prediction
    layers = default_layers()
    level = ContourLevel(patterson_level(crystal.is_fragment))
    layers[LayerKey.PATTERSON] = replace(layers[LayerKey.PATTERSON], level=level)
    for kind, rmsd in contents.levels.items():
        if kind in layers:
            key = LayerKey(kind)
            layers[key] = layers[key].at(rmsd)
    atoms, moved, predicted = None, False, None
    if prediction is not None:
        predicted, model = prediction.density, prediction.model
        truth = truth_of(crystal)
        if aligned and truth is not None:
            truth_comparison = compare_with_truth(prediction, truth)
            predicted, model, moved = truth_comparison.aligned, truth_comparison.aligned_model, True
        if model is not None:
            atoms = ShownAtoms(prediction, model, moved)
    there = (contents.patterson, predicted, crystal.truth, crystal.opened_map)
    maps = [
        ShownMap(
            density,
            _styled(layers[layer_of(density.kind)], contents),
            MAP_COLOURS[density.kind],
            map_stem(crystal.name, density.kind, moved),
        )
        for density in there
        if density is not None
    ]
    return write_scene(folder, crystal, maps, atoms)


def scene_of_map(density: DensityMap, path: Path) -> ViewerScene:
    """A map that lies in a file already, at the level it would be opened with here."""
    level = patterson_level(False) if density.kind is MapKind.PATTERSON else 2.5
    shown = ShownMap(
        density, Layer(level=ContourLevel(level)), MAP_COLOURS[density.kind], path.stem
    )
    item = replace(map_item(shown, path.stem, path), name=path.stem, key=path.stem)
    cell = cell_numbers(density.cell)
    return ViewerScene((item,), path.stem, cell, _middle(density.cell))


def cell_numbers(cell: gemmi.UnitCell) -> tuple[float, float, float, float, float, float]:
    """a b c (Å) α β γ (degrees)."""
    a, b, c, alpha, beta, gamma = (float(x) for x in cell.parameters)
    return a, b, c, alpha, beta, gamma


def _styled(layer: Layer, contents: BundleContents) -> Layer:
    """With the style that the bundle's window showed its maps in."""
    styles = {part.style for part in contents.manifest.maps}
    return replace(layer, style="surface" if styles == {"surface"} else "wire")


def _difference(crystal_name: str, maps: Sequence[ShownMap]) -> list[ShownMap]:
    """Prediction less truth, where both are there; switched off, as it is not on our screen."""
    from patterson_gui.crystal.maps.difference import difference_map

    by_kind = {shown.density.kind: shown for shown in maps}
    predicted, true = by_kind.get(MapKind.PREDICTED), by_kind.get(MapKind.TRUE)
    if predicted is None or true is None:
        return []
    density = difference_map(predicted.density, true.density)
    layer = Layer(visible=False, level=ContourLevel(DIFFERENCE_LEVEL), style=predicted.layer.style)
    stem = map_stem(crystal_name, MapKind.DIFFERENCE, aligned=False)
    return [ShownMap(density, layer, DIFFERENCE_COLOURS[0], stem)]


def _box(crystal: Crystal) -> Box:
    positions = _positions(crystal)
    axes = np.array(crystal.cell.orth.mat.tolist()).T
    return box_about(positions, axes)


def _positions(crystal: Crystal) -> NDArray[np.float64]:
    """(n, 3) Å, of the model's atoms."""
    if crystal.model is None or len(crystal.model) == 0:
        return np.zeros((0, 3))
    atoms = [cra.atom.pos.tolist() for cra in crystal.model[0].all()]
    return np.array(atoms, dtype=np.float64).reshape(-1, 3)


def _centre(crystal: Crystal) -> tuple[float, float, float]:
    """The middle of the model, else of the cell, Å."""
    positions = _positions(crystal)
    if len(positions) == 0:
        return _middle(crystal.cell)
    x, y, z = (float(v) for v in (positions.min(axis=0) + positions.max(axis=0)) / 2)
    return x, y, z


def _middle(cell: gemmi.UnitCell) -> tuple[float, float, float]:
    middle = cell.orthogonalize(gemmi.Fractional(0.5, 0.5, 0.5))
    return float(middle.x), float(middle.y), float(middle.z)
