"""Compare two predictions of one crystal, for which no truth is needed."""

from dataclasses import dataclass

from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.crystal.comparison.prediction_metrics import (
    Comparison,
    aligned_density,
    compare_prediction,
)
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap


@dataclass(frozen=True, eq=False)
class ComparedPair:
    """One prediction laid over another.

    Attributes
    ----------
    shown, other : the two; `other` was moved.
    density : the map of `other`, aligned to that of `shown`.
    comparison : of `other` with `shown`; its `aligned.r` is their correlation.
    """

    shown: KeptPrediction
    other: KeptPrediction
    density: DensityMap
    comparison: Comparison

    @property
    def title(self) -> str:
        """The name of the one that was moved."""
        return self.other.name

    @property
    def sentence(self) -> str:
        """How similar they are."""
        aligned = self.comparison.aligned
        hand = ", as its mirror image," if self.comparison.inverted else ""
        return (
            f"{self.other.name} laid over {self.shown.name}{hand} has r {aligned.r:.3f} and a mean "
            f"phase difference of {aligned.phase_error_deg:.0f}°."
        )


def compare_two(shown: KeptPrediction, other: KeptPrediction) -> ComparedPair:
    """Lay `other` over `shown` by the best shift of both hands; takes 1–2 s for large cells.

    Raises
    ------
    UserError : they have no reflection in common.
    """
    density = shown.prediction.density
    as_truth = Crystal(
        name=shown.name, cell=density.cell, spacegroup=density.spacegroup, truth=density
    )
    comparison = compare_prediction(other.prediction, as_truth)
    moved = aligned_density(other.prediction, comparison)
    _ = moved.rmsd  # cached here, in the job, so that the window does not compute it
    return ComparedPair(shown, other, moved, comparison)
