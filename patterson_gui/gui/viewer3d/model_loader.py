"""Make the atomic model of a view ready to draw, in the background thread."""

from dataclasses import replace
from functools import partial

import gemmi
from numpy import float64
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from patterson_gui.crystal.maps.boxes import Box
from patterson_gui.crystal.models.copies import symmetry_copies
from patterson_gui.gui.rendering.scene_model import ModelScene, model_scene
from patterson_gui.gui.threads.background import background


class ModelLoader(QObject):
    """Finds atoms and bonds of a structure; large structures take a while.

    Signals
    -------
    loaded : `scene` is another one.

    Attributes
    ----------
    structure : what is shown or being read, or None.
    scene : what is drawn; it may lag behind `structure`.
    """

    loaded = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.structure: gemmi.Structure | None = None
        self.scene: ModelScene | None = None

    def read(
        self,
        structure: gemmi.Structure | None,
        axes: NDArray[float64] | None,
        copies_in: Box | None = None,
        carbon: str | None = None,
    ) -> None:
        """Read a structure, moved by whole cell edges into the cell of these (3, 3) axes
        (rows, Å; None: not moved), or all its symmetry copies in a box. `carbon` : '#rrggbb' of
        carbon atoms."""
        self.structure = structure
        if structure is None:
            self.scene = None
            self.loaded.emit()
            return
        work = partial(model_scene, structure, axes, carbon)
        if copies_in is not None:
            work = partial(_scene_of_copies, structure, copies_in, carbon)
        background().request((id(self), "model"), work, self._take)

    @property
    def settled(self) -> bool:
        """Whether `scene` shows `structure`."""
        return (None if self.scene is None else self.scene.structure) is self.structure

    def _take(self, scene: ModelScene) -> None:
        if scene.structure is self.structure:
            self.scene = scene
            self.loaded.emit()


def _scene_of_copies(structure: gemmi.Structure, box: Box, carbon: str | None) -> ModelScene:
    copies = symmetry_copies(structure, box.lower, box.upper)
    return replace(model_scene(copies, None, carbon), structure=structure)
