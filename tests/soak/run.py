"""One run of a user in the real window: actions in stretches, and a count after each."""

import faulthandler
import gc
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from PyQt6.QtGui import QDesktopServices

from patterson_gui.app.services import Services
from patterson_gui.app.settings import SettingsStore
from patterson_gui.cli.services import window_services
from patterson_gui.gui.application import make_application, make_window, release
from patterson_gui.gui.exception_hooks import ExceptionHooks
from patterson_gui.gui.startup import start
from patterson_gui.gui.window.main_window import MainWindow
from patterson_gui.io.resources import resources_folder
from tests.app.example_datasets import write_small_dataset
from tests.app.fakes import FakeViewers
from tests.soak import hands
from tests.soak.actions import ACTIONS, OPENINGS
from tests.soak.counts import MOST_MB, Counts, OpenGLCounter, count, growing, memory_slope
from tests.soak.stalls import LIMIT, Stall, StallWatch
from tests.soak.troubles import Troubles
from tests.soak.user import SIZE, User

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_ENDINGS = (".pdb", ".ent", ".cif", ".res", ".ins", ".hkl", ".mtz", ".ccp4", ".map", ".gz",
            ".fcf", ".HKL")  # fmt: skip
_LARGEST = 300_000  # bytes: reading larger files takes time that tests the window little
_LONGEST_PAUSE = 0.25  # s between two actions
_FIRST_PICTURE = 60.0  # s


@dataclass(frozen=True)
class Options:
    """A run ends after `seconds` or `actions`; a count follows each `stretch` of actions.

    `openings` : only open files, one after another, each until it is drawn. `stress` : switch
    threads often, and collect garbage in a thread of its own. `progress` : print memory after each
    stretch.
    """

    seed: int
    seconds: float
    stretch: int = 100
    actions: int = 10**9
    openings: bool = False
    stress: bool = False
    verbose: bool = False
    progress: bool = False


@dataclass
class Outcome:
    """What was seen in a run.

    Attributes
    ----------
    done : number of each action.
    refused : errors that are sentences for what the user did.
    end : why the run ended early; "" where it did not.
    """

    seed: int
    done: Counter[str] = field(default_factory=Counter)
    counts: list[Counts] = field(default_factory=list)
    stalls: list[Stall] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    seconds: float = 0.0
    end: str = ""

    @property
    def faults(self) -> list[str]:
        """Everything for which a run fails."""
        found = [f"{n} times: {what}" for what, n in self.troubles.items()]
        found += [f"left over: {what}" for what in growing(self.counts)]
        slope = memory_slope(self.counts)
        if slope is not None and slope > MOST_MB:
            found.append(f"memory grows by {slope:.2f} MB per 100 actions")
        # By time of the processor: other programs also keep the window waiting.
        found += [
            f"the window computed for {s.cpu:.2f} s at once: {s.action}: {s.place}"
            for s in self.stalls
            if s.cpu > LIMIT
        ]
        return [*found, *([self.end] if self.end else [])]


def run(options: Options) -> Outcome:
    """Use the window, and tell what was seen."""
    faulthandler.enable()
    opengl = OpenGLCounter()
    viewers = FakeViewers()
    services = replace(window_services(), bridge_to=viewers.bridge_to)
    app = make_application(services)
    outcome, began = Outcome(options.seed), time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="patterson-gui-soak-") as name,
        _stressed(options.stress),
    ):
        troubles, watch = Troubles(), StallWatch()
        window = _open_window(services, Path(name))
        try:
            user = _make_user(window, Random(options.seed), Path(name))
            _use(user, outcome, options, opengl, _Watchers(troubles, watch, viewers))
        except TimeoutError as error:
            outcome.end = str(error)
        except Exception:  # of the user itself
            outcome.end = traceback.format_exc()
        finally:
            watch.end()
            troubles.end()
            window.close_now()
            release(app)
    outcome.stalls, outcome.troubles = watch.stalls, troubles.found
    outcome.refused, outcome.seconds = troubles.refused, time.monotonic() - began
    return outcome


