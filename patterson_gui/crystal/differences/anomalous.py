"""Anomalous differences F(+) − F(−) of one data set."""

import numpy as np

from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs
from patterson_gui.crystal.differences.outliers import without_outliers
from patterson_gui.errors import UserError


def anomalous_differences(pairs: FriedelPairs) -> Differences:
    """The differences of the acentric reflections of which both mates are measured.

    Those of a probability below 10⁻⁶ are left out (`outliers.impossible_differences`).

    Raises
    ------
    UserError : the space group is centrosymmetric, or no pair is measured.
    """
    name = pairs.label or "The data set"
    if pairs.spacegroup.is_centrosymmetric():
        raise UserError(
            f"{name} has the centrosymmetric space group {pairs.spacegroup.xhm()}, in which F(+) "
            "and F(−) are equal: choose data of another space group or a native Patterson map."
        )
    if not pairs.n_pairs or not np.nanmax(np.abs(pairs.difference)) > 0:
        raise UserError(
            f"{name} keeps no Friedel mates apart, so that it has no anomalous differences: give "
            "a file with F(+) and F(−), I(+) and I(−), DANO or unmerged intensities."
        )
    used = np.isfinite(pairs.difference)
    found = Differences(
        "anomalous",
        pairs.hkl[used],
        pairs.difference[used],
        pairs.difference_sigma[used],
        pairs.cell,
        pairs.spacegroup,
        pairs.label,
        pairs.notes,
    )
    return without_outliers(found)
