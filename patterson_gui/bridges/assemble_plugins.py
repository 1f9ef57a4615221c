"""Complete plugins for ChimeraX, Coot and PyMOL: each gets its own copy of the bundle reader.

The repository holds the reader once, as `plugins/common/pgz.py`. Each plugin must be complete by
itself, so the copies are made here: when a wheel is built (`plugins/build_hook.py`), when a plugin
is installed, and in the tests. A wheel holds complete plugins and no `common` folder.

This module uses the standard library alone, because the build runs it before the program is
installed. To write complete plugins from a checkout by hand:

    python -m patterson_gui.bridges.assemble_plugins FOLDER
"""

import sys
from pathlib import Path

PLUGINS = ("chimerax", "coot", "pymol")
COOT_FILE = "patterson_gui_coot.py"
# Where the whole reader goes in a plugin of several files.
_COPIES = {"chimerax": "src/pgz.py", "pymol": "patterson_gui/pgz.py"}
_SOURCE = "plugins/common/pgz.py"
_PLACE = "# --- pgz.py goes here ---\n"  # in the one file of the Coot plugin
_BEGIN = f"# --- pgz.py begins (a copy of {_SOURCE}: change it there)\n"
_END = "# --- pgz.py ends\n"
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
        when the Coot plugin has no line that says where the reader goes.
    OSError
        when a file cannot be read.
    """
    folder = plugins / plugin
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_built(path.relative_to(folder))
    }
    reader = plugins / "common" / "pgz.py"
    if not reader.is_file():
        return texts  # a wheel: the reader is in it already
    text = reader.read_text(encoding="utf-8")
    if plugin in _COPIES:
        texts[_COPIES[plugin]] = f"# A copy of {_SOURCE}: change it there.\n{text}"
    elif texts[COOT_FILE].count(_PLACE) != 1:
        raise ValueError(f"{folder / COOT_FILE} needs the line {_PLACE.strip()!r} once")
    else:
        texts[COOT_FILE] = texts[COOT_FILE].replace(_PLACE, _BEGIN + text + _END)
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


def _is_built(path: Path) -> bool:
    """Whether a file comes from building or running a plugin in its own folder."""
    return any(part in _BUILT or part.endswith(".egg-info") for part in path.parts)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name one folder that the complete plugins are written to.")
    write_plugins(Path(__file__).resolve().parents[2] / "plugins", Path(sys.argv[1]))
