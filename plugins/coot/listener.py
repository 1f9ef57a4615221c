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

from .coot_functions import log_line
from .methods import answer, error_text
from .text import TEXT

# The installer sets this: the folder in which a running Coot announces its port.
LISTENERS = ""

LARGEST_FRAME = 1 << 20  # bytes; a scene is a few thousand
POLL_MS = 200
SILENCE_S = 20.0  # a client that sends nothing for so long is dropped
MOST_CLIENTS = 16  # at once; of more the one that has been silent longest is dropped


class Client(object):
    """A connection, what has arrived of its next frame, and when something arrived last."""

    def __init__(self, connection):
        connection.setblocking(False)
        self.connection, self.data, self.last_received = connection, b"", time.time()

    def receive(self):
        """Read what has arrived. False when the client is gone or was silent for too long."""
        try:
            while len(self.data) <= 4 + LARGEST_FRAME:
                part = self.connection.recv(1 << 16)
                if not part:
                    return False
                self.last_received = time.time()
                self.data += part
        except socket.error as error:
            if error.args[0] not in (errno.EAGAIN, errno.EWOULDBLOCK):
                return False
            return abs(time.time() - self.last_received) <= SILENCE_S
        return True

    def frame(self):
        """The content of the next frame; None until it is complete. ValueError if too long."""
        if len(self.data) < 4:
            return None
        (length,) = struct.unpack(">I", self.data[:4])
        if length > LARGEST_FRAME:
            raise ValueError("a frame of %d bytes" % length)
        if len(self.data) < 4 + length:
            return None
        body, self.data = self.data[4 : 4 + length], self.data[4 + length :]
        return body

    def send(self, content):
        """Send one frame; False when the client does not take it."""
        self.connection.setblocking(True)
        self.connection.settimeout(5.0)
        try:
            self.connection.sendall(struct.pack(">I", len(content)) + content)
            self.connection.setblocking(False)
        except socket.error:
            return False
        return True


class Listener(object):
    """A socket for this computer only, polled from Coot's main loop.

    A frame is four bytes of length, big-endian, and as many of JSON, as in Coot's own remote
    control from 1.1.20. Every request must hold the token, which is in a file that only the user
    can read. That file is written by the first `poll`: before, nobody would answer.
    """

    def __init__(self, folder):
        self.stopping = False
        self.stays = False  # goes on listening when asked to stop, because it ran before
        self._clients = []
        self._announcements = {}  # files by folder; None until the file is written
        self.token = binascii.hexlify(os.urandom(24)).decode("ascii")
        self._server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._server.bind(("127.0.0.1", 0))
            self._server.listen(MOST_CLIENTS)
            self._server.setblocking(False)
            self.port = self._server.getsockname()[1]
        except Exception:
            self._server.close()
            raise
        self.announce(folder)
        atexit.register(self.close)

    def announce(self, folder):
        """Announce this listener in a folder, once, when Coot's main loop next calls `poll`."""
        self._announcements.setdefault(folder, None)

    def _write_announcement(self, folder):
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
        for folder in [folder for folder, path in self._announcements.items() if path is None]:
            try:
                self._write_announcement(folder)
            except Exception as error:
                del self._announcements[folder]
                log_line("nothing can be sent to this Coot (%s)" % error_text(error))
        self._accept()
        for client in list(self._clients):
            there = client.receive()
            try:
                body = client.frame()
                while there and body is not None:
                    there = client.send(self._reply(body))
                    body = client.frame()
            except ValueError:
                there = False
            if not there:
                self._drop(client)
        if self.stopping:
            self.close()
        return not self.stopping

    def _accept(self):
        try:
            while True:
                connection, _ = self._server.accept()
                self._clients.append(Client(connection))
                if len(self._clients) > MOST_CLIENTS:
                    self._drop(min(self._clients, key=lambda client: client.last_received))
        except socket.error:
            pass  # nobody else waits

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

    def _drop(self, client):
        self._clients.remove(client)
        client.connection.close()

    def close(self):
        """Stop listening and delete the announcement."""
        self.stopping = True
        for client in list(self._clients):
            self._drop(client)
        self._server.close()
        for path in self._announcements.values():
            if path is not None and os.path.exists(path):
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
