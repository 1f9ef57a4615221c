"""Twins that fill the absences of a glide plane, and models of them in a subgroup."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.structure.larger_group import absences_explained, model_in_larger_group

TRUE, SUBGROUP = gemmi.SpaceGroup("P 1 21/c 1"), gemmi.SpaceGroup("P 1 21 1")
# With cos β = −a / 2c the lattice has a twofold axis along a that the crystal lacks.
CELL = gemmi.UnitCell(7.58, 10.29, 12.08, 90, float(np.rad2deg(np.arccos(-7.58 / 24.16))), 90)
LAW = ((-1, 0, 0), (0, -1, 0), (1, 0, 1))
ELEMENTS = ("Cl", "O", "N", "C", "C", "C")
SITES = np.array(
    [
        (0.21, 0.08, 0.33), (0.55, 0.17, 0.46), (0.80, 0.31, 0.12),
        (0.37, 0.42, 0.21), (0.12, 0.28, 0.05), (0.66, 0.44, 0.37),
    ]
)  # fmt: skip


def twinned(share: float) -> Intensities:
    """Intensities of the true group, a second domain of the twin law added, by gemmi."""
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = CELL, TRUE
    for element, site in zip(ELEMENTS, SITES, strict=True):
        atom = gemmi.SmallStructure.Site()
        atom.element, atom.fract, atom.u_iso = gemmi.Element(element), gemmi.Fractional(*site), 0.03
        crystal.add_site(atom)
    crystal.setup_cell_images()
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)

    def intensity(h: np.ndarray) -> float:
        factor = calculator.calculate_sf_from_small_structure(crystal, [int(i) for i in h])
        return float(abs(factor) ** 2)

    hkl = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 1.1)
    hkl = np.asarray(hkl, dtype=np.int32).reshape(-1, 3)
    second = hkl @ np.array(LAW).T
    value = [
        (1 - share) * intensity(h) + share * intensity(k) for h, k in zip(hkl, second, strict=True)
    ]
    value = np.array(value)
    return Intensities(hkl, value, 0.02 * value + 0.3, CELL, TRUE, 0.71073)


def refined(data: Intensities, group: gemmi.SpaceGroup, twin: bool) -> RefinedStructure:
    """The true atoms, refined in a group of the same axes."""
    frac, elements = SITES, ELEMENTS
    if group is SUBGROUP:  # the atoms that the glide plane x, ½ − y, ½ + z makes
        frac = np.concatenate([SITES, SITES * (1, -1, 1) + (0, 0.5, 0.5)])
        elements = ELEMENTS * 2
        frac = frac - (0, 0.25, 0)  # any origin along the screw axis
    options = RefinementOptions(
        anisotropic=False, extinction=False, invert=False, cycles=6, weights=Weights(0.05),
        twin_law=LAW if twin else None, twin_fraction=0.3, twin_laws=(),
    )  # fmt: skip
    model = AsymmetricUnit.isotropic(tuple(elements), frac, 0.03)
    return refine(merge(data, group, friedel=True), model, options)


@pytest.fixture(scope="module")
def data() -> Intensities:
    return twinned(0.3)


def test_a_twin_in_a_subgroup_is_brought_into_its_own_group(data: Intensities) -> None:
    larger = model_in_larger_group(refined(data, SUBGROUP, twin=True))
    assert larger is not None
    group, model = larger
    assert group.xhm() == TRUE.xhm()
    assert sorted(model.elements) == sorted(ELEMENTS)


def test_a_complete_structure_has_no_larger_group(data: Intensities) -> None:
    assert model_in_larger_group(refined(data, TRUE, twin=True)) is None


def test_the_second_domain_explains_forbidden_reflections(data: Intensities) -> None:
    structure = refined(data, TRUE, twin=True)
    assert structure.figures.twin_fraction == pytest.approx(0.3, abs=0.01)
    assert absences_explained(structure, data)


def test_forbidden_reflections_without_a_twin_are_not_explained(data: Intensities) -> None:
    assert not absences_explained(refined(data, TRUE, twin=False), data)


def test_absent_reflections_need_no_explanation() -> None:
    assert absences_explained(refined(twinned(0.0), TRUE, twin=False), twinned(0.0))
