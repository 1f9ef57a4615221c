"""ChimeraX's remote control: one command per HTTP request, on this computer only.

The server is the one `remotecontrol rest start` opens inside ChimeraX. It answers one request
at a time with status 200, as JSON where it was started with `json true`, else as the plain
text of the log. Both are understood here. In text mode an unexpected error leaves it waiting
for ever, and a busy ChimeraX does not answer either, so every request has a time limit.
"""

import contextlib
import json
import re
import socket
import threading
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from patterson_gui.bridges.programs import HOST, ConnectionLostError, Listener, NoAnswerError

_LARGEST_REPLY = 64 * 1024**2  # bytes; a list of thousands of models is far smaller

# `info models` in text mode: "model id #1 type Volume name "map \"a\""".
_MODEL_LINE = re.compile(r"^model id (#[\d.]+) type (\S+) name (.*)$", re.MULTILINE)


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


@dataclass(frozen=True)
class Rest:
    """A ChimeraX that listens on `port`; `timeout` seconds for each command."""

    port: int
    timeout: float = 60.0

    def probe(self, timeout: float = 1.0) -> Listener:
        """Look who is there, without running anything."""
        try:
            status, body = self._get("/cmdline.html", timeout)
        except NoAnswerError:
            return Listener.SILENT
        except ConnectionLostError:
            return Listener.NOTHING
        # Others use these ports too and many answer any path: the page names its program.
        ours = status == 200 and "chimera" in body.lower()
        return Listener.OURS if ours else Listener.OTHER

    def run(self, command: str) -> Reply:
        """Run one command.

        Raises
        ------
        NoAnswerError, ConnectionLostError
        ValueError
            for a command that ChimeraX would split in two.
        """
        if ";" in command or not command.isprintable():
            raise ValueError(f"not one single command: {command!r}")
        _, body = self._get(f"/run?command={quote(command)}", self.timeout)
        return parse_reply(body)

    def models(self) -> tuple[Model, ...]:
        """The top-level models that are open."""
        return tuple(model for model in self.all_models() if "." not in model.spec)

    def all_models(self) -> tuple[Model, ...]:
        """All models that are open, those inside others too."""
        reply = self.run("info models")
        listed = _rows(reply)
        if listed is not None:
            return tuple(Model(m["spec"], m["class"], str(m.get("value") or "")) for m in listed)
        return tuple(
            Model(spec, kind, _unquoted(name))
            for spec, kind, name in _MODEL_LINE.findall(reply.log)
        )

    def hidden(self) -> frozenset[str]:
        """The specs of those models that are switched off; none in text mode, which does not
        tell."""
        rows = _rows(self.run("info models attribute display"))
        return frozenset(m["spec"] for m in rows or () if m.get("value") is False)

    def _get(self, path: str, timeout: float) -> tuple[int, str]:
        # http.client and not urllib: a proxy set for the web must not see this. HOST by number,
        # for the server listens on IPv4 and "localhost" may mean IPv6 here.
        connection = HTTPConnection(HOST, self.port, timeout=timeout)
        expired = threading.Event()

        def give_up() -> None:
            expired.set()
            # The time limit of a socket begins anew with every byte that trickles in.
            with contextlib.suppress(OSError, AttributeError):
                stream.shutdown(socket.SHUT_RDWR)

        limit = threading.Timer(timeout, give_up)
        try:
            connection.connect()
            stream = connection.sock
            limit.start()
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read(_LARGEST_REPLY)
            if expired.is_set():
                raise TimeoutError
            return response.status, body.decode("utf-8", errors="replace")
        except (OSError, HTTPException, ValueError) as error:
            if expired.is_set() or isinstance(error, TimeoutError):
                why = f"port {self.port} did not answer in {timeout:g} s"
                raise NoAnswerError(why) from error
            raise ConnectionLostError(f"port {self.port}: {error}") from error
        finally:
            limit.cancel()
            connection.close()


def parse_reply(body: str) -> Reply:
    """Read a reply in either mode; the Content-Type is not to be trusted in many versions."""
    try:
        data = json.loads(body)
    except ValueError:
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
    return Reply(values, f"{error.get('type', 'error')}: {error.get('message', '')}", log)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _value(said: Any) -> Any:
    """Each value is a JSON text of its own; what is none is passed over."""
    try:
        return json.loads(said) if isinstance(said, str) else None
    except ValueError:
        return None


def _rows(reply: Reply) -> list[dict[str, Any]] | None:
    """The models in a reply of `info models`; None in text mode."""
    listed = reply.values[0] if reply.values else None
    if not isinstance(listed, list):
        return None
    return [
        row
        for row in listed
        if isinstance(row, dict) and isinstance(row.get("spec"), str) and "class" in row
    ]


def _unquoted(name: str) -> str:
    """Undo the quoting of names in text mode."""
    name = name.strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = name[1:-1]
    return re.sub(r"\\(.)", r"\1", name)
