"""Complete plugins are made from the parts in the repository."""

import ast
import shutil
from collections import Counter
from pathlib import Path

import pytest

from patterson_gui.bridges.assemble_plugins import (
    COOT_FILE,
    PLUGINS,
    plugin_texts,
    write_plugins,
)
from patterson_gui.io.resources import plugins_folder

SHARED = sorted((plugins_folder() / "common").glob("*.py"))
PACKAGES = {"chimerax": "src", "pymol": "patterson_gui"}


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """A copy of the parts, to change."""
    return Path(shutil.copytree(plugins_folder(), tmp_path / "plugins"))


def top_level_names(text: str) -> list[str]:
    """The functions, classes and variables that a module defines, in their order."""
    names: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.Try):
            names += top_level_names(ast.unparse(ast.Module(node.body, [])))
    return names


@pytest.mark.parametrize("plugin", PACKAGES)
def test_packages_hold_a_copy_of_each_shared_module(plugin: str) -> None:
    texts = plugin_texts(plugins_folder(), plugin)
    for path in SHARED:
        copy = texts[f"{PACKAGES[plugin]}/{path.name}"]
        assert copy.endswith(path.read_text(encoding="utf-8"))
        assert "change it there" in copy.splitlines()[0]


def test_coot_plugin_is_one_file_with_each_shared_module_once() -> None:
    texts = plugin_texts(plugins_folder(), "coot")
    assert list(texts) == [COOT_FILE]
    assert "goes here" not in texts[COOT_FILE]
    for path in SHARED:
        (name, *_) = top_level_names(path.read_text(encoding="utf-8"))
        assert top_level_names(texts[COOT_FILE]).count(name) == 1


def test_no_name_stands_in_two_modules_of_the_coot_plugin() -> None:
    counts = Counter(top_level_names(plugin_texts(plugins_folder(), "coot")[COOT_FILE]))
    assert [name for name, count in counts.items() if count > 1] == []


def test_modules_of_the_coot_plugin_import_only_from_modules_before_them() -> None:
    frame = (plugins_folder() / "coot" / COOT_FILE).read_text(encoding="utf-8")
    places = [line.split()[2] for line in frame.splitlines() if line.endswith("goes here ---")]
    before: dict[str, list[str]] = {}
    for place in places:
        text = (plugins_folder() / place).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert {alias.name for alias in node.names} <= set(before[str(node.module)]), place
                assert not any(alias.asname for alias in node.names), place
        before[Path(place).stem] = top_level_names(text)
    assert len(before) > len(SHARED)


def test_coot_plugin_without_relative_imports_is_python() -> None:
    tree = ast.parse(plugin_texts(plugins_folder(), "coot")[COOT_FILE])
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_complete_plugins_stay_as_they_are(plugin: str, tmp_path: Path) -> None:
    write_plugins(plugins_folder(), tmp_path)  # as in a wheel: without the folder common
    assert not (tmp_path / "common").exists()
    assert plugin_texts(tmp_path, plugin) == plugin_texts(plugins_folder(), plugin)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_leaves_out_what_builds_and_checks_left_in_the_folders(plugin: str, plugins: Path) -> None:
    for folder in ("common", plugin):
        for name in ("build/x.py", "src/__pycache__/x.pyc", "src/x.egg-info/PKG-INFO", ".cache/x"):
            path = plugins / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\xff")
    assert plugin_texts(plugins, plugin) == plugin_texts(plugins_folder(), plugin)


def test_rejects_a_coot_plugin_without_a_line_for_each_module(plugins: Path) -> None:
    frame = plugins / "coot" / COOT_FILE
    text = frame.read_text(encoding="utf-8")
    line = "# --- coot/menu.py goes here ---\n"
    for changed in ("pass\n", text.replace(line, ""), text.replace(line, 2 * line)):
        frame.write_text(changed, encoding="utf-8")
        with pytest.raises(ValueError, match="needs one line"):
            plugin_texts(plugins, "coot")


def test_rejects_a_shared_module_with_the_name_of_one_of_a_plugin(plugins: Path) -> None:
    (plugins / "common" / "menu.py").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match=r"src/menu\.py .* has the name of"):
        plugin_texts(plugins, "chimerax")
