"""Writing what is open. Each function takes what it writes: none looks at the document, so
that all of them run in a job while the user goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gemmi

from patterson_gui.app.colours import element_colour
from patterson_gui.app.view_state import Layer, LayerKey, layer_of
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.density import DensityMap, MapKind
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.viewer_scene import ViewerItem


@dataclass(frozen=True)
class ShownMap:
    """A map with the way it stands on the screen, and what its file is called."""

    density: DensityMap
    layer: Layer
    colour: str
    stem: str


@dataclass(frozen=True, eq=False)
class ShownAtoms:
    """Built atoms as they stand on the screen: `model` is those of `prediction`, moved onto
    the truth where `aligned`."""

    prediction: Prediction
    model: gemmi.Structure
    aligned: bool

    def stem(self, crystal_name: str) -> str:
        """File name without its ending; says so where they were moved onto the truth."""
        words = [file_stem(crystal_name), "atoms", *(["aligned"] if self.aligned else [])]
        return "-".join(words)

    def write(self, path: Path) -> None:
        """PDB or, by its ending, mmCIF."""
        from patterson_gui.io.built_model import write_built_model

        write_built_model(path, self.prediction, self.model if self.aligned else None)


def file_stem(name: str) -> str:
    """`name` as the start of a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.strip())
    while "--" in kept:
        kept = kept.replace("--", "-")
    return kept.strip("-.") or "untitled"


def map_stem(crystal_name: str, kind: MapKind, aligned: bool) -> str:
    """File name without its ending; says so where a map was moved onto the truth."""
    words = [file_stem(crystal_name), "map" if kind is MapKind.DENSITY else kind.value]
    if kind is MapKind.PREDICTED and aligned:
        words.append("aligned")
    return "-".join(words)


def write_model(path: Path, crystal: Crystal) -> None:
    """The model as PDB or, by its ending, mmCIF."""
    from patterson_gui.io import models

    if crystal.model is None:
        raise UserError("There is no model to save: open a structure or cut a fragment first.")
    models.write_model(path, crystal.model)


def write_for_viewer(
    folder: Path, crystal: Crystal, maps: Sequence[ShownMap], atoms: ShownAtoms | None = None
) -> tuple[ViewerItem, ...]:
    """Write maps, model and built atoms into `folder`, with absolute levels and our colours."""
    from patterson_gui.io.maps import write_map

    make_folder(folder)
    items = []
    for shown in maps:
        path = folder / f"{shown.stem}.ccp4"
        write_map(path, shown.density)
        items.append(
            ViewerItem(
                path=path,
                name=f"{crystal.name} {shown.density.kind.value}",
                kind=shown.density.kind,
                level=shown.layer.level.in_units(shown.density),
                colour=shown.colour,
                style="surface" if shown.layer.style == "surface" else "mesh",
            )
        )
    if crystal.model is not None:
        path = folder / f"{file_stem(crystal.name)}.pdb"
        write_model(path, crystal)
        items.append(ViewerItem(path=path, name=f"{crystal.name} model"))
    if atoms is not None:
        path = folder / f"{atoms.stem(crystal.name)}.pdb"
        atoms.write(path)
        colour = element_colour("C")  # as here; the other elements have their own there too
        items.append(ViewerItem(path=path, name=f"{crystal.name} built atoms", colour=colour))
    return tuple(items)


def levels_of(layers: Mapping[LayerKey, Layer], maps: Sequence[DensityMap]) -> dict[str, float]:
    """Contour levels in rmsd by kind of map, as a bundle keeps them."""
    return {
        density.kind.value: layers[layer_of(density.kind)].level.in_rmsd(density)
        for density in maps
    }
