"""Choose the settings of phase retrieval from the data and the content of the cell.

There are two regimes. A fragment in a mostly empty cell is solved by means of its compact support,
at any resolution to about 2.5 Å. A crystal full of molecules has hardly any empty space. It is
solved at atomic resolution, because its density is concentrated in atoms; normalised amplitudes
(E values) sharpen it for the search.

Different settings solve different problems, so the rounds of random starts vary them.
The numbers were found on dipeptides, 15-residue fragments and small molecules.
"""

from dataclasses import dataclass

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.solvers.retrieval.projections import Schedule

STARTS_PER_ROUND = 8
_ROOM_PER_ATOM = 10.0  # Å³ of support for one non-hydrogen atom
_EMPTY_ENOUGH = 0.35  # largest share of the cell that a compact support may fill
_FINISH_ROOM = 15.0  # Å³ for one atom in the final refinement, with its truncation ripples
_ATOMIC_RESOLUTION = 1.25  # Å: finer data resolve atoms, and E values help (Sheldrick's rule)


@dataclass(frozen=True)
class Round:
    """One batch of random starts with the same settings.

    `room` is Å³ of support per atom (compact regime) or the share of voxels kept (packed).
    """

    schedule: Schedule
    room: float
    normalised: bool = False
    d_min: float | None = None  # search with a part of the data

    def __str__(self) -> str:
        data = "E" if self.normalised else "F"
        cut = f" to {self.d_min:.2f} Å" if self.d_min else ""
        return f"RAAR β {self.schedule.beta:g}, {data}{cut}, room {self.room:g}"


@dataclass(frozen=True)
class Plan:
    """Rounds to run until one start is good, and how to judge and finish.

    Attributes
    ----------
    compact : true in a mostly empty cell, false in one full of molecules (packed).
    good_r : a start with R below this ends the search (compact regime).
    exit_r : a running start with R below this goes on with its tail at once.
    solved_r : the verdict's limit on the final R (compact regime).
    finish_shape : grid of the final map; `finish_room` as `Round.room`.
    """

    compact: bool
    rounds: tuple[Round, ...]
    max_starts: int
    finish_shape: tuple[int, int, int]
    finish: Schedule
    finish_room: float
    good_r: float = 0.0
    exit_r: float = 0.0
    solved_r: float = 0.0

    def round(self, number: int) -> Round:
        """The settings of round `number`; after the last they repeat."""
        return self.rounds[number % len(self.rounds)]

    def starts_in(self, number: int) -> int:
        """Number of starts that remain for round `number`."""
        return max(0, min(STARTS_PER_ROUND, self.max_starts - number * STARTS_PER_ROUND))


def plan_for(
    data: Amplitudes, n_atoms: int | None, starts: int | None, iterations: int | None
) -> Plan:
    """The plan for P1 amplitudes and, where known, the number of non-hydrogen atoms.

    `starts` is the largest number of random starts; `iterations` is the length of each.
    """
    if n_atoms and n_atoms * _ROOM_PER_ATOM < _EMPTY_ENOUGH * data.cell.volume:
        return _compact_plan(data, n_atoms, starts, iterations)
    return _packed_plan(data, starts, iterations)


def search_shape(data: Amplitudes) -> tuple[int, int, int]:
    """The coarsest grid for the data, a little finer than necessary to allow for products."""
    return grid_shape(data.cell, data.d_min / 2.2, d_min=data.d_min)


def finish_shape(data: Amplitudes) -> tuple[int, int, int]:
    """A grid of a third of the resolution: 0.5 Å at 1.5 Å, as in the papers."""
    return grid_shape(data.cell, data.d_min / 3.0, d_min=data.d_min)


def _compact_plan(
    data: Amplitudes, n_atoms: int, starts: int | None, iterations: int | None
) -> Plan:
    # Coarser data constrain less: they take longer and never reach as low an R.
    coarse = max(0.0, data.d_min - 1.5)
    length = iterations or round(min(400, 60 + 2.2 * max(0, n_atoms - 15)) * (1 + 2 * coarse))
    tail = max(10, min(30, length // 5))
    variants = ((0.9, 1.0), (0.9, 1.2), (0.8, 1.2), (0.95, 1.0), (0.9, 1.4), (0.85, 0.9))
    rounds = tuple(
        Round(Schedule(length, tail, beta=beta), _ROOM_PER_ATOM * factor)
        for beta, factor in variants
    )
    return Plan(
        compact=True,
        rounds=rounds,
        max_starts=starts or 96,
        finish_shape=finish_shape(data),
        finish=Schedule(0, 20),
        finish_room=_FINISH_ROOM,
        good_r=0.06 + 0.05 * coarse,
        exit_r=0.09 + 0.12 * coarse if coarse < 0.75 else 0.0,
        solved_r=0.12 + 0.06 * coarse,
    )


def _packed_plan(data: Amplitudes, starts: int | None, iterations: int | None) -> Plan:
    length = iterations or 600
    atomic = data.d_min <= _ATOMIC_RESOLUTION
    cut = 0.9 if data.d_min < 0.88 else None
    short = Schedule(length, length // 10, beta=0.9)
    long = Schedule(iterations or 1000, length // 10, beta=0.95)
    rounds: tuple[Round, ...]
    if atomic:
        rounds = (
            Round(short, 0.15, d_min=cut),
            Round(long, 0.15, normalised=True, d_min=cut),
            Round(long, 0.15, normalised=True),
            Round(long, 0.12, d_min=cut),
        )
    else:
        rounds = (Round(short, 0.15), Round(long, 0.15, normalised=True))
    return Plan(
        compact=False,
        rounds=rounds,
        max_starts=starts or STARTS_PER_ROUND * (8 if atomic else 2),
        finish_shape=finish_shape(data),
        finish=Schedule(0, 20),
        finish_room=0.15,
    )
