import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="children are forked and killed")
def test_after_a_kill_files_are_whole_and_the_next_run_ends_as_it_would_have() -> None:
    """A slice of `make kills`."""
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.kills", "--points", "2", "--seed", "3", "--only",
            "dataset of proteins", "first plugin", "newer plugin", "screen",
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "; 0 different faults" in done.stdout
