"""A list of sites in one file: PDB, SHELX instructions, CSV."""

import math
from pathlib import Path

import gemmi
import pytest

from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.errors import UserError
from patterson_gui.io.heavy_atoms.site_files import sites_res, write_site_file
from patterson_gui.io.opening.models import read_model

CELL, GROUP = gemmi.UnitCell(40, 50, 60, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
SITES = (
    HeavySite("Au", (0.1, 0.25, 0.5), 1.0, 3.0, 40.0),
    HeavySite("Hg", (0.3, -0.05, 0.75), 0.6, 0.0, math.nan),
)


@pytest.mark.parametrize("ending", [".pdb", ".res"])
def test_a_reader_of_models_finds_the_same_sites(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    write_site_file(path, SITES, CELL, GROUP)
    model = read_model(path)
    assert gemmi.find_spacegroup_by_name(model.spacegroup_hm).number == 19
    atoms = [cra.atom for cra in model[0].all()]
    assert [atom.element.name for atom in atoms] == ["Au", "Hg"]
    for atom, site in zip(atoms, SITES, strict=True):
        frac = model.cell.fractionalize(atom.pos).tolist()
        assert frac == pytest.approx(site.frac, abs=1e-4)
        assert atom.occ == pytest.approx(site.occupancy, abs=0.01)


def test_a_site_that_no_search_has_found_has_no_score(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_site_file(path, SITES, CELL, GROUP)
    lines = path.read_text().splitlines()
    assert lines[0] == "element,x,y,z,occupancy,score"
    assert lines[1].endswith(",40.00000")
    assert lines[2] == "Hg,0.30000,-0.05000,0.75000,0.60000,"


def test_the_occupancy_of_a_special_position_is_shared_in_shelx() -> None:
    site = HeavySite("Au", (0.0, 0.3, 0.0), 1.0, 0.0, 1.0)  # on the twofold axis of P 2
    text = sites_res((site,), CELL, gemmi.SpaceGroup("P 1 2 1"), "a")
    (atom,) = (line for line in text.splitlines() if line.startswith("AU1"))
    assert float(atom.split()[5]) == 10.5
    assert "UNIT 1.00" in text


def test_large_occupancies_become_no_free_variables_in_shelx(tmp_path: Path) -> None:
    sites = [HeavySite("Au", (0.1 * n, 0.2, 0.3), 4.0 * n, 0.0, 1.0) for n in (1, 2)]
    path = tmp_path / "a.res"
    write_site_file(path, sites, CELL, GROUP)
    assert "REM Occupancies are divided by that of the strongest site, 8" in path.read_text()
    occupancies = [cra.atom.occ for cra in read_model(path)[0].all()]
    assert occupancies == pytest.approx([0.5, 1.0])


def test_the_origin_goes_to_the_centre_of_symmetry_in_shelx() -> None:
    site = HeavySite("Au", (0.1, 0.2, 0.3), 1.0, 0.0, 1.0)
    text = sites_res((site,), CELL, gemmi.SpaceGroup("P n n n:1"), "a")
    assert "REM Origin moved" in text
    assert "AU1   1  -0.150000  -0.050000   0.050000" in text


def test_labels_stay_short_with_many_sites() -> None:
    sites = [HeavySite("Se", (n / 200, 0.1, 0.2), 1.0, 0.0, 1.0) for n in range(120)]
    text = sites_res(sites, CELL, GROUP, "a")
    labels = [line.split()[0] for line in text.splitlines() if line.startswith("SE")]
    assert len(set(labels)) == 120
    assert max(map(len, labels)) == 4


def test_an_empty_list_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sites"):
        write_site_file(tmp_path / "a.pdb", (), CELL, GROUP)
