"""Printing on consoles that lack characters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POSCAR = "NaCl\n5.64\n1 0 0\n0 1 0\n0 0 1\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"


def run(encoding: str, *arguments: str, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "patterson_gui", *arguments], cwd=cwd, capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_writes_all_files_on_a_console_without_arrows(tmp_path: Path, encoding: str):
    (tmp_path / "POSCAR").write_text(POSCAR)
    code, said, told = run(
        encoding, "patterson", "POSCAR", "-o", "o.ccp4", "--peaks", "pk.csv", cwd=tmp_path
    )
    assert code == 0, told
    assert "-> o.ccp4" in said
    assert "-> pk.csv" in said
    assert ("to 0.81 Å" if encoding == "cp1252" else "to 0.81 A") in said
    assert (tmp_path / "o.ccp4").exists()
    assert len((tmp_path / "pk.csv").read_text(encoding="utf-8-sig").splitlines()) > 2


def test_help_and_errors_are_printed_on_any_console(tmp_path: Path):
    code, said, _ = run("ascii", "solve", "--help", cwd=tmp_path)
    assert code == 0
    assert '"a b c alpha beta gamma"' in said
    code, _, told = run("cp437", "none.hkl→", cwd=tmp_path)
    assert code == 1
    assert "none.hkl->" in told
    # A file name that is not UTF-8 stands in the text as a lone surrogate.
    code, _, told = run("utf-8", "none\udcff.hkl", cwd=tmp_path)
    assert code == 1
    assert "none?.hkl" in told
