"""Read the amplitudes and intensities of MTZ files. Phases are never read."""

import itertools
import re
from dataclasses import replace
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.formats.experiment import Experiment, wavelength_in
from patterson_gui.io.formats.symmetry import (
    StatedSymmetry,
    Symmetry,
    sane_cell,
    symmetry_of,
)
from patterson_gui.io.reflections.columns import (
    ColumnChoice,
    ColumnKind,
    Measurements,
    in_order,
    whole_indices,
)
from patterson_gui.io.reflections.mtz_header import symmetry_operations
from patterson_gui.io.reflections.mtz_partials import with_summed_partials
from patterson_gui.io.reflections.mtz_sets import batch_sets, of_one_data_set
from patterson_gui.io.reflections.reflection_file import Measured, label_of
from patterson_gui.io.source_file import SourceFile

# Labels of map coefficients. They are weighted, and so they are no measured amplitudes.
_MAP_COEFFICIENTS = re.compile(r"(WT|WT_\w+)$|FOFC|^FDM$|^DELF|^FEM$|^FCFC", re.IGNORECASE)
_FURTHER_INDEX = re.compile(r"M\d?", re.IGNORECASE)  # of a modulated crystal
_KIND_OF_TYPE: dict[str, ColumnKind] = {
    "F": "amplitude",
    "J": "intensity",
    "G": "amplitude",
    "K": "intensity",
}
_SIGMA_OF_TYPE = {"F": "Q", "J": "Q", "G": "L", "K": "M"}


def is_mtz(source: SourceFile) -> bool:
    """Whether a file begins with 'MTZ '."""
    return source.head[:4] == b"MTZ "