@dataclass(frozen=True)
class _Watchers:
    troubles: Troubles
    stalls: StallWatch
    viewers: FakeViewers

    def begin(self, action: str) -> None:
        self.troubles.action = action
        self.stalls.begin(action)


def _use(
    user: User, outcome: Outcome, options: Options, opengl: OpenGLCounter, watchers: _Watchers
) -> None:
    """Do actions and count, until the time is over."""
    end, total = time.monotonic() + options.seconds, 0
    choices = OPENINGS if options.openings else ACTIONS
    while time.monotonic() < end and total < options.actions:
        for _ in range(min(options.stretch, options.actions - total)):
            (action,) = user.random.choices(list(choices), weights=list(choices.values()))
            words = action.__name__.replace("_", " ")
            if options.verbose:
                print(f"{total} {words}", file=sys.stderr, flush=True)
            watchers.begin(words)
            action(user)
            hands.wait(user.random.uniform(0.0, _LONGEST_PAUSE))
            user.answer()
            outcome.done[words] += 1
            total += 1
            if time.monotonic() > end:
                break
        watchers.begin("return to the start")
        user.return_to_start()
        watchers.viewers.forget()  # the stand-in would keep every map that was sent
        watchers.stalls.begin(None)  # counting takes long and is no part of the program
        outcome.counts.append(count(total, opengl))
        if options.progress:
            late = outcome.counts[-1]
            print(
                f"{total:,} actions: {late.memory:.1f} MB, {late.allocated:.1f} allocated",
                file=sys.stderr, flush=True,
            )  # fmt: skip


# ---------------------------------------------------------------------- the window and its user
def _open_window(services: Services, folder: Path) -> MainWindow:
    """The window as the program opens it, with settings of its own."""
    QDesktopServices.openUrl = staticmethod(lambda _url: True)  # type: ignore[method-assign]
    store = SettingsStore(folder / "settings")
    store.settings.example_predicted = True
    window = make_window(services, store, folder / "sent")
    window.resize(*SIZE)
    ExceptionHooks(window.show_notice).install()
    start(window, None)
    return window


def _make_user(window: MainWindow, random: Random, folder: Path) -> User:
    written = folder / "written"
    written.mkdir()
    bad = folder / "not a crystal.pdb"
    bad.write_text("This is no crystal.\n", encoding="utf-8")
    dataset = write_small_dataset(folder / "small.h5")
    user = User(window, random, files(folder / "files"), bad, written, dataset)
    hands.wait_until(lambda: window.views.settled, _FIRST_PICTURE)
    return user


def files(folder: Path) -> list[Path]:
    """Files of every kind, copied to `folder`: those of the program, and real ones where they are.

    Copied, because a file dialog makes new folders where its user has been.
    """
    examples = resources_folder() / "examples"
    shutil.copytree(examples, folder / "examples")
    found = [folder / "examples" / n for n in ("1yjp.pdb", "first-light.pgz", "sucrose.ins")]
    for path in sorted(SHARED.rglob("*")):
        if path.is_file() and path.stat().st_size < _LARGEST:
            copy = folder / path.relative_to(SHARED)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            found += [copy] if copy.name.endswith(_ENDINGS) else []
    return found


@contextmanager
def _stressed(on: bool) -> Iterator[None]:
    if not on:
        yield
        return
    ended, before = threading.Event(), sys.getswitchinterval()
    sys.setswitchinterval(1e-4)

    def collect() -> None:
        while not ended.wait(1.0):
            gc.collect()

    thread = threading.Thread(target=collect, name="soak: garbage", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        sys.setswitchinterval(before)


def environment(folder: str, *, stress: bool) -> dict[str, str]:
    """Variables of a process that runs the window: home and settings of its own."""
    values = os.environ | {
        "HOME": folder, "PATTERSON_GUI_CONFIG": f"{folder}/settings", "XDG_CACHE_HOME": folder,
        "LIBGL_ALWAYS_SOFTWARE": "1", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    if stress:
        values |= {"MALLOC_PERTURB_": "165", "PYTHONMALLOC": "debug"}
    return values
