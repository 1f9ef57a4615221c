"""The plugins as other programs get them: complete, in a temporary folder."""

import atexit
import importlib.util
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


def load(path: Path, name: str) -> ModuleType:
    """Load the module in the file `path` again, under the given name."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
