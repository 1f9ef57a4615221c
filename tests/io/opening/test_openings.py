"""Each file is opened once; a library that takes nothing but a path opens it once more."""

import shutil
from pathlib import Path

import pytest

from patterson_gui.app.open_requests import OpenRequest, read_file
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.reflections.write_phases import write_amplitudes
from tests.io.opening.openings import counted_openings
from tests.io.opening.test_materials import SALT_CIF
from tests.io.reflection_files import INS, SIGMA, F, cif_loop, hkl_text


@pytest.fixture
def folder(tmp_path: Path, fragment: Crystal) -> Path:
    """One file of every kind that is common, some with companions."""
    write_amplitudes(tmp_path / "data.mtz", fragment.amplitudes)
    write_model(tmp_path / "data.pdb", fragment.model)
    write_bundle(tmp_path / "bundle.pgz", fragment)
    (tmp_path / "salt.cif").write_text(SALT_CIF)
    (tmp_path / "sf.cif").write_text(
        "data_x\n" + cif_loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA})
    )
    (tmp_path / "sf.ins").write_text(INS)
    (tmp_path / "shelx.hkl").write_text(hkl_text())
    (tmp_path / "shelx.ins").write_text(INS)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("data.mtz", {"data.mtz": 2, "data.pdb": 1}),
        ("data.pdb", {"data.pdb": 1}),
        ("bundle.pgz", {"bundle.pgz": 1}),
        ("salt.cif", {"salt.cif": 1}),
        ("sf.cif", {"sf.cif": 1, "sf.ins": 1}),
        ("shelx.hkl", {"shelx.hkl": 1, "shelx.ins": 1}),
    ],
)
def test_opens_each_file_once(folder: Path, name: str, most: dict[str, int]):
    with counted_openings(folder) as counts:
        open_any(folder / name)
    assert counts == most
    # The window asks for the columns first and opens what it then has.
    with counted_openings(folder) as counts:
        read_file(OpenRequest(folder / name))
    assert counts == most


def test_opens_real_files_once(shared_data: Path, tmp_path: Path):
    for name, most in (
        ("xray/1aba-sf.mtz", 2), ("xray/6mw0-sf.cif.gz", 1), ("xray/1dur.pdb", 1),
        ("smallmol/2012000.cif", 1), ("smallmol/NaCl.hkl", 1), ("maps/5i55_tiny.ccp4", 1),
        ("maps/emd_3001.map.gz", 1), ("edge/INTEGRATE-tiny.HKL", 1),
    ):  # fmt: skip
        path = shared_data / name
        copy = tmp_path / path.name
        shutil.copy(path, copy)
        if path.suffix == ".hkl":
            shutil.copy(path.with_suffix(".res"), tmp_path)
        with counted_openings(tmp_path) as counts:
            open_any(copy)
        assert counts[copy.name] == most, name
