"""`sites`: heavy atoms of files, from the command line."""

import json
from pathlib import Path

import pytest

from patterson_gui.cli import main


def test_finds_the_sites_of_a_real_derivative(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shared_data / "heavy" / "toxd" / "toxd.mtz"
    code = main([
        "sites", str(data), "--kind", "isomorphous", "--native", "FTOXD3", "--derivative", "FMM11",
        "--element", "HG", "--json", "-o", str(tmp_path / "out"),
    ])  # fmt: skip
    sites = json.loads(capsys.readouterr().out)
    assert code == 0
    assert len(sites) == 1
    assert set(sites[0]) == {"element", "x", "y", "z", "occupancy", "score"}
    assert json.loads((tmp_path / "out" / "sites.json").read_text()) == sites
    assert (tmp_path / "out" / "sites.pdb").exists()


def test_data_without_friedel_pairs_make_one_sentence(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shared_data / "heavy" / "toxd" / "toxd.mtz"
    code = main([
        "sites", str(data), "--kind", "anomalous", "--derivative", "FMM11", "--element", "HG",
        "-o", str(tmp_path / "out"),
    ])  # fmt: skip
    assert code == 1
    assert "no anomalous differences" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unknown_element_makes_one_sentence(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shared_data / "heavy" / "toxd" / "toxd.mtz"
    code = main([
        "sites", str(data), "--kind", "anomalous", "--element", "QQ", "-o", str(tmp_path / "out"),
    ])  # fmt: skip
    assert code == 1
    assert "symbol of a heavy element" in capsys.readouterr().err
