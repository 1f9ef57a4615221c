"""Crystals that everybody knows, as materials."""

import numpy as np

from patterson_gui.crystal.material import Material

_FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def rock_salt(anion: int = 17, cation: int = 11, edge: float = 5.64) -> Material:
    """The conventional cell of NaCl: eight atoms."""
    frac = np.concatenate([_FCC, _FCC + 0.5])
    return Material(frac * edge, np.repeat([cation, anion], 4), edge * np.eye(3), "NaCl", "salt")


def perovskite(edge: float = 3.905, b_element: int = 22) -> Material:
    """CaTiO3 as the ideal cubic cell of five atoms."""
    frac = np.array([[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    numbers = np.array([20, b_element, 8, 8, 8])
    return Material(frac * edge, numbers, edge * np.eye(3), "CaTiO3", "perovskite")


def hematite() -> Material:
    """Fe2O3 in its primitive rhombohedral cell of ten atoms."""
    a, alpha = 5.427, np.radians(55.28)
    cos, sin = np.cos(alpha), np.sin(alpha)
    x = (cos - cos**2) / sin
    lattice = a * np.array([[1, 0, 0], [cos, sin, 0], [cos, x, np.sqrt(1 - cos**2 - x**2)]])
    u, v = 0.35530, 0.5529
    iron = [(s * w,) * 3 for s, w in ((1, u), (1, 0.5 - u), (-1, u), (1, 0.5 + u))]
    oxygen = [(v, 0.5 - v, 0.25), (0.25, v, 0.5 - v), (0.5 - v, 0.25, v)]
    oxygen += [tuple(-t for t in place) for place in oxygen]
    frac = np.array(iron + oxygen, float)
    return Material(frac @ lattice, np.array([26] * 4 + [8] * 6), lattice, "Fe2O3", "hematite")
