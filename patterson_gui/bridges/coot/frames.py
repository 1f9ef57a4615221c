"""Send requests to Coot. A frame is four bytes of length, big-endian, and as many of JSON.

Two servers take such frames. Coot's own remote control (`coot --port N`, from 1.1.20) runs one
Python expression and looks for requests once a second; it has no password. The listener of our
plugin knows a few methods by name and wants a token. Each serves one client at a time.
"""

import contextlib
import itertools
import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from patterson_gui.bridges.coot.plugin import plugin_text
from patterson_gui.bridges.local_programs import (
    HOST,
    ConnectionLostError,
    NoAnswerError,
    OddReplyError,
    RefusedError,
)

LARGEST_REPLY = 64 * 1024**2  # bytes
STATE = "_patterson_gui_coot"  # the module in which our plugin keeps its state
# The namespace in which the plugin's text runs without a listener and without a menu.
START = {"PATTERSON_GUI_START": False, "__name__": "patterson_gui_coot"}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Coot:
    """A Coot that listens on `port`. With a token it is our plugin's listener, without one
    Coot's own remote control; `timeout` seconds for each request."""

    port: int
    token: str | None = None
    timeout: float = 60.0

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """Our plugin's answer to `method`.

        Raises
        ------
        NoAnswerError, ConnectionLostError, RefusedError
        """
        with self._connection() as channel:
            if self.token is not None:
                return channel.result(method, {**params, "token": self.token})
            return _through_python(channel, method, params)

    def is_coot(self) -> bool:
        """Whether Coot's own remote control listens there.

        Raises
        ------
        NoAnswerError, ConnectionLostError
        """
        with self._connection() as channel:
            try:
                value = channel.python("'coot' in __import__('sys').modules")
            except RefusedError:
                return False
        return value == "True"

    @contextlib.contextmanager
    def _connection(self) -> "Iterator[_Channel]":
        try:
            connection = socket.create_connection((HOST, self.port), timeout=5.0)
        except TimeoutError as error:
            raise NoAnswerError(f"port {self.port} does not accept") from error
        except OSError as error:
            raise ConnectionLostError(f"port {self.port}: {error}") from error
        with connection:
            yield _Channel(connection, time.monotonic() + self.timeout)


class _Channel:
    """One connection with its deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def result(self, method: str, params: Mapping[str, Any]) -> Any:
        """The `result` of one request."""
        number = next(_numbers)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        # JSON may end in white space. A web server at that port then sees the end of a bad request
        # and answers at once.
        body = json.dumps(request).encode("utf-8") + b"\r\n\r\n"
        try:
            self._connection.settimeout(self._left())
            self._connection.sendall(struct.pack(">I", len(body)) + body)
            (length,) = struct.unpack(">I", self._received(4))
            if length > LARGEST_REPLY:
                raise OddReplyError("the answer is not from Coot")
            content = self._received(length)
        except TimeoutError as error:
            raise NoAnswerError("no answer in time") from error
        except ConnectionLostError:
            raise
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        if not content:
            raise RefusedError(f"it does not know the method {method}")
        try:
            reply = json.loads(content.decode("utf-8"))
        except ValueError as error:
            raise OddReplyError("the answer is not from Coot") from error
        if not isinstance(reply, dict) or str(reply.get("id")) != str(number):
            raise OddReplyError("the answer is not from Coot")
        why = reply.get("error")
        if why is not None:
            raise RefusedError(str(why.get("message") if isinstance(why, dict) else why))
        return reply.get("result")

    def python(self, expression: str) -> str:
        """The value of an expression as text. Coot 1.1.20 returns it alone, later versions
        together with what was printed."""
        result = self.result("python.exec", {"code": expression})
        if isinstance(result, dict):
            result = result.get("value")
        return result if isinstance(result, str) else str(result)

    def _received(self, size: int) -> bytes:
        """Exactly `size` bytes, before the deadline even if they arrive slowly."""
        parts, missing = [], size
        while missing:
            self._connection.settimeout(self._left())
            part = self._connection.recv(min(missing, 1 << 16))
            if not part:
                raise ConnectionLostError("it closed the connection")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _through_python(channel: _Channel, method: str, params: Mapping[str, Any]) -> Any:
    """Have a Coot without our listener run the plugin's text once, and ask the plugin.

    Only expressions, because Coot 1.1.20 accepts nothing else; few, because each waits until Coot
    looks for requests.
    """
    request = json.dumps({"method": method, "params": params})
    ask = (
        f"getattr(__import__('sys').modules.get({STATE!r}), 'remote', lambda _: 'absent')"
        f"({request!r})"
    )
    value = channel.python(ask)
    if value == "absent":
        channel.python(f"exec({plugin_text()!r}, {START!r})")
        value = channel.python(ask)
    try:
        answer = json.loads(value)
    except ValueError as error:
        raise RefusedError(f"it answered {value[:80]!r}") from error
    if "error" in answer:
        raise RefusedError(str(answer["error"]))
    return answer.get("result")
