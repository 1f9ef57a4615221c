import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content
from patterson_gui.io.guards import (
    MIB,
    faults_as_sentences,
    first_line,
    refuse_declared_bytes,
    refuse_declared_count,
)
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.source_file import SourceFile


def test_a_file_may_declare_some_bytes_and_many_times_its_size() -> None:
    refuse_declared_bytes("a.h5", 8 * MIB, 0)
    refuse_declared_bytes("a.h5", 68 * MIB, MIB)
    with pytest.raises(UserError, match=r"a\.h5 declares 69 MB but holds only 1 MB"):
        refuse_declared_bytes("a.h5", 69 * MIB, MIB)
    with pytest.raises(UserError, match="declares inf MB"):
        refuse_declared_bytes("a.h5", float("inf"), 10)


def test_a_file_declares_no_more_atoms_than_it_has_lines() -> None:
    refuse_declared_count("POSCAR", "atoms", 10, 10)
    with pytest.raises(UserError, match="POSCAR declares 300,000,000 atoms, but has lines for at"):
        refuse_declared_count("POSCAR", "atoms", 3e8, 17)
    with pytest.raises(UserError, match=r"declares 1e\+300 atoms"):
        refuse_declared_count("POSCAR", "atoms", 1e300, 17)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            ValueError("no float"),
            r"a\.cif could not be read \(ValueError: no float\): it is damaged",
        ),
        (AttributeError("x\ny"), r"AttributeError: x\)"),
        (KeyError(), "KeyError: KeyError"),
        (MemoryError(), "needs more memory than this computer has"),
        (RecursionError(), "nested too deeply"),
    ],
)
def test_unforeseen_errors_become_a_sentence(error: Exception, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as raised, faults_as_sentences("a.cif"):
        raise error
    assert raised.value.__cause__ is error
    assert "\n" not in str(raised.value)


def test_sentences_and_cancelling_pass_unchanged() -> None:
    with pytest.raises(UserError, match=r"^Said well$"), faults_as_sentences("a.cif"):
        raise UserError("Said well")
    with pytest.raises(KeyboardInterrupt), faults_as_sentences("a.cif"):
        raise KeyboardInterrupt


def test_control_letters_of_an_error_are_not_printed() -> None:
    assert first_line(ValueError("red \x1b[31m\r text\nmore")) == "red ?[31m"
    assert len(first_line(ValueError("x" * 1000))) == 120


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_that_fills_the_memory_is_not_unpacked(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "model.pdb.gz"
    line = b"ATOM      1  C   UNK A   1       0.000   0.000   0.000  1.00 20.00           C  \n"
    path.write_bytes(pack(line * 600_000))
    for read in (read_content, lambda path: SourceFile(path).text):
        with pytest.raises(UserError, match=r"model\.pdb\.gz declares \d+ MB but holds only"):
            read(path)


def test_refuses_a_cfg_that_declares_billions_of_values_for_an_atom(tmp_path: Path) -> None:
    axes = "".join(
        f"H0({i},{j}) = {5.64 if i == j else 0} A\n" for i in (1, 2, 3) for j in (1, 2, 3)
    )
    path = tmp_path / "a.cfg"
    path.write_text(
        f"Number of particles = 1\nA = 1.0 Angstrom\n{axes}.NO_VELOCITY.\n"
        "entry_count = 2147483648\n22.98977\nNa\n0.0 0.0 0.0\n"
    )
    with pytest.raises(UserError, match="declares 2,147,483,648 values of an atom"):
        open_any(path)
    path.write_text(path.read_text().replace("2147483648", "3"))
    assert open_any(path).composition is not None
