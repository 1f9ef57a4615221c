"""How maps and models are shown: contour levels, layers, links between the views."""

from dataclasses import dataclass, replace
from enum import StrEnum

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.first_level import first_level


class LevelPolicy(StrEnum):
    """Which number stays the same when the map changes."""

    RMSD = "rmsd"
    ABSOLUTE = "absolute"


@dataclass(frozen=True)
class ContourLevel:
    """A contour level: a number, in rmsd or in the units of the map."""

    value: float
    policy: LevelPolicy = LevelPolicy.RMSD

    def in_rmsd(self, density: DensityMap) -> float:
        if self.policy is LevelPolicy.RMSD:
            return self.value
        return self.value / density.rmsd if density.rmsd > 0 else 0.0

    def in_units(self, density: DensityMap) -> float:
        """The level in the map's own units."""
        if self.policy is LevelPolicy.ABSOLUTE:
            return self.value
        return self.value * density.rmsd


class LayerKey(StrEnum):
    """Everything that can be shown. Maps have the names of their kinds, but for `COMPARED`."""

    PATTERSON = "patterson"
    PREDICTED = "predicted"
    TRUE = "true"
    DENSITY = "density"
    DIFFERENCE = "difference"
    COMPARED = "compared"  # another prediction, beside the one that is shown
    MODEL = "model"
    ATOMS = "atoms"
    PEAKS = "peaks"


MAP_LAYERS = (
    LayerKey.PATTERSON,
    LayerKey.PREDICTED,
    LayerKey.TRUE,
    LayerKey.DENSITY,
    LayerKey.DIFFERENCE,
    LayerKey.COMPARED,
)

LAYER_NAMES = {
    LayerKey.PATTERSON: "Patterson",
    LayerKey.PREDICTED: "Predicted",
    LayerKey.TRUE: "True",
    LayerKey.DENSITY: "Density",
    LayerKey.DIFFERENCE: "Difference",
    LayerKey.COMPARED: "Compared",
    LayerKey.MODEL: "Model",
    LayerKey.ATOMS: "Built atoms",
    LayerKey.PEAKS: "Peaks",
}


@dataclass(frozen=True)
class Layer:
    """How one map, model or set of peaks is shown."""

    visible: bool = True
    level: ContourLevel = ContourLevel(2.0)
    style: str = "wire"  # wire | surface

    def at(self, rmsd: float) -> "Layer":
        """The same at another level, in rmsd."""
        return replace(self, level=ContourLevel(rmsd))


def default_layers(style: str = "wire") -> dict[LayerKey, Layer]:
    """The layers at start: densities at 2.5 rmsd, where the atoms of a sparse cell are clear."""
    patterson = Layer(
        level=ContourLevel(first_level(MapKind.PATTERSON, is_fragment=True)), style=style
    )
    density = Layer(level=ContourLevel(first_level(MapKind.DENSITY)), style=style)
    return {
        LayerKey.PATTERSON: patterson,
        LayerKey.PREDICTED: density,
        LayerKey.TRUE: density,
        LayerKey.DENSITY: density,
        LayerKey.COMPARED: density,
        LayerKey.DIFFERENCE: Layer(
            level=ContourLevel(first_level(MapKind.DIFFERENCE)), style=style
        ),
        LayerKey.MODEL: Layer(),
        LayerKey.ATOMS: Layer(),
        LayerKey.PEAKS: Layer(visible=False),
    }


@dataclass(frozen=True)
class Blink:
    """Two maps that are shown in turn.

    Attributes
    ----------
    view : the view that shows them, by what it is for; one of the maps is its own.
    other : the layer of the other map, of the document or the key of an added one.
    """

    view: MapKind
    other: LayerKey | int


@dataclass(frozen=True)
class Links:
    """What the views share. Levels are linked among the densities, in rmsd."""

    camera: bool = True
    cursor: bool = True
    levels: bool = True


def layer_of(kind: MapKind) -> LayerKey:
    """The layer that shows a map of this kind."""
    return LayerKey(kind.value)
