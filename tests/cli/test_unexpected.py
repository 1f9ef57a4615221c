"""An error that no command foresaw ends in one sentence, exit code 1 and a report of the crash."""

import errno
import re
from pathlib import Path

import pytest

from patterson_gui.cli import main
from patterson_gui.cli.commands.installation import info


def ends_with(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What `patterson-gui info` prints to standard error if its work raises `error`."""

    def fail(options: object) -> None:
        raise error

    monkeypatch.setattr(info, "run", fail)
    assert main(["info"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("patterson-gui: ")
    return said


def test_a_fault_of_the_program_is_one_sentence_and_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_settings: Path
) -> None:
    said = ends_with(KeyError("secret.pdb"), monkeypatch, capsys)
    assert said.count("\n") == 1
    assert "info failed by a fault of the program (KeyError: 'secret.pdb')" in said
    (report,) = (own_settings / "crashes").iterdir()
    assert str(report) in said
    text = report.read_text(encoding="utf-8")
    assert "builtins.KeyError" in text
    assert "patterson-gui info" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "too little free memory"),
        (OSError(errno.ENOSPC, "No space left on device", "/data/a.ccp4"), "a.ccp4 is full"),
        (
            FileNotFoundError(2, "No such file or directory", "/a.pdb"),
            r"/a.pdb could not be used \(no such file",
        ),
        (type("AcceleratorError", (RuntimeError,), {})("CUDA error: lost"), "choose the CPU"),
    ],
)
def test_a_fault_of_the_machine_is_told_without_a_report(
    error: Exception,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_settings: Path,
) -> None:
    said = ends_with(error, monkeypatch, capsys)
    assert said.count("\n") == 1
    assert re.search(sentence, said)
    assert not own_settings.exists()


def test_a_variable_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATTERSON_GUI_DEBUG", "1")

    def fail(options: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(info, "run", fail)
    assert main(["info"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert "patterson-gui: info failed" in said
