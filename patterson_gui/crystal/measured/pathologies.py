"""Pseudo-translation and twinning of one data set, as a user should be told of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.measured.pseudo_translation import PattersonPeak, largest_patterson_peak
from patterson_gui.crystal.measured.twinning import LTest, TwinLaw, l_test, twin_laws, twin_notes
from patterson_gui.crystal.reciprocal.reflections import Amplitudes

# Single atoms, heavy ones as well, hardly show between 10 and 5 Å, but a molecule that repeats does
# (Zwart, Grosse-Kunstleve & Adams, CCP4 Newsletter 43, 2005: 20 % of the origin, 15 Å from it).
_COARSE, _FINE = 10.0, 5.0
_FEWEST = 150  # reflections between these limits
_DISTANCE = 15.0
_REPEATED_MOLECULE = 0.2
_REPEATED_STRUCTURE = 0.6  # of all data, as `statistics` has it


@dataclass(frozen=True)
class Pathologies:
    """What tests for pseudo-translation and twinning found.

    Attributes
    ----------
    peak : the largest off-origin peak of the Patterson function; None: the cell has no room.
    coarse : whether `peak` is that of the data between 10 and 5 Å, at least 15 Å from the origin,
        and not that of all data.
    pairs : the L test.
    laws : twin laws that the lattice allows, the likeliest first.
    """

    peak: PattersonPeak | None
    coarse: bool
    pairs: LTest
    laws: tuple[TwinLaw, ...]

    @property
    def has_pseudo_translation(self) -> bool:
        """Whether the peak is higher than crystals without a pseudo-translation have it."""
        limit = _REPEATED_MOLECULE if self.coarse else _REPEATED_STRUCTURE
        return self.peak is not None and self.peak.height > limit

    def notes(self) -> Iterator[str]:
        """What is suspicious, in sentences for the user; nothing where nothing is."""
        if self.peak is not None and self.has_pseudo_translation:
            u, v, w = self.peak.at
            yield (
                f"The Patterson function has a peak of {self.peak.height:.0%} of the origin at "
                f"({u:.3f}, {v:.3f}, {w:.3f}): most of the structure repeats there "
                "(pseudo-translation), or the cell is too large."
            )
        yield from twin_notes(self.laws, self.pairs)


def pathologies(amplitudes: Amplitudes) -> Pathologies:
    """Test amplitudes that were measured, merged with Friedel mates.

    Parameters
    ----------
    amplitudes : with σ; reflections without are left out.
    """
    merged = _intensities(amplitudes)
    chosen = (merged.d <= _COARSE) & (merged.d >= _FINE)
    coarse = int(np.count_nonzero(chosen)) >= _FEWEST
    peak = (
        largest_patterson_peak(merged.select(chosen), nearest=_DISTANCE)
        if coarse
        else largest_patterson_peak(merged)
    )
    return Pathologies(peak, coarse, l_test(merged), twin_laws(merged))


def _intensities(amplitudes: Amplitudes) -> MergedIntensities:
    """F² with σ(F²) = 2 F σ(F), at least σ²(F)."""
    f = amplitudes.f.astype(np.float64)
    sigma = np.zeros(len(f)) if amplitudes.sigma is None else amplitudes.sigma.astype(np.float64)
    known = sigma > 0
    f, sigma = f[known], sigma[known]
    return MergedIntensities(
        amplitudes.hkl[known],
        f**2,
        np.maximum(2.0 * f * sigma, sigma**2),
        np.ones(len(f), dtype=np.int64),
        amplitudes.cell,
        amplitudes.spacegroup,
        True,
    )
