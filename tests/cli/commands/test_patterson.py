"""`patterson`, and how every command opens its input."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from tests.io.opening.test_friedel_pairs import amplitude_pairs

Call = Callable[..., Any]


def test_patterson_writes_a_map_and_a_table_of_unique_peaks(
    call: Call, model: Path, tmp_path: Path
) -> None:
    answer = call(
        "patterson",
        model,
        "-o",
        tmp_path / "P.ccp4",
        "--peaks",
        tmp_path / "P.csv",
        "--sharpen",
        "e_values",
    )
    assert answer.code == 0
    ccp4 = gemmi.read_ccp4_map(str(tmp_path / "P.ccp4"))
    assert ccp4.grid.spacegroup.hm == "P -1"
    assert ccp4.grid.get_value(0, 0, 0) == pytest.approx(np.max(ccp4.grid.array), rel=1e-5)
    with (tmp_path / "P.csv").open() as lines:
        rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert len(rows) > 3
    assert "P -1" in answer.out


def test_patterson_takes_short_names_of_sharpening(call: Call, model: Path, tmp_path: Path) -> None:
    short, long = tmp_path / "short.ccp4", tmp_path / "long.ccp4"
    call("patterson", model, "-o", short, "--sharpen", "B", "--b", "5")
    call("patterson", model, "-o", long, "--sharpen", "b_factor", "--b", "5")
    grids = [gemmi.read_ccp4_map(str(path)).grid.array for path in (short, long)]
    np.testing.assert_array_equal(*grids)


def test_patterson_uses_the_resolution_limit(call: Call, model: Path, tmp_path: Path) -> None:
    answer = call("patterson", model, "-o", tmp_path / "P.ccp4", "--d-min", "3")
    assert "to 3.0" in answer.out


def test_suggests_the_box_for_a_model_without_a_cell(
    call: Call, model: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.pdb"
    lines = model.read_text().splitlines(keepends=True)
    bare.write_text("".join(line for line in lines if not line.startswith("CRYST1")))
    answer = call("patterson", bare, "-o", tmp_path / "P.ccp4")
    assert answer.code == 1
    assert "--box" in answer.err
    assert call("patterson", bare, "-o", tmp_path / "P.ccp4", "--box").code == 0


def test_refuses_an_unknown_column(call: Call, bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        mtz = next(name for name in archive.namelist() if name.endswith(".mtz"))
        (tmp_path / "data.mtz").write_bytes(archive.read(mtz))
    answer = call("patterson", tmp_path / "data.mtz", "-o", tmp_path / "P", "--column", "NOPE")
    assert answer.code == 1
    assert "'NOPE'" in answer.err


def test_patterson_of_anomalous_differences_says_how_large_they_are(
    call: Call, tmp_path: Path
) -> None:
    data = amplitude_pairs(tmp_path)
    answer = call("patterson", data, "-o", tmp_path / "P.ccp4", "--kind", "anomalous")
    assert answer.code == 0
    assert "Bijvoet pairs" in answer.out
    assert "⟨|ΔF|/σ⟩" in answer.out
    assert (tmp_path / "P.ccp4").is_file()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--kind", "isomorphous"], "holds one data set"),
        (["--native", "FNAT"], "give the kind as well"),
        (["--kind", "anomalous", "--column", "a", "--derivative", "b"], "give one of them"),
        (["--kind", "anomalous", "--d-max", "0.5"], "No reflection lies within"),
    ],
)
def test_patterson_of_differences_refuses_in_one_sentence(
    call: Call, tmp_path: Path, options: list[str], reason: str
) -> None:
    answer = call("patterson", amplitude_pairs(tmp_path), "-o", tmp_path / "P.ccp4", *options)
    assert answer.code != 0
    assert reason in answer.err
    assert answer.err.strip().count("\n") == 0
    assert not (tmp_path / "P.ccp4").exists()
