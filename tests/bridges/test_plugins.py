"""Our plugins are installed in other programs, looked for and removed."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from patterson_gui import __version__
from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.bridges.chimerax import plugin as chimerax_plugin
from patterson_gui.bridges.chimerax import program as chimerax_program
from patterson_gui.bridges.coot import plugin as coot_plugin
from patterson_gui.bridges.pymol import plugin as pymol_plugin
from patterson_gui.errors import UserError
from patterson_gui.io.places import listeners_folder
from patterson_gui.io.resources import plugins_folder
from patterson_gui.io.viewers.scene import Viewer

FILES = (Viewer.COOT, Viewer.PYMOL)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    for name in ("XDG_CONFIG_HOME", "APPDATA", "CHIMERAX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(chimerax_program, "PLACES", {"linux": ()})
    return folder


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


COOT = {".config/Coot/patterson_gui_coot.py", ".coot-preferences/patterson_gui_coot.py"}
SHARED = {path.name for path in (plugins_folder() / "common").glob("*.py")}
PYMOL_RC = ".pymolpluginsrc.py"  # tells PyMOL where the user's plugins are
PYMOL_OWN = {path.name for path in (plugins_folder() / "pymol/patterson_gui").glob("*.py")}
PYMOL = {f".pymol/startup/patterson_gui/{name}" for name in PYMOL_OWN | SHARED}
PYMOL |= {PYMOL_RC}


@pytest.mark.parametrize(("viewer", "files"), [(Viewer.COOT, COOT), (Viewer.PYMOL, PYMOL)])
def test_installs_and_removes_a_plugin(home: Path, viewer: Viewer, files: set[str]) -> None:
    assert not bridge_to(viewer).plugin.status().installed
    done = bridge_to(viewer).plugin.install()
    assert tree(home) == files
    assert done.installed
    assert "start " in done.sentence
    there = bridge_to(viewer).plugin.status()
    assert (there.installed, there.outdated) == (True, False)
    bridge_to(viewer).plugin.install()  # once more is harmless
    assert tree(home) == files
    gone = bridge_to(viewer).plugin.remove()
    assert gone.sentence.startswith(f"Removed the plugin from {viewer.label} (")
    assert tree(home) == set()
    assert not bridge_to(viewer).plugin.status().installed
    assert "nothing was removed" in bridge_to(viewer).plugin.remove().sentence


def test_uses_coots_folder_from_xdg_config_home(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "cfg"))
    bridge_to(Viewer.COOT).plugin.install()
    assert "cfg/patterson_gui_coot.py" in tree(home)
    assert ".coot-preferences/patterson_gui_coot.py" in tree(home)


def test_finds_the_plugin_when_xdg_config_home_was_set_at_install_only(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = bridge_to(Viewer.COOT).plugin
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "cfg"))
    monkeypatch.setenv("PATTERSON_GUI_CONFIG", str(home / "cfg" / "patterson_gui"))
    plugin.install()
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("PATTERSON_GUI_CONFIG")
    there = plugin.status()
    assert there.outdated
    assert "looks for this program in another folder" in there.sentence
    plugin.remove()
    assert tree(home) == set()


def test_installs_into_the_folder_of_a_flatpak_of_coot(home: Path) -> None:
    (home / ".var/app/io.github.pemsley.coot").mkdir(parents=True)
    bridge_to(Viewer.COOT).plugin.install()
    script = ".var/app/io.github.pemsley.coot/config/patterson_gui_coot.py"
    assert tree(home) == COOT | {script}
    bridge_to(Viewer.COOT).plugin.remove()
    assert tree(home) == set()


def test_installed_plugins_hold_the_path_of_patterson_gui(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = tmp_path / "Prógram" / "patterson-gui"
    for module in (coot_plugin, pymol_plugin):
        monkeypatch.setattr(module, "own_program", lambda: ours)
    for viewer in FILES:
        bridge_to(viewer).plugin.install()
    for name in (*COOT, ".pymol/startup/patterson_gui/__init__.py"):
        text = (home / name).read_text(encoding="utf-8")
        (line,) = [line for line in text.splitlines() if line.startswith("PROGRAM = ")]
        assert eval(line.removeprefix("PROGRAM = ")) == str(ours)
        if name in COOT:
            text.encode("ascii")
            (line,) = [line for line in text.splitlines() if line.startswith("LISTENERS = ")]
            assert eval(line.removeprefix("LISTENERS = ")) == str(listeners_folder())
    compile(text, "plugin", "exec")


@pytest.mark.parametrize(("viewer", "files"), [(Viewer.COOT, COOT), (Viewer.PYMOL, PYMOL)])
def test_updates_an_outdated_plugin(home: Path, viewer: Viewer, files: set[str]) -> None:
    bridge_to(viewer).plugin.install()
    some = home / sorted(files - {PYMOL_RC})[-1]
    old = some.read_text(encoding="utf-8")
    some.write_text(old[: len(old) // 2], encoding="utf-8")
    there = bridge_to(viewer).plugin.status()
    assert there.outdated
    assert "install the plugin again" in there.sentence
    bridge_to(viewer).plugin.install()
    assert not bridge_to(viewer).plugin.status().outdated
    assert some.read_text(encoding="utf-8") == old


@pytest.mark.parametrize(("viewer", "files"), [(Viewer.COOT, COOT), (Viewer.PYMOL, PYMOL)])
def test_leaves_files_that_are_not_ours(home: Path, viewer: Viewer, files: set[str]) -> None:
    theirs = home / (sorted(files - {PYMOL_RC})[0])
    theirs.parent.mkdir(parents=True)
    theirs.write_text("print('mine')\n")
    with pytest.raises(UserError, match="is not our plugin: move it away"):
        bridge_to(viewer).plugin.install()
    assert not bridge_to(viewer).plugin.status().installed
    bridge_to(viewer).plugin.remove()
    assert tree(home) == {sorted(files - {PYMOL_RC})[0]}
    assert theirs.read_text() == "print('mine')\n"


def test_removes_a_plugin_from_one_folder_and_leaves_the_users_file_in_another(home: Path) -> None:
    bridge_to(Viewer.COOT).plugin.install()
    old, new = (home / name for name in sorted(COOT))
    old.write_text("print('mine')\n")
    bridge_to(Viewer.COOT).plugin.remove()
    assert old.read_text() == "print('mine')\n"
    assert not new.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_does_not_follow_a_link(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.py"
    target.write_text('"""patterson_gui in Coot: a look-alike"""\n')
    folder = home / ".coot-preferences"
    folder.mkdir()
    (folder / "patterson_gui_coot.py").symlink_to(target)
    with pytest.raises(UserError, match="is not our plugin"):
        bridge_to(Viewer.COOT).plugin.install()
    bridge_to(Viewer.COOT).plugin.remove()
    assert target.exists()
    assert (folder / "patterson_gui_coot.py").is_symlink()


def test_keeps_user_files_beside_the_plugin(home: Path) -> None:
    bridge_to(Viewer.PYMOL).plugin.install()
    folder = home / ".pymol" / "startup" / "patterson_gui"
    (folder / "notes.txt").write_text("mine")
    bridge_to(Viewer.PYMOL).plugin.remove()
    assert tree(home) == {".pymol/startup/patterson_gui/notes.txt"}


def test_reinstalling_keeps_what_the_user_put_beside_the_plugin(home: Path) -> None:
    bridge_to(Viewer.PYMOL).plugin.install()
    folder = home / ".pymol" / "startup" / "patterson_gui"
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("mine")
    (folder / "my.py").write_text("print('mine')\n")
    (folder / "gone.py").write_text("# A copy of plugins/common/gone.py: of an older version\n")
    bridge_to(Viewer.PYMOL).plugin.install()
    beside = {f".pymol/startup/patterson_gui/{name}" for name in ("mine/notes.txt", "my.py")}
    assert tree(home) == PYMOL | beside


# As PyMOL's Plugin Manager writes it.
AUTOGENERATED = """# AUTOGENERATED FILE
try:
  import pymol.plugins
  pymol.plugins.autoload = {{'é': False}}
  pymol.plugins.preferences = {{'instantsave': True, 'verbose': False}}
  pymol.plugins.set_startup_path( {paths} , False)
