"""Everything that is shown of a model: maps, peaks, bonds, atoms as drawn. Slow: for a job."""

from dataclasses import dataclass, replace

from patterson_gui.app.document.solved import SolvedView
from patterson_gui.app.solving.drawn_model import Extent, drawn_structure
from patterson_gui.app.solving.model_edits import nearest_image
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.peaks import Peak, find_peaks
from patterson_gui.crystal.models.bonds import Bonds, find_bonds
from patterson_gui.crystal.models.formula import contents_of
from patterson_gui.crystal.models.model_maps import density_of, difference_of, map_terms
from patterson_gui.crystal.models.molecules import connected, grown
from patterson_gui.crystal.solution import Judgement, RefinedStructure
from patterson_gui.io.solution.solution_model import structure_of

_PEAKS = 10  # of the difference map, offered as atoms
_LOWEST_PEAK = 4.0  # rmsd


@dataclass(frozen=True, eq=False)
class ModelState:
    """A model between refinements.

    Attributes
    ----------
    structure : as it was refined last.
    model : the atoms with the corrections made since.
    judgement : the verdict on `structure`; None where solving was stopped before the verdict.
    """

    structure: RefinedStructure
    model: AsymmetricUnit
    judgement: Judgement | None = None

    @property
    def edited(self) -> bool:
        """Whether there are corrections that are not refined yet."""
        return self.model is not self.structure.model

    @property
    def group(self) -> str:
        """The Hermann-Mauguin symbol of the space group."""
        return str(self.structure.spacegroup.xhm())


@dataclass(frozen=True, eq=False)
class ModelMaps:
    """Maps of a refined structure, and the highest unique peaks of the difference map."""

    structure: RefinedStructure
    density: DensityMap
    difference: DensityMap
    peaks: tuple[Peak, ...]


@dataclass(frozen=True, eq=False)
class PresentedModel:
    """A model ready to be shown.

    Attributes
    ----------
    peaks : of the difference map, at their images nearest to the model.
    endless : whether bonds run through the whole crystal, as in frameworks.
    formula, z : of one formula unit and their number in the cell.
    """

    state: ModelState
    maps: ModelMaps
    bonds: Bonds
    view: SolvedView
    peaks: tuple[Peak, ...]
    endless: bool
    formula: str
    z: float


def _near_model(peaks: tuple[Peak, ...], state: ModelState) -> tuple[Peak, ...]:
    """The peaks at their images nearest to the atoms."""
    cell, group = state.structure.merged.cell, state.structure.spacegroup
    places = [nearest_image(peak.frac, state.model.frac, cell, group)[0] for peak in peaks]
    return tuple(
        replace(peak, frac=(float(x[0]), float(x[1]), float(x[2])))
        for peak, x in zip(peaks, places, strict=True)
    )


def joined_state(structure: RefinedStructure, judgement: Judgement | None = None) -> ModelState:
    """The state after a refinement: each molecule in one piece, which changes no figure."""
    cell, group = structure.merged.cell, structure.spacegroup
    model = connected(structure.model, cell, find_bonds(structure.model, cell, group))
    return ModelState(replace(structure, model=model), model, judgement)


def maps_of(structure: RefinedStructure) -> ModelMaps:
    """Density, difference map and its peaks."""
    terms = map_terms(structure)
    density, difference = density_of(structure, terms), difference_of(structure, terms)
    for each in (density, difference):
        _ = each.rmsd  # cached here, in the job, so that the window does not compute it
    return ModelMaps(structure, density, difference, find_peaks(difference, _PEAKS, _LOWEST_PEAK))


def present(
    state: ModelState,
    maps: ModelMaps | None,
    extent: Extent,
    name: str,
    *,
    hydrogens: bool = True,
    around: bool = True,
) -> PresentedModel:
    """Everything to show of a state; `maps` of the same structure are used again."""
    structure, cell = state.structure, state.structure.merged.cell
    if maps is None or maps.structure is not structure:
        maps = maps_of(structure)
    bonds = find_bonds(state.model, cell, structure.spacegroup)
    whole = extent in (Extent.CELL, Extent.PACKING)
    contents = contents_of(state.model, cell, bonds)
    drawn = drawn_structure(state.model, cell, bonds, extent, hydrogens=hydrogens)
    model = structure_of(replace(structure, model=state.model), name, bonds)
    view = SolvedView(maps.density, maps.difference, drawn, model, around, whole)
    endless = bool(grown(state.model, bonds).endless.any())
    peaks = _near_model(maps.peaks, state)
    return PresentedModel(state, maps, bonds, view, peaks, endless, contents.formula, contents.z)
