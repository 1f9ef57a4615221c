"""Complete plugins for ChimeraX, Coot and PyMOL, made from the parts in the repository.

The repository holds once, in `plugins/common`, what the three plugins share: reading a bundle,
checking a map, running a prediction. Each plugin must be complete by itself. So those of ChimeraX
and PyMOL, which are packages, get copies of these modules. The plugin of Coot must be one file; its
modules and the shared ones are joined to one text.

A wheel holds complete plugins and no `common` folder. The plugins are assembled when a wheel is
built (`plugins/build_hook.py`), when a plugin is installed, and in the tests.

This module uses the standard library alone, because the build runs it before the program is
installed. To write complete plugins from a checkout by hand:

    python -m patterson_gui.bridges.assemble_plugins FOLDER
"""

import ast
import re
import sys
from pathlib import Path

PLUGINS = ("chimerax", "coot", "pymol")
COOT_FILE = "patterson_gui_coot.py"
# Where the shared modules go in a plugin that is a package.
_PACKAGES = {"chimerax": "src", "pymol": "patterson_gui"}
_PLACE = re.compile(r"^# --- (\S+) goes here ---\n", re.MULTILINE)  # in the one file of Coot
_BUILT = {"__pycache__", "build", "dist"}


def plugin_texts(plugins: Path, plugin: str) -> dict[str, str]:
    """The files of one complete plugin.

    Parameters
    ----------
    plugins : the folder `plugins` of a checkout or of an installed wheel.
    plugin : one of `PLUGINS`.

    Returns
    -------
    dict
        the text of each file by its path inside the plugin, with '/' between folders.

    Raises
    ------
    ValueError
        when a shared module has the name of one of the plugin, or when the file of Coot does not
        have one line for each module.
    OSError
        when a file cannot be read.
    """
    texts = _texts_in(plugins / plugin)
    if not (plugins / "common").is_dir():
        return texts  # a wheel: the plugin is complete already
    shared = _texts_in(plugins / "common")
    if plugin == "coot":
        modules = {f"common/{name}": text for name, text in shared.items()}
        modules |= {f"coot/{name}": text for name, text in texts.items() if name != COOT_FILE}
        return {COOT_FILE: _joined(texts[COOT_FILE], modules)}
    for name, text in shared.items():
        copy = f"{_PACKAGES[plugin]}/{name}"
        if copy in texts:
            raise ValueError(f"{copy} of the plugin has the name of plugins/common/{name}")
        texts[copy] = f"# A copy of plugins/common/{name}: change it there.\n{text}"
    return texts


def write_plugin(plugins: Path, plugin: str, folder: Path) -> None:
    """Write one complete plugin into `folder`; parameters and errors as in `plugin_texts`."""
    for name, text in plugin_texts(plugins, plugin).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_plugins(plugins: Path, folder: Path) -> None:
    """Write all complete plugins into `folder`, each into a folder of its name."""
    for plugin in PLUGINS:
        write_plugin(plugins, plugin, folder / plugin)


def _joined(frame: str, modules: dict[str, str]) -> str:
    """The text of `frame` with each line '# --- NAME goes here ---' replaced by that module."""
    places = _PLACE.findall(frame)
    if sorted(places) != sorted(modules):
        raise ValueError(
            f"{COOT_FILE} needs one line '# --- NAME goes here ---' for each of {sorted(modules)}, "
            f"but has {places}"
        )
    return _PLACE.sub(
        lambda found: (
            f"# --- plugins/{found[1]} (change it there)\n"
            f"{_without_relative_imports(modules[found[1]])}"
        ),
        frame,
    )


def _without_relative_imports(text: str) -> str:
    """A module's text without its lines `from .module import name`."""
    lines = text.splitlines(keepends=True)
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.ImportFrom) and node.level:
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


def _texts_in(folder: Path) -> dict[str, str]:
    """The text of each file in a folder by its path there, without what a build left."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_left_over(path.relative_to(folder))
    }


def _is_left_over(path: Path) -> bool:
    """Whether a file comes from building, running or checking a plugin in its own folder."""
    return any(
        part in _BUILT or part.startswith(".") or part.endswith(".egg-info") for part in path.parts
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name one folder that the complete plugins are written to.")
    write_plugins(Path(__file__).resolve().parents[2] / "plugins", Path(sys.argv[1]))
