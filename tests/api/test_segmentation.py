from collections import Counter

import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.crystal.comparison.atom_agreement import atom_agreement
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.materials.cube import gaussian_density, unit_cell_sample
from patterson_gui.crystal.materials.cube_map import cube_map


def places(structure):
    atoms = [site.atom for site in structure[0].all()]
    cell = structure.cell
    frac = np.array([cell.fractionalize(atom.pos).tolist() for atom in atoms])
    return frac, np.array([atom.element.atomic_number for atom in atoms])


def test_finds_the_atoms_of_an_electron_density(example, tmp_path):
    found = pg.segment(example.truth)
    agreement = atom_agreement(*places(found.structure), *places(example.model), example.cell)
    assert agreement.recall > 0.9
    assert sum(found.counts.values()) == len(list(found.structure[0].all()))
    found.save(tmp_path / "atoms.cif")
    assert len(pg.open(tmp_path / "atoms.cif").material) == sum(found.counts.values())


def test_finds_all_elements_in_a_cube_of_gaussians(tmp_path):
    material = pg.open(pg.known_crystals_path()).material(0)
    sample = unit_cell_sample(material)
    density = cube_map(gaussian_density(sample.positions, sample.numbers), MapKind.DENSITY)
    found = pg.segment(density)
    elements = Counter(gemmi.Element(int(z)).name for z in material.numbers)
    assert found.counts == elements
    assert found.explained > 0.99
    pg.DensityMap.of(density).save(tmp_path / "cube.ccp4")
    assert pg.segment(tmp_path / "cube.ccp4", elements="all").counts == elements


def test_refuses_all_elements_for_a_map_that_is_not_a_cube(example):
    with pytest.raises(pg.UserError, match="is not a cube of 10 Å"):
        pg.segment(example.truth, elements="all")


def test_refuses_unknown_elements_and_files():
    with pytest.raises(pg.UserError, match="elements must be one of auto, organic, all"):
        pg.segment("map.ccp4", elements="metals")
    with pytest.raises(pg.UserError, match="does not exist"):
        pg.segment("no-such-map.ccp4")
