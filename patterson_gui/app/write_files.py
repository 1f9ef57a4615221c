"""Writes models and draws sections; collects maps and atoms as they are shown.

Functions that write take their data as arguments and can run in a job.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.sections import SectionChoices
from patterson_gui.app.document.view_state import Layer
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.marks import VectorEnds, peak_marks, vector_marks
from patterson_gui.crystal.sections.sampling import SectionSampler
from patterson_gui.errors import UserError
from patterson_gui.io.models.writers import models
from patterson_gui.io.scenes.write import SceneMap, ShownAtoms
from patterson_gui.io.sections.drawing import SectionDrawing, fitting_scale


@dataclass(frozen=True)
class ShownMap:
    """A map, how it is shown, and the name of its file."""

    density: DensityMap
    layer: Layer
    colour: str
    stem: str

    def for_scene(self) -> SceneMap:
        """The same for another program."""
        style: Literal["mesh", "surface"] = "surface" if self.layer.style == "surface" else "mesh"
        level = self.layer.level.in_units(self.density)
        return SceneMap(self.density, self.stem, level, self.colour, style, self.layer.visible)


_MOST_VECTORS = 60  # unique ones that are marked in a section, as in the window


def section_drawings(
    choices: SectionChoices,
    density: DensityMap,
    levels: ContourLevels,
    peaks: Sequence[Peak],
    name: str,
    vectors: VectorEnds | None = None,
) -> list[SectionDrawing]:
    """The drawing of the shown section, or those of the montage, at a scale that fits on paper."""
    sampler = SectionSampler(density)
    planes = choices.montage_planes(density) if choices.montage else [choices.plane(density.cell)]
    bounds = choices.bounds_for(density)
    sections = [sampler.sample(plane, bounds, choices.slab) for plane in planes]
    scale = fitting_scale(sections[0])
    marked = peaks if choices.peaks and density.kind is MapKind.PATTERSON else ()
    harker = None if choices.montage else choices.harker
    return [
        SectionDrawing(
            section,
            levels,
            name,
            scale,
            peak_marks(section, marked),
            harker,
            vectors=() if vectors is None else vector_marks(section, vectors, _MOST_VECTORS),
        )
        for section in sections
    ]


def write_model(path: Path, crystal: Crystal) -> None:
    """The model as PDB or, by its ending, mmCIF."""
    if crystal.model is None:
        raise UserError("There is no model to save: open a structure or cut a fragment first.")
    models.write_model(path, crystal.model)


def shown_atoms(document: Document) -> ShownAtoms | None:
    """The built atoms as they are shown; None if none were built."""
    prediction, model = document.prediction, document.displayed_atoms
    if prediction is None or model is None:
        return None
    return ShownAtoms(prediction, model, document.displayed_is_aligned)