class MtzReflections:
    """The reflections of an MTZ file (a `ReflectionFile`)."""

    expected = "F or I columns"
    problem = ""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._mtz = source.parsed(read_mtz)

    @cached_property
    def choices(self) -> list[ColumnChoice]:
        """The columns that can become amplitudes, the most likely first."""
        return list_choices(self._mtz)

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of a column, with the cell of its data set."""
        cell = _cell(self._mtz, choice, self._source.name)
        symmetry = symmetry_of_mtz(self._mtz, cell, self._source)
        data, dataset = measurements_and_set(self._mtz, choice)
        label = label_of(choice, self._source)
        experiment = _experiment(dataset or _dataset_of(self._mtz, choice))
        notes = (*symmetry.notes, *notes_of(self._mtz), *data.notes)
        return Measured(data, cell, symmetry, label, notes, experiment=experiment)


def read_mtz(source: SourceFile) -> gemmi.Mtz:
    """Read a file, unmerged reflections with the indices under which they were measured.

    Raises `UserError` if it is truncated or damaged.
    """
    with source.plain_path() as plain:
        operations = symmetry_operations(source)
        try:
            mtz = gemmi.read_mtz_file(str(plain))
            _ = [(column.label, column.type) for column in mtz.columns]
            if len(mtz.batches) and operations and not _index_columns(mtz):
                # Unmerged files hold equivalents in the asymmetric unit, Friedel mates alike.
                mtz.switch_to_original_hkl()
            return mtz
        except (RuntimeError, ValueError, OSError, MemoryError) as error:
            # A label that is no text is a ValueError too: its bytes were damaged.
            reason = " ".join(str(error).replace(f": {plain}", "").split())
            raise UserError(
                f"{source.name} is a damaged MTZ file ({reason}): get or write it again."
            ) from error


def list_choices(mtz: gemmi.Mtz) -> list[ColumnChoice]:
    """The columns that can become amplitudes, the most likely first.

    Of an unmerged file with several data sets, a column is listed once for each of them.
    """
    found: list[ColumnChoice] = []
    columns = list(mtz.columns)
    for i, column in enumerate(columns):
        if column.type not in _KIND_OF_TYPE:
            continue
        sigma = _sigma_of(columns, i)
        if sigma is None and _MAP_COEFFICIENTS.search(column.label):
            continue
        n = int(np.isfinite(column.array).sum())
        if n == 0:
            continue
        found.append(
            ColumnChoice(
                label=column.label,
                kind=_KIND_OF_TYPE[column.type],
                sigma=sigma,
                dataset=_dataset_name(mtz, column.dataset_id),
                n=n,
            )
        )
    types = {
        (column.label, _dataset_name(mtz, column.dataset_id)): column.type for column in columns
    }
    single = [
        _with_difference(mtz, c) if types[c.label, c.dataset] == "F" else c
        for c in found
        if types[c.label, c.dataset] in "FJ"
    ]
    paired = _paired([c for c in found if types[c.label, c.dataset] in "GK"])
    sets = batch_sets(mtz)
    if sets.sets:
        finite = {c.label: np.isfinite(_column(mtz, c.label, c).array) for c in single}
        single = [
            replace(c, dataset=name, n=int(np.count_nonzero(finite[c.label] & (sets.of_row == i))))
            for c in single
            for i, name in enumerate(sets.names)
        ]
    return in_order([*(c for c in single if c.n), *paired])


def _sigma_of(columns: list[gemmi.Mtz.Column], i: int) -> str | None:
    """Label of the column of σ: the one with a matching name in the same data set, or else the
    next column, or else the one with a matching name in another data set."""
    column, wanted = columns[i], _SIGMA_OF_TYPE[columns[i].type]
    names = (f"SIG{column.label}", f"SIG_{column.label}")
    named = [other for other in columns if other.type == wanted and other.label in names]
    near = [other for other in named if other.dataset_id == column.dataset_id]
    following = [other for other in columns[i + 1 : i + 2] if other.type == wanted]
    return next((other.label for other in (*near, *following, *named)), None)


def _with_difference(mtz: gemmi.Mtz, choice: ColumnChoice) -> ColumnChoice:
    """The column of amplitudes with those of F(+) − F(−) and its σ, if its data set has them.

    Of several columns of one data set, a difference belongs to the one whose label ends most like
    its own: DANO_peak to F_peak.
    """
    columns = [c for c in mtz.columns if _dataset_name(mtz, c.dataset_id) == choice.dataset]
    means = [c.label for c in columns if c.type == "F" and not _MAP_COEFFICIENTS.search(c.label)]
    found: list[tuple[int, str, str]] = []
    for column, following in itertools.pairwise(columns):
        if (column.type, following.type) != ("D", "Q"):
            continue
        alike = {label: _common_end(label, column.label) for label in means}
        if choice.label in alike and alike[choice.label] == max(alike.values()):
            found.append((alike[choice.label], column.label, following.label))
    if not found or choice.sigma is None:
        return choice
    _, label, sigma = max(found, key=lambda each: each[0])
    return replace(choice, difference=label, difference_sigma=sigma)


def _common_end(one: str, other: str) -> int:
    """Number of letters at the end that two labels share."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _paired(mates: list[ColumnChoice]) -> list[ColumnChoice]:
    """Pair F(+) with F(−) and I(+) with I(−)."""
    pairs, left = [], list(mates)
    while left:
        plus = left.pop(0)
        minus = next((m for m in left if _are_mates(plus, m)), None)
        if minus is not None:
            left.remove(minus)
            if "-" in plus.label and "+" in minus.label:
                plus, minus = minus, plus
            plus = ColumnChoice(
                plus.label, plus.kind, plus.sigma, plus.dataset, plus.n + minus.n,
                minus.label, minus.sigma,
            )  # fmt: skip
        pairs.append(plus)
    return pairs


def _are_mates(a: ColumnChoice, b: ColumnChoice) -> bool:
    def base(label: str) -> str:
        return re.sub(r"[-+()]|plus|minus", "", label.lower())

    return a.dataset == b.dataset and a.kind == b.kind and base(a.label) == base(b.label)


def _dataset_name(mtz: gemmi.Mtz, number: int) -> str:
    dataset = next((d for d in mtz.datasets if d.id == number), None)
    if dataset is None:
        return str(number)
    try:
        parts = [part for part in (dataset.crystal_name, dataset.dataset_name) if part.strip()]
    except UnicodeDecodeError:
        return str(number)
    return "/".join(dict.fromkeys(parts)) or str(number)


def measurements(mtz: gemmi.Mtz, choice: ColumnChoice) -> Measurements:
    """The values of the chosen column or pair."""
    return measurements_and_set(mtz, choice)[0]


def measurements_and_set(
    mtz: gemmi.Mtz, choice: ColumnChoice
) -> tuple[Measurements, gemmi.Mtz.Dataset | None]:
    """The values of the chosen column or pair and, of an unmerged file with several data sets, the
    one that they belong to."""
    data = _one_column(mtz, choice.label, choice.sigma, choice)
    if choice.minus is not None:
        return data.with_mates(_one_column(mtz, choice.minus, choice.minus_sigma, choice)), None
    if choice.difference is not None:
        given = _one_column(mtz, choice.difference, choice.difference_sigma, choice)
        data = replace(data, difference=given.value, difference_sigma=given.sigma)
    data, dataset = of_one_data_set(batch_sets(mtz), data, choice.dataset)
    return with_summed_partials(mtz, data), dataset


