"""Reflections that screw axes and glide planes forbid: how many were measured, and how strong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.symmetry.operations import DEN, GroupOperations, Operation


@dataclass(frozen=True)
class AbsenceEvidence:
    """The measured reflections that a group forbids beyond its centring.

    Attributes
    ----------
    n : their number, equivalents counted separately; 0 where the file leaves them out.
    share : their mean intensity over that of all reflections; NaN where n is 0.
    i_over_sigma : their mean I/σ; NaN where n is 0.
    """

    n: int = 0
    share: float = float("nan")
    i_over_sigma: float = float("nan")

    @property
    def violated(self) -> bool:
        """Whether they are so strong that the group cannot be right, unless a twin fills them."""
        return self.n >= 3 and self.share > 0.05 and self.i_over_sigma > 3.0


class Absences:
    """Counts forbidden reflections of any group in one set of intensities."""

    def __init__(self, intensities: Intensities, allowed: NDArray[np.bool_]) -> None:
        """Take intensities and which of them the centring allows, (n,)."""
        self._hkl = intensities.hkl[allowed].astype(np.int64)
        self._value = intensities.value[allowed]
        self._ratio = self._value / intensities.sigma[allowed]
        self._mean = float(self._value.mean()) if len(self._value) else 0.0
        self._unchanged: dict[int, NDArray[np.intp]] = {}
        self._rows: dict[tuple[int, int, int, int], NDArray[np.intp]] = {}

    def of_group(self, group: GroupOperations) -> AbsenceEvidence:
        """The evidence on one group: reflections with hR = h and h·t not whole."""
        parts = [self._forbidden(operation) for operation in group.each]
        rows = np.unique(np.concatenate(parts))
        if not len(rows) or self._mean <= 0:
            return AbsenceEvidence()
        # A few strong ones can be mistakes: none counts for more than a mean reflection.
        value = np.clip(self._value[rows], -self._mean, self._mean)
        return AbsenceEvidence(
            len(rows), float(value.mean() / self._mean), float(self._ratio[rows].mean())
        )

    def _forbidden(self, operation: Operation) -> NDArray[np.intp]:
        key = operation.key
        if key not in self._rows:
            code = operation.code
            if code not in self._unchanged:
                same = (self._hkl @ operation.rotation == self._hkl).all(axis=1)
                self._unchanged[code] = np.flatnonzero(same)
            rows = self._unchanged[code]
            self._rows[key] = rows[self._hkl[rows] @ operation.translation % DEN != 0]
        return self._rows[key]
