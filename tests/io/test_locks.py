"""Two programs do not write to one file or folder at the same time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.locks import locked_file, locked_folder

HOLDS = """
import sys
from pathlib import Path
from patterson_gui.io.locks import locked_folder
with locked_folder(Path(sys.argv[1]), "trains in"):
    print("locked", flush=True)
    sys.stdin.read()  # until the test kills this program, or has ended
"""


def test_refuses_a_folder_that_another_program_uses(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with (
            pytest.raises(UserError, match=r"Another patterson-gui trains in .*run at this moment"),
            locked_folder(folder, "trains in"),
        ):
            pytest.fail("must not get here")
        other.send_signal(signal.SIGKILL)
    with locked_folder(folder, "trains in"):
        (folder / "a").touch()
    assert [path.name for path in folder.iterdir()] == ["a"]


def test_threads_of_one_program_exclude_each_other_too(tmp_path: Path) -> None:
    with (
        locked_file(tmp_path / "a.h5", "builds"),
        pytest.raises(UserError, match="builds"),
        locked_file(tmp_path / "a.h5", "builds"),
    ):
        pytest.fail("must not get here")
    with locked_file(tmp_path / "a.h5", "builds"), locked_file(tmp_path / "b.h5", "builds"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_leaves_no_empty_folder(tmp_path: Path) -> None:
    with locked_folder(tmp_path / "new", "trains in"):
        pass
    assert list(tmp_path.iterdir()) == []