def _one_column(
    mtz: gemmi.Mtz, label: str, sigma: str | None, choice: ColumnChoice
) -> Measurements:
    hkl: NDArray[np.int32] = np.array(mtz.make_miller_array(), dtype=np.int32)
    value = _values(_column(mtz, label, choice), mtz)
    uncertainty = None if sigma is None else _values(_column(mtz, sigma, choice), mtz)
    notes = []
    if indices := _index_columns(mtz):
        table = whole_indices(np.stack([column.array for column in indices], axis=1))
        hkl = table[:, :3]
        satellite = table[:, 3:].any(axis=1)
        if n := int(np.count_nonzero(satellite & np.isfinite(value))):
            notes.append(
                f"The crystal is modulated: {n:,} satellite reflections (a further index is not 0) "
                "are left out."
            )
            value = np.where(satellite, np.nan, value)
    return Measurements(hkl, value, uncertainty, choice.kind, tuple(notes))


def _index_columns(mtz: gemmi.Mtz) -> list[gemmi.Mtz.Column]:
    """The columns of h, k, l and of further indices where these are not the first three columns
    alone; otherwise nothing. They have the type H or, in faulty files, only the names."""
    typed = [column for column in mtz.columns if column.type == "H"]
    named = [
        next((c for c in typed or mtz.columns if c.label.upper() == name), None) for name in "HKL"
    ]
    three = [column for column in named if column is not None]
    if len(three) < 3:
        three = typed[:3]
    if len(three) < 3:
        return []
    places = {column.idx for column in three}
    further = [
        column
        for column in mtz.columns
        if column.idx not in places
        and (column.type == "H" or (column.type == "I" and _FURTHER_INDEX.fullmatch(column.label)))
    ]
    return [] if [c.idx for c in three] == [0, 1, 2] and not further else [*three, *further]


def _values(column: gemmi.Mtz.Column, mtz: gemmi.Mtz) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # some programs write signalling NaNs
        values = np.array(column.array, dtype=np.float64)
    if np.isfinite(mtz.valm):
        values[np.isclose(values, mtz.valm, rtol=1e-6, atol=0.0)] = np.nan
    return values


def _column(mtz: gemmi.Mtz, label: str, choice: ColumnChoice) -> gemmi.Mtz.Column:
    named = [column for column in mtz.columns if column.label == label]
    for column in named:
        if _dataset_name(mtz, column.dataset_id) == choice.dataset:
            return column
    if named:
        return named[0]
    labels = ", ".join(column.label for column in mtz.columns)
    raise UserError(f"The MTZ file has no column {label}: choose among {labels}.")


def _cell(mtz: gemmi.Mtz, choice: ColumnChoice, name: str) -> gemmi.UnitCell:
    """Cell of the data set that the column belongs to. Raises `UserError` where it is missing."""
    column = _column(mtz, choice.label, choice)
    cell = sane_cell(mtz.get_cell(column.dataset_id).parameters) or sane_cell(mtz.cell.parameters)
    if cell is None:
        raise UserError(f"{name} has no usable unit cell: write the MTZ again with its cell.")
    return cell


def symmetry_of_mtz(mtz: gemmi.Mtz, cell: gemmi.UnitCell, source: SourceFile) -> Symmetry:
    """By the SYMM records, which give the setting, and the name and number of SYMINF."""
    name = mtz.spacegroup_name.strip()
    stated = StatedSymmetry(
        triplets=symmetry_operations(source),
        names=(name,) if name else (),
        number=mtz.spacegroup_number if mtz.spacegroup_number > 0 else None,
        number_gives_setting=True,
    )
    return symmetry_of(stated, cell, source.name)


def _dataset_of(mtz: gemmi.Mtz, choice: ColumnChoice) -> gemmi.Mtz.Dataset:
    return mtz.dataset(_column(mtz, choice.label, choice).dataset_id)


def _experiment(dataset: gemmi.Mtz.Dataset) -> Experiment:
    """The wavelength of a data set; MTZ states no radiation."""
    return Experiment(wavelength_in(dataset.wavelength))


def notes_of(mtz: gemmi.Mtz) -> tuple[str, ...]:
    """Notes for the user about the whole file."""
    unmerged = len(mtz.batches) > 0 or any(c.type == "Y" for c in mtz.columns)
    return ("The file is unmerged: it holds every measurement.",) if unmerged else ()
