"""Packages that extend the program: a real one works, broken ones are switched off and named."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from patterson_gui.cli.doctor import extensions
from patterson_gui.io.extensions import NETWORKS, PANELS, READERS
from patterson_gui.io.opening.open import open_any

GROUPS = (READERS, PANELS, NETWORKS)


def run(code: str, *folders: Path) -> str:
    """Run code in a new process with these folders on its path."""
    path = os.pathsep.join([*map(str, folders), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_package_reads_files(example: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.four"
    path.write_text("FOUR\nC 1 2 3\nSE 4 5 6\n")
    crystal = open_any(path)
    assert crystal.composition is not None
    assert crystal.composition.counts == {"C": 1, "Se": 1}


def test_an_installed_package_adds_a_network_that_can_be_built(installed_example: Path) -> None:
    answer = run(
        "import json; from patterson_gui.nets.architectures.registry import build, extensions\n"
        "net = build('pgui_pointwise')\n"
        "print(json.dumps([net.name, net.n_parameters, [e.works for e in extensions()]]))",
        installed_example,
    )
    assert json.loads(answer) == ["pgui_pointwise", 1, [True]]


def test_the_doctor_lists_what_is_installed(installed_example: Path, tmp_path: Path) -> None:
    answer = run(
        "from patterson_gui.cli.doctor.extensions import findings\n"
        "for one in findings(): print(one)",
        installed_example,
    )
    assert "the reader “four-columns” of pgui-example is loaded." in answer
    assert "the network “pointwise” of pgui-example is loaded." in answer
    assert "the panel “contents” of pgui-example is loaded." in answer


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nowhere_at_all", "No module named 'nowhere_at_all'"),
        ("raise SystemExit", "SystemExit"),
        ("THING = 7", "7 is not"),
        ("other = 1", "has no attribute 'THING'"),
    ],
)
def test_a_broken_package_is_switched_off_and_named(
    broken: Callable[..., Path], group: str, text: str, reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if group == NETWORKS:
        pytest.importorskip("torch")
        from patterson_gui.nets.architectures import registry

        monkeypatch.setattr(registry._Loaded, "done", False)
        monkeypatch.setattr(registry._Loaded, "extensions", ())
    broken(group, text)
    (found,) = extensions.findings()
    assert not found.ok
    assert found.found.startswith(
        f"the {group.rsplit('.', maxsplit=1)[-1].rstrip('s')} “x” of broken is "
    )
    assert reason in found.found
    assert "pip uninstall broken" in found.fix
    told = extensions.switched_off()
    assert len(told) == (group != PANELS)  # those the window tells


def test_nothing_is_said_where_nothing_is_installed() -> None:
    assert list(extensions.findings()) == []
    assert extensions.switched_off() == []
