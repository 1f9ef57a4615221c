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
