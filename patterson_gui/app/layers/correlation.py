"""Keep the local correlation of prediction and truth, while it is shown, in a job."""

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.crystal.comparison.local_correlation import (
    LocalCorrelation,
    local_correlation,
    usual_radius,
)
from patterson_gui.crystal.maps.density_map import DensityMap


class CorrelationUpdates:
    """Calculates `document.correlation` whenever it is wanted for another pair of maps."""

    def __init__(self, document: Document, jobs: CrystalJobs) -> None:
        self._document = document
        self._jobs = jobs
        self._of: tuple[DensityMap, DensityMap] | None = None  # what was calculated or is
        for changed in (
            document.colouring_changed, document.prediction_changed, document.crystal_changed,
        ):  # fmt: skip
            changed.connect(self._update)

    def _update(self) -> None:
        document = self._document
        predicted, truth = document.aligned, document.truth
        if predicted is None or truth is None:
            self._of = None
            document.set_correlation(None)
            return
        if not document.colour_by_correlation or not document.displayed_is_aligned:
            return
        if self._of is not None and self._of[0] is predicted and self._of[1] is truth:
            return
        self._of = pair = (predicted, truth)
        document.set_correlation(None)
        radius = usual_radius(predicted.d_min)

        def work(context: JobContext) -> LocalCorrelation:
            return local_correlation(predicted, truth, radius)

        def done(found: LocalCorrelation) -> None:
            if self._of is pair:
                document.set_correlation(found)

        self._jobs.submit(
            "Local correlation of prediction and truth", work, done,
            lane=Lane.MAPS, key="local correlation", quiet=True,
        )  # fmt: skip
