"""Send maps and models to ChimeraX, as they stand on our screen.

A ChimeraX that is running with its remote control on is used; otherwise one is started with
it on; where neither works a script is written that does the same when it is opened there.

The remote control has no password: any program of this computer, a web page in a browser
too, can give commands through it. So it is only ever used when the user asks, and one that
was opened by us is closed when our program ends (ChimeraX itself stays).
"""

import atexit
import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from patterson_gui.bridges.chimerax_commands import (
    model_name,
    opening,
    plain_copy,
    sayable,
    script_lines,
    styling,
)
from patterson_gui.bridges.chimerax_program import (
    StartFailedError,
    find_program,
    launch,
    listen_command,
    wait_until_ready,
)
from patterson_gui.bridges.chimerax_rest import (
    ConnectionLostError,
    Listener,
    Model,
    NoAnswerError,
    Rest,
    free_port,
)
from patterson_gui.errors import UserError
from patterson_gui.io.files import replace_file
from patterson_gui.io.viewer_scene import SendReport, ViewerItem

# The first that is free is the one a ChimeraX of ours listens on; the others are those that
# ChimeraX's documentation and plugins use.
DEFAULT_PORTS = (8765, 8080, 8081, 8082, 8083, 7955, 9000, 3000)
SCRIPT = "chimerax.cxc"


class _UnreachableError(Exception):
    """No ChimeraX took anything; says why and, where something helps, what to do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class ChimeraX:
    """What this program has to do with ChimeraX: what it opened there, and what it started.

    Parameters
    ----------
    timeout : seconds for one command; opening a large map may take long.
    patience : seconds for ChimeraX to start.
    """

    def __init__(self, *, timeout: float = 60.0, patience: float = 90.0) -> None:
        self.timeout = timeout
        self.patience = patience
        self.launched: subprocess.Popen[bytes] | None = None
        self.launched_port: int | None = None
        self._opened: dict[int, tuple[Model, ...]] = {}  # by port
        # Names whose opening was cut off, with the models that were there before: they may
        # have been opened all the same.
        self._uncertain: dict[int, tuple[tuple[str, frozenset[str]], ...]] = {}
        self._lock = threading.Lock()

    def send(
        self,
        items: Sequence[ViewerItem],
        folder: Path,
        *,
        ports: Sequence[int] = DEFAULT_PORTS,
        program: Path | None = None,
        start: bool = True,
    ) -> SendReport:
        """Show `items` in ChimeraX, in place of those sent there before.

        Parameters
        ----------
        items : maps and models whose files exist.
        folder : where the script goes, if one is needed.
        ports : where to look for a running ChimeraX.
        program : the ChimeraX to start; found by itself when None.
        start : whether one may be started.

        Raises
        ------
        UserError
            when there is nothing to send, a file is gone or the script cannot be written.
        """
        if not items:
            raise UserError("There is nothing to send yet: open a structure first.")
        for item in items:
            if not item.path.is_file():
                raise UserError(f"{item.path} is gone; save the maps again and send once more.")
        with self._lock:
            try:
                rest = self._reach(tuple(ports), program, start)
                shown, complaints = self._show(rest, items)
            except _UnreachableError as why:
                return _leave_script(items, folder, why)
        sentence = f"Sent {_listed(shown)} to ChimeraX (port {rest.port})"
        if complaints:
            sentence += f", but it {complaints[0]}"
        elif rest.port == self.launched_port:
            sentence += (
                "; until patterson_gui ends it takes commands on that port from any program "
                "of this computer"
            )
        return SendReport(sentence + ".", sent=True)

    def close(self) -> None:
        """Switch off the remote control we switched on; ChimeraX itself stays."""
        if self.launched_port is None or self.launched is None:
            return
        with contextlib.suppress(NoAnswerError, ConnectionLostError):  # closed before us
            Rest(self.launched_port, timeout=2.0).run("remotecontrol rest stop quiet true")
        self.launched_port = None

    def _reach(self, ports: tuple[int, ...], program: Path | None, start: bool) -> Rest:
        """Find a ChimeraX that listens, or start one."""
        if self.launched_port is not None:
            ports = (self.launched_port, *(p for p in ports if p != self.launched_port))
        with ThreadPoolExecutor(max_workers=max(len(ports), 1)) as pool:
            listeners = list(pool.map(lambda port: Rest(port).probe(), ports))
        for port, listener in zip(ports, listeners, strict=True):
            if listener is Listener.CHIMERAX:
                return Rest(port, self.timeout)
            if listener is Listener.SILENT and port in self._opened:
                raise _UnreachableError(
                    f"ChimeraX on port {port} is busy and does not answer",
                    "send again when it is free",
                )
        silent = [
            f" (a program on port {port} does not answer)"
            for port, listener in zip(ports, listeners, strict=True)
            if listener is Listener.SILENT
        ]
        aside = silent[0] if silent else ""
        by_hand = f"type '{listen_command(ports[0])}' in a running ChimeraX and send again"
        command = [str(program)] if program is not None else find_program()
        if command is None:
            raise _UnreachableError(
                f"No ChimeraX was found on this computer{aside}",
                f"set CHIMERAX to the path of the program, or {by_hand}",
            )
        if not start:
            raise _UnreachableError(f"No running ChimeraX takes commands{aside}", by_hand)
        if self.launched is not None and self.launched.poll() is None:
            raise _UnreachableError(
                f"The ChimeraX that was started from here takes no commands{aside}", by_hand
            )
        return self._start(command, ports)

    def _start(self, command: list[str], ports: tuple[int, ...]) -> Rest:
        rest = Rest(free_port(ports), self.timeout)
        self._opened.pop(rest.port, None)
        self._uncertain.pop(rest.port, None)
        try:
            self.launched = launch(command, rest.port)
            self.launched_port = rest.port
            atexit.register(self.close)
            wait_until_ready(self.launched, rest, self.patience)
        except StartFailedError as error:
            raise _UnreachableError(str(error)) from error
        return rest

    def _show(self, rest: Rest, items: Sequence[ViewerItem]) -> tuple[list[str], list[str]]:
        """Open and style all that can be, then close what we opened before.

        Returns the names of what is shown, and what ChimeraX would not do.
        """
        port = rest.port
        try:
            before = rest.models()
            earlier = self._ours_among(before, port)
            fresh: list[Model] = []
            shown: list[str] = []
            complaints: list[str] = []
            for number, item in enumerate(items, start=1):
                opened, reason = self._open(rest, item, number)
                if not opened:
                    complaints.append(f"could not open {item.path.name} ({reason})")
                    continue
                fresh += opened
                self._opened[port] = (*earlier, *fresh)
                shown.append(item.name)
                replies = [rest.run(command) for command in styling(item, _spec(opened))]
                complaints += [f"refused a command ({r.error})" for r in replies if r.error]
            if not fresh:
                raise _UnreachableError(f"ChimeraX on port {port} {complaints[0]}")
            if earlier:
                rest.run(f"close {_spec(earlier)}")
            self._opened[port] = tuple(fresh)
            self._uncertain.pop(port, None)
            if not before:
                rest.run("view")  # the scene was empty: nobody's camera is moved
        except NoAnswerError as error:
            raise _UnreachableError(
                f"ChimeraX on port {port} did not answer within {rest.timeout:g} s",
                "send again when it is free",
            ) from error
        except ConnectionLostError as error:
            raise _UnreachableError(
                f"ChimeraX on port {port} went away while it was sent to",
                "start it and send again",
            ) from error
        return shown, complaints

    def _open(self, rest: Rest, item: ViewerItem, number: int) -> tuple[list[Model], str]:
        """Open one file; return the models that it became, and the reason if none."""
        path = item.path.resolve()
        if not sayable(path):
            path = plain_copy(path, _staging_folder(), number)
        name = model_name(item)
        before = frozenset(model.spec for model in rest.models())
        try:
            reply = rest.run(opening(path.as_posix(), name))
        except NoAnswerError:
            self._uncertain[rest.port] = (*self._uncertain.get(rest.port, ()), (name, before))
            raise
        # Versions 1.2 to 1.10.1 report an AttributeError for a map that is open all the same,
        # and in text mode no error is reported at all: only the list of models tells.
        added = [model for model in rest.models() if model.spec not in before]
        named = [model for model in added if model.name == name]
        # A model opened by hand at the same moment has another name.
        return named or added, reply.error or reply.log.strip() or "it gave no reason"

    def _ours_among(self, models: Sequence[Model], port: int) -> list[Model]:
        """Pick those models that we opened: same number, kind and name as then."""
        known = self._opened.get(port, ())
        uncertain = self._uncertain.get(port, ())
        return [
            model
            for model in models
            if model in known
            or any(model.name == name and model.spec not in old for name, old in uncertain)
        ]


def _spec(models: Sequence[Model]) -> str:
    """'#1,4' for models #1 and #4."""
    return "#" + ",".join(model.spec.removeprefix("#") for model in models)


