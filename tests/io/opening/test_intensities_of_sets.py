"""Intensities of all measured crystals at hand, against what is known of each set."""

import csv
from pathlib import Path

import pytest

from patterson_gui.crystal.measured.merging import merge_with_statistics
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.io.opening.intensities import read_intensities
from tests.conftest import SHARED

# In these, reflections that were too weak have σ = 0 and are left out: so many.
WITHOUT_SIGMA = {"peach": 34, "ph3sih": 572, "xylitol": 4}


def rows() -> list[dict[str, str]]:
    """The table of the sets; proteins with heavy atoms have no row of their own folder."""
    path = SHARED / "solve" / "INDEX.tsv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        every = list(csv.DictReader(file, delimiter="\t"))
    return [row for row in every if (path.parent / row["id"]).is_dir()]


def path_of(name: str) -> Path:
    """The reflections of a set."""
    (path,) = (SHARED / "solve" / name).glob(f"{name}.hkl*")
    return path


@pytest.mark.skipif(not rows(), reason="the measured crystals (../shared/data/solve) are not here")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_counts_and_agreement_are_those_of_the_table(row: dict[str, str]) -> None:
    data = read_intensities(path_of(row["id"])).intensities
    missing = WITHOUT_SIGMA.get(row["id"], 0)
    assert len(data) == int(row["n_refl"]) - missing
    assert data.spacegroup.number == int(row["sg_no"])
    assert data.wavelength == pytest.approx(float(row["wavelength"]))
    assert data.radiation == ("electron" if row["kind"] == "electron" else "xray")
    assert float(data.d.min()) == pytest.approx(float(row["dmin"]), abs=0.0051)
    merged, statistics = merge_with_statistics(data, data.spacegroup, friedel=True)
    assert len(merged) == pytest.approx(int(row["n_unique"]), abs=missing)
    assert statistics.n_absent == int(row["absent_measured"])
    if row["Rint"]:
        # The table has unweighted means; those of electron data differ much from weighted ones.
        tolerance = 0.06 if row["kind"] == "electron" else 0.0035
        assert statistics.r_int == pytest.approx(float(row["Rint"]), abs=tolerance)
    possible = len(unique_reflections(data.cell, data.spacegroup, float(data.d.min())))
    complete = len(merged) / possible
    assert complete == pytest.approx(float(row["complete"]), abs=0.002 + missing / possible)
