"""The result of solving a measured crystal: model, maps and figures, with `save`."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gemmi

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.models.model_maps import density_of, difference_of
from patterson_gui.crystal.solution import RefinedStructure, Solution
from patterson_gui.io.solution.report.figures import figures_of
from patterson_gui.io.solution.report.molecule_picture import molecule_svg
from patterson_gui.io.solution.report.words import key_facts
from patterson_gui.io.solution.solution_model import structure_of
from patterson_gui.io.solution.write import (
    Presented,
    phases_map,
    refuse_foreign_files,
    write_solution,
)


@dataclass(frozen=True, eq=False)
class SolvedStructure:
    """A crystal structure from measured intensities, with the evidence for it.

    Attributes
    ----------
    name : of the crystal, and of its files.
    solution : everything that was found: the refined structure with each molecule in one piece,
        the space groups, the tries, statistics of the data.
    """

    name: str
    solution: Solution

    @cached_property
    def _shown(self) -> Presented:
        return Presented.of(self.solution)

    @property
    def verdict(self) -> str:
        """'solved', 'probably' or 'not solved', judged from the data alone."""
        return self.solution.verdict

    @property
    def structure(self) -> RefinedStructure | None:
        """The refined structure in the chosen space group; None where nothing was found."""
        return self._shown.structure

    @property
    def model(self) -> AsymmetricUnit | None:
        """The independent atoms as arrays, each molecule in one piece; None as above."""
        return None if self.structure is None else self.structure.model

    @cached_property
    def atoms(self) -> gemmi.Structure | None:
        """The model as a gemmi structure in its space group; None as above."""
        bonds = self._shown.bonds
        if self.structure is None or bonds is None:
            return None
        return structure_of(self.structure, self.name, bonds)

    @property
    def spacegroup(self) -> gemmi.SpaceGroup | None:
        """The chosen space group; None where nothing was found."""
        return None if self.structure is None else self.structure.spacegroup

    @cached_property
    def density(self) -> DensityMap:
        """2Fo − Fc over the whole cell, e/Å³, without F(000); of a crystal that is not solved the
        density of its best phases in P1, on an arbitrary scale."""
        if self.structure is None:
            return DensityMap.of(phases_map(self.solution))
        return DensityMap.of(density_of(self.structure))

    @cached_property
    def difference(self) -> DensityMap | None:
        """Fo − Fc over the whole cell, e/Å³; None where nothing was found."""
        return None if self.structure is None else DensityMap.of(difference_of(self.structure))

    @cached_property
    def figures(self) -> dict[str, Any]:
        """All figures, as `patterson-gui solve --json` prints them."""
        return figures_of(self._shown.solution, self.name, self._shown.bonds)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader of the result needs."""
        return self.solution.notes

    def __repr__(self) -> str:
        lines = [f"<SolvedStructure {self.name!r}: {self.verdict}. {self.solution.reason}"]
        lines += [f"  {label}: {value}" for label, value in key_facts(self.figures)]
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        advice = [("next", self.solution.advice)] if self.solution.advice else []
        rows = [*key_facts(self.figures), *advice, *(("note", note) for note in self.notes)]
        table = summary(f"{self.name}: {self.verdict}. {self.solution.reason}", rows)
        structure, bonds = self._shown.structure, self._shown.bonds
        if structure is None or bonds is None or not len(structure.model):
            return table
        picture = molecule_svg(structure.model, structure.merged.cell, bonds, width=420)
        return f"{table.removesuffix('</div>')}{picture}</div>"

    def save(self, folder: PathLike) -> Path:
        """Write all files into a folder, which is created if it does not exist.

        `NAME.res` and `NAME.hkl` for SHELXL, `NAME.cif`, `NAME.fcf` (LIST 4) and `NAME_list6.fcf`,
        `NAME.mtz` and `NAME.pdb` for Coot, `NAME_density.ccp4`, `NAME_difference.ccp4`, and
        `report.html`, `report.json` and `report.txt`.

        Returns
        -------
        The folder.

        Raises
        ------
        UserError : a file cannot be written, or the folder holds a file of one of these names
            that this program did not write, or that was changed since.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> folder = pg.solve(pg.measured_example_path(), progress=False).save("sucrose")
        >>> (folder / "sucrose.res").exists()
        True
        """
        folder = path_of(folder, "folder")
        refuse_foreign_files(folder, self.name)
        write_solution(folder, self.solution, self.name)
        return folder
