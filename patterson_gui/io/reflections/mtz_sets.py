"""The data sets of an unmerged MTZ file with several crystals or wavelengths: one is used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.io.reflections.columns import Measurements

_SAME_WAVELENGTH = 1e-3  # Å


@dataclass(frozen=True, eq=False)
class BatchSets:
    """Data sets of an unmerged file, each of one crystal and one wavelength.

    Attributes
    ----------
    sets : the first data set of each kind, the one with the most rows first; none where the file
        has fewer than two kinds.
    of_row : (n,) the place in `sets` of the data set that a row belongs to; −1: to none.
    """

    sets: tuple[gemmi.Mtz.Dataset, ...]
    of_row: NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """A name of each set, by which it can be chosen: "crystal/peak"."""
        return tuple(f"{each.crystal_name}/{each.dataset_name}" for each in self.sets)


def batch_sets(mtz: gemmi.Mtz) -> BatchSets:
    """The data sets of an unmerged file.

    Each batch of an unmerged file belongs to a data set (CCP4, MTZ format, BATCH records). Data
    sets of one crystal and one wavelength are sweeps of one experiment: they count as one.
    """
    column = next((column for column in mtz.columns if column.type == "B"), None)
    set_of_batch = {batch.number: batch.dataset_id for batch in mtz.batches}
    used = set(set_of_batch.values())
    kinds: list[list[gemmi.Mtz.Dataset]] = []
    for each in mtz.datasets:
        if each.id not in used:
            continue
        for kind in kinds:
            same = abs(kind[0].wavelength - each.wavelength) < _SAME_WAVELENGTH
            if same and kind[0].crystal_name == each.crystal_name:
                kind.append(each)
                break
        else:
            kinds.append([each])
    if column is None or len(kinds) < 2:
        return BatchSets((), np.empty(0, dtype=np.int64))
    numbers = _kinds_of_rows(column, set_of_batch, kinds)
    counts = [int(np.count_nonzero(numbers == i)) for i in range(len(kinds))]
    order = np.argsort([-n for n in counts], kind="stable")
    place = np.empty(len(kinds) + 1, dtype=np.int64)
    place[order], place[-1] = np.arange(len(kinds)), -1
    return BatchSets(tuple(kinds[i][0] for i in order), place[numbers])


def _kinds_of_rows(
    column: gemmi.Mtz.Column,
    set_of_batch: Mapping[int, int],
    kinds: list[list[gemmi.Mtz.Dataset]],
) -> NDArray[np.int64]:
    kind_of_set = {each.id: i for i, kind in enumerate(kinds) for each in kind}
    batches = np.asarray(column.array, dtype=np.int64)
    return np.array([kind_of_set.get(set_of_batch.get(int(b), -1), -1) for b in batches])


def of_one_data_set(
    sets: BatchSets, data: Measurements, name: str
) -> tuple[Measurements, gemmi.Mtz.Dataset | None]:
    """The measurements of one data set, and that data set; None: the file has one.

    The values of others become NaN, and a note says so.

    Parameters
    ----------
    name : one of `sets.names`; any other: the largest.
    """
    if not sets.sets:
        return data, None
    names = sets.names
    chosen = names.index(name) if name in names else 0
    kept = sets.sets[chosen]
    note = (
        f"The file holds {len(names)} data sets of different crystals or wavelengths: only that of "
        f"{kept.crystal_name or kept.dataset_name} at {kept.wavelength:.4f} Å is used."
    )
    value = np.where(sets.of_row == chosen, data.value, np.nan)
    return replace(data, value=value, notes=(*data.notes, note)), kept