except:
  import os
  print("Error while loading " + os.path.abspath(__script__))
"""


@pytest.mark.parametrize("already", [False, True])
def test_keeps_the_other_settings_of_pymols_plugins(home: Path, already: bool) -> None:
    rc, startup = home / PYMOL_RC, home / ".pymol" / "startup"
    theirs = AUTOGENERATED.format(paths=["/théirs"])
    rc.write_text(theirs, encoding="utf-8")
    plugin = bridge_to(Viewer.PYMOL).plugin
    plugin.install()
    assert rc.read_text(encoding="utf-8").startswith(theirs)
    if already:  # the Plugin Manager has written its settings since
        rc.write_text(AUTOGENERATED.format(paths=[str(startup), "/théirs"]), encoding="utf-8")
        assert not plugin.status().outdated
        plugin.install()
        assert rc.read_text(encoding="utf-8").count("set_startup_path") == 1
    plugin.remove()
    assert rc.read_text(encoding="utf-8") == theirs


def test_the_path_of_pymols_plugins_stays_where_others_are_there(home: Path) -> None:
    plugin = bridge_to(Viewer.PYMOL).plugin
    plugin.install()
    (home / ".pymol" / "startup" / "other.py").write_text("# another plugin\n")
    before = (home / PYMOL_RC).read_text()
    plugin.remove()
    assert (home / PYMOL_RC).read_text() == before


def test_tells_when_pymol_does_not_look_where_the_plugin_is(home: Path) -> None:
    plugin = bridge_to(Viewer.PYMOL).plugin
    plugin.install()
    (home / PYMOL_RC).unlink()
    there = plugin.status()
    assert there.outdated
    assert "is in a folder where PyMOL does not look: install the plugin again." in there.sentence


def test_refuses_settings_of_pymols_plugins_that_are_no_python(home: Path) -> None:
    (home / PYMOL_RC).write_text("try:\n")
    with pytest.raises(UserError, match="is not valid Python, so PyMOL loads no plugins"):
        bridge_to(Viewer.PYMOL).plugin.install()
    assert (home / PYMOL_RC).read_text() == "try:\n"


def test_reports_a_file_in_place_of_a_folder(home: Path) -> None:
    (home / ".pymol").write_text("")
    with pytest.raises(UserError, match="cannot be made"):
        bridge_to(Viewer.PYMOL).plugin.install()


# ---------------------------------------------------------------------- ChimeraX
CHIMERAX = """#!{python}
# Keeps what it is asked, and knows whether the plugin is in it.
import json, pathlib, sys
here = pathlib.Path({folder!r})
assert sys.argv[1:4] == ["--nogui", "--exit", "--cmd"], sys.argv
command = sys.argv[4]
with (here / "asked").open("a") as file:
    file.write(command + "\\n")
