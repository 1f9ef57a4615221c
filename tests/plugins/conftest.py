"""Real bundles, as our own program writes them."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.crystal.prediction import Prediction, PredictionSettings
from patterson_gui.io.bundle.write_pgz import AlignedPrediction, write_bundle

SHIFT = np.array([0.25, 0.0, 0.5])


def small_model(cell: gemmi.UnitCell, group: str = "P 1", name: str = "toy") -> gemmi.Structure:
    """Six atoms about the middle of a cell."""
    structure = gemmi.Structure()
    structure.name, structure.cell, structure.spacegroup_hm = name, cell, group
    model, chain, residue = gemmi.Model(1), gemmi.Chain("A"), gemmi.Residue()
    residue.name, residue.seqid = "GLY", gemmi.SeqId("1")
    middle = cell.orthogonalize(gemmi.Fractional(0.21, 0.27, 0.31))
    places = [(0, 0, 0), (1.45, 0.1, 0), (2.0, 1.4, 0.3), (1.3, 2.4, 0.2), (3.2, 1.5, 0.7)]
    names = ("N", "CA", "C", "O", "OXT")
    for atom_name, place in zip(names, places, strict=True):
        atom = gemmi.Atom()
        atom.name, atom.element, atom.b_iso = atom_name, gemmi.Element(atom_name[0]), 12.0
        atom.pos = middle + gemmi.Position(*place)
        residue.add_atom(atom)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    return structure


def toy_crystal(cell: gemmi.UnitCell, group: str = "P 1", name: str = "toy") -> Crystal:
    """With amplitudes, model and true density to 1.5 Å."""
    model = small_model(cell, group, name)
    crystal = crystal_from_model(model, 1.5)
    return replace(crystal, name=name, truth=true_density(model, 1.5), is_fragment=True)


def toy_prediction(crystal: Crystal, *, atoms: bool = False) -> Prediction:
    """A prediction that is the true density moved by `SHIFT`."""
    assert crystal.amplitudes is not None
    assert crystal.truth is not None
    data = crystal.amplitudes
    steps = np.rint(SHIFT * crystal.truth.shape).astype(int)
    grid = np.roll(crystal.truth.grid, tuple(steps), axis=(0, 1, 2))
    density = DensityMap(grid, data.cell, p1(), MapKind.PREDICTED, 1.5, "predicted")
    return Prediction(
        density=density, amplitudes=data, phases_deg=np.zeros(len(data), dtype=np.float32),
        fom=np.ones(len(data), dtype=np.float32), r_factor=0.05, self_consistency=0.99,
        solved=True, verdict="Solved: it is a toy.", hand_determined=False,
        settings=PredictionSettings(), model=crystal.model.clone() if atoms else None,
    )  # fmt: skip


@pytest.fixture(scope="session")
def toy() -> Crystal:
    return toy_crystal(gemmi.UnitCell(10, 11, 12, 80, 95, 103))


@pytest.fixture
def bundle(toy: Crystal, tmp_path: Path) -> Path:
    """Patterson, prediction with atoms, truth and model; the prediction aligned too."""
    assert toy.amplitudes is not None
    assert toy.truth is not None
    path = tmp_path / "toy.pgz"
    prediction = toy_prediction(toy, atoms=True)
    aligned = replace(toy.truth, kind=MapKind.PREDICTED)
    write_bundle(
        path, replace(toy, provenance="Made for a test.", notes=("A note.",)),
        prediction=prediction, patterson=patterson(toy.amplitudes),
        aligned=AlignedPrediction(aligned, prediction.model),
        levels={"patterson": 1.7, "true": 2.1}, styles={"true": "surface"},
    )  # fmt: skip
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
