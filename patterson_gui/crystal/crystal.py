"""What is open: a crystal with whatever is known of it."""

from dataclasses import dataclass
from pathlib import Path

import gemmi

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.reciprocal.reflections import Amplitudes


@dataclass(frozen=True, eq=False)
class Crystal:
    """A crystal as opened or made.

    `amplitudes` is what a prediction may use; `model` is the truth, where there is one,
    and is only ever used to make amplitudes or to judge a prediction afterwards.
    """

    name: str
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    amplitudes: Amplitudes | None = None
    model: gemmi.Structure | None = None
    composition: Composition | None = None
    opened_map: DensityMap | None = None
    truth: DensityMap | None = None
    source: Path | None = None
    provenance: str = ""  # one sentence: what this is and how it came about
    notes: tuple[str, ...] = ()  # what a reader of the file should be told
    material: Material | None = None  # of small cells: all atoms of the cell, in the model's frame
    is_fragment: bool = False  # a P1 fragment problem of the papers' kind
