"""PyMOL's API from outside, through the XML-RPC server that `pymol -R` opens.

The server listens on IPv4 loopback at the first free port from 9123 on, answers one request at a
time and has no password. Every function of `pymol.cmd` can be called, by position alone.
"""

import http.client
import importlib.util
import socket
import xmlrpc.client
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any
from xml.parsers.expat import ExpatError

from patterson_gui.bridges.programs import HOST, ConnectionLostError, Listener, NoAnswerError
from patterson_gui.io.resources import plugins_folder


class _Transport(xmlrpc.client.Transport):
    """With a time limit, and without the proxies that are set for the web."""

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(str(host), timeout=self._timeout)
        self._connection = host, connection  # what `close` closes
        return connection


class Api:
    """`pymol.cmd` of the PyMOL at `port`; `timeout` seconds for each call.

    Its functions raise `xmlrpc.client.Fault` for what PyMOL refuses, `NoAnswerError` and
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
        """One function of PyMOL."""
        transport = _Transport(self.timeout)
        address = f"http://{HOST}:{self.port}/RPC2"
        try:
            with xmlrpc.client.ServerProxy(address, transport, allow_none=True) as server:
                return getattr(server, name)(*arguments)
        except TimeoutError as error:
            raise NoAnswerError(f"port {self.port} did not answer in {self.timeout:g} s") from error
        except xmlrpc.client.Fault:
            raise
        except (
            OSError, http.client.HTTPException, xmlrpc.client.Error, ExpatError, ValueError,
        ) as error:  # fmt: skip
            raise ConnectionLostError(f"port {self.port}: {error}") from error


def probe(port: int, timeout: float = 2.0) -> Listener:
    """Look who is there, without changing anything."""
    try:
        with socket.create_connection((HOST, port), timeout=timeout):
            pass
    except OSError:
        return Listener.NOTHING
    api = Api(port, timeout)
    try:
        version = api.get_version()
        there = api.ping() == 1 and isinstance(version, list) and isinstance(version[0], str)
    except NoAnswerError:
        return Listener.SILENT
    except (ConnectionLostError, xmlrpc.client.Fault, IndexError):
        return Listener.OTHER
    return Listener.OURS if there else Listener.OTHER


@cache
def scene_module() -> ModuleType:
    """How a scene is shown in PyMOL: the text that our plugin there uses too."""
    path = plugins_folder() / "pymol" / "patterson_gui" / "scene.py"
    spec = importlib.util.spec_from_file_location("patterson_gui_pymol_scene", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
