"""Corrections that a user makes to a model: another element, an atom less, an atom more."""

from collections.abc import Collection
from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.elements import known_element
from patterson_gui.crystal.lattices import minimum_image
from patterson_gui.crystal.models.atom_images import Operations
from patterson_gui.errors import UserError

NEW_U = 0.04  # Å², of an atom that was added
NEAREST = 0.4  # Å: an atom closer to another one is that atom


def with_element(model: AsymmetricUnit, rows: Collection[int], element: str) -> AsymmetricUnit:
    """The model with other elements in these rows, which get labels that fit.

    Riding hydrogen atoms of changed atoms are removed: they may not fit the new element.
    """
    symbol = known_element(element)
    changed = {row for row in rows if model.elements[row] != symbol}
    elements = [symbol if i in changed else old for i, old in enumerate(model.elements)]
    labels = list(model.labels)
    for row in sorted(changed):
        others = {label for i, label in enumerate(labels) if i != row}
        labels[row] = new_label(symbol, others)
    model = replace(model, elements=tuple(elements), labels=tuple(labels))
    return without(model, _riding_on(model, changed))


def without(model: AsymmetricUnit, rows: Collection[int]) -> AsymmetricUnit:
    """The model without the atoms in these rows, and without hydrogen atoms that ride on them."""
    gone = set(rows) | _riding_on(model, set(rows))
    if not gone:
        return model
    return model.select(np.array([i not in gone for i in range(len(model))], dtype=bool))


def with_atom(
    model: AsymmetricUnit,
    element: str,
    frac: tuple[float, float, float],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> AsymmetricUnit:
    """The model with one more atom, at the image of `frac` that is nearest to the others.

    Raises
    ------
    UserError : there is an atom at this place already.
    """
    symbol = known_element(element)
    place, distance, nearest = nearest_image(frac, model.frac, cell, spacegroup)
    if nearest is not None and distance < NEAREST:
        raise UserError(
            f"{model.labels[nearest]} is only {distance:.2f} Å away: change its element, or delete "
            "it first."
        )
    n = len(model)
    heavy = int(np.flatnonzero(~model.is_hydrogen)[-1]) + 1 if (~model.is_hydrogen).any() else 0
    new = AsymmetricUnit.isotropic(
        (symbol,), place[None], NEW_U, (new_label(symbol, model.labels),)
    )
    order = np.array([*range(heavy), n, *range(heavy, n)], dtype=np.int64)
    return _joined(model, new).select(order)


def nearest_image(
    frac: tuple[float, float, float],
    atoms: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> tuple[NDArray[np.float64], float, int | None]:
    """The image of a place that is nearest to one of (n, 3) atoms: it, the distance, the atom."""
    start = np.array(frac, dtype=np.float64)
    if len(atoms) == 0:
        return start, float("inf"), None
    axes = orthogonalization(cell).T
    images = Operations.of(spacegroup).images(start[None])[:, 0]
    difference = images[:, None] - atoms[None]
    nearest = minimum_image(difference.reshape(-1, 3), axes).reshape(difference.shape)
    length = np.linalg.norm(nearest @ axes, axis=-1)
    # The place itself wins where several images are equally near.
    length = length + 1e-6 * np.arange(len(images))[:, None]
    image, atom = np.unravel_index(int(length.argmin()), length.shape)
    return atoms[atom] + nearest[image, atom], float(length[image, atom]), int(atom)


def new_label(element: str, taken: Collection[str]) -> str:
    """The first free label of an element: "C1", "C2", ..."""
    number = 1
    while f"{element}{number}" in taken:
        number += 1
    return f"{element}{number}"


def _riding_on(model: AsymmetricUnit, rows: Collection[int]) -> set[int]:
    return {i for i, parent in enumerate(model.parent.tolist()) if parent >= 0 and parent in rows}


def _joined(one: AsymmetricUnit, other: AsymmetricUnit) -> AsymmetricUnit:
    """The atoms of both; without standard uncertainties, which only a refinement gives."""
    parent = np.where(other.parent < 0, other.parent, other.parent + len(one))
    return AsymmetricUnit(
        labels=one.labels + other.labels,
        elements=one.elements + other.elements,
        frac=np.concatenate([one.frac, other.frac]),
        occ=np.concatenate([one.occ, other.occ]),
        u_iso=np.concatenate([one.u_iso, other.u_iso]),
        u_aniso=np.concatenate([one.u_aniso, other.u_aniso]),
        parent=np.concatenate([one.parent, parent]),
        part=np.concatenate([one.part, other.part]),
    )
