"""ChimeraX's remote control: one command per HTTP request, on this computer only.

The server is the one `remotecontrol rest start` opens inside ChimeraX. It answers one request
at a time with status 200, as JSON where it was started with `json true`, else as the plain
text of the log. This module reads both. In text mode an unexpected error makes the server wait for
ever, and a busy ChimeraX does not answer either, so every request has a time limit.
"""

import json
import re
import threading
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from patterson_gui.bridges.local_programs import (
    HOST,
    ConnectionLostError,
    Listener,
    NoAnswerError,
    OddReplyError,
    cut_after,
)

_LARGEST_REPLY = 64 * 1024**2  # bytes; a list of thousands of models is far smaller
_LONGEST_REASON = 200  # characters

# `info models` in text mode: "model id #1 type Volume name "map \"a\""".
_MODEL_LINE = re.compile(r"^model id (#[\d.]+) type (\S+) (?:name|display) (.*)$", re.MULTILINE)
_SPEC = re.compile(r"#\d+(\.\d+)*")


@dataclass(frozen=True)
class Model:
    """One model as ChimeraX lists it; `spec` is '#3', or '#3.1' of one inside another."""

    spec: str
    kind: str
    name: str


@dataclass(frozen=True)
class Reply:
    """What a command returned. `error` is None in text mode even where it failed."""

    values: tuple[Any, ...] = ()
    error: str | None = None
    log: str = ""

    @property
    def reason(self) -> str:
        """Why it failed, as far as ChimeraX says, for use in a sentence."""
        return one_line(self.error or self.log) or "it gave no reason"


@dataclass(frozen=True)
class Rest:
    """A ChimeraX that listens on `port`; `timeout` seconds for each command."""

    port: int
    timeout: float = 60.0

    def probe(self, timeout: float = 1.0) -> Listener:
        """Find out which program is at the port, without running a command."""
        try:
            status, body = self._get("/cmdline.html", timeout)
        except NoAnswerError:
            return Listener.SILENT
        except OddReplyError:
            return Listener.OTHER
        except ConnectionLostError:
            return Listener.NOTHING
        # Other programs use these ports too, and many answer any path: the page names ChimeraX.
        is_chimerax = status == 200 and "chimera" in body.lower()
        return Listener.WANTED if is_chimerax else Listener.OTHER

    def run(self, command: str) -> Reply:
        """Run one command.

        Raises
        ------
        NoAnswerError, ConnectionLostError
            `OddReplyError` among them.
        ValueError
            for a command that ChimeraX would split in two.
        """
        if ";" in command or not command.isprintable():
            raise ValueError(f"not one single command: {command!r}")
        status, body = self._get(f"/run?command={quote(command)}", self.timeout)
        if status != 200:
            raise OddReplyError(f"port {self.port}: HTTP status {status}")
        return parse_reply(body)

    def models(self) -> tuple[Model, ...]:
        """The top-level models that are open."""
        return tuple(model for model in self.all_models() if "." not in model.spec)

    def all_models(self) -> tuple[Model, ...]:
        """All models that are open, those inside others too."""
        rows = self._listed("info models")
        return tuple(Model(spec, kind, str(name or "")) for spec, kind, name in rows)

    def hidden(self) -> frozenset[str]:
        """The specs of those models that are switched off themselves."""
        rows = self._listed("info models attribute display")
        return frozenset(spec for spec, _, value in rows if value in (False, "False"))

    def _listed(self, command: str) -> list[tuple[str, str, Any]]:
        """Spec, class and value of every model."""
        reply = self.run(command)
        # An unreadable list must not pass for an empty one: what was sent before would never be
        # replaced.
        rows = _rows(reply)
        if rows is None:
            raise OddReplyError(f"port {self.port}: {one_line(reply.error or reply.log)}")
        return rows

    def _get(self, path: str, timeout: float) -> tuple[int, str]:
        # http.client and not urllib, so that no web proxy sees this. HOST is a number, because the
        # server listens on IPv4 and "localhost" may mean IPv6 here.
        connection = HTTPConnection(HOST, self.port, timeout=timeout)
        expired = threading.Event()
        try:
            connection.connect()
            with cut_after(timeout, connection.sock, expired):
                connection.request("GET", path)
                with connection.getresponse() as response:
                    body = response.read(_LARGEST_REPLY + 1)
            if expired.is_set():
                raise TimeoutError
            if len(body) > _LARGEST_REPLY:
                raise OddReplyError("the answer is too long")
            if response.length:
                raise ConnectionResetError(f"{response.length} bytes of the answer are missing")
            return response.status, body.decode("utf-8", errors="replace")
        except (OSError, HTTPException, ValueError) as error:
            if expired.is_set() or isinstance(error, TimeoutError):
                why = f"port {self.port} did not answer in {timeout:g} s"
                raise NoAnswerError(why) from error
            gone = isinstance(error, OSError) and not isinstance(error, OddReplyError)
            kind = ConnectionLostError if gone else OddReplyError
            raise kind(f"port {self.port}: {error}") from error
        finally:
            connection.close()


def parse_reply(body: str) -> Reply:
    """Read a reply in either mode; many versions send a wrong Content-Type."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return Reply(log=body)
    if not isinstance(data, dict) or "json values" not in data:
        return Reply(log=body)
    values = tuple(_value(v) for v in _list(data["json values"]))
    messages = data.get("log messages")
    levels = messages.values() if isinstance(messages, dict) else ()
    log = "\n".join(str(line) for level in levels for line in _list(level))
    error = data.get("error")
    if error is None:
        return Reply(values, None, log)
    if not isinstance(error, dict):
        return Reply(values, str(error), log)
    kind, message = error.get("type", "error"), str(error.get("message", ""))
    return Reply(values, message if kind == "UserError" else f"{kind}: {message}", log)


def one_line(text: str) -> str:
    """A text from another program, shortened to one line for use in a sentence."""
    head = text[: 10 * _LONGEST_REASON]
    plain = " ".join("".join(c if c.isprintable() else " " for c in head).split())
    return plain if len(plain) <= _LONGEST_REASON else plain[:_LONGEST_REASON] + "…"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _value(text: Any) -> Any:
    """Each value is a JSON text of its own; None for what is not JSON."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _rows(reply: Reply) -> list[tuple[str, str, Any]] | None:
    """Spec, class and value of the models in a reply to `info models`; None for other replies."""
    if not reply.values:  # text mode
        lines = _MODEL_LINE.findall(reply.log)
        if lines or not (reply.error or reply.log.strip()):
            return [(spec, kind, _unquoted(value)) for spec, kind, value in lines]
        return None
    listed = reply.values[0]
    rows = listed if isinstance(listed, list) else [None]
    known = [row for row in rows if isinstance(row, dict) and _SPEC.fullmatch(str(row.get("spec")))]
    if rows and not known:
        return None
    return [(row["spec"], str(row.get("class")), row.get("value")) for row in known]


def _unquoted(name: str) -> str:
    """Undo the quoting of names in text mode; a name without spaces has no quotes."""
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name
