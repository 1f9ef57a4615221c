"""A real PyMOL tells whether it loads our plugin."""

from pathlib import Path

import pytest

from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.bridges.loaded_plugins import is_loaded
from patterson_gui.io.viewers.scene import Viewer


def test_pymol_with_a_fresh_home_loads_the_plugin_once_it_is_installed(
    pymol_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    command = [str(pymol_python), "-m", "pymol"]
    assert is_loaded(Viewer.PYMOL, command) is False
    bridge_to(Viewer.PYMOL).plugin.install()
    assert is_loaded(Viewer.PYMOL, command) is True
