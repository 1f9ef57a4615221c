"""Atoms on two sites: found among atoms that were taken for two, refined with one occupancy."""

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.refinement.site_electrons import site_electrons
from patterson_gui.solvers.structure.evidence import weigh
from patterson_gui.solvers.structure.finish import finish
from patterson_gui.solvers.structure.split_atoms import (
    REACH,
    SplitAtom,
    find_split_atoms,
    with_split_atom,
)
from tests.solvers.refinement.test_refine import simulated

_CELL = (15.8, 8.3, 8.1, 90.0, 98.0, 90.0)
_GROUP = "P 1 21/c 1"
_CHOICES = ("C", "N", "O")
_CARBON = ("C",) * 8
# Å: a chain of carbon atoms, and the two sites of the hydroxyl group on the last one.
_CHAIN = np.array([[1.25 * i, 0.88 * (i % 2), 0.0] for i in range(-5, 4)])
_SITES = np.array([[4.9, 0.05, 0.15], [4.35, 1.9, 0.8]])


def _frac(places: NDArray[np.float64]) -> NDArray[np.float64]:
    cell = gemmi.UnitCell(*_CELL)
    frac = np.array([cell.fractionalize(gemmi.Position(*place)).tolist() for place in places])
    return frac + np.array([0.4, 0.2, 0.09])  # molecules are 3.3 Å apart


def _chain(elements: tuple[str, ...], *sites: NDArray[np.float64]) -> AsymmetricUnit:
    return AsymmetricUnit.isotropic(elements, _frac(np.array([*_CHAIN, *sites])), 0.025)


def _found(
    model: AsymmetricUnit, electrons: list[float], counts: dict[str, float] | None = None
) -> list[SplitAtom]:
    cell, group = gemmi.UnitCell(*_CELL), gemmi.SpaceGroup(_GROUP)
    near = neighbours(model.frac, cell, group, REACH)
    copies = np.full(len(model), 4)
    return find_split_atoms(
        model, np.array([6.0] * (len(model) - 2) + electrons), copies, near, _CHOICES, counts, 4
    )


def _disordered() -> AsymmetricUnit:
    """The true crystal: 62 % of the oxygen atoms are on the first site."""
    true = _chain((*_CARBON, "N", "O", "O"), *_SITES)
    true.occ[9:] = [0.62, 0.38]
    return true


def test_two_sites_of_a_hydroxyl_group_are_one_atom() -> None:
    model = _chain((*_CARBON, "C", "N", "C"), *_SITES)
    (atom,) = _found(model, [5.1, 3.1])
    assert (atom.first, atom.second, atom.element) == (9, 10, "O")
    assert atom.share == pytest.approx(5.1 / 8.2)


def test_a_symmetry_image_of_the_second_site_is_found() -> None:
    model = _chain((*_CARBON, "C", "N", "C"), *_SITES)
    operation = gemmi.SpaceGroup(_GROUP).operations().sym_ops[1]
    model.frac[10] = operation.apply_to_xyz(model.frac[10].tolist())
    assert len(_found(model, [5.1, 3.1])) == 1


def test_the_stated_numbers_decide_between_elements() -> None:
    model = _chain((*_CARBON, "C", "C", "C"), *_SITES)
    electrons = [4.2, 3.2]
    for element in ("N", "O"):
        (atom,) = _found(model, electrons, {"C": 36, element: 4})
        assert atom.element == element


@pytest.mark.parametrize(
    "electrons",
    [
        [6, 6],  # a ring of three carbon atoms
        [8, 8],  # peroxide
        [7.6, 0.6],  # an atom and noise
        [2.2, 2.0],  # not the electrons of an atom
    ],
)
def test_pairs_without_the_electrons_of_one_atom_are_left_alone(electrons: list[float]) -> None:
    assert _found(_chain((*_CARBON, "C", "O", "O"), *_SITES), electrons) == []


def test_atoms_with_different_neighbours_are_left_alone() -> None:
    model = _chain((*_CARBON, "C", "O"), _SITES[0])
    assert _found(model, [4, 4]) == []


def test_both_sites_refine_with_one_occupancy() -> None:
    true = _disordered()
    merged = simulated(_GROUP, _CELL, true, [1] * len(true), d_min=0.8, noise=1.0)
    start = _chain(true.elements, *_SITES)
    start = with_split_atom(start, SplitAtom(9, 10, "O", 0.5))
    assert start.part.tolist() == 9 * [0] + [1, 2]
    structure = refine(merged, start, RefinementOptions(anisotropic=False))
    model = structure.model
    assert model.occ[9] == pytest.approx(0.62, abs=0.01)
    assert model.occ[9] + model.occ[10] == pytest.approx(1.0)
    assert model.sigma_occ is not None
    assert 0 < model.sigma_occ[9] == pytest.approx(model.sigma_occ[10])
    found = site_electrons(structure)
    assert found.electrons[9] == found.electrons[10] == pytest.approx(8, abs=0.2)
    assert weigh(structure, None).doubtful == 0


def test_ordered_atoms_keep_one_site() -> None:
    true = _chain((*_CARBON, "N", "O"), _SITES[0])
    merged = simulated(_GROUP, _CELL, true, [1] * len(true), d_min=0.8, noise=1.0)
    measured = Intensities(merged.hkl, merged.value, merged.sigma, merged.cell, merged.spacegroup)
    structure = finish(
        measured,
        gemmi.SpaceGroup(_GROUP),
        true,
        Contents(_CHOICES),
        SolveSettings(hydrogens=False),
        lambda _: None,
        lambda: False,
    )
    assert not structure.model.part.any()
    assert structure.model.elements == ("O", "N", *_CARBON)
