"""Keep one data set of an unmerged MTZ file with several crystals or wavelengths."""

from dataclasses import replace

import gemmi
import numpy as np

from patterson_gui.io.reflections.columns import Measurements

_SAME_WAVELENGTH = 1e-3  # Å


def of_one_data_set(
    mtz: gemmi.Mtz, data: Measurements
) -> tuple[Measurements, gemmi.Mtz.Dataset | None]:
    """The measurements of the largest data set, and that data set; None: the file has one.

    Each batch of an unmerged file belongs to a data set (CCP4, MTZ format, BATCH records). Data
    sets of one crystal and one wavelength are sweeps of one experiment: all are used. The values
    of others become NaN, and a note says so.
    """
    column = next((column for column in mtz.columns if column.type == "B"), None)
    set_of_batch = {batch.number: batch.dataset_id for batch in mtz.batches}
    used = set(set_of_batch.values())
    sets = {each.id: each for each in mtz.datasets if each.id in used}
    kinds: list[list[int]] = []
    for number, each in sets.items():
        for kind in kinds:
            first = sets[kind[0]]
            same = abs(first.wavelength - each.wavelength) < _SAME_WAVELENGTH
            if same and first.crystal_name == each.crystal_name:
                kind.append(number)
                break
        else:
            kinds.append([number])
    if column is None or len(kinds) < 2:
        return data, None
    batches = np.asarray(column.array, dtype=np.int64)
    of_row = np.array([set_of_batch.get(int(batch), -1) for batch in batches])
    measured = np.isfinite(data.value)
    counts = [int(np.count_nonzero(measured & np.isin(of_row, kind))) for kind in kinds]
    largest = kinds[int(np.argmax(counts))]
    kept = sets[largest[0]]
    note = (
        f"The file holds {len(kinds)} data sets of different crystals or wavelengths: only that of "
        f"{kept.crystal_name or kept.dataset_name} at {kept.wavelength:.4f} Å is used."
    )
    value = np.where(np.isin(of_row, largest), data.value, np.nan)
    return replace(data, value=value, notes=(*data.notes, note)), kept
