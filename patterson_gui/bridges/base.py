"""The common part of the bridges to ChimeraX, Coot and PyMOL: find or start, send, follow, fetch.

Each bridge connects to a running program or starts one, shows a scene there in place of what was
sent before, passes later changes of level and colour on, and fetches what is open there. Where no
program can be reached it writes a script that shows the same. A bridge talks only to programs on
this computer, and only when the user asks.
"""

import contextlib
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from patterson_gui.bridges.local_programs import (
    ConnectionLostError,
    Listener,
    NoAnswerError,
    OddReplyError,
    RefusedError,
    StartFailedError,
)
from patterson_gui.bridges.plugin_base import ProgramPlugin
from patterson_gui.bridges.scene_files import checked_scene, listed
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.viewers.scene import (
    Fetched,
    SendReport,
    Viewer,
    ViewerItem,
    ViewerOptions,
    ViewerScene,
)


class Connection(Protocol):
    """A running program that accepts commands on `port`; `timeout` seconds for each."""

    @property
    def port(self) -> int: ...

    @property
    def timeout(self) -> float: ...


C = TypeVar("C", bound=Connection)


class UnreachableError(Exception):
    """No program carried out the request; says why and, where something helps, what to do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class ProgramBridge(ABC, Generic[C]):
    """The bridge to one program: a `Bridge`. It remembers what it sent there and what it started.

    Parameters
    ----------
    timeout : seconds for one request; the program may take long to open a large map.
    patience : seconds for the program to start.

    Attributes
    ----------
    launched : the process that this bridge started last.
    launched_port : the port where it accepts commands without a password; None where it does not.
    """

    viewer: ClassVar[Viewer]
    plugin: ClassVar[ProgramPlugin]
    default_ports: ClassVar[tuple[int, ...]]
    script: ClassVar[str]  # the name of the file that is left where no program is reached
    how_to_run: ClassVar[str]  # what the user does with it; '{}' stands for its path
    variable: ClassVar[str]  # of the environment: the path of the program

    def __init__(self, *, timeout: float = 60.0, patience: float = 90.0) -> None:
        self.timeout = timeout
        self.patience = patience
        self.launched: subprocess.Popen[bytes] | None = None
        self.launched_port: int | None = None
        self._last: C | None = None  # the one that was sent to last
        self._sent_to: set[int] = set()  # ports
        # The port of a program that did not answer, so that a new one was started.
        self._passed_over: int | None = None
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ what a Bridge does
    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        """Show `scene` in the program in place of what was sent before; see `Bridge`."""
        with self._lock:
            scene = self._checked(scene, folder)
            try:
                running = self._reach(options)
                with self._explaining_faults(running):
                    shown, refused = self._show(running, scene)
                if not shown:
                    raise UnreachableError(
                        f"{self._at(running.port)} showed nothing ({refused[0]})"
                    )
            except UnreachableError as why:
                text = self._script_text(scene, folder)
                return leave_script(folder / self.script, text, why, self.how_to_run)
            self._last = running
            self._sent_to.add(running.port)
        sentence = f"Sent {listed(shown)} to {self.viewer.label} (port {running.port})"
        if refused:
            return SendReport(f"{sentence}, but {refused[0]}.", sent=True)
        return SendReport(f"{sentence}{self._remark(running, options)}.", sent=True)

    def follow(self, items: Sequence[ViewerItem]) -> str | None:
        """Show what was sent last with the levels and colours of `items`; see `Bridge`."""
        with self._lock:
            if self._last is None:
                return f"Nothing was sent to {self.viewer.label} yet: send first."
            try:
                with self._explaining_faults(self._last):
                    return self._restyle(self._last, items)
            except UnreachableError as why:
                return f"{why.reason}: {why.remedy or 'send again'}."

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        """Have a running program write the model and the map that are open; see `Bridge`."""
        with self._lock:
            try:
                running = self._reach(replace(options, launch=False))
                with self._explaining_faults(running):
                    return self._save_open(running, folder)
            except UnreachableError as why:
                remedy = f": {why.remedy}" if why.remedy else ""
                raise UserError(f"{why.reason}{remedy}.") from why

    def find(self) -> str | None:
        """The command that starts the program, where it is found on this computer."""
        command = self._find_program()
        return None if command is None else " ".join(command)

    def close(self) -> None:
        """End what was started from here and must end with this program; never raises."""

    # ------------------------------------------------------------------ what each one does
    @abstractmethod
    def _connect(self, port: int) -> C:
        """A connection to the program that accepts commands on `port`."""

    @abstractmethod
    def _probe(self, port: int) -> Listener:
        """What is at a port of this computer; changes nothing there."""

    @abstractmethod
    def _find_program(self) -> list[str] | None:
        """The command that starts the program."""

    @abstractmethod
    def _launch(self, command: list[str], options: ViewerOptions, ports: Sequence[int]) -> C:
        """Start the program, which should listen on one of `ports`, and wait until it answers.

        Sets `launched` as soon as it runs and forgets what was at its port before. Raises
        `StartFailedError` and `Cancelled`."""

    @abstractmethod
    def _show(self, running: C, scene: ViewerScene) -> tuple[list[str], list[str]]:
        """Show a scene. Returns the names of what is shown, and what the program refused, each as
        'it could not open x'. Where nothing is shown, what was there before stays."""

    @abstractmethod
    def _restyle(self, running: C, items: Sequence[ViewerItem]) -> str | None:
        """Change what was sent; one sentence where a part of it is gone or was refused."""

    @abstractmethod
    def _save_open(self, running: C, folder: Path) -> Fetched:
        """Have the program write what is open into `folder`. Raises `UserError`."""

    @abstractmethod
    def _script_text(self, scene: ViewerScene, folder: Path) -> str:
        """A script in `folder` that shows a scene, and replaces it when it is run again."""

    @abstractmethod
    def _how_to_connect(self, ports: Sequence[int]) -> str:
        """What the user does so that a running program accepts commands."""

    def _if_not_found(self, ports: Sequence[int]) -> str:
        """What the user does where no program is found."""
        return f"set {self.variable} to the path of the program"

    def _checked(self, scene: ViewerScene, folder: Path) -> ViewerScene:
        """The scene with its files checked, and copied where needed. Raises `UserError`."""
        return checked_scene(scene)

    def _remark(self, running: C, options: ViewerOptions) -> str:
        """What else the user has to know after a scene was sent, to go on with in a sentence."""
        return ""

    # ------------------------------------------------------------------ finding or starting one
    def _reach(self, options: ViewerOptions) -> C:
        """Connect to a running program, else start one. Raises `UnreachableError`."""
        self._passed_over = None
        running, silent = self._running(options)
        return running if running is not None else self._start(options, silent)

    def _running(self, options: ViewerOptions) -> tuple[C | None, list[int]]:
        """A running program that accepts commands, and the ports where something is silent."""
        ports = self._ports(options)
        with ThreadPoolExecutor(max_workers=len(ports)) as pool:
            listeners = list(pool.map(self._probe, ports))
        for port, listener in zip(ports, listeners, strict=True):
            if listener is Listener.WANTED:
                return self._connect(port), []
            if listener is Listener.SILENT and port in self._sent_to:
                raise self._busy(port)
        pairs = zip(ports, listeners, strict=True)
        return None, [port for port, listener in pairs if listener is Listener.SILENT]

    def _ports(self, options: ViewerOptions) -> tuple[int, ...]:
        """Where one may listen; what was started from here comes first."""
        ports = options.ports or self.default_ports
        if self.launched_port is None or options.no_other_ports:
            return ports
        return (self.launched_port, *(port for port in ports if port != self.launched_port))

    def _start(self, options: ViewerOptions, silent: Sequence[int]) -> C:
        label, ports = self.viewer.label, self._ports(options)
        aside = f" (a program on port {silent[0]} does not answer)" if silent else ""
        if not options.launch:
            raise UnreachableError(
                f"No running {label} accepts commands{aside}", self._how_to_connect(ports)
            )
        command = [str(options.program)] if options.program is not None else self._find_program()
        if command is None:
            raise UnreachableError(
                f"No {label} was found on this computer{aside}",
                self._if_not_found(ports),
            )
        if self.launched is not None and self.launched.poll() is None:
            raise UnreachableError(
                f"The {label} that was started from here does not answer{aside}",
                self._how_to_connect(ports),
            )
        try:
            running = self._launch(command, options, ports)
        except StartFailedError as error:
            raise UnreachableError(str(error)) from error
        self._passed_over = silent[0] if silent else None
        return running

    def _forget(self, port: int) -> None:
        """Forget what was sent to a port, because a new program listens there."""
        self._sent_to.discard(port)
        if self._last is not None and self._last.port == port:
            self._last = None

    # ------------------------------------------------------------------ faults
    @contextlib.contextmanager
    def _explaining_faults(self, running: C) -> Iterator[None]:
        """Raise faults of a request as `UnreachableError`s that name the program and its port."""
        at = self._at(running.port)
        try:
            yield
        except NoAnswerError as error:
            raise UnreachableError(
                f"{at} did not answer within {running.timeout:g} s", "try again when it is free"
            ) from error
        except OddReplyError as error:
            raise UnreachableError(
                f"{at} gave an answer that makes no sense", "restart it and try again"
            ) from error
        except ConnectionLostError as error:
            raise UnreachableError(
                f"{at} closed the connection", "check that it is running and try again"
            ) from error
        except RefusedError as error:
            raise UnreachableError(f"{at} refused a command ({error})") from error

    def _at(self, port: int) -> str:
        return f"{self.viewer.label} on port {port}"

    def _busy(self, port: int) -> UnreachableError:
        return UnreachableError(
            f"{self._at(port)} is busy and does not answer", "try again when it is free"
        )


def leave_script(script: Path, text: str, why: UnreachableError, how_to_run: str) -> SendReport:
    """Write a script that shows a scene, and say what to do with it.

    Raises
    ------
    UserError
        when it cannot be written.
    """
    make_folder(script.parent)
    with replace_file(script) as beside:
        beside.write_text(text, encoding="utf-8")
    remedy = f"{why.remedy}, or " if why.remedy else ""
    return SendReport(
        f"{why.reason}: {remedy}{how_to_run.format(script)}.", sent=False, script=script
    )


def open_port_remark(until: str) -> str:
    """Says that a program that was started from here can be commanded by others."""
    return f"; until {until} it accepts commands on that port from any program of this computer"
