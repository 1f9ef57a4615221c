"""The programs' own code, each in an environment of its own that `make test-viewers` sets up."""

import shutil
import subprocess
from pathlib import Path

import pytest

ENVIRONMENTS = Path(__file__).resolve().parents[2] / ".viewers"


def _python(name: str, what: str) -> Path:
    path = ENVIRONMENTS / name / "bin" / "python"
    if not path.is_file():
        pytest.skip(f"{what} is not set up: run 'make test-viewers'")
    return path


def _runs(program: str) -> bool:
    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0


@pytest.fixture
def coot_python() -> Path:
    """The Python that has Coot's own code."""
    return _python("coot", "Coot's own code")


@pytest.fixture
def pymol_python() -> Path:
    """The Python that has PyMOL."""
    return _python("pymol", "PyMOL")


@pytest.fixture
def gtk4_python() -> str:
    """A Python that has PyGObject with GTK 4, as Coot 1.x has."""
    code = "import gi; gi.require_version('Gtk', '4.0'); from gi.repository import Gtk"
    for name in ("/usr/bin/python3", "python3"):
        found = shutil.which(name)
        words = [found, "-I", "-c", code]
        if found and subprocess.run(words, capture_output=True, check=False).returncode == 0:
            return found
    pytest.skip("PyGObject with GTK 4 is not here: run 'make test-viewers'")


@pytest.fixture
def python27() -> str:
    """A Python 2.7."""
    for name in ("python2.7", "jython"):
        found = shutil.which(name)
        # It may be there by name alone, as a switch between versions of which none is this one.
        if (
            found
            and subprocess.run([found, "--version"], capture_output=True, check=False).returncode
            == 0
        ):
            return found
    pytest.skip("no Python 2.7 is here (python2.7 or jython): run 'make test-viewers'")


from tests.plugins.conftest import bundle, toy  # noqa: E402, F401  the same real bundles
