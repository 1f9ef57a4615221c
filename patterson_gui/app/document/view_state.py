"""How things are shown: contour levels, layers, the links between the views."""

from dataclasses import dataclass, replace
from enum import StrEnum

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.first_level import first_level


class LevelPolicy(StrEnum):
    """What stays the same when the map changes."""

    RMSD = "rmsd"
    ABSOLUTE = "absolute"


@dataclass(frozen=True)
class ContourLevel:
    """A contour level: a number and the policy that says what it is a number of."""

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
    """What can be shown. The maps bear the names of their kinds."""

    PATTERSON = "patterson"
    PREDICTED = "predicted"
    TRUE = "true"
    DENSITY = "density"
    MODEL = "model"
    ATOMS = "atoms"
    PEAKS = "peaks"


MAP_LAYERS = (LayerKey.PATTERSON, LayerKey.PREDICTED, LayerKey.TRUE, LayerKey.DENSITY)

LAYER_NAMES = {
    LayerKey.PATTERSON: "Patterson",
    LayerKey.PREDICTED: "Predicted",
    LayerKey.TRUE: "True",
    LayerKey.DENSITY: "Opened map",
    LayerKey.MODEL: "Model",
    LayerKey.ATOMS: "Built atoms",
    LayerKey.PEAKS: "Peaks",
}


@dataclass(frozen=True)
class Layer:
    """One thing that can be shown, and how."""

    visible: bool = True
    level: ContourLevel = ContourLevel(2.0)
    style: str = "wire"  # wire | surface

    def at(self, rmsd: float) -> "Layer":
        """The same at another level, in rmsd."""
        return replace(self, level=ContourLevel(rmsd))


def default_layers(style: str = "wire") -> dict[LayerKey, Layer]:
    """Atoms of a sparse cell stand well out at 2.5 rmsd."""
    patterson = Layer(
        level=ContourLevel(first_level(MapKind.PATTERSON, is_fragment=True)), style=style
    )
    density = Layer(level=ContourLevel(first_level(MapKind.DENSITY)), style=style)
    return {
        LayerKey.PATTERSON: patterson,
        LayerKey.PREDICTED: density,
        LayerKey.TRUE: density,
        LayerKey.DENSITY: density,
        LayerKey.MODEL: Layer(),
        LayerKey.ATOMS: Layer(),
        LayerKey.PEAKS: Layer(visible=False),
    }


@dataclass(frozen=True)
class Links:
    """What the views share. Levels are linked among the densities, in rmsd."""

    camera: bool = True
    cursor: bool = True
    levels: bool = True


def layer_of(kind: MapKind) -> LayerKey:
    """The layer that shows a map of this kind."""
    return LayerKey(kind.value)
