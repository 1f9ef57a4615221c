"""A crystal in the search for phases, and the starts made so far."""

from dataclasses import dataclass, field

from torch import Tensor

from patterson_gui.crystal.prediction import StartResult
from patterson_gui.crystal.reciprocal.reflections import Amplitudes


@dataclass
class Candidate:
    """A finished start: its constrained density on its search grid, and how well each of
    the other candidates agrees with it."""

    result: StartResult
    density: Tensor
    agreements: list[float] = field(default_factory=list)


@dataclass
class Case:
    """One crystal in the search.

    `guide` is a density (nu, nv, nw) that something else predicted for these data, on any
    grid of the cell: the first start begins from its phases.
    """

    data: Amplitudes
    n_atoms: int | None
    seed: int
    guide: Tensor | None = None
    candidates: list[Candidate] = field(default_factory=list)
    starts: list[StartResult] = field(default_factory=list)

    @property
    def best(self) -> Candidate:
        """The candidate with the lowest R."""
        return min(self.candidates, key=lambda c: c.result.r_factor)
