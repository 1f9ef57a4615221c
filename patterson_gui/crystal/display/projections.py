"""A small picture of a map: its three projections, as PNG."""

import struct
import zlib
from enum import StrEnum
from typing import Protocol

import gemmi
import numpy as np
from numpy.typing import NDArray

SIZE = 150  # pixels of the longest side of a projection
_GAP = 12  # pixels between projections
_WHITE, _FRAME = 255, 170
_DARKEST = 99.7  # percentile of the projected values that is black
_PATTERSON_TOP = 5.0  # rmsd that is black in a Patterson map, because its origin peak is far higher
_AXES = ((1, 2), (0, 2), (0, 1))  # the axes in the plane of the projections along a, b, c


class Pictured(Protocol):
    """Interface of a map that can be drawn; `DensityMap` has it."""

    @property
    def grid(self) -> NDArray[np.float32]: ...
    @property
    def cell(self) -> gemmi.UnitCell: ...
    @property
    def kind(self) -> StrEnum: ...
    @property
    def name(self) -> str: ...
    @property
    def mean(self) -> float: ...
    @property
    def rmsd(self) -> float: ...


def projections_png(density: Pictured) -> bytes:
    """PNG of the projections along a, b and c, side by side.

    Each point shows the highest value along the axis, from the map's mean (white) to nearly
    its highest (black; of a Patterson the origin peak does not count). The projection along c
    is drawn in the plane of a (to the right) and b (upwards) with the angle between them, the
    others alike.
    """
    panels = [_panel(density, axis) for axis in range(3)]
    height = max(len(panel) for panel in panels)
    columns = []
    for panel in panels:
        padding = ((height - len(panel), 0), (0, _GAP))
        columns.append(np.pad(panel, padding, constant_values=_WHITE))
    return _png(np.hstack(columns)[:, :-_GAP])


def _panel(density: Pictured, axis: int) -> NDArray[np.uint8]:
    """(height, width) the projection along one axis, white outside the cell."""
    first, second = _AXES[axis]
    lengths = density.cell.parameters[:3]
    angle = np.radians(density.cell.parameters[3 + axis])
    right, up = lengths[first], lengths[second]
    # Columns: the directions of both axes in the plane, Å.
    plane = np.array([[right, up * np.cos(angle)], [0.0, up * np.sin(angle)]])
    corners = plane @ np.array([[0, 1, 0, 1], [0, 0, 1, 1]])
    low, high = corners.min(axis=1), corners.max(axis=1)
    scale = SIZE / float(max(high - low))
    width, height = (max(2, round(float(x) * scale)) for x in high - low)
    x = low[0] + (np.arange(width) + 0.5) / scale
    y = high[1] - (np.arange(height) + 0.5) / scale
    points = np.stack(np.meshgrid(x, y), axis=0).reshape(2, -1)
    frac = np.linalg.solve(plane, points)
    values = _shades(density, axis)
    # The grid's points along (first, second), in this order whichever axis was projected.
    # Imported here, because a machine that only trains networks need not have scipy.
    from scipy.ndimage import map_coordinates

    sampled = map_coordinates(
        values, frac * np.array(values.shape)[:, None], order=1, mode="grid-wrap"
    )
    inside = ((frac >= 0) & (frac < 1)).all(axis=0)
    pixel = np.array([1 / (right * scale), 1 / (up * np.sin(angle) * scale)])[:, None]
    edge = inside & (np.minimum(frac, 1 - frac) < pixel).any(axis=0)
    shades = np.where(inside, np.clip(sampled, 0, _WHITE), _WHITE)
    shades = np.where(edge, np.minimum(shades, _FRAME), shades)
    return np.rint(shades).astype(np.uint8).reshape(height, width)


def _shades(density: Pictured, axis: int) -> NDArray[np.float64]:
    """The projected grid as shades of grey, 255 at the map's mean and below."""
    values = density.grid.max(axis=axis).astype(np.float64) - density.mean
    top = float(np.percentile(values, _DARKEST))
    if not top > 0:  # nearly all points are equal
        top = float(values.max())
    if density.kind == "patterson":
        top = min(top, _PATTERSON_TOP * density.rmsd)
    if not top > 0:
        return np.full(values.shape, float(_WHITE))
    return np.asarray(_WHITE * (1.0 - np.clip(values / top, 0.0, 1.0)))


def _png(grey: NDArray[np.uint8]) -> bytes:
    """A greyscale PNG of 8 bits (ISO/IEC 15948)."""
    height, width = grey.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = np.pad(grey, ((0, 0), (1, 0)))  # each row begins with its filter type, 0 for none
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
