"""The plugins as other programs get them: complete, in a temporary folder."""

import atexit
import importlib
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from patterson_gui.bridges.assemble_plugins import write_plugins

SOURCES = Path(__file__).resolve().parents[2] / "plugins"
PLUGINS = Path(tempfile.mkdtemp(prefix="patterson_gui-plugins-"))
atexit.register(shutil.rmtree, PLUGINS, ignore_errors=True)
write_plugins(SOURCES, PLUGINS)


def shared_module(name: str) -> ModuleType:
    """A module of `plugins/common` by its name, from a package that holds these modules alone."""
    package = "patterson_gui_plugins_common"
    if package not in sys.modules:
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(SOURCES / "common")]
    return importlib.import_module(f"{package}.{name}")
