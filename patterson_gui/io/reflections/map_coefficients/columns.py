"""The columns of a map of coefficients."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Labels of Refmac, Buster, phenix, Coot and the PDB for Fo − Fc and anomalous differences.
_DIFFERENCE = re.compile(r"^(pdbx_)?(DELF|FOFC|M?FO-?D?FC|FAN$|F_?DIFF|ANOM)", re.IGNORECASE)
_DENSITY = re.compile(r"WT|2M?FO|FEM|FDM", re.IGNORECASE)


@dataclass(frozen=True)
class MapColumns:
    """Two columns of one map: amplitudes, with the weights in them, and phases in degrees."""

    amplitude: str
    phase: str

    @property
    def is_difference(self) -> bool:
        """Whether the map is of differences, by its label."""
        return _DIFFERENCE.search(self.amplitude) is not None

    def __str__(self) -> str:
        return f"{self.amplitude}, {self.phase}"


def in_order(found: Iterable[MapColumns]) -> list[MapColumns]:
    """Densities with weighted coefficients first, then their differences, then the others."""

    def order(columns: MapColumns) -> int:
        if columns.is_difference:
            return 1
        return 0 if _DENSITY.search(columns.amplitude) else 2

    return sorted(found, key=order)
