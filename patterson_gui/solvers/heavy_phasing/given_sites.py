"""Phases from sites that a user has, of one derivative or of one set of Friedel pairs."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.differences.heavy_phases import Phased, PhasingProgress, PhasingSettings
from patterson_gui.errors import UserError
from patterson_gui.io.opening.differences import ReadDifferences
from patterson_gui.solvers.heavy_phasing.inputs import HeavySites, derivative_of, reference_of
from patterson_gui.solvers.heavy_phasing.phase import phase


def phase_given_sites(
    read: ReadDifferences,
    sites: Sequence[HeavySite],
    settings: PhasingSettings,
    report: Callable[[PhasingProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Phased:
    """Phases in both hands; the sites are refined first, and those of no use are left out.

    All sites get the scattering factor of the most frequent element, which a note says.

    Raises
    ------
    UserError : there are no sites, or they explain nothing of the differences.
    Cancelled : `cancelled()` became true.
    """
    if not sites:
        raise UserError("There are no sites to get phases from: find some, or add one.")
    counts = Counter(site.element for site in sites)
    element = counts.most_common(1)[0][0]
    reference = reference_of(read)
    given = HeavySites(np.array([site.frac for site in sites]), given=True)
    phased = phase(
        reference, [derivative_of(read, element, reference, given)], settings, report, cancelled
    )
    notes = phased.notes
    if len(counts) > 1:
        notes = (*notes, f"All sites were taken as {element}.")
    return replace(phased, notes=notes)
