"""Temporary files beside outputs do not outlive the next run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from patterson_gui.io import temporary_files
from patterson_gui.io.files import replace_file
from patterson_gui.io.temporary_files import clear_leftovers, temporary_beside

CHILD = """
import os, signal, sys
from pathlib import Path
from patterson_gui.io.files import replace_file
with replace_file(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_next_run_deletes_what_a_killed_run_left(tmp_path: Path) -> None:
    target = tmp_path / "map.ccp4"
    killed = subprocess.run([sys.executable, "-c", CHILD, target], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.read_text() == "half"
    with replace_file(target) as temporary:
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [target]


def test_keeps_files_of_running_processes_and_of_others(tmp_path: Path) -> None:
    ours = temporary_beside(tmp_path / "a.pdb")
    (system, _, _) = ours.name.removeprefix(".patterson-gui-").split("-")
    of_another = tmp_path / ours.name.replace(system, "0" * 8)
    of_the_user = tmp_path / ".patterson-gui-notes.txt"
    kept = [ours, of_another, of_the_user, tmp_path / ".0123abcd.pdb", tmp_path / "a.pdb"]
    for path in kept:
        path.write_text("")
    clear_leftovers(tmp_path)
    assert set(tmp_path.iterdir()) == set(kept)


def test_deletes_files_of_another_computer_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary_files, "_this_system", lambda: "0" * 8)
    path = temporary_beside(tmp_path / "a.pdb")
    path.write_text("")
    monkeypatch.undo()
    clear_leftovers(tmp_path)
    assert path.exists()
    day_before = time.time() - 25 * 3600
    os.utime(path, (day_before, day_before))
    clear_leftovers(tmp_path)
    assert not path.exists()
