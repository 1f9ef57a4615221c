from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.io.datasets.crystals import read_material_dataset
from patterson_gui.io.models.writers.materials import write_materials
from tests.crystal.example_materials import hematite, perovskite, rock_salt

Call = Callable[..., Any]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "some.extxyz"
    splits = ("train", "val", "test")
    crystals = (rock_salt(), perovskite(), hematite())
    write_materials(path, [replace(m, split=s) for m, s in zip(crystals, splits, strict=True)])
    return path


def test_builds_and_describes_a_data_set_of_crystals(
    call: Call, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "c.h5"
    built = call("dataset", "build", source, source, "--kind", "lattice", "-o", output)
    assert built.code == 0
    assert "3 crystals: 1 train, 1 val, 1 test" in built.out
    assert "9 examples, 23 atoms of 1 file →" in built.out
    info = call("dataset", "info", output, "--files")
    for text in (
        "3 crystals: 1 train, 1 val, 1 test",
        "lattice: 9 examples, 3 windows of 10 Å each",
        "5 to 10 atoms in a cell, 23 in all, of 6 elements; 1 file",
        "Splits by the files",
        "seed 0",
        "  some.extxyz",
    ):
        assert text in info.out


def test_names_a_data_set_of_crystals_after_its_source(
    call: Call, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    call("dataset", "build", source, "--kind", "crystal", "--seed", 3)
    assert read_material_dataset("some-crystal.h5").settings.seed == 3


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--kind", "crystal", "--windows", 2), "choose the kind 'lattice'"),
        (("--kind", "crystal", "--cell", 12), "--cell belongs to data sets of proteins"),
        (("--kind", "dipeptide", "--windows", 2), "--windows belongs to the kind 'lattice'"),
        (("--kind", "dipeptide"), "add -o DATA.h5"),
    ],
)
def test_refuses_options_of_another_kind(
    call: Call, source: Path, words: tuple[Any, ...], why: str
) -> None:
    answer = call("dataset", "build", source, *words)
    assert answer.code != 0
    assert why in answer.err
