"""Read anomalous and isomorphous differences of the data sets of one file or two."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from patterson_gui.crystal.differences.anomalous import anomalous_differences
from patterson_gui.crystal.differences.derivative import ScaledDerivative
from patterson_gui.crystal.differences.differences import Differences, Kind
from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs
from patterson_gui.crystal.differences.isomorphous import isomorphous_differences, scaled_derivative
from patterson_gui.crystal.differences.statistics import (
    DifferenceStatistics,
    anomalous_statistics,
    isomorphous_statistics,
)
from patterson_gui.errors import UserError
from patterson_gui.io.opening.friedel_pairs import (
    DataSet,
    data_set_named,
    data_sets,
    default_set,
    distinct_sets,
    read_friedel_pairs,
)
from patterson_gui.io.opening.reflections import reflections_beside
from patterson_gui.io.source_file import SourceFile

_NATIVE = re.compile(r"nat(ive)?(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class ReadDifferences:
    """Differences and what they were made from.

    Attributes
    ----------
    pairs : the data set of which anomalous differences were taken, or the derivative.
    scaled : the derivative on the scale of the native; None for anomalous differences.
    notes : what was assumed, chosen and left out, in sentences for the user.
    """

    differences: Differences
    statistics: DifferenceStatistics
    pairs: FriedelPairs
    scaled: ScaledDerivative | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        return self.differences.notes

    def other_kind(self) -> Differences | None:
        """The anomalous differences of the derivative of isomorphous ones, where its Friedel mates
        were kept apart; None otherwise."""
        if self.scaled is None or not self.pairs.n_pairs:
            return None
        try:
            return anomalous_differences(self.pairs)
        except UserError:
            return None


def read_differences(
    file: Path | str | SourceFile,
    kind: Kind,
    *,
    derivative: str | None = None,
    native: str | None = None,
    native_file: Path | str | SourceFile | None = None,
) -> ReadDifferences:
    """Differences of the data sets of a file.

    Parameters
    ----------
    derivative : the data set of `file` (its label or its data set in the file) with Friedel pairs
        or of the derivative. None: the only one, or the first that keeps Friedel mates apart.
    native : the data set of the native, in `native_file` or else in `file`. None: the only one, or
        the one whose name says so ("FNAT", "NATIVE").
    native_file : the file of the native; None: `file`.

    Raises
    ------
    UserError : there are no such data sets or no differences, or it is not clear which data set
        is meant; the sentence names those of the file.
    """
    source = reflections_beside(SourceFile.of(file))
    sets = data_sets(source)
    if kind == "anomalous":
        return _anomalous(source, sets, derivative)
    other = source if native_file is None else reflections_beside(SourceFile.of(native_file))
    notes: list[str] = []
    if native_file is None:
        of_native = _native_among(sets, native, derivative, source.name, notes)
        rest = [each for each in sets if not each.is_same_as(of_native)]
    else:
        of_native = _native_of_file(data_sets(other), native, other.name)
        rest = sets
    if derivative is not None:
        of_derivative = data_set_named(sets, derivative, source.name)
    elif rest:
        of_derivative = _only(rest, source.name, "derivative")
    else:
        raise UserError(
            f"{source.name} holds one data set, {of_native.name}, and isomorphous differences need "
            "two: give the file of the native."
        )
    if native_file is None and of_derivative.choice == of_native.choice:
        raise UserError(
            f"The native and the derivative are both {of_native.name} of {source.name}: choose two "
            "data sets."
        )
    one, two = read_friedel_pairs(other, of_native), read_friedel_pairs(source, of_derivative)
    scaled = scaled_derivative(one, two)
    scaled = replace(scaled, notes=(*notes, *scaled.notes))
    found = isomorphous_differences(scaled)
    return ReadDifferences(found, isomorphous_statistics(scaled, found), two, scaled)


def _anomalous(source: SourceFile, sets: Sequence[DataSet], name: str | None) -> ReadDifferences:
    chosen = default_set(sets) if name is None else data_set_named(sets, name, source.name)
    pairs = read_friedel_pairs(source, chosen)
    offered = [each.name for each in distinct_sets(sets) if each.keeps_mates]
    if name is None and len(offered) > 1:
        note = f"Friedel mates are kept apart in {', '.join(offered)}: {chosen.name} is used."
        pairs = replace(pairs, notes=(note, *pairs.notes))
    found = anomalous_differences(pairs)
    return ReadDifferences(found, anomalous_statistics(pairs, found), pairs)


def native_by_name(sets: Sequence[DataSet]) -> DataSet | None:
    """The one data set whose name, or whose data set in the file, says that it is the native."""
    named = [s for s in sets if _NATIVE.search(s.name) or _NATIVE.search(s.choice.dataset)]
    return named[0] if named and all(named[0].is_same_as(each) for each in named) else None


def _native_among(
    sets: Sequence[DataSet],
    native: str | None,
    derivative: str | None,
    file: str,
    notes: list[str],
) -> DataSet:
    """The native among the data sets of one file, by its name if none is given."""
    if native is not None:
        return data_set_named(sets, native, file)
    if (named := native_by_name(sets)) is not None:
        if len(sets) > 1:
            notes.append(f"{named.name} is taken as the native, by its name.")
        return named
    others = [s for s in sets if derivative is None or not s.answers_to(derivative)]
    if len(others) == 1 and len(sets) > 1:
        return others[0]
    if len(sets) == 1:
        raise UserError(
            f"{file} holds one data set, {sets[0].name}, and isomorphous differences need two: "
            "give the file of the native."
        )
    raise _unclear(sets, file, "native")


def _native_of_file(sets: Sequence[DataSet], native: str | None, file: str) -> DataSet:
    """The native in a file of its own."""
    if native is not None:
        return data_set_named(sets, native, file)
    return native_by_name(sets) or _only(sets, file, "native", merged=True)


def _only(sets: Sequence[DataSet], file: str, role: str, *, merged: bool = False) -> DataSet:
    """The data set of a file where there is one, perhaps as several kinds of columns.

    Parameters
    ----------
    merged : prefer the means of Friedel mates, otherwise the mates.
    """
    if not all(sets[0].is_same_as(each) for each in sets):
        raise _unclear(sets, file, role)
    return max(sets, key=lambda each: each.keeps_mates != merged)


def _unclear(sets: Sequence[DataSet], file: str, role: str) -> UserError:
    names = ", ".join(each.name for each in sets)
    return UserError(f"{file} holds the data sets {names}: say which of them is the {role}.")
