"""Colour the predicted density by its local correlation with the truth."""

from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.gui.viewer3d.map_contour import Colouring


class CorrelationPresenter:
    """Shows `document.correlation` in the second view."""

    def __init__(self, workbench: Workbench, views: LinkedViews) -> None:
        self._document = document = workbench.document
        self._view = views.view(MapKind.PREDICTED)
        for changed in (
            document.colouring_changed, document.correlation_changed, document.prediction_changed,
            document.solved_changed,
        ):  # fmt: skip
            changed.connect(self._show)

    def _show(self) -> None:
        document, found = self._document, self._document.correlation
        on = document.colour_by_correlation and document.displayed_is_aligned
        if found is None or document.aligned is None or not on or document.solved is not None:
            self._view.set_colouring(None)
            return
        words = f"Correlation within {found.radius:.1f} Å"
        self._view.set_colouring(Colouring(document.aligned, found.values, words))
