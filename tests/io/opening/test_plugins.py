"""Readers that other packages add: they open files, and a broken one harms no other."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.materials import open_materials
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.plugins import plugin_readers
from patterson_gui.io.opening.reader import FileKind
from patterson_gui.io.opening.reflections import list_columns
from patterson_gui.io.opening.registry import kind_of, name_filters, readable

READER = '''
import gemmi
from patterson_gui.io.opening.reader import Reader

def structures(source):
    """A line of element, x, y and z for each atom."""
    text = "CRYST1   20.000   20.000   20.000  90.00  90.00  90.00 P 1\\n"
    for n, line in enumerate(source.text.splitlines()[1:], start=1):
        element, x, y, z = line.split()
        text += (
            f"ATOM  {n:5d}  {element:<3s} UNK A   1    {float(x):8.3f}{float(y):8.3f}"
            f"{float(z):8.3f}  1.00 20.00          {element:>2s}\\n"
        )
    yield gemmi.read_pdb_string(text)

READER = Reader(
    "four columns", lambda source: source.head.startswith(b"FOUR"), ("*.four",), models=structures
)
GREEDY = Reader("everything", lambda source: True, models=structures)
'''
ATOMS = "FOUR\nC 1 2 3\nN 2 2 3\nO 3 2 3\n"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs a package `name` with a module of this text and these entry points."""

    def install(name: str, text: str, *entries: str) -> None:
        site = tmp_path / "site"
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = "\n".join(entries)
        (info / "entry_points.txt").write_text(f"[patterson_gui.readers]\n{lines}\n")
        (site / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(sys.modules, name, raising=False)  # of another test
        plugin_readers.cache_clear()

    yield install
    plugin_readers.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "three.four"
    path.write_text(ATOMS)
    return path


def test_opens_files_with_the_reader_of_another_package(install, file: Path):
    with pytest.raises(UserError, match="of an unknown kind"):
        open_any(file)
    install("fourcol", READER, "four = fourcol:READER")
    assert kind_of(file) == "four columns"
    crystal = open_any(file)
    assert crystal.composition.counts == {"C": 1, "N": 1, "O": 1}
    assert crystal.cell.a == 20
    assert read_model(file).name == "three"
    assert open_materials(file).material(0).formula == "CNO"
    with pytest.raises(UserError, match="holds no reflections"):
        list_columns(file)
    assert "four columns" in readable()
    assert "*.four" in name_filters()[0]


def test_built_in_readers_come_first(install, tmp_path: Path, pdb_text: str):
    install("fourcol", READER, "greedy = fourcol:GREEDY")
    path = tmp_path / "a.pdb"
    path.write_text(pdb_text)
    assert kind_of(path) == FileKind.PDB
    path.write_text("anything")
    assert kind_of(path) == "everything"


def test_a_package_may_add_several_readers(install, file: Path):
    install("fourcol", f"{READER}\nBOTH = (READER, GREEDY)\n", "both = fourcol:BOTH")
    assert [reader.kind for reader in plugin_readers().readers] == ["four columns", "everything"]
    assert {reader.provider for reader in plugin_readers().readers} == {"fourcol"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import a_module_that_is_nowhere", "No module named"),
        ("raise SystemError", "SystemError"),
        ("READER = 7", "is not a Reader"),
        ("x = 1", "has no attribute 'READER'"),
        (
            "from patterson_gui.io.opening.reader import Reader\n"
            "READER = Reader('PDB', lambda source: True)",
            "there is a reader of the kind “PDB” already",
        ),
    ],
)
def test_reports_a_broken_package_and_uses_the_others(
    install, file: Path, tmp_path: Path, pdb_text: str, text: str, reason: str
):
    install("broken", text, "broken = broken:READER")
    with pytest.raises(UserError, match=r"the reader “broken” of broken cannot be loaded") as error:
        open_any(file)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    path = tmp_path / "a.pdb"
    path.write_text(pdb_text)
    assert open_any(path).composition.n_atoms == 18
    install("fourcol", READER, "four = fourcol:READER")
    assert open_any(file).composition.n_atoms == 3


def test_skips_a_reader_that_fails_to_recognise_files(install, file: Path):
    text = (
        "from patterson_gui.io.opening.reader import Reader\n"
        "READER = Reader('a', lambda source: 1 / 0)"
    )
    install("awkward", text, "a = awkward:READER")
    with pytest.raises(UserError, match=r"the reader “a” of awkward failed \(division by zero\)"):
        open_any(file)
    install("fourcol", READER, "four = fourcol:READER")
    assert open_any(file).composition.n_atoms == 3


@pytest.mark.parametrize(
    "read", [open_any, read_model, lambda path: open_materials(path).material(0)]
)
def test_a_reader_that_fails_is_named(install, file: Path, read):
    install("fourcol", READER, "four = fourcol:READER")
    file.write_text("FOUR\nC 1 2\n")
    with pytest.raises(UserError, match=r"three\.four could not be read.*of fourcol failed") as e:
        read(file)
    assert "ValueError" in str(e.value)
