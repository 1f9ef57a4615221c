"""The groups to try: those of the lattice or the one a user names, each in its setting once."""

from functools import lru_cache

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.stated_symmetry.cell_fit import fitting_settings
from patterson_gui.crystal.stated_symmetry.space_group_names import meant_by
from patterson_gui.crystal.symmetry.lattice import Centring, groups_of_lattice
from patterson_gui.crystal.symmetry.operations import (
    GroupOperations,
    all_groups,
    operations_of,
    origin_shift,
)
from patterson_gui.errors import UserError

_OTHER_HAND = {76: 78, 91: 95, 92: 96, 144: 145, 151: 153, 152: 154}
_OTHER_HAND |= {169: 170, 171: 172, 178: 179, 180: 181, 212: 213}
OTHER_HAND = _OTHER_HAND | {b: a for a, b in _OTHER_HAND.items()}
"""Numbers of the space groups that come in pairs, one for each hand."""

# Reflections of a reverse rhombohedral cell become obverse by this change of axes.
_TO_OBVERSE = np.diag([-1, -1, 1]).astype(np.int64)


def candidate_groups(
    intensities: Intensities, settings: SolveSettings, centring: Centring
) -> list[GroupOperations]:
    """The groups that `settings.space_group` and `settings.laue` leave, in their axes.

    With "auto", all groups and settings of the table that the cell and the centring allow, each
    once however many origins the table has for it. With "given" or a name, that group.

    Raises
    ------
    UserError : the group or the Laue class is not known or stated, or does not suit the lattice.
    """
    if settings.space_group == "given":
        if not intensities.stated:
            raise UserError("The file gives no space group: choose “auto” or write a symbol.")
        return [_with_usual_origin(operations_of(intensities.spacegroup))]
    if settings.space_group != "auto":
        return [_with_usual_origin(_named(settings.space_group, intensities.cell))]
    allowed = groups_of_lattice(all_groups(), intensities.cell, centring.set)
    groups = _each_once(allowed, intensities.spacegroup if intensities.stated else None)
    if settings.laue:
        wanted = settings.laue.replace(" ", "")
        groups = [g for g in groups if wanted in _laue_names(g)]
        if not groups:
            raise UserError(
                f"No space group of the Laue class {settings.laue} suits the cell and the centring "
                f"{centring.symbol}: choose another Laue class."
            )
    return groups


def change_of_axes(centring: Centring) -> NDArray[np.int64]:
    """(3, 3) M with h_new = M h that the centring asks for: identity but for "R reverse"."""
    return _TO_OBVERSE if centring.symbol == "R reverse" else np.eye(3, dtype=np.int64)


def _laue_names(group: GroupOperations) -> set[str]:
    """What the Laue class of a group is called: "-3m" is also "-3m1" or "-31m" by its axes."""
    names = {str(group.spacegroup.laue_str())}
    if group.laue_set == _laue_set("P -3 m 1"):
        names.add("-3m1")
    if group.laue_set == _laue_set("P -3 1 m"):
        names.add("-31m")
    return names


@lru_cache(maxsize=8)
def _laue_set(name: str) -> frozenset[int]:
    return operations_of(gemmi.SpaceGroup(name)).laue_set


def _named(name: str, cell: gemmi.UnitCell) -> GroupOperations:
    """The setting of a name that suits the cell: "P 21/b" is unique axis c where γ is not 90°."""
    settings = meant_by(name)
    fitting = fitting_settings(settings, cell)
    if not fitting:
        raise UserError(
            f"The cell does not have the symmetry of {settings[0].xhm()}: choose a group or "
            "setting that suits the axes, or auto."
        )
    return operations_of(fitting[0])


def _with_usual_origin(group: GroupOperations) -> GroupOperations:
    """The same group with a centre of symmetry at the origin, where the table has it."""
    if group.centrosymmetric and not group.inversion_at_origin:
        for other in all_groups():
            if (
                other.spacegroup.number == group.spacegroup.number
                and other.inversion_at_origin
                and origin_shift(group, other) is not None
            ):
                return other
    return group


def _each_once(
    groups: list[GroupOperations], stated: gemmi.SpaceGroup | None
) -> list[GroupOperations]:
    """One of all entries that differ by a shift of the origin: with the inversion at the origin
    if one has it there, else as the file states it, else the first of the table."""
    key = None if stated is None else stated.xhm()
    kept: dict[tuple[int, frozenset[int]], list[list[GroupOperations]]] = {}
    for group in groups:
        classes = kept.setdefault((group.spacegroup.number, group.rotation_set), [])
        for alike in classes:
            if origin_shift(alike[0], group) is not None:
                alike.append(group)
                break
        else:
            classes.append([group])
    return [
        sorted(alike, key=lambda g: (not g.inversion_at_origin, g.name != key))[0]
        for classes in kept.values()
        for alike in classes
    ]
