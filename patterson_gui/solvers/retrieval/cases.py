"""A crystal during phase retrieval, with the starts made so far."""

from dataclasses import dataclass, field

from torch import Tensor

from patterson_gui.crystal.prediction import StartResult
from patterson_gui.crystal.reciprocal.reflections import Amplitudes


@dataclass
class Candidate:
    """A finished start: its constrained density on the search grid, and its correlation with
    each other candidate."""

    result: StartResult
    density: Tensor
    agreements: list[float] = field(default_factory=list)


@dataclass
class Case:
    """One crystal during phase retrieval.

    `guide` is a density (nu, nv, nw) from another method, on any grid of the cell. The first
    start begins with its phases.
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
