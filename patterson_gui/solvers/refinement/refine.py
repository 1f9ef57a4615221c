"""Refinement of a model on F² in its space group, from start to finish, with figures and esds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.measured.twinning import twin_laws
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.solvers.refinement.absolute_structure import (
    Flack,
    flack_from_intensities,
    flack_from_quotients,
    invert,
)
from patterson_gui.solvers.refinement.anisotropic import as_anisotropic, flat_atoms
from patterson_gui.solvers.refinement.difference import DifferenceMap, difference_map
from patterson_gui.solvers.refinement.extinction import extinction_estimate
from patterson_gui.solvers.refinement.hydrogen_atoms.by_holes import add_by_holes
from patterson_gui.solvers.refinement.hydrogen_atoms.place import (
    MAP_LIMIT,
    add_by_geometry,
    add_by_map,
    regularize,
)
from patterson_gui.solvers.refinement.least_squares.figures import goodness_of_fit, wr2
from patterson_gui.solvers.refinement.least_squares.minimise import (
    Outcome,
    intensities_of,
    least_squares,
)
from patterson_gui.solvers.refinement.least_squares.parameters import (
    EXTINCTION,
    INVERTED,
    Freedom,
    Parameters,
    State,
)
from patterson_gui.solvers.refinement.least_squares.reflection_data import (
    ReflectionData,
    TwinLaw,
    prepare,
)
from patterson_gui.solvers.refinement.least_squares.structure_factors import calculate
from patterson_gui.solvers.refinement.least_squares.weights import Weights, choose_weights
from patterson_gui.solvers.refinement.result import (
    extra_sigma,
    refined_structure,
    structure_factors_of,
)
from patterson_gui.solvers.refinement.twins import best_twin_law

_ROUGH = (0.3, 0.003)  # where a stage before the last ends: shift/esd, fall of the misfit
_NEARLY = (0.1, 0.001)  # the same of the last stage of a rough refinement
_MOST_FLAT = 3
_MAPS = 3  # difference maps that may show further hydrogen atoms
_LIKELY = 2.0  # σ by which a first estimate of extinction must differ from zero
_SIGNIFICANT = 3.0  # σ by which refined extinction must differ from zero
_SURELY_INVERTED = 4.0  # σ by which the share of inverted domains must differ from 0 and 1
_TWIN_GAIN = 0.2  # share of the misfit that a twin law must remove
_LEAST_TWIN = 0.05  # share of the second domain
_LEAST_INVERTED = 0.05  # share of inverted domains that is refined
_MEANINGFUL = 0.3  # largest σ of a Flack parameter that says anything


@dataclass(frozen=True)
class RefinementOptions:
    """What a refinement does.

    Attributes
    ----------
    anisotropic : give atoms other than hydrogen six U where the data suffice (5 reflections for
        each parameter).
    hydrogens : add hydrogen atoms, or replace those that ride already; with neutrons, add those
        that refine freely.
    extinction : refine extinction where it shows.
    invert : refine the mirror image where the Flack parameter says so.
    cycles : most cycles of each stage.
    rough : end with a model that is good enough to decide what to change in it: shifts are below
        0.1 esd, and there are no standard uncertainties.
    weights : fixed a and b; None chooses them for a flat goodness of fit.
    twin_law : rotation of hkl of a second domain; its share is refined, from `twin_fraction`.
    twin_laws : laws of which the best is refined if it removes much of the misfit; None: those
        by (pseudo-)merohedry.
    occupancies : labels of atoms whose occupancy is refined.
    special_tolerance : an atom closer than this to an image (Å) moves onto the special position.
    """

    anisotropic: bool = True
    hydrogens: bool = False
    extinction: bool = True
    invert: bool = True
    cycles: int = 20
    rough: bool = False
    weights: Weights | None = None
    twin_law: TwinLaw | None = None
    twin_laws: tuple[TwinLaw, ...] | None = None
    occupancies: tuple[str, ...] = ()
    twin_fraction: float = 0.2
    special_tolerance: float = 0.3
    device: str = "cpu"


def refine(
    merged: MergedIntensities,
    model: AsymmetricUnit,
    options: RefinementOptions | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RefinedStructure:
    """Refine `model` against `merged` and give it esds and figures.

    Isotropic, then anisotropic, then with hydrogen atoms, weights and extinction, as `options`
    say. The space group of the result is the enantiomorph of that of the data where the mirror
    image fits better.

    Raises `Cancelled` soon after `cancelled()` turns true.
    """
    options = options or RefinementOptions()
    stages = _Stages(merged, model, options, cancelled)
    stages.run(*_ROUGH)
    if options.anisotropic:
        stages.make_anisotropic()
    stages.try_twin_laws()
    if options.hydrogens and merged.radiation == "neutron":
        stages.add_hydrogens_by_holes()
    elif options.hydrogens:
        stages.add_hydrogens()
    if options.invert:
        stages.invert_if_wrong()
        stages.try_inversion_twin()
    stages.choose_weights()
    if options.extinction:
        stages.try_extinction()
    stages.run(*(_NEARLY if options.rough else ()))
    if options.anisotropic:
        stages.make_isotropic_where_flat()
    return stages.result()


class _Stages:
    """A refinement under way."""

    def __init__(
        self,
        merged: MergedIntensities,
        model: AsymmetricUnit,
        options: RefinementOptions,
        cancelled: Callable[[], bool],
    ) -> None:
        self.options = options
        self.cancelled = cancelled
        self.twin_law = options.twin_law
        self.data = prepare(merged, options.device, twin_law=self.twin_law)
        twin = options.twin_law is not None
        self.freedom = Freedom(twin=twin, alternatives=True)
        self.weights = options.weights or Weights()
        self.state = State(model, twin_fraction=options.twin_fraction if twin else 0.0)
        self.outcome: Outcome | None = None

    def run(self, settled: float = 0.01, least_gain: float = 0.0) -> Outcome:
        """Refine until every shift is below `settled` of its esd, or a cycle lowers the misfit
        by less than the share `least_gain`."""
        freedom = self.freedom
        if self.options.occupancies:
            chosen = np.isin(self.state.model.labels, self.options.occupancies)
            freedom = replace(freedom, occupancies=chosen)
        parameters = Parameters(
            self.state.model, self.data, freedom, self.options.special_tolerance
        )
        outcome = least_squares(
            replace(self.state, model=parameters.place(self.state.model)),
            parameters,
            self.weights,
            self.options.cycles,
            settled=settled,
            least_gain=least_gain,
            cancelled=self.cancelled,
        )
        self.state, self.outcome = outcome.state, outcome
        return outcome

    def make_anisotropic(self) -> None:
        """Give atoms six U where the data suffice."""
        model = as_anisotropic(self.state.model, self.data.merged, self.options.special_tolerance)
        if model is not self.state.model:
            self.state = replace(self.state, model=model)
            self.run(*_ROUGH)
            self.make_isotropic_where_flat()

    def make_isotropic_where_flat(self) -> None:
        """One U for atoms of which a principal value has come to the lower limit."""
        for _ in range(_MOST_FLAT):
            flat = flat_atoms(self.state.model, self.data.merged.cell)
            if not flat.any():
                break
            u = self.state.model.u_aniso.copy()
            u[flat] = np.nan
            self.state = replace(self.state, model=replace(self.state.model, u_aniso=u))
            self.run(*_ROUGH)

    def try_twin_laws(self) -> None:
        """Refine the best of the twin laws if it removes much of the misfit."""
        laws = self.options.twin_laws
        if laws is None:
            laws = tuple(found.law for found in twin_laws(self.data.merged))
        if self.twin_law is not None or not laws:
            return
        outcome = self.outcome or self.run(*_ROUGH)
        trial = best_twin_law(outcome, laws)
        if trial is None or trial.gain < 0.4 * _TWIN_GAIN or trial.fraction < _LEAST_TWIN:
            return
        before = (self.state, self.freedom, self.outcome, self.data)
        self.twin_law = trial.law
        self.data = prepare(self.data.merged, self.options.device, twin_law=trial.law)
        self.state = replace(self.state, twin_fraction=trial.fraction)
        self.freedom = replace(self.freedom, twin=True)
        tried = self.run(*_ROUGH)
        gain = 1.0 - tried.misfit / outcome.misfit
        if gain < _TWIN_GAIN or tried.state.twin_fraction < _LEAST_TWIN:
            self.state, self.freedom, self.outcome, self.data = before
            self.twin_law = None
        elif self.options.anisotropic:
            self.make_anisotropic()  # atoms whose U_ij the twin had spoilt

    def add_hydrogens(self) -> None:
        """Place riding hydrogen atoms: by geometry, then those that only the map can show."""
        merged = self.data.merged
        lattice = (merged.cell, merged.spacegroup)
        bare = self.state.model.select(self.state.model.parent < 0)
        model, usual = add_by_geometry(bare, self.difference(bare, MAP_LIMIT), *lattice)
        for _ in range(_MAPS):
            if len(model) > len(self.state.model):
                self.state = replace(self.state, model=model)
                self.run(*_ROUGH)
            difference = self.difference(self.state.model, MAP_LIMIT)
            model = add_by_map(self.state.model, difference, *lattice, usual)
            if len(model) == len(self.state.model):
                break
        self.state = replace(self.state, model=regularize(model, *lattice))
        self.run(*_ROUGH)

    def add_hydrogens_by_holes(self) -> None:
        """Add hydrogen atoms that refine freely where neutrons show them as holes."""
        merged = self.data.merged
        usual: float | None = None
        for _ in range(_MAPS):
            model, usual = add_by_holes(
                self.state.model,
                self.difference(self.state.model),
                merged.cell,
                merged.spacegroup,
                usual,
            )
            if len(model) == len(self.state.model):
                break
            self.state = replace(self.state, model=model)
            self.run(*_ROUGH)
        if self.options.anisotropic:
            self.make_anisotropic()

    def choose_weights(self) -> None:
        """Weights for a flat goodness of fit, which depend on the model in turn; those of the
        options where given."""
        for _ in range(0 if self.options.weights else 3):
            outcome = self.outcome or self.run(*_ROUGH)
            weights = choose_weights_of(outcome, self.data)
            if weights == self.weights:
                break
            self.weights = weights
            self.run(*_ROUGH)

    def try_extinction(self) -> None:
        """Refine extinction, and weights with it, if a first estimate shows it; keep it if it is
        significant.

        Weights that were chosen without extinction count what it takes from strong reflections
        as error, and hide it. So it is estimated with the measured σ as well.
        """
        outcome = self.outcome or self.run(*_ROUGH)
        merged = self.data.merged
        weight = 1.0 / merged.sigma**2
        misfit = float(weight @ (merged.value - outcome.calculated) ** 2)
        by_sigma = replace(outcome, weight=weight, misfit=misfit)
        estimates = [extinction_estimate(each, self.data) for each in (outcome, by_sigma)]
        x, sigma = max(estimates, key=lambda estimate: estimate[0] / estimate[1])
        if not x > _LIKELY * sigma:
            return
        before = (self.state, self.freedom, self.weights, self.outcome)
        self.freedom = replace(self.freedom, extinction=True)
        self.state = replace(self.state, extinction=0.5 * x)
        self.run(*_ROUGH)
        self.choose_weights()
        tried = self.outcome or self.run(*_ROUGH)
        significant = tried.state.extinction > _SIGNIFICANT * extra_sigma(tried, EXTINCTION)
        if not significant or wr2(tried, merged.value) >= wr2(outcome, merged.value):
            self.state, self.freedom, self.weights, self.outcome = before

    def flack(self) -> Flack | None:
        """Absolute structure, where the data can tell; the refined share of inverted domains
        where it is refined."""
        if self.outcome is None or self.data.merged.radiation != "xray":
            return None
        outcome, merged = self.outcome, self.data.merged
        if self.freedom.inverted:
            return Flack(outcome.state.inverted, extra_sigma(outcome, INVERTED), len(merged))
        goof = goodness_of_fit(outcome)
        flack = flack_from_quotients(merged, outcome.calculated, goof)
        if flack is None and not merged.friedel_merged and self.data.twin_law is None:
            atoms = outcome.parameters.atoms(outcome.state.model)
            by_x = calculate(atoms, self.data, outcome.state.inverted).enantiomer.cpu().numpy()
            flack = flack_from_intensities(
                merged, outcome.calculated, outcome.weight, outcome.state.scale * by_x, goof
            )
        return flack if flack is not None and flack.sigma < _MEANINGFUL else None

    def invert_if_wrong(self) -> None:
        """Take the mirror image where the Flack parameter is nearer 1 than 0 by 2 σ."""
        flack = self.flack()
        if flack is None or flack.x - 0.5 < 2 * flack.sigma:
            return
        merged = self.data.merged
        model, spacegroup = invert(self.state.model, merged.spacegroup)
        if spacegroup != merged.spacegroup:
            merged = replace(merged, spacegroup=spacegroup)
            self.data = prepare(merged, self.options.device, twin_law=self.twin_law)
        self.state = replace(self.state, model=model)
        self.run(*_ROUGH)

    def try_inversion_twin(self) -> None:
        """Refine the share of inverted domains where it differs from 0 and 1."""
        flack = self.flack()
        if flack is None or self.data.twin_law is not None:
            return
        least = max(_SURELY_INVERTED * flack.sigma, _LEAST_INVERTED)
        if not least < flack.x < 1 - least:
            return
        self.freedom = replace(self.freedom, inverted=True)
        self.state = replace(self.state, inverted=flack.x)
        self.run(*_ROUGH)

    def difference(self, model: AsymmetricUnit, d_min: float | None = None) -> DifferenceMap:
        """The difference map of `model` with the present scale, extinction and twinning."""
        parameters = Parameters(model, self.data, Freedom(), self.options.special_tolerance)
        state = replace(self.state, model=model)
        return difference_map(
            self.data.merged,
            structure_factors_of(state, parameters),
            intensities_of(state, parameters),
            self.state.scale,
            d_min,
        )

    def result(self) -> RefinedStructure:
        """The refined structure with esds and figures."""
        outcome = self.outcome or self.run(*_ROUGH)
        return refined_structure(outcome, self.weights, self.flack(), not self.options.rough)


def choose_weights_of(outcome: Outcome, data: ReflectionData) -> Weights:
    """a and b for the model in `outcome`."""
    k = outcome.state.scale
    return choose_weights(
        data.merged.value / k,
        data.merged.sigma / k,
        outcome.calculated / k,
        outcome.parameters.n_free,
    )
