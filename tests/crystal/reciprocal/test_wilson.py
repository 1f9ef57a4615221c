import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, structure_factors
from patterson_gui.crystal.reciprocal.wilson import normalised, wilson_scale
from patterson_gui.errors import UserError


def random_crystal(name="P 21 21 21", n=150, b=20.0):
    rng = np.random.default_rng(0)
    cell, group = gemmi.UnitCell(25, 27, 29, 90, 90, 90), gemmi.SpaceGroup(name)
    atoms = Scatterers(("C",) * n, rng.random((n, 3)), np.full(n, b), np.ones(n))
    return structure_factors(atoms, cell, group, 1.5).amplitudes(), Composition(
        {"C": n * len(group.operations())}
    )


@pytest.mark.parametrize("name", ["P 1", "P 21 21 21", "C 2 2 2", "I 2 2 2"])
@pytest.mark.parametrize("b", [5.0, 40.0])
def test_scale_and_b_of_randomly_placed_atoms_are_found(name, b):
    amplitudes, composition = random_crystal(name, b=b)
    scaled = Amplitudes(amplitudes.hkl, amplitudes.f / 7, amplitudes.cell, amplitudes.spacegroup)
    scale, found = wilson_scale(scaled, composition)
    assert scale == pytest.approx(7.0, rel=0.1)
    assert found == pytest.approx(b, abs=1.5)


def test_scale_of_a_real_protein_is_near_one(shared_data):
    structure = gemmi.read_structure(str(shared_data / "xray" / "1aba.pdb"))
    crystal = crystal_from_model(structure)
    scale, b = wilson_scale(crystal.amplitudes, crystal.composition)
    assert scale == pytest.approx(1.0, abs=0.2)
    assert 5 < b < 30


@pytest.mark.parametrize("name", ["P 1", "P 21 21 21", "C 2 2 2"])
def test_normalised_amplitudes_have_a_mean_square_of_one_at_every_resolution(name):
    amplitudes, _ = random_crystal(name)
    squared = normalised(amplitudes) ** 2
    for part in np.array_split(np.argsort(amplitudes.d), 6):
        assert squared[part].mean() == pytest.approx(1.0, abs=0.1)


def test_rejects_too_few_data_for_a_scale():
    amplitudes, composition = random_crystal()
    with pytest.raises(UserError, match="composition is empty"):
        wilson_scale(amplitudes, Composition({}))
    with pytest.raises(UserError, match="Too few"):
        wilson_scale(amplitudes.select(np.arange(len(amplitudes)) < 2), composition)
    zeros = Amplitudes(amplitudes.hkl, amplitudes.f * 0, amplitudes.cell, amplitudes.spacegroup)
    with pytest.raises(UserError, match="zero"):
        wilson_scale(zeros, composition)


def test_scale_of_a_fragment_is_one_and_its_b_twenty(shared_data):
    structure = gemmi.read_structure(str(shared_data / "xray" / "1aba.pdb"))
    crystal = make_fragment(structure, "A", "1", "15", cell_edge=None)
    scale, b = wilson_scale(crystal.amplitudes, crystal.composition)
    assert scale == pytest.approx(1.0, abs=0.05)
    assert b == pytest.approx(20.0, abs=2.5)
