"""Models of crystals in which some atoms fill two sites by halves."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.normalise import normalise
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare
from patterson_gui.solvers.refinement.least_squares.structure_factors import calculate
from patterson_gui.solvers.structure.build import build_model
from patterson_gui.solvers.structure.peaks import distances_to_images
from tests.solvers.refinement.test_refine import simulated

_CELL = (7.3, 7.6, 8.2, 85.0, 95.0, 100.0)
_GROUP = "P -1"
_CLOSEST = 1.5  # Å between atoms, but 0.8 Å between the two sites of one


def _crystal(n_ordered: int, n_split: int, seed: int) -> AsymmetricUnit:
    """Carbon atoms on general positions, the last `n_split` of them on two sites each."""
    random = np.random.default_rng(seed)
    cell, group = gemmi.UnitCell(*_CELL), gemmi.SpaceGroup(_GROUP)
    atoms = np.zeros((0, 3))
    while len(atoms) < n_ordered + n_split:
        new = random.random((1, 3))
        inverse = np.linalg.norm(orthogonalization(cell) @ (2 * new[0] - np.round(2 * new[0])))
        if inverse > _CLOSEST + 0.8 and (
            len(atoms) == 0 or distances_to_images(new, atoms, cell, group).min() > _CLOSEST
        ):
            atoms = np.concatenate([atoms, new])
    direction = random.normal(size=(n_split, 3))
    direction *= 0.4 / np.linalg.norm(direction, axis=1, keepdims=True)
    shift = direction @ np.linalg.inv(orthogonalization(cell)).T
    ordered, split = atoms[:n_ordered], atoms[n_ordered:]
    frac = np.concatenate([ordered, split + shift, split - shift])
    model = AsymmetricUnit.isotropic(("C",) * len(frac), frac, 0.02)
    model.occ[n_ordered:] = 0.5
    return model


@pytest.mark.parametrize("n_split", [0, 4])
def test_atoms_on_two_sites_fill_them_by_halves(n_split: int) -> None:
    true = _crystal(10, n_split, 1)
    merged = simulated(_GROUP, _CELL, true, [1] * len(true), d_min=0.85, noise=1.0)
    data = prepare(merged)
    phases = calculate(Parameters(true, data, Freedom()).atoms(true), data).f.numpy()
    modulus = np.sqrt(normalise(merged) * np.sqrt(np.maximum(merged.value, 0.0)))
    sharpened = modulus * np.exp(1j * np.angle(phases))
    built = build_model(data, sharpened, Contents(("C",)))
    model = built.trial.model
    assert built.r1 < 0.05
    assert len(model) == len(true)
    apart = distances_to_images(true.frac, model.frac, data.cell, data.spacegroup)
    assert apart.min(axis=1).max() < 0.15
    assert model.occ[apart.argmin(axis=1)] == pytest.approx(true.occ, abs=0.1)
