"""Receive requests on a socket that only this computer reaches and that wants a token."""

import atexit
import binascii
import errno
import json
import os
import socket
import struct
import sys
import time

from .methods import answer, error_text
from .text import TEXT

# The installer sets this: the folder in which a running Coot announces its port.
LISTENERS = ""

LARGEST_FRAME = 1 << 20  # bytes; a scene is a few thousand
POLL_MS = 200
SILENCE_S = 20.0  # a client that sends nothing for so long is dropped


class Listener(object):
    """A socket for this computer only, polled from Coot's main loop.

    A frame is four bytes of length, big-endian, and as many of JSON, as in Coot's own remote
    control from 1.1.20. Every request must hold the token, which is in a file that only the user
    can read.
    """

    def __init__(self, folder):
        self.stopping = False
        self.stays = False  # goes on listening when asked to stop, because it ran before
        self._client, self._data, self._last_received = None, b"", 0.0
        self._announcements = {}  # files by folder
        self.token = binascii.hexlify(os.urandom(24)).decode("ascii")
        self._server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._server.bind(("127.0.0.1", 0))
            self._server.listen(1)
            self._server.setblocking(False)
            self.port = self._server.getsockname()[1]
            self.announce(folder)
        except Exception:
            self._server.close()
            raise
        atexit.register(self.close)

    def announce(self, folder):
        """Announce this listener in a folder, once."""
        if folder in self._announcements:
            return
        if not os.path.isdir(folder):
            os.makedirs(folder, 0o700)
        name = "coot-%d" % os.getpid()
        if os.path.lexists(os.path.join(folder, name + ".json")):
            # Systems use process numbers again, and in a sandbox every program has the same one.
            name += "-" + binascii.hexlify(os.urandom(4)).decode("ascii")
        unfinished = os.path.join(folder, name + ".new")
        if os.path.lexists(unfinished):
            os.remove(unfinished)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        announcement = {"program": "coot", "pid": os.getpid(), "host": socket.gethostname()}
        announcement.update(port=self.port, token=self.token)
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(announcement))
        self._announcements[folder] = os.path.join(folder, name + ".json")
        os.rename(unfinished, self._announcements[folder])

    def poll(self):
        """Read and answer what has arrived; False once it has stopped."""
        if self._client is None and not self._accept():
            return not self.stopping
        try:
            while self._client is not None:
                part = self._client.recv(1 << 16)
                if not part:
                    self._drop()
                    break
                self._last_received = time.time()
                self._data += part
                self._take_frames()
        except socket.error as error:
            waiting = error.args[0] in (errno.EAGAIN, errno.EWOULDBLOCK)
            if not waiting or abs(time.time() - self._last_received) > SILENCE_S:
                self._drop()
        if self.stopping:
            self.close()
        return not self.stopping

    def _accept(self):
        try:
            self._client, _ = self._server.accept()
        except socket.error:
            return False
        self._client.setblocking(False)
        self._data, self._last_received = b"", time.time()
        return True

    def _take_frames(self):
        while self._client is not None and len(self._data) >= 4:
            (length,) = struct.unpack(">I", self._data[:4])
            if length > LARGEST_FRAME:
                self._drop()
                return
            if len(self._data) < 4 + length:
                return
            body, self._data = self._data[4 : 4 + length], self._data[4 + length :]
            self._send(self._reply(body))

    def _reply(self, body):
        """The content of the frame that answers `body`; empty if that is no request."""
        try:
            request = json.loads(body.decode("utf-8"))
            method, params = request["method"], request["params"]
            number, token = str(request["id"]), params["token"]
        except Exception:  # also RuntimeError, raised for deeply nested JSON
            return b""
        reply = {"jsonrpc": "2.0", "id": number}
        if not equal_tokens(token, self.token):
            reply["error"] = {"code": -32001, "message": "The token is wrong."}
        else:
            try:
                reply["result"] = answer(method, params)
            except Exception as error:
                reply["error"] = {"code": -32000, "message": error_text(error)}
        return json.dumps(reply).encode("utf-8")

    def _send(self, content):
        self._client.setblocking(True)
        self._client.settimeout(5.0)
        try:
            self._client.sendall(struct.pack(">I", len(content)) + content)
            self._client.setblocking(False)
        except socket.error:
            self._drop()

    def _drop(self):
        if self._client is not None:
            self._client.close()
        self._client, self._data = None, b""

    def close(self):
        """Stop listening and delete the announcement."""
        self.stopping = True
        self._drop()
        self._server.close()
        for path in self._announcements.values():
            if os.path.exists(path):
                os.remove(path)
        self._announcements = {}


def equal_tokens(given, wanted):
    """Compare in a time that does not depend on where they differ."""
    if not isinstance(given, (str, TEXT)):
        return False
    a, b = given.encode("utf-8"), wanted.encode("utf-8")
    different = len(a) ^ len(b)
    for x, y in zip(bytearray(a), bytearray(b)):
        different |= x ^ y
    return different == 0


def listeners_folder():
    """Where patterson_gui looks for a Coot that listens."""
    if LISTENERS:
        return LISTENERS
    configured = os.environ.get("PATTERSON_GUI_CONFIG")
    home = os.path.expanduser("~")
    if configured:
        base = configured
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Application Support", "patterson_gui")
    elif os.name == "nt":
        base = os.path.join(os.environ.get("LOCALAPPDATA", home), "patterson_gui")
    else:
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        base = os.path.join(config, "patterson_gui")
    return os.path.join(base, "listeners")
