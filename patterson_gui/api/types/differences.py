"""Differences of amplitudes that API functions return, with their statistics and `save`."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.crystal.differences.derivative import ScaledDerivative
from patterson_gui.crystal.differences.differences import Kind
from patterson_gui.crystal.differences.statistics import DifferenceStatistics
from patterson_gui.crystal.display.html import summary
from patterson_gui.io.opening.differences import ReadDifferences
from patterson_gui.io.report.differences import write_differences


@dataclass(frozen=True, eq=False)
class DifferenceData:
    """Anomalous or isomorphous differences of amplitudes, one for each unique reflection.

    Attributes
    ----------
    read : the differences and what they were made from, as
        `patterson_gui.io.opening.differences.ReadDifferences` has them.
    """

    read: ReadDifferences

    @property
    def kind(self) -> Kind:
        """'anomalous' or 'isomorphous'."""
        return self.read.differences.kind

    @property
    def hkl(self) -> NDArray[np.int32]:
        """(n, 3) indices of the asymmetric unit, each once."""
        return self.read.differences.hkl

    @property
    def value(self) -> NDArray[np.float64]:
        """(n,) F(+) − F(−), or k F(derivative) − F(native)."""
        return self.read.differences.value

    @property
    def sigma(self) -> NDArray[np.float64]:
        """(n,) standard uncertainties of `value`."""
        return self.read.differences.sigma

    @property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å."""
        return self.read.differences.d

    @property
    def cell(self) -> gemmi.UnitCell:
        """The unit cell; that of the native for isomorphous differences."""
        return self.read.differences.cell

    @property
    def spacegroup(self) -> gemmi.SpaceGroup:
        """The space group."""
        return self.read.differences.spacegroup

    @property
    def statistics(self) -> DifferenceStatistics:
        """How large the differences are by resolution, and where their signal ends."""
        return self.read.statistics

    @property
    def scaled(self) -> ScaledDerivative | None:
        """The derivative on the scale of the native; None for anomalous differences."""
        return self.read.scaled

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, chosen and left out."""
        return self.read.notes

    def __len__(self) -> int:
        return len(self.value)

    def save(self, path: PathLike) -> None:
        """Write the differences as CSV with a header: h, k, l, difference, σ, d.

        Raises
        ------
        UserError : the file cannot be written.
        """
        write_differences(path_of(path, "path"), self.read.differences)

    def __repr__(self) -> str:
        return f"<DifferenceData: {' '.join(self.statistics.sentences())}>"

    def _repr_html_(self) -> str:
        shells = (
            (
                f"{shell.d_max:.2f}–{shell.d_min:.2f} Å",
                f"{shell.n:,}, {100 * shell.ratio:.1f} %, ⟨|ΔF|/σ⟩ {shell.over_sigma:.2f}",
            )
            for shell in self.statistics.shells
        )
        first, second = self.statistics.sentences()
        rows = [("differences", first), ("signal", second), *shells]
        return summary(self.read.differences.label, rows)
