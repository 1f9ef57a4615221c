"""Unit cells: a b c in Angstrom, alpha beta gamma in degrees."""

import math

from .json_values import is_finite, items_in, number

LARGEST_EDGE = 1e5  # Angstrom, of a cell


def cell_in(value):
    """The six numbers of a cell; None for other values."""
    six = [number(x) for x in items_in(value)]
    return six if len(six) == 6 and None not in six and has_volume(six) else None


def has_volume(cell):
    """Whether six numbers are a cell with a volume."""
    if not all(is_finite(x) and x > 0 for x in cell):
        return False
    if max(cell[:3]) > LARGEST_EDGE or max(cell[3:]) >= 180:
        return False
    cos_a, cos_b, cos_g = [math.cos(math.radians(x)) for x in cell[3:]]
    square = 1.0 - cos_a**2 - cos_b**2 - cos_g**2 + 2.0 * cos_a * cos_b * cos_g
    return square > 1e-6  # of the volume over a b c


def orthogonalised(cell, frac):
    """Fractional coordinates in Angstrom, PDB convention: a along x, b in the plane of x and y."""
    a, b, c = cell[:3]
    alpha, beta, gamma = [math.radians(x) for x in cell[3:]]
    cos_a, cos_b, cos_g, sin_g = math.cos(alpha), math.cos(beta), math.cos(gamma), math.sin(gamma)
    y = (cos_a - cos_b * cos_g) / sin_g
    z = math.sqrt(max(0.0, 1.0 - cos_b * cos_b - y * y))
    u, v, w = frac
    return [
        a * u + b * cos_g * v + c * cos_b * w,
        b * sin_g * v + c * y * w,
        c * z * w,
    ]


def middle_of(cell):
    """The middle of a cell in Angstrom; None without a cell."""
    return None if cell is None else orthogonalised(cell, (0.5, 0.5, 0.5))
