from importlib.metadata import version

import patterson_gui as pg


def test_gives_versions_and_devices():
    info = pg.info()
    assert info.packages["gemmi"] == version("gemmi")
    assert info.devices[0] == "cpu"
    assert f"gemmi {version('gemmi')}" in str(info)
    assert str(info).startswith(f"patterson-gui {pg.__version__}")
