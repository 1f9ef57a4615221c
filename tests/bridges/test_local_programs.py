"""Other programs are found and started on this computer."""

import pytest

from patterson_gui.bridges.local_programs import environment


def test_starts_programs_without_our_python_and_qt_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "QT_PLUGIN_PATH", "LD_PRELOAD"):
        monkeypatch.setenv(name, "/ours")
    monkeypatch.setenv("LANG", "C.UTF-8")
    told = environment()
    assert told["LANG"] == "C.UTF-8"
    assert "/ours" not in told.values()
