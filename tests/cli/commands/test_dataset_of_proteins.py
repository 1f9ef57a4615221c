import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.cli.printing.dataset import cell_text
from patterson_gui.io.datasets.proteins import PRESETS, Cell, DataSetSettings, cube, read_dataset
from tests.io.small_proteins import write_protein

Call = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three entries of four residues, one of them too long for a 12 Å cube."""
    path = tmp_path / "models"
    path.mkdir()
    for name in ("1abc", "2abc", "3abc"):
        write_protein(path / f"{name}.pdb", "ALA GLY SER ARG")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "splits.tsv"
    path.write_text("entry\tsplit\n1abc\ttrain\n2abc\tval\n3abc\ttest\n")
    return path


def test_builds_and_describes_a_data_set_of_proteins(
    call: Call, folder: Path, table: Path, tmp_path: Path
) -> None:
    output = tmp_path / "data.h5"
    built = call("dataset", "build", folder, "--splits", table, "-o", output, "--jobs", 1)
    assert built.code == 0
    assert "6 examples: 2 train, 2 val, 2 test" in built.out
    assert "examples within 3 Å of their copy" in built.out
    info = call("dataset", "info", output, "--files")
    assert info.code == 0
    for text in (
        "6 examples: 2 train, 2 val, 2 test",
        "dipeptide, 2 residues, 9 to 10 atoms, 12 Å cube, to 1.5 Å, B 20 Å²",
        "9 residues and 45 atoms of 3 chains of 3 models",
        "splits.tsv",
        "seed 0",
        "3  examples within 3 Å of their copy",
        "  1abc.pdb",
    ):
        assert text in info.out
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ((), DataSetSettings()),
        (("--preset", "1a"), PRESETS["1a"]),
        (("--preset", "1b", "--seed", "7"), PRESETS["1b"].model_copy(update={"seed": 7})),
        (("--preset", "2", "--kind", "dipeptide"), PRESETS["2"]),
        (
            ("--kind", "fragment"),
            DataSetSettings(kind="fragment", lengths=(2, 15), cell=None),
        ),
        (("--kind", "dialanine"), DataSetSettings(kind="dialanine", cell=cube(20.0))),
        (
            ("--kind", "fragment", "--length", "3..4", "--cell", "20,21,22,80,95,100"),
            DataSetSettings(kind="fragment", lengths=(3, 4), cell=(20, 21, 22, 80, 95, 100)),
        ),
        (
            ("--cell", "14,15,16", "--d-min", "2", "--b", "10", "--max-examples", "3"),
            DataSetSettings(cell=(14, 15, 16, 90, 90, 90), d_min=2.0, b_iso=10.0, most_examples=3),
        ),
    ],
)
def test_options_become_settings(
    call: Call, folder: Path, tmp_path: Path, words: tuple[str, ...], settings: DataSetSettings
) -> None:
    output = tmp_path / "data.h5"
    answer = call("dataset", "build", folder, "-o", output, "--jobs", 1, *words)
    assert answer.code == 0, answer.err
    assert read_dataset(output).settings == settings


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "cells of their extent plus 3 Å"),
        (cube(12.5), "12.5 Å cube"),
        ((8.0, 9.0, 10.0, 90.0, 100.0, 90.0), "cell 8 9 10 90 100 90"),
    ],
)
def test_describes_cells(cell: Cell | None, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--length", "3"), "two residues"),
        (("--kind", "fragment", "--length", "5..2"), "smaller number first"),
        (("--kind", "fragment", "--length", "long"), "not a number of residues"),
        (("--cell", "12,13"), "is not a cell"),
        (("--cell", "10,10,10,20,20,120"), "The cell .* is impossible"),
        (("--cell", "-4"), "between 0 and 10000"),
        (("--d-min", "0"), "above 0"),
        (("--preset", "2", "--kind", "dialanine"), "leave out the kind"),
        (("--max-examples", "0"), "at least 1"),
        (("--jobs", "0"), "at least 1"),
        (("--splits", "no-such.tsv"), "cannot be read"),
        (("--cell", "5"), "No example of this kind"),
    ],
)
def test_refuses_wrong_options_and_leaves_no_file(
    call: Call, folder: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    before = set(tmp_path.iterdir())
    answer = call("dataset", "build", folder, "-o", tmp_path / "data.h5", *words)
    assert answer.code == 1
    assert len(answer.err.strip().splitlines()) == 1
    assert re.search(sentence, answer.err)
    assert set(tmp_path.iterdir()) == before


def test_sigterm_interrupts_a_build_as_ctrl_c_does(
    call: Call, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    read = Path.read_bytes

    def read_and_be_ended(path: Path) -> bytes:
        if path.name == "2abc.pdb":
            signal.raise_signal(signal.SIGTERM)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_and_be_ended)
    answer = call("dataset", "build", folder, "-o", tmp_path / "data.h5")
    assert (answer.code, answer.err.strip()) == (130, "patterson-gui: cancelled.")
    assert signal.getsignal(signal.SIGTERM) == before
    assert not (tmp_path / "data.h5").exists()


def test_refuses_an_empty_folder_and_a_file_that_is_not_a_data_set(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    answer = call("dataset", "build", empty, "-o", tmp_path / "data.h5")
    assert (answer.code, "no model" in answer.err) == (1, True)
    answer = call("dataset", "info", folder / "1abc.pdb")
    assert (answer.code, "is not a data set" in answer.err) == (1, True)
