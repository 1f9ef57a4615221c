"""Stand-ins for Coot, its remote control and its program."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.bridges.coot import program as coot_program
from patterson_gui.bridges.coot.bridge import Coot
from tests.bridges.coot_standin import RemoteControl


@pytest.fixture(autouse=True)
def no_real_coot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests find only the programs they installed themselves."""
    monkeypatch.delenv("COOT", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(coot_program, "PLACES", {"linux": ()})


@pytest.fixture
def remote() -> Iterator[Callable[..., RemoteControl]]:
    """Start a Coot with its own remote control; takes the fields of `RemoteControl`."""
    running: list[RemoteControl] = []

    def start(**properties: Any) -> RemoteControl:
        running.append(RemoteControl(**properties))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture
def bridge(tmp_path: Path) -> Coot:
    return Coot(timeout=5.0, listeners=tmp_path / "listeners")


COOT_PROGRAM = """#!{python}
# A Coot that runs its script and then looks at its timers, as a main loop does.
import sys, time, types
sys.path.insert(0, {root!r})
from tests.bridges.coot_standin import FakeCoot
fake = FakeCoot()
sys.modules["coot"] = fake.module()
timers = []
glib = types.ModuleType("gi.repository.GLib")
glib.timeout_add = lambda ms, f: timers.append(f)
repository = types.ModuleType("gi.repository")
repository.GLib = glib
sys.modules.update({{"gi": types.ModuleType("gi"), "gi.repository": repository}})
script = sys.argv[sys.argv.index("--script") + 1]
exec(compile(open(script).read(), script, "exec"), {{"__name__": "__main__"}})
while timers:
    timers = [f for f in timers if f()]
    time.sleep(0.01)  # between two turns; the plugin looks for requests in each
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Install the stand-in as a program called coot."""
    path = tmp_path / "bin" / "coot"
    path.parent.mkdir()
    root = str(Path(__file__).resolve().parents[3])
    path.write_text(COOT_PROGRAM.format(python=sys.executable, root=root))
    path.chmod(0o755)
    return path
