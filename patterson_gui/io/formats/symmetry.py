"""Decide the space group of a crystal by all that a file states about it. Every reader uses this.

The rule: operations, then Hall symbol, then Hermann–Mauguin name with its qualifiers and the cell,
then number and cell. What contradicts the choice, or was assumed, becomes a note.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.stated_symmetry.cell_fit import (
    IMPOSSIBLE,
    cell_misfit,
    fitting_settings,
)
from patterson_gui.crystal.stated_symmetry.origin_choice import StatedAtoms, settings_of_atoms
from patterson_gui.crystal.stated_symmetry.space_group_names import (
    same_type,
    setting_with_hall_symbol,
    settings_named,
)

_NUMBERS = re.compile(r"(\d+\.?\d*|\.\d+)(?:/(\d+))?")
_ROUNDING = 0.1  # of 1/24, by which "0.333" misses 8/24


@dataclass(frozen=True)
class StatedSymmetry:
    """What a file states about its symmetry; empty where it says nothing.

    Attributes
    ----------
    triplets : the operations, "x,y,z" among them, as a file lists them.
    hall : the Hall symbol.
    names : Hermann–Mauguin names of the setting, the most reliable first.
    reference : the name of the reference setting, used where nothing else is known.
    code : the coordinate-system code of CIF.
    number : of the International Tables, or of CCP4 for other settings (1003, 2014, …).
    number_gives_setting : whether the format demands the standard setting, or that of a CCP4
        number, wherever the file has only a number.
    """

    triplets: tuple[str, ...] = ()
    hall: str = ""
    names: tuple[str, ...] = ()
    reference: str = ""
    code: str = ""
    number: int | None = None
    number_gives_setting: bool = False


@dataclass(frozen=True, eq=False)
class Symmetry:
    """The symmetry of a crystal.

    Attributes
    ----------
    spacegroup : None where it is unknown, or in a setting that is in no table.
    operations : those of a setting in no table, by which the crystal is expanded to P 1;
        otherwise None.
    notes : what contradicts this and what was assumed, in sentences for the user.
    problem : why the space group is unknown, as a part of a sentence: "names the space group …,
        which is not known"; "" where it is known, or where nothing is stated.
    """

    spacegroup: gemmi.SpaceGroup | None = None
    operations: gemmi.GroupOps | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def known(self) -> bool:
        """Whether the crystal can be completed by symmetry."""
        return self.spacegroup is not None or self.operations is not None


def sane_cell(values: Iterable[float]) -> gemmi.UnitCell | None:
    """The cell of six numbers (Å, °); None: they are impossible or a placeholder."""
    six = [float(v) for v in values]
    if len(six) != 6 or not all(math.isfinite(v) and v > 0 for v in six):
        return None
    if min(six[:3]) < 1.5 or max(six[:3]) > 1e5 or max(six[3:]) >= 180:
        return None
    cell = gemmi.UnitCell(*six)
    largest = float(np.prod(six[:3]))
    return cell if math.isfinite(cell.volume) and cell.volume > 1e-3 * largest else None


def operations_of_triplets(triplets: Iterable[str]) -> gemmi.GroupOps | None:
    """The group that triplets ('x,y,z', '-x,y+1/2,-z') generate; None: they are not valid.

    The identity must be among them, and translations must be multiples of 1/24.
    """
    every = list(triplets)
    if not every or not all(map(_has_whole_translations, every)):
        return None
    try:
        group = gemmi.GroupOps([gemmi.Op(triplet) for triplet in every])
        group.add_missing_elements()
    except (RuntimeError, ValueError):
        return None
    return group


def symmetry_of(
    stated: StatedSymmetry,
    cell: gemmi.UnitCell | None,
    name: str,
    sites: StatedAtoms | None = None,
) -> Symmetry:
    """The symmetry that a file states.

    Parameters
    ----------
    cell : None where it is unknown; otherwise it decides between settings.
    name : name of the file, for notes.
    sites : atoms, which decide between origin choices where nothing else does.
    """
    by_name = _by_name(stated, cell, name, sites)
    if stated.triplets:
        listed = _by_operations(stated, name)
        only_identity = listed.spacegroup is not None and listed.spacegroup.number == 1
        if listed.known and not only_identity:
            return _compared(listed, "operations are those of", stated, name)
        if only_identity and listed.operations is None:
            # Programs write x,y,z alone for any space group.
            return _lone_identity(listed, by_name, stated, name)
        by_name = _after(listed, by_name, name)
    if stated.hall:
        by_hall = _by_hall(stated.hall, name)
        if by_hall.known:
            return _compared(by_hall, "Hall symbol is that of", stated, name)
        by_name = _after(by_hall, by_name, name)
    return by_name


def _after(unusable: Symmetry, found: Symmetry, name: str) -> Symmetry:
    """What was found instead of something that cannot be used, with a note on that."""
    if not found.known:
        return replace(found, problem=found.problem or unusable.problem)
    return replace(found, notes=(f"{name} {unusable.problem}: not used.", *found.notes))


def _has_whole_translations(triplet: str) -> bool:
    numbers = (
        24 * float(n) / float(d or 1) for n, d in _NUMBERS.findall(triplet) if float(d or 1) > 0
    )
    return all(abs(number - round(number)) <= _ROUNDING for number in numbers)


def _by_operations(stated: StatedSymmetry, name: str) -> Symmetry:
    operations = operations_of_triplets(stated.triplets)
    if operations is None:
        return Symmetry(problem="lists symmetry operations that are not those of a space group")
    group = gemmi.find_spacegroup_by_ops(operations)
    if group is not None:
        return Symmetry(group)
    listed = {gemmi.Op(triplet).wrap().triplet() for triplet in stated.triplets}
    if not _is_group(operations, listed):
        return Symmetry(problem="lists symmetry operations that are not those of a space group")
    note = (
        f"The symmetry operations in {name} are those of no setting in the tables: the crystal is "
        f"expanded to P 1 by its {len(listed)} operations."
    )
    return Symmetry(operations=operations, notes=(note,))


def _is_group(operations: gemmi.GroupOps, listed: set[str]) -> bool:
    """Whether all operations are listed and every product of two is one of them."""
    every = list(operations)
    return {op.triplet() for op in every} == listed and all(
        (one * other).wrap().triplet() in listed for one in every for other in every
    )


def _by_hall(symbol: str, name: str) -> Symmetry:
    try:
        operations = gemmi.symops_from_hall(symbol)
    except (RuntimeError, ValueError):
        return Symmetry(problem=f"gives a Hall symbol, “{symbol}”, that cannot be read")
    group = gemmi.find_spacegroup_by_ops(operations)
    if group is not None:
        return Symmetry(group)
    note = (
        f"The Hall symbol “{symbol}” in {name} is of no setting in the tables: the crystal is "
        "expanded to P 1 by its operations."
    )
    return Symmetry(operations=operations, notes=(note,))


def _by_name(
    stated: StatedSymmetry,
    cell: gemmi.UnitCell | None,
    name: str,
    sites: StatedAtoms | None,
) -> Symmetry:
    """The space group by its names or, if there is none, by its number."""
    unknown: list[str] = []
    for hm in (*stated.names, stated.reference):
        if not hm:
            continue
        if settings := _settings(hm, stated.code):
            found = _chosen(settings, cell, name, sites, f"space group {hm}")
            if unknown:
                note = f"The space group {unknown[0]} in {name} is not known: {hm} is used."
                found = replace(found, notes=(note, *found.notes))
            return _number_compared(found, stated.number, name)
        if (group := setting_with_hall_symbol(hm)) is not None:
            return Symmetry(group)  # some programs write the Hall symbol there
        unknown.append(f"“{hm}”")
    if unknown:
        return _by_number_beside_unknown_name(unknown[0], stated, cell, name)
    return _by_number(stated, cell, name, sites)


def _by_number(
    stated: StatedSymmetry,
    cell: gemmi.UnitCell | None,
    name: str,
    sites: StatedAtoms | None,
) -> Symmetry:
    if stated.number is None:
        return Symmetry()
    settings = _settings_numbered(stated.number, stated.code)
    if not settings:
        return Symmetry(problem=f"gives the space group number {stated.number}, which is unknown")
    gives = f"gives only the number {stated.number} of its space group"
    standard = settings[0]
    fitting = [each for each in settings if _fits(each, cell)]
    if standard not in fitting:
        # Settings of a primitive lattice with more lattice points than needed are rare.
        fitting = [g for g in fitting if standard.hm[0] != "P" or g.hm[0] == "P"]
        if len({each.hm for each in fitting}) > 1:
            return Symmetry(problem=f"{gives}, which its unit cell allows in several settings")
    found = _chosen(fitting or settings, cell, name, sites, f"space group {stated.number}")
    group, notes = found.spacegroup, list(found.notes)
    if group is not None and group.hm == standard.hm and group.ext == standard.ext:
        if not (stated.number_gives_setting or notes or len(settings) == 1):
            notes.append(f"{name} {gives}: the standard setting {group.xhm()} is assumed.")
    elif group is not None and not notes:
        notes.append(f"{name} {gives}: by its cell it is {group.xhm()}.")
    return replace(found, notes=tuple(notes))


def _by_number_beside_unknown_name(
    unknown: str,
    stated: StatedSymmetry,
    cell: gemmi.UnitCell | None,
    name: str,
) -> Symmetry:
    """The one setting with the number, with the lattice that the unknown name begins with, and
    for the cell. Of several settings none is guessed."""
    settings = [] if stated.number is None else _settings_numbered(stated.number, stated.code)
    lattice = unknown.lstrip("“ ")[:1].upper()
    fitting = [group for group in settings if group.hm[0] == lattice and _fits(group, cell)]
    if len(fitting) != 1:
        number = f" (number {stated.number})" if stated.number is not None else ""
        return Symmetry(problem=f"names the space group {unknown}{number}, which is not known")
    note = (
        f"The space group {unknown} in {name} is not known: its number {stated.number} is used, "
        f"{fitting[0].xhm()}."
    )
    return Symmetry(fitting[0], notes=(note,))


def _fits(group: gemmi.SpaceGroup, cell: gemmi.UnitCell | None) -> bool:
    return cell is None or cell_misfit(cell, group.operations()) <= IMPOSSIBLE


def _settings(hm: str, code: str) -> list[gemmi.SpaceGroup]:
    """The settings of a name; a code that contradicts it is left aside."""
    return settings_named(hm, code) or settings_named(hm)


def _settings_numbered(number: int, code: str = "") -> list[gemmi.SpaceGroup]:
    """Settings of a number of the International Tables, or of CCP4 for one setting, which comes
    first."""
    group = gemmi.find_spacegroup_by_number(number)
    if group is None:
        return []
    every = same_type(group.number, code) or same_type(group.number)
    return sorted(every, key=lambda other: other.hm != group.hm) if not code else every


def _chosen(
    settings: Sequence[gemmi.SpaceGroup],
    cell: gemmi.UnitCell | None,
    name: str,
    sites: StatedAtoms | None,
    what: str,
) -> Symmetry:
    """The first setting that the cell and the atoms allow, with a note where it is assumed."""
    fitting = fitting_settings(settings, cell)
    if not fitting:
        return Symmetry(problem=f"states {what}, which its unit cell cannot have")
    origins = [group for group in fitting if group.hm == fitting[0].hm]
    choices = {str(group.ext) for group in origins}
    if choices != {"1", "2"} or sites is None:
        return Symmetry(fitting[0])
    allowed, reason = ([], "") if cell is None else settings_of_atoms(origins, cell, sites)
    if len(allowed) == 1:
        note = (
            f"{name} does not state the origin choice of {origins[0].hm}: choice "
            f"{allowed[0].ext} is used, because {reason}."
        )
        return Symmetry(allowed[0], notes=(note,))
    first = min(origins, key=lambda group: str(group.ext))
    note = f"{name} does not state the origin choice of {first.hm}: choice 1 is assumed."
    return Symmetry(first, notes=(note,))


def _number_compared(found: Symmetry, number: int | None, name: str) -> Symmetry:
    group = found.spacegroup
    other = None if number is None else gemmi.find_spacegroup_by_number(number)
    if group is None or other is None or other.number == group.number:
        return found
    note = (
        f"{name} names the space group {group.xhm()}, but gives the number {number}: the name is "
        "used."
    )
    return replace(found, notes=(*found.notes, note))


def _compared(found: Symmetry, what: str, stated: StatedSymmetry, name: str) -> Symmetry:
    """The same, with a note where a name or number says otherwise."""
    group = found.spacegroup
    named = ((hm, _settings(hm, stated.code)) for hm in stated.names)
    hm, settings = next(((hm, settings) for hm, settings in named if settings), ("", []))
    if group is None:
        operations = found.operations
        n = 0 if operations is None else len(operations)
        expected = {len(each.operations()) for each in settings}
        if not n or not settings or n in expected:
            return found
        note = f"{name} names the space group {hm}, which has {min(expected)} operations, not {n}."
        return replace(found, notes=(*found.notes, note))
    other = None if stated.number is None else gemmi.find_spacegroup_by_number(stated.number)
    if settings:
        agrees = any(group.operations() == each.operations() for each in settings)
        states = f"names the space group {hm}"
    else:
        agrees = other is None or other.number == group.number
        states = f"gives the space group number {stated.number}"
    if agrees:
        return found
    note = f"{name} {states}, but its {what} {group.xhm()}, which is used."
    return replace(found, notes=(*found.notes, note))


def _lone_identity(
    listed: Symmetry, by_name: Symmetry, stated: StatedSymmetry, name: str
) -> Symmetry:
    """The group named beside a list of operations with only x,y,z."""
    if by_name.spacegroup is not None:
        if by_name.spacegroup.number == 1:
            return by_name
        note = (
            f"{name} lists only the operation x,y,z, but states the space group "
            f"{by_name.spacegroup.xhm()}, which is used."
        )
        return replace(by_name, notes=(note, *by_name.notes))
    if stated.hall and (hall := _by_hall(stated.hall, name)).known:
        return hall
    if by_name.problem:
        note = f"{name} {by_name.problem}, and lists only the operation x,y,z: P 1 is assumed."
        return Symmetry(p1(), notes=(note,))
    return listed
