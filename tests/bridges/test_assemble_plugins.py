"""Complete plugins are made from the parts in the repository."""

import shutil
from pathlib import Path

import pytest

from patterson_gui.bridges.assemble_plugins import PLUGINS, plugin_texts, write_plugins
from patterson_gui.io.resources import plugins_folder

READER = plugins_folder() / "common" / "pgz.py"
COPIES = {
    "chimerax": "src/pgz.py",
    "coot": "patterson_gui_coot.py",
    "pymol": "patterson_gui/pgz.py",
}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_each_plugin_holds_the_reader_once(plugin: str) -> None:
    texts = plugin_texts(plugins_folder(), plugin)
    reader = READER.read_text(encoding="utf-8")
    assert texts[COPIES[plugin]].count(reader) == 1
    assert "change it there" in texts[COPIES[plugin]]
    assert sum("def unpack(" in text for text in texts.values()) == 1


@pytest.mark.parametrize("plugin", PLUGINS)
def test_complete_plugins_stay_as_they_are(plugin: str, tmp_path: Path) -> None:
    write_plugins(plugins_folder(), tmp_path)  # as in a wheel: without the folder common
    assert not (tmp_path / "common").exists()
    assert plugin_texts(tmp_path, plugin) == plugin_texts(plugins_folder(), plugin)


def test_leaves_out_what_a_build_left_in_the_folder(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    shutil.copytree(plugins_folder(), plugins)
    for name in ("build/x.py", "src/__pycache__/x.pyc", "src/x.egg-info/PKG-INFO"):
        path = plugins / "chimerax" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff")
    assert plugin_texts(plugins, "chimerax") == plugin_texts(plugins_folder(), "chimerax")


def test_refuses_a_coot_plugin_without_a_place_for_the_reader(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    shutil.copytree(plugins_folder(), plugins)
    (plugins / "coot" / "patterson_gui_coot.py").write_text("pass\n", encoding="utf-8")
    with pytest.raises(ValueError, match="needs the line"):
        plugin_texts(plugins, "coot")
