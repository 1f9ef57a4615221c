"""Extend the map of a whole cell in a file to more of the crystal: PyMOL shows only what the file
holds, so contours would stop one step before a face, and models outside the cell have no density.

Standard library alone, because not every PyMOL has numpy.
"""

import math
import struct

from .cell import orthogonalised
from .check_map import MAP_HEADER
from .pgz import positions_of

AROUND_ATOMS = 1.5  # Angstrom: visible radius of the density of an atom
MOST_CELLS = 2.0  # beyond this volume only the surroundings of the model are covered
MOST_POINTS = 32000000  # of an extended map; otherwise only the cell is covered
CELL = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def box_of(cell, paths):
    """The fractional corners of the part of a crystal to show: the cell and the atoms of the PDB
    files `paths`, or these atoms alone where they lie far from the cell."""
    positions = [place for path in paths for place in positions_of(path)]
    if not positions or cell is None:
        return CELL
    rows = _inverse(cell)
    frac = [[sum(r * p for r, p in zip(row, place)) for row in rows] for place in positions]
    margin = [AROUND_ATOMS * math.sqrt(sum(r * r for r in row)) for row in rows]
    low = [min(values) - m for values, m in zip(zip(*frac), margin)]
    high = [max(values) + m for values, m in zip(zip(*frac), margin)]
    both = ([min(0.0, x) for x in low], [max(1.0, x) for x in high])
    return both if _volume(both) <= MOST_CELLS else (low, high)


def cover(path, box):
    """Write the CCP4 map of a whole cell anew, so that it covers a box, with both faces.

    A map of a part of the cell stays as it is. `box` : two fractional corners.
    """
    with open(path, "rb") as file:
        content = file.read()
    words = struct.unpack("<56i", content[:224])
    extent, start, sampling, axes = words[0:3], words[4:7], words[7:10], words[16:19]
    if any(extent[i] != sampling[axes[i] - 1] for i in range(3)):
        return
    if _volume(box) * extent[0] * extent[1] * extent[2] > MOST_POINTS:
        box = CELL
    low = [math.floor(box[0][axes[i] - 1] * extent[i]) for i in range(3)]
    counts = [math.ceil(box[1][axes[i] - 1] * extent[i]) - low[i] + 1 for i in range(3)]
    begin = MAP_HEADER + words[23]
    columns = (low[0] - start[0]) % extent[0] * 4
    repeats = (counts[0] - 1) // extent[0] + 1
    parts = []
    for section in range(low[2], low[2] + counts[2]):
        for row in range(low[1], low[1] + counts[1]):
            at = (section - start[2]) % extent[2] * extent[1] + (row - start[1]) % extent[1]
            values = content[begin + 4 * extent[0] * at : begin + 4 * extent[0] * (at + 1)]
            values = (values[columns:] + values[:columns]) * repeats
            parts.append(values[: 4 * counts[0]])
    head = struct.pack("<3i", *counts) + content[12:16] + struct.pack("<3i", *low)
    with open(path, "wb") as file:
        file.write(head + content[28:begin] + b"".join(parts))


def _inverse(cell):
    """The rows a*, b*, c* that turn Angstrom into fractions of a cell."""
    a, b, c = (orthogonalised(cell, axis) for axis in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    volume = sum(x * y for x, y in zip(a, _cross(b, c)))
    return [[x / volume for x in _cross(*two)] for two in ((b, c), (c, a), (a, b))]


def _cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _volume(box):
    """In cells."""
    (a, b, c), (d, e, f) = box
    return (d - a) * (e - b) * (f - c)  # Python 3.7 has no math.prod
