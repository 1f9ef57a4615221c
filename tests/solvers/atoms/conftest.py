"""Molecules with known answers, their amplitudes by gemmi's own direct summation."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import gemmi
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import Prediction, PredictionSettings
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.solvers.atoms.data import RefinementData, refinement_data
from patterson_gui.solvers.atoms.model import AtomModels, FormFactors


def _model_of(crystal: Crystal) -> tuple[NDArray[np.float64], list[str]]:
    """(n, 3) Å and element symbols of the true model."""
    atoms = [cra.atom for cra in crystal.model[0].all()]
    return np.array([a.pos.tolist() for a in atoms]), [a.element.name for a in atoms]


def _gemmi_f(crystal: Crystal) -> NDArray[np.complex128]:
    """F of the true model by gemmi's summation, in the order of the amplitudes."""
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    return np.array(
        [
            calculator.calculate_sf_from_model(crystal.model[0], list(h))
            for h in crystal.amplitudes.hkl.tolist()
        ]
    )


def _rebuilt(crystal: Crystal, symbols: list[str], xyz: NDArray[np.float64]) -> Crystal:
    """A crystal of other atoms in the same cell and to the same resolution."""
    structure = gemmi.Structure()
    structure.cell, structure.spacegroup_hm = crystal.cell, "P 1"
    model, chain, residue = gemmi.Model(1), gemmi.Chain("A"), gemmi.Residue()
    residue.name, residue.seqid = "LIG", gemmi.SeqId("1")
    for i, (symbol, place) in enumerate(zip(symbols, xyz, strict=True)):
        atom = gemmi.Atom()
        atom.name, atom.element, atom.b_iso = f"X{i}", gemmi.Element(symbol), 20.0
        atom.pos = gemmi.Position(*place)
        residue.add_atom(atom)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_cell_images()
    made = replace(crystal, model=structure, composition=Composition(dict(Counter(symbols))))
    hkl = unique_reflections(crystal.cell, p1(), 1.5)
    made = replace(
        made,
        amplitudes=Amplitudes(hkl, np.ones(len(hkl), np.float32), crystal.cell, p1()),
        truth=None,
    )
    modulus = np.abs(_gemmi_f(made)).astype(np.float32)
    return replace(made, amplitudes=replace(made.amplitudes, f=modulus, absolute=True))


def _prediction_of(
    crystal: Crystal, error_deg: float = 0.0, shape: tuple[int, int, int] = (24, 24, 24)
) -> Prediction:
    """A prediction with the true phases, spoilt by so much (standard deviation)."""
    data = crystal.amplitudes
    noise = np.random.default_rng(1).normal(size=len(data)) * np.radians(error_deg)
    f = np.abs(_gemmi_f(crystal)) * np.exp(1j * (np.angle(_gemmi_f(crystal)) + noise))
    grid = map_from_terms(data.hkl, f, crystal.cell, shape)
    return Prediction(
        density=DensityMap(grid, crystal.cell, p1(), MapKind.PREDICTED, 1.5),
        amplitudes=data,
        phases_deg=(np.degrees(np.angle(f)) % 360).astype(np.float32),
        fom=np.ones(len(data), np.float32),
        r_factor=0.05,
        self_consistency=0.99,
        solved=True,
        verdict="Solved.",
        hand_determined=False,
        settings=PredictionSettings(device="cpu"),
    )


@dataclass(frozen=True, eq=False)
class Problem:
    """The dipeptide as the refinement sees it, its true atoms and their form factors."""

    crystal: Crystal
    data: RefinementData
    atoms: AtomModels
    factors: FormFactors
    f: NDArray[np.complex128]


def _problem_of(crystal: Crystal, shape: tuple[int, int, int] = (24, 24, 24)) -> Problem:
    data = refinement_data([crystal.amplitudes], shape, torch.device("cpu"))
    xyz, symbols = _model_of(crystal)
    kinds = sorted(set(symbols))
    n = len(symbols)
    atoms = AtomModels(
        xyz=torch.from_numpy(xyz).float()[None],
        w=torch.ones(1, n),
        b=torch.full((1, n), 20.0),
        kind=torch.tensor([[kinds.index(s) for s in symbols]]),
        used=torch.ones(1, n),
    )
    return Problem(crystal, data, atoms, FormFactors.of(kinds, data), _gemmi_f(crystal))


@pytest.fixture(scope="session")
def problem(dipeptide: Crystal) -> Problem:
    return _problem_of(dipeptide)


@pytest.fixture(scope="session")
def oblique(dipeptide: Crystal) -> Problem:
    """The same molecule in a triclinic cell."""
    cell = gemmi.UnitCell(11, 12, 13, 80, 95, 105)
    xyz, symbols = _model_of(dipeptide)
    return _problem_of(_rebuilt(replace(dipeptide, cell=cell), symbols, xyz), (24, 24, 27))


@pytest.fixture(scope="session")
def model_of() -> Callable[[Crystal], tuple[NDArray[np.float64], list[str]]]:
    return _model_of


@pytest.fixture(scope="session")
def rebuilt() -> Callable[[Crystal, list[str], NDArray[np.float64]], Crystal]:
    return _rebuilt


@pytest.fixture(scope="session")
def prediction_of() -> Callable[..., Prediction]:
    return _prediction_of
