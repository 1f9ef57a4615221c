"""Models in a space group too small for them are recognised, others left alone."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.symmetry.missed_symmetry import find_missed_symmetry
from patterson_gui.crystal.symmetry.operations import operations_of, origin_shift
from tests.crystal.symmetry.made_up import cell_for


def model_with_images(true: str, described: str, noise: float = 0.0):
    """Atoms of one group, as the independent atoms of a description in a smaller one."""
    big, small = gemmi.SpaceGroup(true), gemmi.SpaceGroup(described)
    cell, rng = cell_for(big), np.random.default_rng(sum(true.encode()))
    sites = rng.random((4, 3))
    elements, frac = [], []
    for element, site in zip(("S", "O", "C", "C"), sites, strict=True):
        images = np.array([op.apply_to_xyz(list(site)) for op in big.operations()]) % 1.0
        left = list(range(len(images)))
        while left:
            first = images[left[0]]
            elements.append(element)
            frac.append(first)
            same = np.array([op.apply_to_xyz(list(first)) for op in small.operations()])
            apart = images[:, None] - same[None]
            covered = (np.abs(apart - np.rint(apart)) < 1e-6).all(-1).any(1)
            left = [i for i in left if not covered[i]]
    moved = np.array(frac) + noise * rng.normal(size=(len(frac), 3)) / cell.parameters[0]
    return AsymmetricUnit.isotropic(tuple(elements), moved), cell, small


@pytest.mark.parametrize(
    ("true", "described"),
    [
        ("P -1", "P 1"),
        ("P 1 21/c 1", "P -1"),
        ("C 1 2/c 1", "C 1 c 1"),
        ("P 21 21 21", "P 1"),
        ("C 1 2 1", "P 1 2 1"),
        ("R -3 c:H", "R -3:H"),
        ("I 41/a:2", "I 41"),
    ],
)
def test_finds_the_symmetry_that_a_description_leaves_out(true: str, described: str) -> None:
    model, cell, group = model_with_images(true, described, noise=0.03)
    missed = find_missed_symmetry(model, cell, group)
    assert missed is not None
    assert missed.spacegroup is not None
    wanted = operations_of(gemmi.SpaceGroup(true))
    assert origin_shift(operations_of(missed.spacegroup), wanted) is not None
    assert missed.shares.min() > 0.95
    assert missed.rms.max() < 0.15


@pytest.mark.parametrize("name", ["P 1", "P 1 21/c 1", "P 21 21 21", "P 41", "R 3:H"])
def test_finds_nothing_in_a_complete_description(name: str) -> None:
    model, cell, group = model_with_images(name, name)
    assert find_missed_symmetry(model, cell, group) is None


def test_maps_the_model_into_the_larger_group_by_the_shift() -> None:
    model, cell, group = model_with_images("P 21 21 21", "P 1")
    moved = AsymmetricUnit.isotropic(model.elements, model.frac + np.array((0.1, 0.2, 0.3)))
    missed = find_missed_symmetry(moved, cell, group)
    assert missed is not None
    assert missed.spacegroup is not None
    sites = moved.frac + missed.shift
    for op in missed.spacegroup.operations():
        images = np.array([op.apply_to_xyz(list(site)) for site in sites])
        apart = images[:, None] - sites[None]
        assert (np.abs(apart - np.rint(apart)) < 0.01).all(-1).any(1).all()


def test_a_heavy_atom_alone_does_not_make_symmetry() -> None:
    rng = np.random.default_rng(4)
    frac = np.vstack([(0.25, 0.25, 0.25), rng.random((9, 3))])
    model = AsymmetricUnit.isotropic(("Pt", *"CCCCCCCCC"), frac)
    cell = cell_for(gemmi.SpaceGroup("P -1"))
    assert find_missed_symmetry(model, cell, gemmi.SpaceGroup("P 1")) is None


@pytest.mark.parametrize(("heaviest", "found"), [("W", True), ("Cl", False)])
def test_places_of_light_atoms_beside_heavy_ones_are_less_certain(heaviest, found) -> None:
    # Two fluorine atoms miss the inverse of each other by 0.5 Å.
    cell = gemmi.UnitCell(9, 10, 11, 80, 95, 100)
    half = np.array([(0.10, 0.15, 0.20), (0.31, 0.62, 0.14), (0.72, 0.33, 0.41)])
    frac = np.concatenate([half, 1.0 - half])
    frac[1, 0] += 0.5 / 9
    elements = (heaviest, "F", "F") * 2
    model = AsymmetricUnit.isotropic(elements, frac)
    missed = find_missed_symmetry(model, cell, gemmi.SpaceGroup("P 1"))
    assert (missed is not None) is found
