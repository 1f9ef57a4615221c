"""Shows the validation example of a training in the views, in place of the open crystal."""

from psygnal import Signal

from patterson_gui.app.document.view_state import LayerKey, layer_of
from patterson_gui.app.workbench import Workbench
from patterson_gui.gui.panels.training import TrainingPanel
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.gui.viewer3d.linked_views import KINDS
from patterson_gui.gui.viewer3d.validation_views import ValidationViews


class ValidationExamplePresenter:
    """Levels, styles, links and visible maps are those of the open crystal's views.

    Signals
    -------
    choice_changed(there, shown) : whether there is an example, and whether the views show it.

    Attributes
    ----------
    views : None until the example is shown for the first time.
    """

    choice_changed = Signal(bool, bool)

    def __init__(self, workbench: Workbench, panel: TrainingPanel, centre: CentralArea) -> None:
        self._training = workbench.training
        self._document = workbench.document
        self._panel = panel
        self._centre = centre
        self.views: ValidationViews | None = None

    def connect(self) -> None:
        """Connect training, document and panel."""
        self._panel.example_clicked.connect(self.show)
        self._training.changed.connect(self._show_choice)
        self._training.example_changed.connect(self._show_maps)
        self._document.crystal_changed.connect(self._crystal_changed)
        self._document.links_changed.connect(self._show_links)
        self._show_choice()

    def stop_listening(self) -> None:
        """The window closes."""
        self._training.changed.disconnect(self._show_choice)
        self._training.example_changed.disconnect(self._show_maps)

    def reset_view(self) -> None:
        """Look at the whole cell again."""
        if self.views is not None:
            self.views.views.reset_view()

    @property
    def shown(self) -> bool:
        """Whether the views show the validation example."""
        return self.views is not None and not self.views.isHidden()

    def show(self, on: bool) -> None:
        """Show the validation example, or the open crystal again."""
        if on and self.views is None:
            self.views = self._make_views()
        self._centre.replace_views(on)
        self._show_maps()

    def _make_views(self) -> ValidationViews:
        views = ValidationViews()
        views.hide()
        views.back_clicked.connect(lambda: self.show(False))
        self._centre.add_replacement(views)
        self.views = views
        document = self._document
        views.views.level_changed.connect(
            lambda kind, rmsd: document.set_level(layer_of(kind), rmsd)
        )
        document.layer_changed.connect(self._show_layer)
        for key in LayerKey:
            self._show_layer(key)
        self._show_links()
        self._name_back_button()
        return views

    def _show_maps(self) -> None:
        example, views = self._training.example, self.views
        self._show_choice()
        if views is None or views.isHidden():
            return
        if example is None:
            views.clear()
            return
        words = f"Validation example {example.name} after epoch {example.epoch}: "
        words += f"r {example.r:.3f}"
        views.set_maps(words, example.patterson, example.predicted, example.true)

    def _show_choice(self) -> None:
        there, shown = self._training.example is not None, self.shown
        self._panel.set_example(there, shown)
        self.choice_changed.emit(there, shown)

    def _show_links(self) -> None:
        if self.views is not None:
            links = self._document.links
            self.views.views.set_links(
                camera=links.camera, cursor=links.cursor, levels=links.levels
            )

    def _show_layer(self, key: LayerKey) -> None:
        if self.views is None:
            return
        layers = self._document.layers
        for kind in KINDS:
            if layer_of(kind) is key:
                view, layer = self.views.views.view(kind), layers[key]
                density = view.density
                level = layer.level
                view.set_level(level.value if density is None else level.in_rmsd(density))
                view.set_style(layer.style)
        self.views.views.set_shown([k for k in KINDS if layers[layer_of(k)].visible])

    def _crystal_changed(self) -> None:
        """A crystal was opened: show that."""
        self._name_back_button()
        if self.shown:
            self.show(False)

    def _name_back_button(self) -> None:
        crystal = self._document.crystal
        if self.views is not None:
            self.views.set_way_back("" if crystal is None else crystal.name)
