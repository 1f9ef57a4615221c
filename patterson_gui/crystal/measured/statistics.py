"""Statistics of measured intensities, as a report shows them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.absence_classes import absence_classes, possible_classes
from patterson_gui.crystal.measured.checks import refuse_impossible
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities
from patterson_gui.crystal.measured.laue_classes import laue_agreement, laue_classes
from patterson_gui.crystal.measured.merging import (
    MergingStatistics,
    merge_with_statistics,
    statistics_of_groups,
)
from patterson_gui.crystal.measured.normalise import normalised_intensities, wilson_scale
from patterson_gui.crystal.measured.pseudo_translation import PattersonPeak, largest_patterson_peak
from patterson_gui.crystal.measured.twinning import l_test, twin_laws, twin_notes
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.orbits import orbit_keys, rotations_of
from patterson_gui.errors import UserError

_SHELLS = 10
_FEWEST_IN_ZONE = 20
_PER_SHELL = 60
_PSEUDO_TRANSLATION = 0.6  # of the origin peak


def statistics(
    intensities: Intensities,
    spacegroup: gemmi.SpaceGroup | None = None,
    contents: Contents | None = None,
) -> dict[str, Any]:
    """Statistics of data, as plain numbers, texts, lists and dictionaries; NaN where undefined.

    Parameters
    ----------
    spacegroup : in which the data are merged. None: the stated one, or P-1 where none is stated.

    Returns
    -------
    dictionary with
        radiation, wavelength : "xray", "electron" or "neutron"; Å or None.
        d_max, d_min : resolution, Å.
        d_signal : finest d at which ⟨I/σ⟩ is still above 1, Å (see `signal_limit`).
        space_group : in which the figures below hold.
        n_read, n_absent, n_rejected, n_unique, n_used, n_invented : measurements in the file that
            have a usable σ; those that the group forbids; outliers; unique reflections; those
            with I > 0; reflections filled in without a measurement (0 here).
        r_int, r_pim, r_sigma, redundancy, i_over_sigma : of merging, see `MergingStatistics`.
        completeness : share of the unique reflections to `d_min`, 0..1.
        completeness_1_2_to_1_0 : the same between 1.2 and 1.0 Å; NaN where the data end before.
        shells : rows of d_max, d_min, n, possible, completeness, redundancy, i_over_sigma,
            r_int, r_pim.
        laue_classes : rows of name, symbol, order, r_int, r_pim, n_unique, redundancy,
            i_over_sigma, for each class that the lattice allows.
        e2_minus_1 : mean |E² − 1| of "all", "0kl", "h0l", "hk0" and "rest" (acentric 0.736,
            centric 0.968, perfect twin 0.541).
        absences : rows of name, kind, n, i_over_sigma, share, n_allowed, allowed_i_over_sigma and
            finding, for each centring, glide plane and screw axis that the lattice allows and
            whose reflections were measured; see `AbsenceClass`.
        l_test : mean_abs_l, mean_l2, n, centric (acentric 0.5 and 0.333, centric 0.637 and 0.5,
            perfect twin 0.375 and 0.2).
        twin_laws : rows of law (three rows), triplet, r, n, fraction.
        patterson_peak : height, at, distance of the largest off-origin peak; None: no room.
        wilson : scale, b; None where it cannot be found.
        notes : what is suspicious in these figures, in sentences for the user.

    Raises
    ------
    UserError : the cell or the data are impossible, see `checks.refuse_impossible`.
    """
    refuse_impossible(intensities)
    stated = intensities.spacegroup if intensities.stated else gemmi.SpaceGroup("P -1")
    group = spacegroup or stated
    merged, merging = merge_with_statistics(intensities, group, friedel=True)
    centring = group.centring_type()
    classes = laue_agreement(intensities, laue_classes(intensities.cell, centring))
    peak = largest_patterson_peak(merged)
    limit = signal_limit(merged)
    laws, l_of_pairs = twin_laws(merged), l_test(merged)
    return {
        "radiation": intensities.radiation,
        "wavelength": intensities.wavelength,
        "d_max": float(intensities.d.max()),
        "d_min": float(intensities.d.min()),
        "d_signal": limit,
        "space_group": group.xhm(),
        "n_read": len(intensities),
        "n_absent": merging.n_absent,
        "n_rejected": merging.n_rejected,
        "n_unique": merging.n_unique,
        "n_used": int(np.count_nonzero(merged.value > 0)),
        "n_invented": 0,
        "r_int": merging.r_int,
        "r_pim": merging.r_pim,
        "r_sigma": merging.r_sigma,
        "redundancy": merging.redundancy,
        "i_over_sigma": merging.i_over_sigma,
        **_completeness(merged),
        "shells": _shells(intensities, merged),
        "laue_classes": [
            {"name": row.laue.name, "symbol": row.laue.symbol, "order": row.laue.order}
            | _figures(row.statistics)
            for row in classes
        ],
        "e2_minus_1": _e2_minus_1(merged, contents),
        "absences": [
            asdict(row)
            for row in possible_classes(absence_classes(intensities), classes[-1].laue.rotations)
        ],
        "l_test": asdict(l_of_pairs),
        "twin_laws": [asdict(law) for law in laws],
        "patterson_peak": None if peak is None else asdict(peak),
        "wilson": _wilson(merged, contents),
        "notes": (
            *_signal_notes(limit, float(intensities.d.min())),
            *twin_notes(laws, l_of_pairs),
            *_translation_notes(peak),
        ),
    }


def _figures(statistics: MergingStatistics) -> dict[str, Any]:
    return {
        "r_int": statistics.r_int,
        "r_pim": statistics.r_pim,
        "n_unique": statistics.n_unique,
        "redundancy": statistics.redundancy,
        "i_over_sigma": statistics.i_over_sigma,
    }


def signal_limit(merged: MergedIntensities) -> float:
    """The finest d (Å) to which the mean I/σ of merged reflections stays above 1.

    Shells of 60 reflections are counted from the finest. Without any signal it is the largest d.
    """
    order = np.argsort(merged.d, kind="stable")
    ratio = merged.value / merged.sigma
    for shell in np.array_split(order, max(1, len(order) // _PER_SHELL)):
        if len(shell) and float(ratio[shell].mean()) >= 1.0:
            return float(merged.d[shell].min())
    return float(merged.d.max())


def _signal_notes(limit: float, d_min: float) -> Iterator[str]:
    if limit > d_min + 0.03:
        yield (
            f"Beyond {limit:.2f} Å the mean I/σ is below 1: reflections to {d_min:.2f} Å hold "
            "little but noise there."
        )


def _translation_notes(peak: PattersonPeak | None) -> Iterator[str]:
    if peak is not None and peak.height > _PSEUDO_TRANSLATION:
        at = ", ".join(f"{x:.2f}" for x in peak.at)
        yield (
            f"The Patterson function has a peak of {peak.height:.0%} of its origin at ({at}): a "
            "translation repeats most of the structure, or a few heavy atoms prevail."
        )


def _completeness(merged: MergedIntensities) -> dict[str, float]:
    """Completeness to the limit of the data, and between 1.2 and 1.0 Å."""
    cell, group, d = merged.cell, merged.spacegroup, merged.d
    d_min = float(d.min())
    finest = min(d_min, 1.0) if d_min < 1.2 else d_min
    possible = np.asarray(cell.calculate_d_array(unique_reflections(cell, group, finest)))

    def share(coarse: float, fine: float) -> float:
        n = np.count_nonzero((possible < coarse) & (possible >= fine - 1e-6))
        measured = np.count_nonzero((d < coarse) & (d >= fine - 1e-6))
        return min(1.0, float(measured / n)) if n else float("nan")

    return {
        "completeness": share(np.inf, d_min),
        "completeness_1_2_to_1_0": share(1.2, 1.0),
    }


def _shells(intensities: Intensities, merged: MergedIntensities) -> list[dict[str, Any]]:
    """Ten shells of equal volume in reciprocal space."""
    cell, group = merged.cell, merged.spacegroup
    d_min, d_max = float(merged.d.min()), float(merged.d.max())
    possible = np.asarray(cell.calculate_d_array(unique_reflections(cell, group, d_min)))
    edges = np.linspace(d_max**-3.0, d_min**-3.0, _SHELLS + 1)[1:-1]
    of_possible = np.searchsorted(edges, possible**-3.0)
    of_merged = np.searchsorted(edges, merged.d**-3.0)
    allowed = intensities.select(
        ~np.asarray(group.operations().systematic_absences(intensities.hkl), dtype=bool)
    )
    of_measured = np.searchsorted(edges, allowed.d**-3.0)
    keys = orbit_keys(allowed.hkl, rotations_of(group), friedel=True)
    limits = [d_max, *(edges ** (-1.0 / 3.0)), d_min]
    rows = []
    for i in range(_SHELLS):
        rows_of = of_measured == i
        unique, place = np.unique(keys[rows_of], return_inverse=True)
        figures = statistics_of_groups(
            allowed.value[rows_of], allowed.sigma[rows_of], place, len(unique)
        )
        n, whole = int(np.count_nonzero(of_merged == i)), int(np.count_nonzero(of_possible == i))
        rows.append(
            {
                "d_max": float(limits[i]),
                "d_min": float(limits[i + 1]),
                "n": n,
                "possible": whole,
                "completeness": min(1.0, n / whole) if whole else float("nan"),
                "redundancy": figures.redundancy,
                "i_over_sigma": figures.i_over_sigma,
                "r_int": figures.r_int,
                "r_pim": figures.r_pim,
            }
        )
    return rows


def _e2_minus_1(merged: MergedIntensities, contents: Contents | None) -> dict[str, float]:
    """⟨|E² − 1|⟩ of all reflections, of each zone of the axes, and of the rest."""
    deviation = np.abs(normalised_intensities(merged, contents) - 1.0)
    h, k, l = merged.hkl.T  # noqa: E741
    zones: Mapping[str, NDArray[np.bool_]] = {
        "all": np.ones(len(merged), dtype=bool),
        "0kl": h == 0,
        "h0l": k == 0,
        "hk0": l == 0,
        "rest": (h != 0) & (k != 0) & (l != 0),
    }
    return {
        zone: float(deviation[rows].mean())
        if np.count_nonzero(rows) >= _FEWEST_IN_ZONE
        else float("nan")
        for zone, rows in zones.items()
    }


def _wilson(merged: MergedIntensities, contents: Contents | None) -> dict[str, float] | None:
    try:
        return asdict(wilson_scale(merged, contents))
    except UserError:
        return None
