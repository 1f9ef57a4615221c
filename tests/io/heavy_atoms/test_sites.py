"""Files of heavy-atom sites."""

import json
from pathlib import Path

import gemmi
import pytest

from patterson_gui.crystal.differences.heavy_atoms import FoundSites, HeavySite
from patterson_gui.io.heavy_atoms.sites import write_sites


def found(*sites: HeavySite) -> FoundSites:
    cell, group = gemmi.UnitCell(40, 50, 60, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
    return FoundSites(sites, "anomalous", cell, group, 50.0, 15.0, (10.0,), 2.0, 1000, 3.0, 1.0)


SITE = HeavySite("Se", (0.1, 0.25, 0.5), 0.8, 3.0, 40.0)


def test_all_files_hold_the_site(tmp_path: Path) -> None:
    write_sites(tmp_path, found(SITE), as_json=True)
    assert json.loads((tmp_path / "sites.json").read_text()) == [
        {"element": "Se", "x": 0.1, "y": 0.25, "z": 0.5, "occupancy": 0.8, "score": 40.0}
    ]
    header, row = (tmp_path / "sites.csv").read_text().splitlines()
    assert header == "element,x,y,z,occupancy,score"
    assert row.split(",")[0] == "Se"
    structure = gemmi.read_pdb(str(tmp_path / "sites.pdb"))
    (atom,) = (cra.atom for cra in structure[0].all())
    assert atom.element.name == "Se"
    assert structure.spacegroup_hm == "P 21 21 21"
    assert structure.cell.fractionalize(atom.pos).tolist() == pytest.approx(SITE.frac, abs=1e-3)


def test_without_sites_the_table_is_empty_and_there_is_no_model(tmp_path: Path) -> None:
    write_sites(tmp_path, found(SITE))
    write_sites(tmp_path, found(), as_json=True)
    assert (tmp_path / "sites.csv").read_text().splitlines() == ["element,x,y,z,occupancy,score"]
    assert json.loads((tmp_path / "sites.json").read_text()) == []
    assert not (tmp_path / "sites.pdb").exists()
