"""What holds for reflections of any file, and the real ones."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import list_columns, read_amplitudes, read_reflections
from tests.io.reflection_files import CELL_CORE, INS, SIGMA, F, cif_loop, hkl_text, same


def test_rejects_models_and_maps_as_reflections(tmp_path: Path, pdb_text: str):
    path = tmp_path / "a.mtz"
    path.write_text(pdb_text)
    with pytest.raises(UserError, match="holds no reflections"):
        list_columns(path)


def test_a_cif_without_cell_takes_that_of_the_model_beside_it(tmp_path: Path, pdb_text: str):
    path = tmp_path / "1abc-sf.cif"
    path.write_text("data_x\n" + cif_loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA}))
    with pytest.raises(UserError, match=r"no known unit cell.*put 1abc-sf.pdb"):
        read_amplitudes(path)
    (tmp_path / "1ABC.pdb").write_text(pdb_text)
    read = read_reflections(path)
    assert read.companion.path == tmp_path / "1ABC.pdb"
    assert read.amplitudes.cell.a == 20


def test_a_shelx_file_without_cell_says_what_to_put_beside_it(tmp_path: Path):
    path = tmp_path / "struct.hkl"
    path.write_text(hkl_text())
    with pytest.raises(UserError, match=r"put struct\.ins, struct\.res or struct\.cif"):
        read_amplitudes(path)
    (tmp_path / "struct.ins").write_text("nonsense")
    with pytest.raises(UserError, match="no unit cell"):
        read_amplitudes(path)


def test_takes_the_cell_from_a_cif_or_from_the_end_of_the_file(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(hkl_text())
    (tmp_path / "A.CIF").write_text(CELL_CORE)
    assert same(read_amplitudes(path))
    (tmp_path / "A.CIF").unlink()
    path.write_text(hkl_text() + INS)
    assert same(read_amplitudes(path))
    path.write_text(hkl_text() + CELL_CORE.partition("\n")[2])
    assert same(read_amplitudes(path))


@pytest.mark.parametrize(
    ("name", "n", "group", "labels"),
    [
        ("xray/1aba-sf.mtz", 16153, "P 21 21 21", ["FP"]),
        ("xray/5e5z.mtz", 403, "P 1 21 1", ["FP", "I"]),
        ("xray/1dur-sf.cif", 3256, "P 21 21 21", ["F_meas_au"]),
        ("xray/1yjp-sf.cif", 495, "P 1 21 1", ["F_meas_au"]),
        ("xray/6mw0-sf.cif.gz", 4832, "P 21 21 21", ["F_meas_au", "intensity_meas"]),
        ("edge/4aap-sf-subset.cif", 29, "P 32 2 1", ["F_meas_au"]),
        ("edge/INTEGRATE-tiny.HKL", 126, "P 1 2 1", ["I"]),
        ("smallmol/2012000.hkl", 2481, "P 1 21 1", ["F_squared_meas"]),
        ("smallmol/2016452.hkl", 1045, "P 1 21/c 1", ["F_squared_meas"]),
        ("smallmol/2200000.hkl", 1269, "P 1 21 1", ["F_squared_meas"]),
        ("smallmol/NaCl.hkl", 111, "F m -3 m", ["I"]),
        ("smallmol/NaCl.cif", 111, "F m -3 m", ["intensity_net"]),
        ("smallmol/biotin_talos.hkl", 955, "P 21 21 21", ["I"]),
        ("smallmol/biotin_talos.cif", 955, "P 21 21 21", ["_shelx_hkl_file"]),
    ],
)
def test_real_files_give_their_reflections(
    shared_data: Path, name: str, n: int, group: str, labels: list[str]
):
    path = shared_data / name
    assert [c.label for c in list_columns(path)] == labels
    got = read_amplitudes(path)
    assert (len(got), got.spacegroup.xhm()) == (n, group)
    assert np.isfinite(got.f).all()


def test_amplitudes_and_intensities_of_one_crystal_agree(shared_data: Path):
    for name in ("xray/5e5z.mtz", "xray/6mw0-sf.cif.gz"):
        path = shared_data / name
        f, i = (read_amplitudes(path, choice) for choice in list_columns(path))
        assert np.array_equal(f.hkl, i.hkl)
        assert np.corrcoef(f.f, i.f)[0, 1] > 0.999
