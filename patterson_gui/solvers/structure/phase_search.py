"""Search for phases whose symmetry is as high as that of the intensities, and their groups."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import SolveProgress, SolveSettings, Start, StartPhases
from patterson_gui.crystal.symmetry.find import GroupSolution, find_space_group
from patterson_gui.crystal.symmetry.lattice import find_centring
from patterson_gui.crystal.symmetry.likely_groups import likely_groups
from patterson_gui.crystal.symmetry.operations import DEN, GroupOperations
from patterson_gui.solvers.phasing.imposed_group import ImposedGroup
from patterson_gui.solvers.phasing.search import PhasedIntensities, find_phases
from patterson_gui.solvers.phasing.starts import Superpose, Vectors
from patterson_gui.solvers.structure.expansion import P1Intensities

_SEARCH_SECONDS = 60.0
# Agreement of phases with their group below which the search goes on.
_SURE = {"xray": 0.5, "neutron": 0.5, "electron": 0.85}
_SURE_OF_IMPOSED = 0.5  # the same where it was imposed on the starts that agree
_NO_SYMMETRY = 2  # order of the Laue class of P1 and P-1
_MOST_SEARCHES = 4  # for phases with the symmetry of the intensities
_NEXT_SEED = 7919  # between the seeds of two searches
_SAME_R_INT, _R_INT_MARGIN = 1.2, 0.02  # R_int of a higher Laue class that holds


class PhaseSearch:
    """One or more searches, each from other starts.

    Attributes
    ----------
    start_phases : those of every start so far.
    """

    def __init__(
        self,
        p1: P1Intensities,
        measured: Intensities,
        to_primitive: NDArray[np.float64],
        settings: SolveSettings,
        device: torch.device,
        report: Callable[[SolveProgress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Take the intensities in P1 and as measured.

        to_primitive : (3, 3) from fractions of the measured cell to those of the primitive one.
        """
        self._p1 = p1
        self._measured = measured
        self._to_primitive = to_primitive
        self._to_measured = np.asarray(np.linalg.inv(to_primitive), dtype=np.float64)
        self._settings = settings
        self._device = device
        self._report = report
        self._cancelled = cancelled
        self.start_phases: StartPhases | None = None

    def run(self, expected: int) -> tuple[PhasedIntensities, list[GroupSolution]]:
        """Phases whose symmetry is as high as that of the intensities, and their space groups.

        Two starts can agree on something wrong, with electron data above all. That lacks the
        symmetry of the intensities, so the search goes on with other starts.

        expected : order of the Laue class of the intensities.
        """
        begun = time.process_time()
        seconds = self._settings.time if self._settings.time is not None else _SEARCH_SECONDS
        electrons = self._measured.radiation == "electron"
        best: tuple[PhasedIntensities, list[GroupSolution]] | None = None
        starts: tuple[Start, ...] = ()
        for attempt in range(_MOST_SEARCHES):
            left = seconds - (time.process_time() - begun)
            if attempt and left < 0:
                break
            phased = self._phases(attempt, max(left, 0.0), starts)
            starts = phased.starts
            groups = find_space_group(
                self._p1.hkl[phased.rows],
                phased.e * phased.weight,
                self._measured,
                self._settings,
                self._cancelled,
            )
            if best is None or _symmetry(groups) > _symmetry(best[1]):
                best = phased, groups
            enough = self._settings.starts is not None and len(starts) >= self._settings.starts
            order, agreement = _symmetry(groups)
            # Twins and pseudo-symmetric intensities have a higher Laue class than the crystal.
            symmetric = order >= expected or (order > _NO_SYMMETRY and not electrons)
            # Starts agree on the group that they imposed, and have low R in P1.
            imposed = phased.group == groups[0].candidate.name and phased.agreement > 0.0
            sure = _SURE_OF_IMPOSED if imposed else _SURE[self._measured.radiation]
            if (symmetric and agreement >= sure) or enough:
                break
        assert best is not None
        return replace(best[0], starts=starts), best[1]

    def _phases(
        self, attempt: int, seconds: float, earlier: tuple[Start, ...]
    ) -> PhasedIntensities:
        """Phases from starts that `earlier` does not hold."""

        def numbered(starts: tuple[Start, ...]) -> tuple[Start, ...]:
            return earlier + tuple(
                replace(
                    start,
                    number=start.number + len(earlier),
                    vectors=_transformed(start.vectors, self._to_measured),
                )
                for start in starts
            )

        before = {} if self.start_phases is None else dict(self.start_phases.e)

        def progress(
            starts: tuple[Start, ...],
            rows: NDArray[np.intp],
            e: tuple[NDArray[np.complex64], ...],
        ) -> None:
            every = numbered(starts)
            new = {start.number: f for start, f in zip(every[len(earlier) :], e, strict=True)}
            phases = self.start_phases = StartPhases(self._p1.hkl[rows], before | new)
            words = f"{len(every)} tries"
            self._report(SolveProgress("Phases", 0.1, words, starts=every, start_phases=phases))

        allowed = self._settings.starts
        superpose: Superpose = "none"  # a further search would begin from the same peaks again
        chosen = self._settings.superpose
        if attempt == 0:
            superpose = (
                chosen
                if isinstance(chosen, str)
                else np.asarray(_transformed(chosen, self._to_primitive), dtype=np.float64)
            )
        phased = find_phases(
            self._p1.primitive,
            self._p1.e,
            self._p1.cell,
            f=np.sqrt(np.maximum(self._p1.value, 0.0)),
            seed=self._settings.seed + _NEXT_SEED * attempt,
            superpose=superpose,
            groups=self._likely_groups,
            starts=None if allowed is None else max(1, allowed - len(earlier)),
            seconds=seconds,
            device=self._device,
            report=progress,
            cancelled=self._cancelled,
        )
        return replace(phased, starts=numbered(phased.starts))

    def _likely_groups(self) -> list[ImposedGroup]:
        """The groups that absent reflections make likely, in the axes of the primitive cell."""
        centring = find_centring(self._measured)[0]
        return [
            _in_axes(group, self._p1.axes)
            for group in likely_groups(self._measured, self._settings, centring)
        ]