def _staging_folder() -> Path:
    """Make a folder for copies; left to the system's tidying, for ChimeraX reads them late."""
    folder = Path(tempfile.mkdtemp(prefix="patterson_gui-"))
    if not sayable(folder):
        raise UserError(
            f"ChimeraX cannot be told of files in {str(folder)!r}; set TMPDIR to a folder "
            "whose path has no ';', '\"', backslash or line break."
        )
    return folder


def _listed(names: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _leave_script(items: Sequence[ViewerItem], folder: Path, why: _UnreachableError) -> SendReport:
    """Write the script and say what to do with it."""
    script = folder / SCRIPT
    with replace_file(script) as beside:
        beside.write_text("\n".join(script_lines(items, folder)) + "\n", encoding="utf-8")
    remedy = f"{why.remedy}, or " if why.remedy else ""
    sentence = f"{why.reason}: {remedy}open {script} in ChimeraX."
    return SendReport(sentence, sent=False, script=script)


_shared = ChimeraX()


def send_to_chimerax(
    items: Sequence[ViewerItem],
    folder: Path,
    *,
    ports: Sequence[int] = DEFAULT_PORTS,
    program: Path | None = None,
    launch: bool = True,
) -> SendReport:
    """Show `items` in ChimeraX; see `ChimeraX.send`. One memory for the whole program."""
    return _shared.send(items, folder, ports=ports, program=program, start=launch)
