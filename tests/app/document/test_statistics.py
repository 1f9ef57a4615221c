"""Statistics of crystal, data and maps, compared with their sources."""

import gemmi
import numpy as np
import pytest

from patterson_gui.app.document.statistics import crystal_rows, data_rows, map_rows, skewness
from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind


def test_data_rows_describe_the_reflections(fragment: Crystal) -> None:
    data = fragment.amplitudes
    assert data is not None
    rows = dict(data_rows(data))
    assert rows["Reflections"] == f"{len(data)} unique"
    assert rows["Completeness"] == "100.0 %"
    assert rows["Resolution"].endswith("1.50 Å")
    assert rows["Scale"] == "absolute"


def test_crystal_rows_give_space_group_atoms_and_provenance(fragment: Crystal) -> None:
    rows = dict(crystal_rows(fragment))
    assert rows["Space group"] == "P 1"
    assert rows["Atoms in the cell"].startswith("16 ")
    assert rows["Provenance"] == fragment.provenance


def test_map_rows_give_grid_range_and_rmsd(fragment: Crystal) -> None:
    truth = fragment.truth
    assert truth is not None
    rows = dict(map_rows(truth))
    assert rows["Grid"].startswith("24 × 24 × 24")
    assert rows["Rmsd"] == f"{truth.rmsd:.3g} e/Å³"


def test_skewness_of_an_exponential_distribution_is_two() -> None:
    cell = gemmi.UnitCell(20, 20, 20, 90, 90, 90)
    values = np.random.default_rng(0).exponential(1.0, (40, 40, 40)).astype(np.float32)
    density = DensityMap(values, cell, p1(), MapKind.DENSITY)
    assert skewness(density) == pytest.approx(2.0, abs=0.1)
    flat = DensityMap(np.ones((4, 4, 4), np.float32), cell, p1(), MapKind.DENSITY)
    assert skewness(flat) == 0.0
