"""Pages of a data set of crystals: one crystal per page, with all atoms of its unit cell."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from patterson_gui.app.datasets.pages import SPLIT_WORDS, Pages, atoms_row, spaced, split_phrase
from patterson_gui.app.document.statistics import Rows
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.as_crystal import crystal_of_material

if TYPE_CHECKING:  # loads h5py, which the window does not need before it opens a data set
    from patterson_gui.io.datasets.crystals import MaterialDataSet

KIND_WORDS = {"crystal": "unit cells in a cube of 10 Å", "lattice": "windows of 10 Å"}


@dataclass(frozen=True, eq=False)
class CrystalPages(Pages):
    """A data set of crystals. A crystal is one page, however many windows it has."""

    data: "MaterialDataSet"

    _page_noun = "Crystals"

    def page(self, i: int) -> "CrystalPage":
        return CrystalPage(self.data.material(i))

    def _contents(self) -> Rows:
        arrays = self.data.arrays
        sizes = np.diff(arrays.start)
        elements = np.unique(arrays.numbers)
        return (
            ("Examples", spaced(self.data.n_examples)),
            ("Atoms", f"{spaced(len(arrays.numbers))}, {sizes.min()} – {sizes.max()} a cell"),
            ("Elements", f"{len(elements)}"),
        )

    def _settings(self) -> Rows:
        settings = self.data.settings
        return (
            ("Kind", f"{settings.kind}, {KIND_WORDS[settings.kind]}"),
            ("Windows per crystal", str(settings.windows)),
            ("Seed", str(settings.seed)),
        )


@dataclass(frozen=True, eq=False)
class CrystalPage:
    """One crystal."""

    material: Material

    @property
    def name(self) -> str:
        return self.material.label

    @cached_property
    def rows(self) -> Rows:
        material = self.material
        numbers, counts = np.unique(material.numbers, return_counts=True)
        cell = material.cell or gemmi.UnitCell()
        edges = " × ".join(f"{value:.3f}" for value in cell.parameters[:3])
        angles = " ".join(f"{value:.1f}" for value in cell.parameters[3:])
        return (
            ("Identifier", material.identifier or "none"),
            atoms_row(dict(zip(numbers.tolist(), counts.tolist(), strict=True))),
            ("Cell", f"{edges} Å, {angles}°"),
            ("Volume", f"{material.volume:.1f} Å³"),
            ("Split", SPLIT_WORDS[material.split]),
        )

    def crystal(self) -> Crystal:
        crystal = crystal_of_material(self.material)
        source = split_phrase("crystals", self.material.split)
        return replace(crystal, provenance=f"{self.name} of the {source}: {crystal.provenance}")
