"""Atoms found with the supplied weights in molecules that were not in the training data."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.comparison.atom_agreement import AtomAgreement, atom_agreement
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.crystal.prediction import Prediction, PredictionSettings
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.resources import resources_folder
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
from patterson_gui.io.training.network_folders import find_model
from patterson_gui.nets.architectures.organic import Organic
from patterson_gui.nets.architectures.registry import build
from patterson_gui.nets.architectures.weights import save_weights
from patterson_gui.nets.inference.segment_atoms import (
    MapAtoms,
    as_structure,
    atoms_of_map,
    find_atoms,
    load_network,
)
from patterson_gui.nets.inference.trained_networks import TrainedNetworks


@pytest.fixture(scope="module")
def network() -> Organic:
    return load_network()


def cut_out(first: int, cell_edge: float = 14.0) -> Crystal:
    """Two residues of 1yjp (GNNQQNY) alone in a cube."""
    protein = read_model(resources_folder() / "examples" / "1yjp.pdb")
    return make_fragment(
        protein,
        "A",
        first,
        first + 1,
        cell_edge=cell_edge,
        d_min=1.5,
    )


def density_of(crystal: Crystal, d_min: float = 1.5) -> DensityMap:
    assert crystal.model is not None
    return true_density(crystal.model, d_min)


def agreement_with(found: MapAtoms, model: gemmi.Structure) -> AtomAgreement:
    atoms = [cra.atom for cra in model[0].all()]
    frac = np.array([model.cell.fractionalize(atom.pos).tolist() for atom in atoms])
    numbers = np.array([atom.element.atomic_number for atom in atoms])
    return atom_agreement(found.frac, found.numbers, frac, numbers, model.cell)


def places(found: MapAtoms) -> set[tuple[int, ...]]:
    """Elements and positions, rounded to a hundredth of an edge, as a set."""
    return {
        (int(z), *np.rint(100 * (x % 1.0)).astype(int) % 100)
        for z, x in zip(found.numbers, found.frac, strict=True)
    }


def test_finds_atoms_of_clean_maps_to_a_tenth_of_an_angstrom(
    network: Organic,
) -> None:
    n_true = n_found = n_right = 0
    for first in range(1, 7):
        crystal = cut_out(first)
        agreement = agreement_with(find_atoms(density_of(crystal), network), crystal.model)
        n_true += agreement.n_true
        n_found += len(agreement.distances)
        n_right += round((agreement.element_accuracy or 0.0) * len(agreement.distances))
        assert np.median(agreement.distances) < 0.05
        assert agreement.precision == 1.0
    assert n_found >= 0.95 * n_true
    assert n_right >= 0.85 * n_found


def test_a_known_composition_improves_the_elements(network: Organic) -> None:
    right = n = 0
    for first in (2, 3, 5):
        crystal = cut_out(first)
        found = find_atoms(density_of(crystal), network, crystal.composition)
        assert len(found) <= crystal.composition.n_atoms
        agreement = agreement_with(found, crystal.model)
        right += round(agreement.element_accuracy * len(agreement.distances))
        n += agreement.n_true
    assert right >= 0.95 * n


def test_scale_and_f000_of_the_map_do_not_matter(network: Organic) -> None:
    density = density_of(cut_out(3))
    other = density.with_grid(np.float32(250.0) * density.grid + np.float32(31.0))
    assert places(find_atoms(other, network)) == places(find_atoms(density, network))


def test_shifting_the_map_shifts_the_atoms(network: Organic) -> None:
    crystal = cut_out(3)
    density = density_of(crystal)
    shift = (5, -8, 12)
    moved = density.with_grid(np.roll(density.grid, shift, (0, 1, 2)))
    here, there = find_atoms(density, network), find_atoms(moved, network)
    back = replace(there, frac=there.frac - np.array(shift) / density.shape)
    assert agreement_with(back, as_structure(here, density.cell)).recall_near == 1.0


def test_inverting_the_map_inverts_the_atoms(network: Organic) -> None:
    crystal = cut_out(5)
    density = density_of(crystal)
    grid = np.roll(density.grid[::-1, ::-1, ::-1], 1, (0, 1, 2))
    found = find_atoms(density.with_grid(np.ascontiguousarray(grid)), network)
    agreement = agreement_with(replace(found, frac=-found.frac), crystal.model)
    assert agreement.recall >= 0.9
    assert agreement.precision >= 0.95


@pytest.mark.parametrize("cell", [(15, 16, 15, 75, 100, 110), (16, 16, 14, 90, 90, 120)])
def test_finds_atoms_in_oblique_cells(network: Organic, cell: tuple[float, ...]) -> None:
    model = cut_out(3).model.clone()
    model.cell = gemmi.UnitCell(*cell)
    # In the corner of the cell: one molecule from eight cells.
    for cra in model[0].all():
        cra.atom.pos -= gemmi.Position(7, 7, 7)
    model.setup_cell_images()
    found = find_atoms(true_density(model, 1.5), network)
    agreement = agreement_with(found, model)
    assert agreement.recall >= 0.95
    assert agreement.precision >= 0.95
    assert np.median(agreement.distances) < 0.1


def test_boxes_give_the_same_atoms_as_the_whole_cell(
    network: Organic, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patterson_gui.nets.inference import voxels

    crystal = cut_out(2)
    at_once = find_atoms(density_of(crystal), network)
    monkeypatch.setattr(voxels, "_MOST_POINTS", 0)
    in_boxes = find_atoms(density_of(crystal), network)
    agreement = agreement_with(in_boxes, as_structure(at_once, crystal.cell))
    assert agreement.recall_near >= 0.9
    assert len(in_boxes) == len(at_once)


@pytest.mark.parametrize("most_points", [0, 64**3])
def test_finding_atoms_can_be_cancelled(
    network: Organic, monkeypatch: pytest.MonkeyPatch, most_points: int
) -> None:
    from patterson_gui.nets.inference import voxels

    monkeypatch.setattr(voxels, "_MOST_POINTS", most_points)
    with pytest.raises(Cancelled):
        find_atoms(density_of(cut_out(2)), network, cancelled=lambda: True)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_flat_map_has_no_atoms(network: Organic, value: float) -> None:
    grid = np.full((24, 24, 24), value, np.float32)
    cell = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    density = DensityMap(grid, cell, p1(), MapKind.PREDICTED, 1.5)
    for composition in (None, Composition({"C": 3})):
        assert len(find_atoms(density, network, composition)) == 0
    assert len(atoms_of_map(density)[0].get_all_residue_names()) <= 1


def test_the_structure_has_the_cell_and_the_elements() -> None:
    crystal = cut_out(3)
    structure = atoms_of_map(density_of(crystal), crystal.composition)
    assert structure.cell == crystal.cell
    assert structure.spacegroup_hm == "P 1"
    counts = Composition(dict(crystal.composition.counts)).counts
    elements = [cra.atom.element.name for cra in structure[0].all()]
    assert {e: elements.count(e) for e in counts} == dict(counts)
    names = [cra.atom.name for cra in structure[0].all()]
    assert len(set(names)) == len(names)


def test_atoms_of_predictions_come_from_the_density_only() -> None:
    """A true model in the prediction does not change the result."""
    crystal = cut_out(3)
    density = density_of(crystal)
    prediction = Prediction(
        density=density,
        amplitudes=crystal.amplitudes,
        phases_deg=np.zeros(len(crystal.amplitudes), np.float32),
        fom=np.zeros(len(crystal.amplitudes), np.float32),
        r_factor=1.0,
        self_consistency=0.0,
        solved=False,
        verdict="",
        hand_determined=False,
        settings=PredictionSettings(),
    )
    empty = density.with_grid(np.zeros_like(density.grid))
    given = [prediction, replace(prediction, density=empty, model=crystal.model)]
    contents = [crystal.composition] * 2
    full, nothing = TrainedNetworks().atoms(given, contents, PredictionSettings(), lambda: False)
    assert nothing is None
    assert full is not None
    assert len(list(full[0].all())) == crystal.composition.n_atoms
    nobody = TrainedNetworks([])
    assert nobody.atoms(given, contents, PredictionSettings(), lambda: False) == [None, None]


def test_rejects_weights_for_another_task(tmp_path: Path) -> None:
    other = build("resunet1", {"narrow": 2, "wide": 2, "blocks": 0})
    card = ModelCard(
        name="other",
        network="resunet1",
        config=other.config.model_dump(mode="json"),
        role="atoms",
        scales=CardScales(patterson=1.0, density=1.0),
        data=SeenData(cell_edges=(10.0, 12.0), d_min=(1.5, 1.5)),
    )
    save_weights(tmp_path / "other.safetensors", other.state_dict(), card)
    with pytest.raises(UserError, match="not one that finds atoms"):
        load_network("other", [tmp_path])
    with pytest.raises(UserError, match="no trained network called 'nothing'"):
        load_network("nothing", [tmp_path])


def test_supplied_weights_are_small_and_have_a_provenance() -> None:
    card = find_model("organic", role="atoms")
    assert card.parameters <= 500_000
    assert card.data.d_min == (1.0, 2.5)
    assert card.metrics["samples"] > 0
    assert card.notes
