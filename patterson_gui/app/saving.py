"""Writing what is open. Each function takes what it writes: none looks at the document, so
that all of them run in a job while the user goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.app.view_state import Layer, LayerKey, layer_of
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.density import DensityMap, MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.viewer_item import ViewerItem


@dataclass(frozen=True)
class ShownMap:
    """A map with the way it stands on the screen, and what its file is called."""

    density: DensityMap
    layer: Layer
    colour: str
    stem: str


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
    folder: Path, crystal: Crystal, maps: Sequence[ShownMap], with_model: bool
) -> tuple[ViewerItem, ...]:
    """Write maps and model into `folder`, with absolute levels and our colours."""
    from patterson_gui.io.maps import write_map

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} for the files to send cannot be made ({error.strerror})."
        ) from error
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
    if with_model and crystal.model is not None:
        path = folder / f"{file_stem(crystal.name)}.pdb"
        write_model(path, crystal)
        items.append(ViewerItem(path=path, name=f"{crystal.name} model"))
    return tuple(items)


def levels_of(layers: Mapping[LayerKey, Layer], maps: Sequence[DensityMap]) -> dict[str, float]:
    """Contour levels in rmsd by kind of map, as a bundle keeps them."""
    return {
        density.kind.value: layers[layer_of(density.kind)].level.in_rmsd(density)
        for density in maps
    }
