"""The plugin inside PyMOL, with a stand-in for its API; `tests/viewers` has PyMOL itself."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.bridges.pymol_standin import FakeCmd
from tests.plugins.load import PLUGINS


class Cmd(FakeCmd):
    """With the commands that the plugin adds."""

    def __init__(self) -> None:
        super().__init__()
        self.extended: dict[str, Any] = {}

    def extend(self, name: str, function: Any) -> None:
        self.extended[name] = function


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    import importlib.util

    folder = PLUGINS / "pymol" / "patterson_gui"
    name = "patterson_plugin_of_pymol"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    yield module
    for loaded in [n for n in sys.modules if n.startswith(f"{name}.")]:
        del sys.modules[loaded]


@pytest.fixture
def cmd(plugin: ModuleType) -> Cmd:
    made = Cmd()
    plugin.add_commands(made)
    return made


def test_the_commands_are_added(cmd: Cmd) -> None:
    assert set(cmd.extended) == {
        "patterson_open", "patterson_predict", "patterson_cancel", "patterson_list",
    }  # fmt: skip


def test_a_bundle_is_opened_and_opened_again(
    cmd: Cmd, plugin: ModuleType, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        shown = cmd.extended["patterson_open"](str(bundle))
    assert shown == [
        "toy patterson", "toy predicted (aligned to the truth)", "toy true", "toy model",
        "toy built atoms (aligned to the truth)",
    ]  # fmt: skip
    names = cmd.get_names()
    assert len(names) == 3 * 2 + 2 + 1
    assert not cmd.objects["patterson_gui.toy_patterson"]["on"]
    listing = dict(cmd.extended["patterson_list"]())
    assert listing["patterson_gui.toy_true"] == cmd.objects["patterson_gui.toy_true"]["level"]
    told = capsys.readouterr().out
    assert " patterson_gui: Made for a test." in told
    assert " patterson_gui: Solved: it is a toy." in told
    cmd.isolevel("patterson_gui.toy_true", 9.0)
    plugin.session().as_sent()
    assert cmd.objects["patterson_gui.toy_true"]["level"] == listing["patterson_gui.toy_true"]


def test_trouble_is_one_line_on_the_console(
    cmd: Cmd, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("PATTERSON_GUI", raising=False)
    bad = tmp_path / "bad.pgz"
    bad.write_text("nothing")
    cmd.extended["patterson_open"](str(bad))
    cmd.extended["patterson_cancel"]()
    cmd.extended["patterson_predict"]("thing")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "damaged zip archive" in lines[0]
    assert lines[1] == " patterson_gui: No prediction is running."
    assert "patterson-gui was not found" in lines[2]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_a_prediction_runs_beside_pymol_and_is_shown(
    cmd: Cmd,
    plugin: ModuleType,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = tmp_path / "patterson-gui"
    monkeypatch.setenv("PATTERSON_GUI", str(program))
    program.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"assert sys.argv[5:] == ['--method', 'retrieval']\n"
        f"shutil.copy({str(bundle)!r}, sys.argv[4] + '/prediction.pgz')\n"
    )
    program.chmod(0o755)
    model = tmp_path / "m.pdb"
    model.write_text("ATOM\n")
    cmd.load(str(model), "mine")
    cmd.extended["patterson_predict"]("mine", "--method retrieval")
    wait(lambda: "patterson_gui.toy_true" in cmd.objects)
    assert "mine" in cmd.objects
    cmd.extended["patterson_predict"]("other")
    assert "neither a file nor atoms" in capsys.readouterr().out
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    cmd.extended["patterson_predict"](str(model))
    cmd.extended["patterson_predict"](str(model))
    assert "A prediction is running" in capsys.readouterr().out
    cmd.extended["patterson_cancel"]()
    wait(lambda: plugin.session().prediction is None)
    time.sleep(0.1)
    assert "Nothing was predicted" in capsys.readouterr().out


def wait(until: Any) -> None:
    for _ in range(400):
        if until():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen")
