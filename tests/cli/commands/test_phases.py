"""`phases`: from amplitudes with heavy atoms to an MTZ and maps."""

import json
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.cli import main


def test_phases_of_a_derivative_make_files_that_coot_opens(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shared_data / "heavy" / "toxd" / "toxd.mtz"
    code = main([
        "phases", str(data), "--kind", "isomorphous", "--native", "FTOXD3",
        "--derivative", "FMM11=HG", "--json", "-o", str(tmp_path),
    ])  # fmt: skip
    figures = json.loads(capsys.readouterr().out)
    assert code == 0
    assert not figures["hand_known"]
    assert figures["other"] is None
    assert figures["best"]["derivatives"][0]["element"] == "Hg"
    mtz = gemmi.read_mtz_file(str(tmp_path / "phases.mtz"))
    for label in ("FP", "SIGFP", "FWT", "PHWT", "FOM", "HLA", "HLB", "HLC", "HLD"):
        assert mtz.column_with_label(label) is not None
    fom = mtz.column_with_label("FOM").array
    assert 0.0 <= np.nanmin(fom) <= np.nanmax(fom) <= 1.0
    grid = np.array(mtz.transform_f_phi_to_map("FWT", "PHWT", sample_rate=3.0), copy=False)
    ccp4 = gemmi.read_ccp4_map(str(tmp_path / "density.ccp4"), setup=True)
    assert ccp4.grid.spacegroup.hm == "P 21 21 21"
    assert np.array(ccp4.grid).std() == pytest.approx(grid.std(), rel=0.02)


def test_a_derivative_without_its_element_makes_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([
        "phases", "x.mtz", "--kind", "isomorphous", "--derivative", "FAU20", "-o", str(tmp_path),
    ])  # fmt: skip
    assert code == 1
    assert "does not name the element: write FAU20=HG" in capsys.readouterr().err


def write_part(data: Path, path: Path, labels: list[str]) -> str:
    """A file with some columns of another."""
    whole, part = gemmi.read_mtz_file(str(data)), gemmi.Mtz(with_base=True)
    part.spacegroup = whole.spacegroup
    part.set_cell_for_all(whole.get_cell())
    part.add_dataset(path.stem)
    columns = [whole.column_with_label(label) for label in labels]
    for column in columns:
        part.add_column(column.label, column.type)
    table = [whole.make_miller_array(), *(np.array(column.array) for column in columns)]
    part.set_data(np.column_stack(table).astype(np.float32))
    part.write_to_file(str(path))
    return str(path)


def test_derivatives_of_other_files_get_sites_of_any_origin_and_hand(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shared_data / "heavy" / "toxd" / "toxd.mtz"
    native = write_part(data, tmp_path / "native.mtz", ["FTOXD3", "SIGFTOXD3"])
    gold = write_part(data, tmp_path / "gold.mtz", ["FAU20", "SIGFAU20"])
    mercury = write_part(data, tmp_path / "mercury.mtz", ["FMM11", "SIGFMM11"])
    (tmp_path / "au.csv").write_text("AU 0.324 0.893 0.891 1\nAU 0.216 0.136 0.377 0.6\n")
    # Near (0.178, 0.292, 0.1) of the index of these data, on another origin and in the other hand.
    (tmp_path / "hg.csv").write_text("element,x,y,z\nHg,0.322,0.208,0.4\n")
    code = main([
        "phases", native, "--kind", "isomorphous", "--json", "-o", str(tmp_path / "out"),
        "--derivative", f"{gold}=AU", "--sites", f"{gold}={tmp_path / 'au.csv'}",
        "--derivative", f"{mercury}:FMM11=HG", "--sites", f"{mercury}:FMM11={tmp_path / 'hg.csv'}",
        "--residues", "59",
    ])  # fmt: skip
    figures = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [each["element"] for each in figures["best"]["derivatives"]] == ["Au", "Hg"]
    assert any("1 molecule in the asymmetric unit" in note for note in figures["notes"])
    assert not any("explain nothing" in note for note in figures["notes"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sites", "a.csv"], "a.csv does not exist"),
        (["--sites", "FMM11=a.csv", "--sites", "b.csv"], "whose sites these are"),
        (["--copies", "2"], "copies needs the mass"),
    ],
)
def test_wrong_sites_and_contents_make_one_sentence(
    options: list[str], words: str, shared_data: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    data = shared_data / "heavy" / "toxd" / "toxd.mtz"
    code = main([
        "phases", str(data), "--kind", "isomorphous", "--native-column", "FTOXD3",
        "--derivative", "FMM11=HG", "-o", str(tmp_path), *options,
    ])  # fmt: skip
    assert code == 1
    assert words in capsys.readouterr().err
