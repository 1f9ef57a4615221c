"""Choose between the origins of a space group by what its atoms would be in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.symmetry_images import symmetry_images

_ONE_SITE = 0.3  # Å; atoms nearer than this share one site
_DECAY = 0.37  # Å, of bond valences (Brown & Altermatt, Acta Cryst. B41, 244, 1985)
# Atoms are crowded in one choice of origin if the valence of one is larger than any valence of
# the elements and larger than in the other choice by this factor.
_LARGEST_VALENCE = 8.0
_CROWDED = 1.5
_MOST_IMAGES = 20_000
_RATIO_DIFFERS = 0.02  # of numbers of atoms


@dataclass(frozen=True)
class StatedAtoms:
    """Independent atoms as a file states them, which show the choice of origin.

    Attributes
    ----------
    elements, frac, occupancy : (n,), (n, 3) and (n,), of full sites 1 on special positions too.
    formula : numbers of atoms by element, in any multiple; None where none is stated.
    """

    elements: tuple[str, ...]
    frac: NDArray[np.float64]
    occupancy: NDArray[np.float64]
    formula: Mapping[str, float] | None = None


def settings_of_atoms(
    settings: Sequence[gemmi.SpaceGroup], cell: gemmi.UnitCell, atoms: StatedAtoms
) -> tuple[list[gemmi.SpaceGroup], str]:
    """The settings that the atoms allow, all where they do not tell, and why the others are not.

    First the composition of the cell is compared with the formula, then the settings are compared
    by how near the atoms are to each other. Hydrogen is not used.
    """
    heavy = np.array([element not in ("H", "D") for element in atoms.elements], dtype=bool)
    operations = len(settings[0].operations())
    if not heavy.any() or operations * np.count_nonzero(heavy) > _MOST_IMAGES:
        return list(settings), ""
    elements = [e for e, kept in zip(atoms.elements, heavy, strict=True) if kept]
    frac, occupancy = atoms.frac[heavy], atoms.occupancy[heavy]
    crowding, fitting = [], []
    for group in settings:
        distance = _distances(frac, cell, group)
        shares = 1.0 / (distance < _ONE_SITE)[np.arange(len(frac)), :, np.arange(len(frac))].sum(1)
        counts: dict[str, float] = {}
        for element, number in zip(elements, occupancy * shares, strict=True):
            counts[element] = counts.get(element, 0.0) + float(number)
        fitting.append(atoms.formula is not None and _same_ratio(counts, atoms.formula))
        crowding.append(_largest_valence(distance, elements, occupancy, shares))
    if any(fitting) and not all(fitting):
        kept = [group for group, fits in zip(settings, fitting, strict=True) if fits]
        return kept, "its atoms do not give the formula in the other"
    least = min(crowding)
    kept = [
        group
        for group, value in zip(settings, crowding, strict=True)
        if value <= max(_LARGEST_VALENCE, _CROWDED * least)
    ]
    return kept, "its atoms would be too near to each other in the other"


def _distances(
    frac: NDArray[np.float64], cell: gemmi.UnitCell, group: gemmi.SpaceGroup
) -> NDArray[np.float64]:
    """(n, k, n) Å, from each atom to each image of each atom by the k operations."""
    images = symmetry_images(frac, group.operations())
    orth = np.array(cell.orth.mat.tolist())
    return distances(images[None] - frac[:, None, None], orth.T)


def _largest_valence(
    distance: NDArray[np.float64],
    elements: Sequence[str],
    occupancy: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> float:
    """The largest sum over the neighbours of an atom of exp((rᵢ + rⱼ − d)/0.37 Å)."""
    radii = np.array([gemmi.Element(element).covalent_r for element in elements])
    valence = np.exp((radii[:, None, None] + radii - distance) / _DECAY)
    valence *= (distance > _ONE_SITE) * (occupancy * shares)
    return float(valence.sum(axis=(1, 2)).max())


def _same_ratio(counts: Mapping[str, float], formula: Mapping[str, float]) -> bool:
    stated = {e: n for e, n in formula.items() if e not in ("H", "D") and n > 0}
    if set(stated) != set(counts) or len(stated) < 2:
        return False
    scale = [counts[element] / stated[element] for element in stated]
    return max(scale) - min(scale) <= _RATIO_DIFFERS * max(scale)
