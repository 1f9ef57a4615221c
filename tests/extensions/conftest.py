"""Fixtures: the example package, really installed, and broken ones."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patterson_gui.io.opening.plugins import plugin_readers

EXAMPLE = Path(__file__).with_name("example")


@pytest.fixture(scope="session")
def installed_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example package."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
        "--no-build-isolation", "--disable-pip-version-check", "--target", str(folder),
        str(EXAMPLE),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def example(installed_example: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example package on the path of this process."""
    monkeypatch.syspath_prepend(installed_example)
    plugin_readers.cache_clear()
    yield installed_example
    plugin_readers.cache_clear()


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Adds a package whose module has the given text; returns its folder."""

    def add(group: str, text: str, name: str = "broken") -> Path:
        site = tmp_path / f"site-{name}"
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{group}]\nx = {name}_module:THING\n")
        (site / f"{name}_module.py").write_text(text)
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(sys.modules, f"{name}_module", raising=False)
        plugin_readers.cache_clear()
        return site

    yield add
    plugin_readers.cache_clear()
