"""ChimeraX's remote control: one command per HTTP request, on this computer only.

The server is the one `remotecontrol rest start` opens inside ChimeraX. It answers one request
at a time with status 200, as JSON where it was started with `json true`, else as the plain
text of the log. Both are understood here. In text mode an unexpected error leaves it waiting
for ever, and a busy ChimeraX does not answer either, so every request has a time limit.
"""

import json
import re
import socket
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

HOST = "127.0.0.1"  # the server listens on IPv4 loopback; "localhost" may mean IPv6 here

# `info models` in text mode: "model id #1 type Volume name "map \"a\""".
_MODEL_LINE = re.compile(r"^model id (#[\d.]+) type (\S+) name (.*)$", re.MULTILINE)


class NoAnswerError(Exception):
    """The request was taken but not answered in time."""


class ConnectionLostError(Exception):
    """There is no server, or it went away while it was asked."""


class Listener(Enum):
    """What is found at a port."""

    NOTHING = "nothing"
    CHIMERAX = "ChimeraX"
    SILENT = "a program that does not answer"
    OTHER = "another program"


@dataclass(frozen=True)
class Model:
    """One top-level model as ChimeraX lists it; `spec` is '#3'."""

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
        return Listener.CHIMERAX if ours else Listener.OTHER

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
        reply = self.run("info models")
        listed = reply.values[0] if reply.values else None
        if isinstance(listed, list):
            found = [Model(m["spec"], m["class"], str(m.get("value") or "")) for m in listed]
        else:
            found = [
                Model(spec, kind, _unquoted(name))
                for spec, kind, name in _MODEL_LINE.findall(reply.log)
            ]
        return tuple(model for model in found if "." not in model.spec)

    def _get(self, path: str, timeout: float) -> tuple[int, str]:
        # http.client and not urllib: a proxy set for the web must not see this.
        connection = HTTPConnection(HOST, self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", errors="replace")
        except TimeoutError as error:
            raise NoAnswerError(f"port {self.port} did not answer in {timeout:g} s") from error
        except (OSError, HTTPException) as error:
            raise ConnectionLostError(f"port {self.port}: {error}") from error
        finally:
            connection.close()


def parse_reply(body: str) -> Reply:
    """Read a reply in either mode; the Content-Type is not to be trusted in many versions."""
    try:
        data = json.loads(body)
    except ValueError:
        return Reply(log=body)
    if not isinstance(data, dict) or "json values" not in data:
        return Reply(log=body)
    values = tuple(None if v is None else json.loads(v) for v in data["json values"] or ())
    messages = data.get("log messages") or {}
    log = "\n".join(line for level in messages.values() for line in level)
    error = data.get("error")
    if error is None:
        return Reply(values, None, log)
    return Reply(values, f"{error.get('type', 'error')}: {error.get('message', '')}", log)


def free_port(preferred: tuple[int, ...]) -> int:
    """The first of the preferred ports that nobody uses, else any that is free."""
    for port in (*preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
            try:
                candidate.bind((HOST, port))
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    raise OSError("no free port on this computer")


def _unquoted(name: str) -> str:
    """Undo the quoting of names in text mode."""
    name = name.strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = name[1:-1]
    return re.sub(r"\\(.)", r"\1", name)