def _in_axes(group: GroupOperations, axes: NDArray[np.float64]) -> ImposedGroup:
    """The operations of a group in axes that are the columns of `axes` (3, 3)."""
    inverse = np.linalg.inv(axes)
    return ImposedGroup(
        name=group.name,
        rotations=np.rint(inverse @ group.rotations @ axes).astype(np.int64),
        translations=np.asarray(group.translations / DEN @ inverse.T),
    )


def _transformed(vectors: Vectors, matrix: NDArray[np.float64]) -> Vectors:
    """`matrix` @ v of each vector, in −½ … ½."""
    moved = (matrix @ np.asarray(vector) for vector in vectors)
    return tuple((float(u), float(v), float(w)) for u, v, w in (x - np.rint(x) for x in moved))


def expected_order(data: dict[str, Any]) -> int:
    """Order of the highest Laue class in which equivalent intensities agree as in the lowest.

    Where nothing was measured twice the class is that of a file of unique reflections.
    """
    rows = data["laue_classes"]
    measured = [row["r_int"] for row in rows if not math.isnan(row["r_int"])]
    limit = r_int_limit(min(measured, default=0.0))
    return max(
        (row["order"] for row in rows if math.isnan(row["r_int"]) or row["r_int"] <= limit),
        default=2,
    )


def r_int_limit(lowest: float) -> float:
    """The largest R_int of a Laue class that holds, by the R_int of the lowest class."""
    return _SAME_R_INT * lowest + _R_INT_MARGIN


def _symmetry(groups: list[GroupSolution]) -> tuple[int, float]:
    """Order of the Laue class of the likeliest group, and the agreement of its phases."""
    first = groups[0]
    order = len(first.spacegroup.operations().sym_ops)
    if not first.spacegroup.is_centrosymmetric():
        order *= 2
    return order, first.candidate.agreement
