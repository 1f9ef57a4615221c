"""Sum the parts of reflections that were measured on several images (unmerged MTZ)."""

from dataclasses import replace

import gemmi
import numpy as np

from patterson_gui.io.reflections.columns import Measurements

_WHOLE = 0.05  # by which the calculated fractions of a reflection may miss one in all


def with_summed_partials(mtz: gemmi.Mtz, data: Measurements) -> Measurements:
    """The measurements of unmerged data, each reflection whole.

    A row is a part where M of the column M/ISYM = 256 M + ISYM is not 0 (CCP4, MTZ format). Parts
    of one reflection have the same indices and ISYM and follow each other in batch numbers. Their
    intensities are added. Where a column FRACTIONCALC shows that parts are missing, the
    reflection is left out. Notes say so.
    """
    columns = {column.label: column for column in mtz.columns}
    by_type = {column.type: column for column in mtz.columns}
    flags, batches = by_type.get("Y"), by_type.get("B")
    if flags is None or batches is None or data.kind != "intensity":
        return data
    symmetry = np.asarray(flags.array, dtype=np.int64)
    part = symmetry >= 256
    if not part.any():
        return data
    batch = np.asarray(batches.array, dtype=np.int64)
    rows = np.flatnonzero(part)
    h, k, l = data.hkl[rows].T  # noqa: E741
    rows = rows[np.lexsort((batch[rows], symmetry[rows], l, k, h))]
    same = (data.hkl[rows[1:]] == data.hkl[rows[:-1]]).all(axis=1)
    same &= symmetry[rows[1:]] == symmetry[rows[:-1]]
    same &= batch[rows[1:]] - batch[rows[:-1]] == 1
    group = np.cumsum(np.r_[True, ~same]) - 1
    n = int(group[-1]) + 1
    value = np.bincount(group, data.value[rows], minlength=n)
    sigma = None
    if data.sigma is not None:
        sigma = np.sqrt(np.bincount(group, data.sigma[rows] ** 2, minlength=n))
        sigma = np.concatenate([data.sigma[~part], sigma])
    whole = np.ones(n, dtype=bool)
    if (fraction := columns.get("FRACTIONCALC")) is not None:
        total = np.bincount(group, np.asarray(fraction.array, dtype=np.float64)[rows], minlength=n)
        whole = np.abs(total - 1.0) <= _WHOLE
    first = rows[np.r_[True, ~same]]
    notes = [f"{len(rows):,} partial measurements were added up, to {whole.sum():,} whole ones."]
    if fraction is None:
        notes.append("No column says whether their parts are complete (FRACTIONCALC).")
    if missing := int(np.count_nonzero(~whole)):
        notes.append(f"{missing:,} reflections of which parts are missing are left out.")
    kept = np.concatenate([np.ones(np.count_nonzero(~part), dtype=bool), whole])
    return replace(
        data,
        hkl=np.concatenate([data.hkl[~part], data.hkl[first][whole]]),
        value=np.concatenate([data.value[~part], value[whole]]),
        sigma=None if sigma is None else sigma[kept],
        notes=(*data.notes, *notes),
    )
