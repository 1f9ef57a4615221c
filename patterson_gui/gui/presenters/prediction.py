"""A running or finished prediction: its map in the predicted view, its figures in the panel."""

from PyQt6.QtCore import QTimer

from patterson_gui.app.predict import PredictState
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.panels.layers import LayersPanel
from patterson_gui.gui.prediction.result_panel import ResultPanel
from patterson_gui.gui.presenters.maps import MapPresenter
from patterson_gui.gui.viewer3d.linked_views import LinkedViews

# More frequent changes of curve and map could not be read, and would slow the window down.
PROGRESS_MS = 200


class PredictionPresenter:
    """Joins the prediction of a workbench to the predicted view and the result panel."""

    def __init__(
        self,
        workbench: Workbench,
        views: LinkedViews,
        layers: LayersPanel,
        result: ResultPanel,
        maps: MapPresenter,
    ) -> None:
        self._document = workbench.document
        self._predicting = workbench.predicting
        self._solving = workbench.solving
        self._views = views
        self._layers = layers
        self._result = result
        self._maps = maps
        self._figures_shown: tuple[object, ...] = ()
        self._figures_timer = QTimer()
        self._figures_timer.setSingleShot(True)
        self._figures_timer.timeout.connect(self._show_figures)
        self._progress_timer = QTimer()
        self._progress_timer.setSingleShot(True)
        self._progress_timer.setInterval(PROGRESS_MS)
        self._progress_timer.timeout.connect(self._show_running)
        self._document.prediction_changed.connect(self._show_prediction)
        self._predicting.changed.connect(self._show_state)
        self._solving.changed.connect(self._show_state)
        self._predicting.progressed.connect(self._show_running_soon)
        self._show_prediction()

    def stop_listening(self) -> None:
        """The window closes."""
        self._solving.changed.disconnect(self._show_state)
        self._figures_timer.stop()
        self._progress_timer.stop()

    def _show_prediction(self) -> None:
        document = self._document
        self._layers.show_aligned(document.show_aligned, document.aligned is not None)
        self._show_state()

    def _show_state(self) -> None:
        """Say in the predicted view what would fill it; show map and figures."""
        view = self._views.view(MapKind.PREDICTED)
        blocked = self._predicting.blocked()
        if self._predicting.state is not PredictState.IDLE:
            view.set_empty("The density is being predicted.", "")
        elif self._solving.state is not SolveState.IDLE:
            view.set_empty("The structure is being solved.", "")
        elif self._solving.is_primary:
            view.set_empty("The structure is not solved yet.", "Solve structure")
        elif blocked is not None:
            view.set_empty(blocked, "")
        else:
            view.set_empty("No density is predicted yet.", "Predict density")
        self._show_running()

    def _show_running_soon(self) -> None:
        if not self._progress_timer.isActive():
            self._progress_timer.start()

    def _show_running(self) -> None:
        self._maps.show_predicted()
        # In the next turn of the event loop: map and figures in one turn would be a stall.
        self._figures_timer.start(0)

    def _show_figures(self) -> None:
        document = self._document
        if self._predicting.progress is not None:
            self._figures_shown = ()
            self._result.show_running(self._predicting.progress)
        elif self._predicting.state is PredictState.IDLE:
            shown = (document.prediction, document.truth_comparison)
            if shown == self._figures_shown:
                return
            self._figures_shown = shown
            if document.prediction is not None:
                self._result.show_prediction(document.prediction, document.truth_comparison)
            else:
                self._result.clear()
