"""Writing what is open. Each function takes what it writes: none looks at the document, so
that all of them run in a job while the user goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import gemmi

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import Layer, LayerKey, layer_of
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.errors import UserError
from patterson_gui.io.models import write
from patterson_gui.io.models.write_built import write_built_model


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
    if crystal.model is None:
        raise UserError("There is no model to save: open a structure or cut a fragment first.")
    write.write_model(path, crystal.model)


def levels_of(layers: Mapping[LayerKey, Layer], maps: Sequence[DensityMap]) -> dict[str, float]:
    """Contour levels in rmsd by kind of map, as a bundle keeps them."""
    return {
        density.kind.value: layers[layer_of(density.kind)].level.in_rmsd(density)
        for density in maps
    }


def styles_of(
    layers: Mapping[LayerKey, Layer], maps: Sequence[DensityMap]
) -> dict[str, Literal["mesh", "surface"]]:
    """How maps are drawn, by kind of map, as a bundle keeps it."""
    return {
        density.kind.value: "surface"
        if layers[layer_of(density.kind)].style == "surface"
        else "mesh"
        for density in maps
    }


def shown_atoms(document: Document) -> ShownAtoms | None:
    """The built atoms as they stand on the screen; None where none were built."""
    prediction, model = document.prediction, document.displayed_atoms
    if prediction is None or model is None:
        return None
    return ShownAtoms(prediction, model, document.displayed_is_aligned)
