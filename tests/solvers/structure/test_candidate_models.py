"""Models in candidate groups that are refined as twins."""

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.symmetry.find import find_space_group
from patterson_gui.solvers.structure.candidate_models import CandidateModels, GroupModel

CELL = gemmi.UnitCell(9.1, 9.1, 8.3, 90, 90, 120)
GROUP = gemmi.SpaceGroup("P 31")
LAW = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
ELEMENTS = ("Cl", *["C"] * 7)
SITES = np.array(
    [
        (0.21, 0.08, 0.33), (0.55, 0.17, 0.26), (0.80, 0.31, 0.12), (0.37, 0.42, 0.21),
        (0.12, 0.28, 0.05), (0.66, 0.44, 0.07), (0.05, 0.55, 0.18), (0.45, 0.85, 0.02),
    ]
)  # fmt: skip


def as_twin(share: float) -> GroupModel:
    """The true atoms and intensities of a twin with a second domain, by gemmi."""
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = CELL, GROUP
    for element, place in zip(ELEMENTS, SITES, strict=True):
        atom = gemmi.SmallStructure.Site()
        atom.element, atom.fract, atom.u_iso = (
            gemmi.Element(element),
            gemmi.Fractional(*place),
            0.03,
        )
        crystal.add_site(atom)
    crystal.setup_cell_images()
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)

    def factors(hkl: np.ndarray) -> np.ndarray:
        one = calculator.calculate_sf_from_small_structure
        return np.array([one(crystal, h) for h in hkl.tolist()])

    hkl = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 0.9)
    hkl = np.asarray(hkl, dtype=np.int32).reshape(-1, 3)
    f = factors(hkl)
    value = (1 - share) * np.abs(f) ** 2 + share * np.abs(factors(hkl @ LAW.T)) ** 2
    p1 = gemmi.SpaceGroup("P 1")
    data = Intensities(hkl, value, 0.02 * value + 0.3, CELL, p1, 0.71073)
    settings = SolveSettings(space_group="P 31", device="cpu")
    models = CandidateModels(
        data, Contents(("C", "Cl")), settings, torch.device("cpu"),
        lambda _: None, lambda: False,
    )  # fmt: skip
    true = AsymmetricUnit.isotropic(ELEMENTS, SITES, 0.035)
    with torch.inference_mode():
        (group,) = find_space_group(hkl, f, data, settings)
        return models.as_twin(GroupModel(group, true, 0.3))


def test_a_twin_by_merohedry_is_refined_as_one():
    model = as_twin(0.5)
    assert model.twin is not None
    assert model.twin[1] == pytest.approx(0.5, abs=0.05)
    assert model.r1 < 0.02


def test_a_single_crystal_is_not_refined_as_a_twin():
    model = as_twin(0.0)
    assert model.twin is None
    assert model.r1 == 0.3  # not changed
