"""The kinds of problem that data sets and evaluations are made of, with their defaults.

The one table of these defaults: the command line, data sets and the sampling of problems read
it. Sources: Pan et al., IUCrJ 10, 487–496 (2023), for dialanines and dipeptides; Hoffmann et al.,
arXiv:1909.00949, for crystals.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CELL_EDGE = 12.0  # Å, cube for a few residues of which no kind is known
D_MIN = 1.5  # Å, resolution of calculated amplitudes
B_ISO = 20.0  # Å², B of every atom
MARGIN = 3.0  # Å, added to a molecule's extent where a cell is made to fit it


@dataclass(frozen=True)
class ProteinKind:
    """Defaults of problems that are a few residues alone in a P1 cell.

    Attributes
    ----------
    lengths : least and most residues of an example in a data set.
    length : residues of a problem in an evaluation.
    cell_edge : edge of a cubic cell, Å; None: the molecule's extent plus `MARGIN`.
    central_edge : edge of the central cube, Å, in which an evaluation compares maps as well,
        as paper 1 does; None: it does not.
    """

    lengths: tuple[int, int]
    length: int
    cell_edge: float | None
    central_edge: float | None = None

    @property
    def fixed_length(self) -> bool:
        """Whether all problems of this kind have the same number of residues."""
        return self.lengths[0] == self.lengths[1]

    @property
    def cell_text(self) -> str:
        """The default cell as the command line writes it: an edge in Å, or 'auto'."""
        return "auto" if self.cell_edge is None else f"{self.cell_edge:g}"


@dataclass(frozen=True)
class CrystalKind:
    """Defaults of problems that are inorganic crystals in a cube of 10 Å.

    Attributes
    ----------
    windows : examples made of each crystal in a data set.
    """

    windows: int


PROTEIN_KINDS: Mapping[str, ProteinKind] = {
    "dialanine": ProteinKind((2, 2), 2, 20.0, central_edge=6.0),
    "dipeptide": ProteinKind((2, 2), 2, CELL_EDGE),
    "fragment": ProteinKind((2, 15), 15, None),
}


@dataclass(frozen=True)
class ProteinPreset:
    """A data set of Pan et al. (2023): its kind and the edge of its cubic cells, Å."""

    kind: str
    cell_edge: float


PROTEIN_PRESETS: Mapping[str, ProteinPreset] = {
    "1a": ProteinPreset("dialanine", 20.0),
    "1b": ProteinPreset("dialanine", 10.0),
    "2": ProteinPreset("dipeptide", 12.0),
}
CRYSTAL_KINDS: Mapping[str, CrystalKind] = {
    "crystal": CrystalKind(windows=1),
    "lattice": CrystalKind(windows=3),
}
