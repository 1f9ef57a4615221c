"""Sites of another origin and hand, found again in a map that gemmi makes of them."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.sites.permissible_origins import inverted_origins, permissible_origins
from patterson_gui.solvers.heavy_phasing.origin_of_map import on_origin_of_map

CELL = gemmi.UnitCell(30, 36, 42, 90, 90, 90)
SITES = np.array([[0.11, 0.23, 0.37], [0.31, 0.05, 0.12], [0.45, 0.33, 0.21]])


def map_of_sites(group: gemmi.SpaceGroup, sites: np.ndarray) -> np.ndarray:
    model = gemmi.Model(1)
    chain, residue = gemmi.Chain("A"), gemmi.Residue()
    residue.seqid = gemmi.SeqId("1")
    for frac in sites:
        atom = gemmi.Atom()
        atom.element, atom.b_iso, atom.name = gemmi.Element("Hg"), 30.0, "HG"
        atom.pos = CELL.orthogonalize(gemmi.Fractional(*frac))
        residue.add_atom(atom)
    chain.add_residue(residue)
    model.add_chain(chain)
    calculator = gemmi.DensityCalculatorX()
    calculator.d_min, calculator.rate = 2.5, 1.5
    calculator.grid.unit_cell, calculator.grid.spacegroup = CELL, group
    calculator.put_model_density_on_grid(model)
    return np.array(calculator.grid, dtype=np.float64)


@pytest.mark.parametrize("name", ["P 21 21 21", "P 1 21 1"])
@pytest.mark.parametrize("inverted", [False, True])
def test_sites_return_to_the_origin_of_the_map(name: str, inverted: bool) -> None:
    group = gemmi.SpaceGroup(name)
    density = map_of_sites(group, SITES)
    moved = SITES + permissible_origins(group)[1]
    if inverted:
        moved = inverted_origins(group)[1] - SITES
    if name == "P 1 21 1":
        moved = moved + np.array([0.0, 0.137, 0.0])
    found = on_origin_of_map(moved, density, CELL, group)
    apart = found.frac - SITES
    apart = (apart - np.round(apart)) @ np.diag([CELL.a, CELL.b, CELL.c])
    assert np.abs(apart).max() < 0.3
    assert found.height > 10


def test_sites_that_the_map_does_not_show_stay_low() -> None:
    group = gemmi.SpaceGroup("P 21 21 21")
    noise = np.random.default_rng(0).normal(size=(30, 36, 42))
    assert on_origin_of_map(SITES, noise, CELL, group).height < 4.0