state = here / "installed"
{fault}
print("INFO: some noise")
if command.startswith("devel install "):
    folder = pathlib.Path(command.split('"')[1])
    assert command.endswith(" exit true")
    (here / "program").write_text((folder / "src" / "cmd.py").read_text())
    assert (folder / "bundle_info.xml").is_file() and (folder / "src" / "pgz.py").is_file()
    state.write_text({version!r})
elif command == "toolshed list":
    print("Installed bundles:\\nAlphaFold (1.0) [General]: Predict")
    if state.exists():
        print(f"PattersonGui ({{state.read_text()}}) [Volume Data]: Opens")
elif command == "toolshed uninstall ChimeraX-PattersonGui":
    state.unlink()
else:
    sys.exit(2)
"""


def chimerax(tmp_path: Path, *, fault: str = "", version: str = __version__) -> Path:
    path = tmp_path / "ChimeraX"
    path.write_text(
        CHIMERAX.format(python=sys.executable, folder=str(tmp_path), fault=fault, version=version)
    )
    path.chmod(0o755)
    return path


unix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")


@unix
def test_chimerax_installs_and_removes_its_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "patterson-gui"
    monkeypatch.setattr(chimerax_plugin, "own_program", lambda: ours)
    program = chimerax(tmp_path)
    assert not bridge_to(Viewer.CHIMERAX).plugin.status(program).installed
    done = bridge_to(Viewer.CHIMERAX).plugin.install(program)
    assert "it then opens .pgz files" in done.sentence
    assert f"PROGRAM = u{str(ours)!r}" in (tmp_path / "program").read_text()
    there = bridge_to(Viewer.CHIMERAX).plugin.status(program)
    assert (there.installed, there.outdated) == (True, False)
    assert not bridge_to(Viewer.CHIMERAX).plugin.remove(program).installed
    assert "nothing was removed" in bridge_to(Viewer.CHIMERAX).plugin.remove(program).sentence


@unix
def test_status_reports_a_plugin_of_another_version(tmp_path: Path) -> None:
    program = chimerax(tmp_path)
    (tmp_path / "installed").write_text("0.0.9")
    there = bridge_to(Viewer.CHIMERAX).plugin.status(program)
    assert there.outdated
    assert "is of version 0.0.9" in there.sentence


@unix
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("print('no display'); sys.exit(1)", "(no display)"),
        ("import time; time.sleep(60)  # never answers", "did not list its plugins within 1 s"),
        ("command = 'toolshed list' if 'install' in command else command", "did not install"),
    ],
)
def test_reports_a_failing_chimerax_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, told: str
) -> None:
    if "sleep" in fault:
        monkeypatch.setattr(chimerax_plugin, "TIMEOUT", 1.0)
        with pytest.raises(UserError) as caught:
            bridge_to(Viewer.CHIMERAX).plugin.status(chimerax(tmp_path, fault=fault))
    else:
        with pytest.raises(UserError) as caught:
            bridge_to(Viewer.CHIMERAX).plugin.install(chimerax(tmp_path, fault=fault))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@unix
def test_a_failed_chimerax_install_names_a_complete_folder_to_try_again(tmp_path: Path) -> None:
    fault = "command = 'toolshed list' if 'install' in command else command"
    with pytest.raises(UserError) as caught:
        bridge_to(Viewer.CHIMERAX).plugin.install(chimerax(tmp_path, fault=fault))
    (named,) = re.findall(r"'devel install \"(.*)\"'", str(caught.value))
    folder = Path(named)
    assert (folder / "bundle_info.xml").is_file()
    assert (folder / "src" / "pgz.py").is_file()
    shutil.rmtree(folder)


def test_reports_a_missing_chimerax(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No ChimeraX was found"):
        bridge_to(Viewer.CHIMERAX).plugin.install()
    with pytest.raises(UserError, match="could not be started"):
        bridge_to(Viewer.CHIMERAX).plugin.status(tmp_path / "none")
