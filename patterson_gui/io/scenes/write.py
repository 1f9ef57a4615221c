"""Write scenes for other programs, with the levels, colours and names of our window."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.colours import BUILT_CARBON_COLOUR, MAP_COLOURS, PALETTES, Palette
from patterson_gui.crystal.comparison.atom_agreement import aligned_model
from patterson_gui.crystal.comparison.prediction_metrics import aligned_density, compare_prediction
from patterson_gui.crystal.comparison.truth import truth_of
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.boxes import AROUND_ATOMS, WHOLE_CELL, Box, box_about, box_around
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.difference import difference_map
from patterson_gui.crystal.maps.first_level import first_level
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.io.bundle.pgz import BundleContents
from patterson_gui.io.file_names import file_stem, map_stem
from patterson_gui.io.files import make_folder
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.built_atoms import write_built_model
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.viewers.scene import ViewerItem, ViewerScene

DIFFERENCE_LEVEL = 3.0  # rmsd, above and below
# Least level of a difference map, in rmsd of the true map: lower values are rounding errors.
_LEAST_DIFFERENCE = 1e-3
_MOST_POINTS = 64_000_000  # of a map that is sent, 256 MB
MODEL, ATOMS = "model", "atoms"  # keys of the items that are models

Style = Literal["mesh", "surface"]


@dataclass(frozen=True, eq=False)
class SceneMap:
    """A map, how to show it, and the name of its file.

    Attributes
    ----------
    stem : file name without its ending.
    level : contour level, in the units of the map.
    colour : '#rrggbb'.
    """

    density: DensityMap
    stem: str
    level: float
    colour: str
    style: Style = "mesh"
    shown: bool = True


@dataclass(frozen=True, eq=False)
class ShownAtoms:
    """Built atoms as the window shows them: `model`, aligned to the true structure or not."""

    prediction: Prediction
    model: gemmi.Structure
    aligned: bool

    def stem(self, crystal_name: str) -> str:
        """File name without its ending; it contains "aligned" where they are aligned."""
        words = [file_stem(crystal_name), "atoms", *(["aligned"] if self.aligned else [])]
        return "-".join(words)

    def write(self, path: Path) -> None:
        """Write the atoms as PDB or mmCIF, by the ending of `path`."""
        write_built_model(path, self.prediction, self.model if self.aligned else None)


def map_item(
    shown: SceneMap, crystal_name: str, path: Path, palette: Palette = PALETTES["usual"]
) -> ViewerItem:
    """How another program shows the map in the file `path`."""
    kind = shown.density.kind
    return ViewerItem(
        path=path,
        name=f"{crystal_name} {kind.value}",
        kind=kind,
        level=shown.level,
        colour=shown.colour,
        style=shown.style,
        below=palette.below if kind is MapKind.DIFFERENCE else None,
        key=kind.value,
        shown=shown.shown,
    )


def write_scene(
    folder: Path,
    crystal: Crystal,
    maps: Sequence[SceneMap],
    atoms: ShownAtoms | None = None,
    *,
    hidden: Collection[str] = (),
    palette: Palette = PALETTES["usual"],
) -> ViewerScene:
    """Write maps, model and built atoms into `folder`, with absolute levels and our colours.

    Maps cover the whole cell and the model, or the model and the built atoms alone where these lie
    far from the cell, because some programs show only what is in the file. If there are a
    prediction and the true map, their difference map is written too, hidden. `hidden` : keys of
    hidden models.
    """
    make_folder(folder)
    box = _box(crystal, atoms, max((shown.density.grid.size for shown in maps), default=0))
    whole = (WHOLE_CELL.lower, WHOLE_CELL.upper)
    items = []
    for shown in (*maps, *_difference(crystal.name, maps, palette)):
        path = folder / f"{shown.stem}.ccp4"
        is_patterson = shown.density.kind is MapKind.PATTERSON
        write_map(path, shown.density, box=whole if is_patterson else (box.lower, box.upper))
        items.append(map_item(shown, crystal.name, path, palette))
    if crystal.model is not None:
        path = folder / f"{file_stem(crystal.name)}.pdb"
        write_model(path, crystal.model)
        items.append(ViewerItem(path, f"{crystal.name} model", key=MODEL))
    if atoms is not None:
        path = folder / f"{atoms.stem(crystal.name)}.pdb"
        atoms.write(path)
        colour = BUILT_CARBON_COLOUR  # other elements have their own colours
        name = f"{crystal.name} built atoms"
        items.append(ViewerItem(path, name, colour=colour, key=ATOMS))
    items = [replace(item, shown=item.shown and item.key not in hidden) for item in items]
    return ViewerScene(tuple(items), crystal.name, cell_numbers(crystal.cell), _centre(crystal))


def scene_of_bundle(folder: Path, contents: BundleContents, *, aligned: bool = True) -> ViewerScene:
    """Write the maps and models of a bundle as the window shows them.

    `aligned` : align the prediction to the true structure, if it is known.
    """
    crystal, prediction = contents.crystal, contents.prediction
    atoms, moved, predicted = None, False, None
    if prediction is not None:
        predicted, model = prediction.density, prediction.model
        truth = truth_of(crystal)
        if aligned and truth is not None:
            comparison = compare_prediction(prediction, truth)
            predicted, moved = aligned_density(prediction, comparison), True
            model = None if model is None else aligned_model(model, comparison)
        if model is not None:
            atoms = ShownAtoms(prediction, model, moved)
    there = (contents.patterson, predicted, crystal.truth, crystal.opened_map)
    styles = {part.style for part in contents.manifest.maps}
    style: Style = "surface" if styles == {"surface"} else "mesh"
    maps = [
        SceneMap(
            density,
            map_stem(crystal.name, density.kind, moved),
            _level(density, contents) * density.rmsd,
            MAP_COLOURS[density.kind],
            style,
        )
        for density in there
        if density is not None
    ]
    return write_scene(folder, crystal, maps, atoms)


def scene_of_map(density: DensityMap, path: Path) -> ViewerScene:
    """A scene of one map file, at the first level in the window."""
    level = first_level(density.kind) * density.rmsd
    shown = SceneMap(density, path.stem, level, MAP_COLOURS[density.kind])
    item = replace(map_item(shown, path.stem, path), name=path.stem, key=path.stem)
    cell = cell_numbers(density.cell)
    return ViewerScene((item,), path.stem, cell, _middle(density.cell))


def cell_numbers(cell: gemmi.UnitCell) -> tuple[float, float, float, float, float, float]:
    """a b c (Å) α β γ (degrees)."""
    a, b, c, alpha, beta, gamma = (float(x) for x in cell.parameters)
    return a, b, c, alpha, beta, gamma


def _level(density: DensityMap, contents: BundleContents) -> float:
    """Contour level in rmsd: from the bundle, or else the first level in the window."""
    first = first_level(density.kind, contents.crystal.is_fragment)
    return contents.levels.get(density.kind.value, first)


def _difference(crystal_name: str, maps: Sequence[SceneMap], palette: Palette) -> list[SceneMap]:
    """Prediction minus true map, if both are given without it; hidden, as no view shows it."""
    by_kind = {shown.density.kind: shown for shown in maps}
    predicted, true = by_kind.get(MapKind.PREDICTED), by_kind.get(MapKind.TRUE)
    if predicted is None or true is None or MapKind.DIFFERENCE in by_kind:
        return []
    density = difference_map(predicted.density, true.density)
    stem = map_stem(crystal_name, MapKind.DIFFERENCE, aligned=False)
    level = max(DIFFERENCE_LEVEL * density.rmsd, _LEAST_DIFFERENCE * true.density.rmsd)
    colour = palette.maps[MapKind.DIFFERENCE]
    return [SceneMap(density, stem, level, colour, predicted.style, shown=False)]


def _box(crystal: Crystal, atoms: ShownAtoms | None, points: int) -> Box:
    """The part of the crystal that maps of `points` in a cell are written for."""
    positions = _positions(crystal.model)
    if atoms is not None:
        positions = np.concatenate([positions, _positions(atoms.model)])
    axes = np.array(crystal.cell.orth.mat.tolist()).T
    box = box_about(positions, axes)
    if box != WHOLE_CELL or len(positions) == 0:
        return box
    near = box_around(positions, axes, AROUND_ATOMS)
    if np.min(near.lower) >= 0 and np.max(near.upper) <= 1:
        return WHOLE_CELL
    cells = float(np.prod(np.subtract(near.upper, near.lower)))
    return near if cells * points <= _MOST_POINTS else WHOLE_CELL


def _positions(model: gemmi.Structure | None) -> NDArray[np.float64]:
    """(n, 3) Å, the atoms of a model."""
    if model is None or len(model) == 0:
        return np.zeros((0, 3))
    atoms = [cra.atom.pos.tolist() for cra in model[0].all()]
    return np.array(atoms, dtype=np.float64).reshape(-1, 3)


def _centre(crystal: Crystal) -> tuple[float, float, float]:
    """The middle of the model or, without a model, of the cell, Å."""
    positions = _positions(crystal.model)
    if len(positions) == 0:
        return _middle(crystal.cell)
    x, y, z = (float(v) for v in (positions.min(axis=0) + positions.max(axis=0)) / 2)
    return x, y, z


def _middle(cell: gemmi.UnitCell) -> tuple[float, float, float]:
    middle = cell.orthogonalize(gemmi.Fractional(0.5, 0.5, 0.5))
    return float(middle.x), float(middle.y), float(middle.z)
