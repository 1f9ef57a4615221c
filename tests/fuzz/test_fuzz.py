import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from tests.fuzz.guarded_children import run_guarded
from tests.fuzz.readers import KINDS
from tests.fuzz.seed_files import write_seeds

ROOT = Path(__file__).resolve().parents[2]
CASES = len(KINDS)


def test_every_valid_file_is_read_in_at_least_one_way(tmp_path: Path) -> None:
    seeds = write_seeds(tmp_path / "seeds")
    assert seeds.keys() >= KINDS.keys()
    for kind, how in KINDS.items():
        read = 0
        for each in dict.fromkeys(how.read):
            shutil.copytree(seeds[kind].parent, tmp_path / "in")
            (tmp_path / "out").mkdir()
            try:
                each(tmp_path / "in" / seeds[kind].name, tmp_path / "out")
                read += 1
            except UserError:
                pass
            shutil.rmtree(tmp_path / "in")
            shutil.rmtree(tmp_path / "out")
        assert read, kind


@pytest.mark.skipif(sys.platform == "win32", reason="guarded children need fork")
def test_damaged_files_are_read_or_refused_in_a_sentence() -> None:
    """A slice of `make fuzz`: one case of each kind of file."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--cases", str(CASES), "--seed", "7"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_guarded_children_tell_faults_from_refusals() -> None:
    def refuses() -> None:
        raise UserError("This file is not right: choose another one.")

    def fails() -> None:
        [].append(1, 2)  # type: ignore[call-arg]

    def fills() -> None:
        _ = b"x" * 1_300_000_000

    verdicts = [run_guarded(case, 1000).verdict for case in (refuses, fails, fills, lambda: None)]
    assert verdicts == ["refused", "traceback", "memory", "read"]
