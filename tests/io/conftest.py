"""Small things that several tests read and write."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, StartResult
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from tests.io.dipeptide import PDB


@pytest.fixture
def pdb_text() -> str:
    """A dipeptide in a monoclinic cell, as a PDB file."""
    return PDB


@pytest.fixture(scope="session")
def fragment() -> Crystal:
    """Ala-Gly in a 12 Å cube."""
    structure = gemmi.read_pdb_string(PDB)
    structure.name = "ala-gly"
    return make_fragment(structure, "A", "1", "2", d_min=2.0)


@pytest.fixture(scope="session")
def prediction(fragment: Crystal) -> Prediction:
    """The true density as if it had been predicted: map, amplitudes and phases agree."""
    crystal = fragment
    assert crystal.model is not None
    terms = structure_factors(crystal.model, crystal.cell, crystal.spacegroup, 2.0)
    data = terms.amplitudes("calculated for a test")
    grid = map_from_coefficients(
        Coefficients(terms.hkl, terms.f, crystal.cell, crystal.spacegroup), (24, 24, 24)
    )
    return Prediction(
        density=DensityMap(grid, crystal.cell, crystal.spacegroup, MapKind.PREDICTED, 2.0),
        amplitudes=data,
        phases_deg=np.degrees(np.angle(terms.f)).astype(np.float32),
        fom=np.linspace(0, 1, len(data)).astype(np.float32),
        r_factor=0.07,
        self_consistency=0.99,
        solved=True,
        verdict="R 0.07: solved.",
        hand_determined=False,
        settings=PredictionSettings(seed=5),
        starts=(StartResult(5, 0.07, 50, "RAAR"),),
        seconds=0.5,
        notes=("a note",),
    )
