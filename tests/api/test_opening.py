import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.api.opening import open_crystal
from patterson_gui.crystal.models.whole_cell import NoUnitCell
from patterson_gui.io.datasets.crystals import MaterialDataSet
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.resources import known_crystals_path, resources_folder

MODEL = resources_folder() / "examples" / "1yjp.pdb"


def test_opens_a_model_like_the_program():
    crystal, same = pg.open(str(MODEL)), open_any(MODEL)
    assert isinstance(crystal, pg.Crystal)
    assert crystal.name == same.name
    np.testing.assert_array_equal(crystal.amplitudes.f, same.amplitudes.f)
    assert isinstance(crystal.truth, pg.DensityMap)


def test_opens_a_data_set():
    data = pg.open(known_crystals_path())
    assert isinstance(data, MaterialDataSet)
    assert len(data) > 5000


def test_chooses_a_column_by_its_label(tmp_path):
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = gemmi.SpaceGroup("P 1")
    mtz.set_cell_for_all(gemmi.UnitCell(20, 20, 20, 90, 90, 90))
    mtz.add_dataset("data")
    mtz.add_column("FP", "F")
    mtz.add_column("FC", "F")
    hkl = gemmi.make_miller_array(mtz.cell, mtz.spacegroup, 4.0)
    columns = [*hkl.T, np.full(len(hkl), 1.0), np.full(len(hkl), 2.0)]
    mtz.set_data(np.array(columns, dtype=np.float32).T)
    path = tmp_path / "two.mtz"
    mtz.write_to_file(str(path))
    assert set(pg.open(path, column="FC").amplitudes.f) == {2.0}
    with pytest.raises(pg.UserError, match="has no column 'IMEAN'"):
        pg.open(path, column="IMEAN")
    with pytest.raises(pg.UserError, match="column must be the label of a column"):
        pg.open(path, column=["FP"])


def test_requires_a_box_for_a_model_without_a_cell(tmp_path):
    lines = [line for line in MODEL.read_text().splitlines() if not line.startswith("CRYST1")]
    path = tmp_path / "no_cell.pdb"
    path.write_text("\n".join(lines))
    for call in (pg.open, pg.patterson):
        with pytest.raises(pg.UserError, match=r"patterson_gui\.open\(path, box=True\)"):
            call(path)
    with pytest.raises(NoUnitCell, match=r"add its cell to the file\.$"):
        open_crystal(path)
    assert pg.open(path, box=True).spacegroup.xhm() == "P 1"


def test_chooses_a_column_of_a_data_set(tmp_path):
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = gemmi.SpaceGroup("P 1")
    mtz.set_cell_for_all(gemmi.UnitCell(20, 20, 20, 90, 90, 90))
    for name in ("peak", "remote"):
        mtz.add_dataset(name)
        mtz.add_column("F", "F")
        mtz.add_column("SIGF", "Q")
    hkl = gemmi.make_miller_array(mtz.cell, mtz.spacegroup, 4.0)
    columns = [*hkl.T, *(np.full(len(hkl), value) for value in (1.0, 0.1, 2.0, 0.1))]
    mtz.set_data(np.array(columns, dtype=np.float32).T)
    path = tmp_path / "two.mtz"
    mtz.write_to_file(str(path))
    assert set(pg.open(path, column="F").amplitudes.f) == {1.0}
    assert set(pg.open(path, column="remote/F").amplitudes.f) == {2.0}
    with pytest.raises(pg.UserError, match="it has peak/F, remote/F"):
        pg.open(path, column="inflection/F")


def test_refuses_wrong_paths_and_columns_of_a_data_set():
    with pytest.raises(pg.UserError, match="path must be the path of a file or folder, not 3"):
        pg.open(3)
    with pytest.raises(pg.UserError, match="column and box have no meaning"):
        pg.open(known_crystals_path(), column="FP")


def test_opens_a_saved_crystal(example, tmp_path):
    example.save(tmp_path / "again.pgz")
    again = pg.open(tmp_path / "again.pgz")
    np.testing.assert_array_equal(again.amplitudes.f, example.amplitudes.f)
    assert again.name == example.name
    with pytest.raises(pg.UserError, match=r"must end in \.pgz"):
        example.save(tmp_path / "again.zip")
