"""A stand-in for ChimeraX's remote control.

Written from what ChimeraX's own server does: it takes one request at a time, answers with status
200 always, gives JSON values that are themselves JSON strings, and in text mode never answers after
an unexpected error.

Run as a program it takes ChimeraX's own arguments:
`--cmd "remotecontrol rest start port 8765 json true"`.
"""

import contextlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

from tests.bridges.chimerax_standin import VERSIONS, StandIn, UserError

PAGE = "<html><title>Chimera Web Command Line</title></html>"
OK = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: "Server"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlparse(self.path)
        if url.path == "/cmdline.html":
            self._answer(PAGE, "text/html")
        elif url.path == "/run":
            self._run(parse_qs(url.query).get("command", []))
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._run([])  # the fields of a form are bytes there, and bytes are not looked for

    def _run(self, commands: list[str]) -> None:
        standin = self.server.standin
        if standin.junk or standin.flood:
            self._flood(standin)
            return
        if any(standin.die_on and standin.die_on in command for command in commands):
            self.wfile.write(standin.die_after)
            self.connection.close()
            threading.Thread(target=self.server.die).start()
            return
        if any(standin.hang_on and standin.hang_on in command for command in commands):
            standin.release.wait(20)
        results: list[tuple[object, str]] = []
        error: Exception | None = None
        try:
            for command in commands:
                results = standin.run(command)
        except UserError as problem:
            error = problem
        except Exception as problem:
            if not standin.json_mode:
                standin.release.wait(20)  # the queue that is never filled
                return
            error = problem
        log = [text for _, text in results]
        if not commands:
            log.append('"command" parameter missing')
        if isinstance(error, UserError):
            log = [str(error)]
        if standin.json_mode:
            values = [None if value is None else json.dumps(value) for value, _ in results]
            body = {
                "json values": [] if error else values,
                "python values": [None] * len(values),
                "log messages": {"note": log, "warning": [], "error": [], "bug": []},
                "error": error and {"type": type(error).__name__, "message": str(error)},
            }
            self._answer(json.dumps(body), standin.can.content_type)
        else:
            self._answer("".join(f"{text}\n" for text in log), "text/plain")
        if standin.stopped:
            threading.Thread(target=self.server.shutdown).start()

    def _flood(self, standin: StandIn) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(standin.junk)
            while standin.flood and not standin.release.wait(standin.pause):
                self.wfile.write(standin.flood)

    def _answer(self, text: str, kind: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        with contextlib.suppress(OSError):  # the client gave up waiting
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)


class Server(HTTPServer):
    """As in ChimeraX: not threaded, so one request at a time."""

    def __init__(self, standin: StandIn, port: int = 0) -> None:
        self.standin = standin
        super().__init__(("127.0.0.1", port), Handler)
        standin.port = self.server_address[1]

    def die(self) -> None:
        """End as a program does, whose port is free then."""
        self.shutdown()
        self.server_close()


def started(command: str, version: str) -> tuple[int, bool] | None:
    """The port and whether it answers in JSON, where a version takes the command; one option
    that it does not know, and it takes none of it."""
    words = command.split()
    options = dict(zip(words[3::2], words[4::2], strict=False))
    known = VERSIONS[version].start
    if words[:3] != ["remotecontrol", "rest", "start"] or not set(options) <= set(known):
        return None
    return int(options.get("port", "0")), options.get("json") == "true"


def main(arguments: list[str]) -> int:
    """Serve until stopped, as the program would; PATTERSON_TEST_VERSION says which it is."""
    version = os.environ.get("PATTERSON_TEST_VERSION", "1.11")
    command = arguments[arguments.index("--cmd") + 1]
    taken = started(command, version)
    if taken is None:
        print(f"Expected a keyword: {command}", file=sys.stderr)
        return 1
    port, json_mode = taken
    with Server(StandIn(version, json_mode), port) as server:
        print(f"REST server started on host 127.0.0.1 port {server.standin.port}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
