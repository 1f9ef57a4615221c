"""Temporary files beside outputs do not outlive the next run."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io import temporary_files
from patterson_gui.io.files import replace_file
from patterson_gui.io.temporary_files import (
    clear_leftovers,
    folder_for_other_programs,
    temporary_beside,
    temporary_folder,
)

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


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_next_run_deletes_a_folder_that_a_killed_run_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    script = CHILD.replace("io.files import replace_file", "io.temporary_files import *")
    script = script.replace("replace_file(Path(sys.argv[1]))", "temporary_folder()")
    script = script.replace("temporary.write_text", "(temporary / 'a').write_text")
    killed = subprocess.run([sys.executable, "-c", script], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert (left / "a").read_text() == "half"
    with temporary_folder() as folder:
        assert list(tmp_path.iterdir()) == [folder]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_reports_a_full_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UserError, match=r"no space left on device.*TMPDIR"), temporary_folder():
        pytest.fail("must not get here")


def test_deletes_what_was_sent_to_other_programs_after_a_week(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old, new = folder_for_other_programs(), folder_for_other_programs()
    (old / "sent.pdb").write_text("")
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    last = folder_for_other_programs()
    assert set(tmp_path.iterdir()) == {new, last}
