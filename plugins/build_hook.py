"""Files that the build adds to the wheel, because they are made from others.

pyproject.toml names this file as hatchling's custom build hook. Each function in `ADDITIONS`
makes one folder of the wheel; to add another, write a function and put it there.
"""

import importlib.util
import shutil
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def complete_plugins(root, folder):
    """The plugins of ChimeraX, Coot and PyMOL, each complete by itself."""
    path = root / "patterson_gui" / "bridges" / "assemble_plugins.py"
    spec = importlib.util.spec_from_file_location("assemble_plugins", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write_plugins(root / "plugins", folder)


def guide(root, folder):
    """The guide as a site, if `make docs` (or `make wheel`) has built it."""
    built = root / "build" / "guide"
    if built.is_dir():
        shutil.copytree(built, folder, dirs_exist_ok=True)


# Where each goes in the wheel: a function of the checkout's folder and an empty folder to fill.
ADDITIONS = {"patterson_gui/plugins": complete_plugins, "patterson_gui/guide": guide}


class MadeFiles(BuildHookInterface):
    """Makes the additions in a temporary folder, for hatchling to put into the wheel."""

    def initialize(self, version, build_data):
        if version == "editable":
            return  # the checkout itself is used
        self._made = tempfile.TemporaryDirectory(prefix="patterson_gui-build-")
        for number, (place, make) in enumerate(ADDITIONS.items()):
            folder = Path(self._made.name) / str(number)
            folder.mkdir()
            make(Path(self.root), folder)
            build_data["force_include"][str(folder)] = place

    def finalize(self, version, build_data, artifact_path):
        if version != "editable":
            self._made.cleanup()
