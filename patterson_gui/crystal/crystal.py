"""A crystal: cell and symmetry with the amplitudes, model and maps that are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gemmi

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.display.words import cell_words, named
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.reciprocal.reflections import Amplitudes

_FEW_REFLECTIONS = 50_000  # number of reflections whose Patterson map takes less than a second


@dataclass(frozen=True, eq=False)
class Crystal:
    """A crystal as opened or made.

    A prediction uses only `amplitudes` and `composition`. `model` is the truth; it is used only to
    calculate amplitudes and to evaluate a prediction afterwards.
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
    provenance: str = ""  # one sentence on its origin
    notes: tuple[str, ...] = ()  # remarks for the user
    # For small cells: all atoms of the cell, in the frame of the model.
    material: Material | None = None
    is_fragment: bool = False  # a few residues alone in a P1 cell
    # Known from its Patterson map alone: `spacegroup` is the symmetry of that map.
    of_patterson_map: bool = False
    # The files that it was read from, each with its state then: another state, another content.
    read_files: Mapping[Path, tuple[int, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        data = self.amplitudes
        known = [self.spacegroup.xhm(), cell_words(self.cell)]
        if data is not None and len(data):
            known.append(f"{len(data):,} amplitudes to {data.d_min:.2f} Å")
        if self.model is not None and len(self.model):
            known.append(f"model of {self.model[0].count_atom_sites()} atoms")
        if self.opened_map is not None:
            known.append("map")
        return f"<{named('Crystal', self.name)}: {', '.join(known)}>"

    def _repr_html_(self) -> str:
        data = self.amplitudes
        rows = [("cell", cell_words(self.cell)), ("space group", self.spacegroup.xhm())]
        if data is not None and len(data):
            rows.append(("amplitudes", f"{len(data):,}, to {data.d_min:.2f} Å"))
        if self.composition is not None:
            rows.append(("content", f"{self.composition}, {self.composition.n_atoms} atoms"))
        if self.model is not None and len(self.model):
            rows.append(("model", f"{self.model[0].count_atom_sites()} atoms"))
        if self.provenance:
            rows.append(("origin", self.provenance))
        rows += [("note", note) for note in self.notes]
        return summary(self.name or "Crystal", rows, self._pictured())

    def _pictured(self) -> DensityMap | None:
        """The density if known, otherwise the Patterson map if it is quick to calculate."""
        from patterson_gui.crystal.maps.patterson import patterson

        density = self.truth or self.opened_map
        if density is not None:
            return density
        data = self.amplitudes
        few = data is not None and 0 < len(data) <= _FEW_REFLECTIONS
        return patterson(data) if data is not None and few else None
