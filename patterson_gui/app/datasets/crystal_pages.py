"""The pages of a data set of crystals: each crystal with all atoms of its cell."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.datasets.pages import (
    SPLIT_WORDS,
    Facts,
    file_row,
    left_out_rows,
    provenance_rows,
    spaced,
    split_rows,
)
from patterson_gui.app.document.statistics import Rows
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.materials.material import Material

if TYPE_CHECKING:  # h5py takes a tenth of a second that the first picture need not wait for
    from patterson_gui.io.datasets.crystals import MaterialDataSet


@dataclass(frozen=True, eq=False)
class CrystalPages:
    """A data set of crystals, of which every crystal is a page, however many windows it has."""

    data: "MaterialDataSet"

    @property
    def path(self) -> Path:
        return self.data.path

    def __len__(self) -> int:
        return len(self.data)

    def in_split(self, name: str) -> NDArray[np.int64]:
        return self.data.in_split(name)

    def page(self, i: int) -> "CrystalPage":
        return CrystalPage(self.data.material(i))

    def facts(self) -> Facts:
        data, asked = self.data, self.data.settings
        sizes = np.diff(data.arrays.start)
        elements = np.unique(data.arrays.numbers)
        contents = (
            *split_rows("Crystals", data),
            ("Examples", spaced(data.n_examples)),
            ("Atoms", f"{spaced(len(data.arrays.numbers))}, {sizes.min()} – {sizes.max()} a cell"),
            ("Elements", f"{len(elements)}"),
            ("File", file_row(data.path)),
        )
        kinds = {"crystal": "unit cells in a cube of 10 Å", "lattice": "windows of 10 Å"}
        settings = (
            ("Kind", f"{asked.kind}, {kinds[asked.kind]}"),
            ("Windows of each", str(asked.windows)),
            ("Seed", str(asked.seed)),
        )
        return (
            ("Contents", contents),
            ("Left out", left_out_rows(data.provenance)),
            ("Asked for", settings),
            ("Provenance", provenance_rows(data.provenance, data.sha256)),
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
        elements = " ".join(
            f"{gemmi.Element(z).name}{n}"
            for z, n in zip(numbers.tolist(), counts.tolist(), strict=True)
        )
        cell = material.cell or gemmi.UnitCell()
        edges = " × ".join(f"{value:.3f}" for value in cell.parameters[:3])
        angles = " ".join(f"{value:.1f}" for value in cell.parameters[3:])
        return (
            ("Identifier", material.identifier or "none"),
            ("Atoms", f"{len(material)} ({elements})"),
            ("Cell", f"{edges} Å, {angles}°"),
            ("Volume", f"{material.volume:.1f} Å³"),
            ("Split", SPLIT_WORDS[material.split]),
        )

    def crystal(self) -> Crystal:
        from patterson_gui.crystal.materials.as_crystal import crystal_of_material

        crystal = crystal_of_material(self.material)
        split = SPLIT_WORDS[self.material.split]
        return replace(
            crystal,
            provenance=f"{self.name} of the {split} crystals of a data set: {crystal.provenance}",
        )
