"""Layers that the user adds to the views: maps and models of files, further levels of a map."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import gemmi

from patterson_gui.app.document.view_state import ContourLevel, LayerKey
from patterson_gui.crystal.colours import ADDED_COLOURS, shade
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.first_level import first_level
from patterson_gui.io.opening.layers import ReadLayer
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns

VIEWS = (MapKind.PATTERSON, MapKind.PREDICTED, MapKind.TRUE)  # by what they are for
_HIGHER, _LOWER = 1.6, 0.6  # a further level, as a multiple of the highest or lowest one
_keys = count(1)


@dataclass(frozen=True)
class AddedLayer:
    """A map or a model that is drawn over the open crystal.

    Attributes
    ----------
    key : tells layers apart; no two layers of one run of the program share one.
    content : the map or model; None where it is a further level of the layer `of`.
    of : the layer of the document whose map it shows at another level.
    path, columns : where the content was read; None for further levels of the document's maps.
    colour : '#rrggbb'; of a model, that of its carbon atoms.
    views : the views that draw it, by what they are for; those of `of` where that is given.
    """

    key: int
    name: str
    content: DensityMap | gemmi.Structure | None
    of: LayerKey | None = None
    path: Path | None = None
    columns: MapColumns | None = None
    visible: bool = True
    level: ContourLevel = field(default_factory=lambda: ContourLevel(2.5))
    style: str = "wire"
    colour: str = ADDED_COLOURS[0]
    views: frozenset[MapKind] = frozenset((MapKind.PREDICTED, MapKind.TRUE))

    @property
    def is_map(self) -> bool:
        """Whether it has a contour level."""
        return self.of is not None or isinstance(self.content, DensityMap)


def new_key() -> int:
    """The key of another layer."""
    return next(_keys)


def layer_of_file(
    read: ReadLayer, path: Path, before: Sequence[AddedLayer], views: Collection[MapKind]
) -> AddedLayer:
    """The layer of what was read, with the first colour that none of those `before` has. It is
    shown in these views of densities or, a Patterson map, in the first view."""
    taken = [layer.colour for layer in before]
    colour = min(ADDED_COLOURS, key=taken.count)
    layer = AddedLayer(
        new_key(), read.name, read.content, path=path, columns=read.columns, colour=colour,
        views=frozenset(views),
    )  # fmt: skip
    if isinstance(read.content, DensityMap):
        level = ContourLevel(first_level(read.content.kind))
        layer = replace(layer, level=level)
        if read.content.kind is MapKind.PATTERSON:
            layer = replace(layer, views=frozenset((MapKind.PATTERSON,)))
    return layer


def further_level(
    name: str,
    colour: str,
    style: str,
    levels: Sequence[float],
    density: DensityMap,
) -> AddedLayer:
    """A wire at another level of a map: inside the present ones and darker, or around a surface,
    which would hide it, and lighter.

    Parameters
    ----------
    name, colour, style : of the layer whose map it is.
    levels : of the map so far, rmsd.
    """
    highest = float(density.grid.max()) / density.rmsd if density.rmsd > 0 else max(levels)
    rmsd = _LOWER * min(levels) if style == "surface" else _HIGHER * max(levels)
    if rmsd >= highest:  # nothing would be drawn
        rmsd = (max(levels) + highest) / 2 if max(levels) < highest else _LOWER * min(levels)
    darker = rmsd > max(levels)
    return AddedLayer(
        new_key(), f"{name}, level {len(levels) + 1}", None,
        level=ContourLevel(round(rmsd, 2)), colour=shade(colour, -0.35 if darker else 0.4),
    )  # fmt: skip


def moved(layers: Sequence[AddedLayer], key: int, steps: int) -> tuple[AddedLayer, ...]:
    """The layers with one moved up (`steps` < 0) or down."""
    found = [layer.key for layer in layers].index(key)
    rest = [layer for layer in layers if layer.key != key]
    rest.insert(min(max(found + steps, 0), len(rest)), layers[found])
    return tuple(rest)
