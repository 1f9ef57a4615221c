"""How many electrons the data give each site of a refined structure: evidence for elements."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.solvers.refinement.least_squares.minimise import (
    Outcome,
    covariance,
    least_squares,
)
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters, State
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare
from patterson_gui.solvers.refinement.least_squares.weights import Weights

_CYCLES = 4
_LEAST_GAIN = 1e-3


@dataclass(frozen=True, eq=False)
class SiteElectrons:
    """Electrons of sites, where the present elements set the scale.

    Attributes
    ----------
    rows : (k,) atoms of the model: all but hydrogen.
    electrons : (k,) refined occupancy divided by the present one × atomic number. Two sites
        that one atom fills in turn get the same number, that of this atom.
    """

    rows: NDArray[np.int64]
    electrons: NDArray[np.float64]
    _outcome: Outcome = field(repr=False)
    _model: AsymmetricUnit = field(repr=False)

    @cached_property
    def sigma(self) -> NDArray[np.float64]:
        """(k,) standard uncertainties of the electrons; takes the inverse of a matrix."""
        model = self._outcome.state.model
        _, sigma = covariance(self._outcome)
        final = self._outcome.parameters.with_uncertainties(model, sigma)
        assert final.sigma_occ is not None
        own = final.sigma_occ[self.rows] * self.electrons / model.occ[self.rows]
        for one, other, share in _alternatives(self._model, self.rows):
            own[[one, other]] = np.hypot(share * own[one], (1 - share) * own[other])
        return np.asarray(own)


def site_electrons(
    structure: RefinedStructure,
    device: str = "cpu",
    cancelled: Callable[[], bool] = lambda: False,
) -> SiteElectrons:
    """Free the occupancies of all atoms but hydrogen, with their U; positions and scale stay.

    In well ordered structures at 0.8 Å, with hydrogen atoms placed, C, N and O come out within
    0.3 of their atomic number, and within 0.6 where there are heavy atoms. A wrong element
    overshoots, because occupancy and U share the misfit: carbon refined as nitrogen gives 5.3 to
    6.0, nitrogen as carbon 7.1 to 8.5, oxygen as nitrogen 8.0 to 9.3. Call this after a
    refinement with the elements in question.

    Raises `Cancelled` soon after `cancelled()` turns true.
    """
    model, figures = structure.model, structure.figures
    data = prepare(structure.merged, device, twin_law=figures.twin_law)
    heavy = ~model.is_hydrogen
    freedom = Freedom(scale=False, positions=False, occupancies=heavy)
    parameters = Parameters(model, data, freedom)
    inverted = figures.flack if np.isfinite(figures.flack) else 0.0
    state = State(
        model,
        scale=figures.scale,
        extinction=figures.extinction,
        inverted=float(np.clip(inverted, 0.0, 1.0)),
        twin_fraction=figures.twin_fraction,
    )
    weights = Weights(figures.weight_a, figures.weight_b)
    outcome = least_squares(
        state,
        parameters,
        weights,
        _CYCLES,
        least_gain=_LEAST_GAIN,
        fit_scale=False,
        cancelled=cancelled,
    )
    rows = np.flatnonzero(heavy)
    numbers = np.array(
        [gemmi.Element(model.elements[i]).atomic_number for i in rows], dtype=np.float64
    )
    electrons = outcome.state.model.occ[rows] / model.occ[rows] * numbers
    for one, other, share in _alternatives(model, rows):
        electrons[[one, other]] = share * electrons[one] + (1 - share) * electrons[other]
    return SiteElectrons(rows, electrons, outcome, model)


def _alternatives(model: AsymmetricUnit, rows: NDArray[np.int64]) -> list[tuple[int, int, float]]:
    """Places among `rows` of the two sites of each atom, and the occupancy of the first."""
    place = {int(row): k for k, row in enumerate(rows)}
    found = []
    for one, other in model.alternatives():
        first = [i for i in one.tolist() if i in place]
        second = [i for i in other.tolist() if i in place]
        if len(first) == len(second) == 1:
            found.append((place[first[0]], place[second[0]], float(model.occ[first[0]])))
    return found
