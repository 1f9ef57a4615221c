"""Call PyMOL's functions through the XML-RPC server that `pymol -R` opens.

The server listens on IPv4 loopback at the first free port from 9123 on, answers one request at a
time and has no password. It offers every function of `pymol.cmd`, with positional arguments only.
"""

import http
import http.client
import importlib.util
import socket
import threading
import xmlrpc.client
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any
from xml.parsers.expat import ExpatError

from patterson_gui.bridges.local_programs import (
    HOST,
    ConnectionLostError,
    Listener,
    NoAnswerError,
    RefusedError,
    cut_after,
)
from patterson_gui.io.resources import plugins_folder

_LARGEST_REPLY = 64 * 1024**2  # bytes; a list of thousands of objects is far smaller


class _Transport(xmlrpc.client.Transport):
    """Limits time and size, and does not use web proxies."""

    accept_gzip_encoding = False

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout
        self.expired = threading.Event()

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(str(host), timeout=self._timeout)
        self._connection = host, connection  # what `close` closes
        return connection

    def request(self, host: Any, handler: str, request_body: Any, verbose: bool = False) -> Any:
        """Send a request once. The original sends it again when the server closes the connection,
        and PyMOL might carry out a command twice."""
        connection = self.make_connection(host)
        connection.connect()
        with cut_after(self._timeout, connection.sock, self.expired):
            self.verbose = verbose
            connection.request("POST", handler, request_body, {"Content-Type": "text/xml"})
            response = connection.getresponse()
            if response.status != http.HTTPStatus.OK:
                raise xmlrpc.client.ProtocolError(handler, response.status, response.reason, {})
            body = response.read(_LARGEST_REPLY)
        parser, unmarshaller = self.getparser()
        parser.feed(body)
        parser.close()
        return unmarshaller.close()


class Api:
    """`pymol.cmd` of the PyMOL at `port`; `timeout` seconds for each call.

    Its functions raise `RefusedError` for what PyMOL refuses, `NoAnswerError` and
    `ConnectionLostError`.
    """

    def __init__(self, port: int, timeout: float = 60.0) -> None:
        self.port = port
        self.timeout = timeout

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*arguments: Any) -> Any:
            return self.call(name, *arguments)

        return call

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one function of PyMOL."""
        transport = _Transport(self.timeout)
        address = f"http://{HOST}:{self.port}/RPC2"
        try:
            with xmlrpc.client.ServerProxy(address, transport, allow_none=True) as server:
                return getattr(server, name)(*arguments)
        except xmlrpc.client.Fault as error:
            why = " ".join(str(error.faultString).split())[:200]
            raise RefusedError(why) from error
        except (
            OSError, http.client.HTTPException, xmlrpc.client.Error, ExpatError, ValueError,
        ) as error:  # fmt: skip
            if transport.expired.is_set() or isinstance(error, TimeoutError):
                why = f"port {self.port} did not answer in {self.timeout:g} s"
                raise NoAnswerError(why) from error
            raise ConnectionLostError(f"port {self.port}: {error}") from error


def probe(port: int, timeout: float = 2.0) -> Listener:
    """Find out which program is at a port, without changing anything."""
    try:
        with socket.create_connection((HOST, port), timeout=timeout):
            pass
    except OSError:
        return Listener.NOTHING
    api = Api(port, timeout)
    try:
        version = api.get_version()
        is_pymol = api.ping() == 1 and isinstance(version, list) and isinstance(version[0], str)
    except NoAnswerError:
        return Listener.SILENT
    except (ConnectionLostError, RefusedError, IndexError):
        return Listener.OTHER
    return Listener.WANTED if is_pymol else Listener.OTHER


@cache
def scene_module() -> ModuleType:
    """The module of our plugin that shows scenes in PyMOL; here it runs over `Api`."""
    path = plugins_folder() / "pymol" / "patterson_gui" / "scene.py"
    spec = importlib.util.spec_from_file_location("patterson_gui_pymol_scene", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
