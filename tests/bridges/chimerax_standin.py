"""A program that speaks ChimeraX's remote control, faults included, for tests.

Written from what ChimeraX's own server does: GET only, one request at a time, always status
200, JSON values that are themselves JSON strings, commands split at ';' even inside quotes,
options of later versions refused, a false AttributeError after opening a map, text mode that
never answers after an unexpected error.

Run as a program it takes ChimeraX's own arguments:
`chimerax_standin.py --cmd "remotecontrol rest start port 8765 json true"`.
"""

import contextlib
import json
import os
import re
import shlex
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

# What differs between versions: the options of `remotecontrol rest start`, and whether opening a
# map is answered with an error although it is open.
VERSIONS = {
    "1.2": (("port", "json"), True),
    "1.5": (("port", "json"), True),
    "1.9": (("port", "json", "log"), True),
    "1.10.1": (("port", "json", "log"), True),
    "1.11": (("port", "json", "log", "cors"), False),
}

PAGE = "<html><title>Chimera Web Command Line</title></html>"


@dataclass
class Shown:
    """One open model."""

    spec: str
    kind: str
    name: str
    path: Path
    settings: dict[str, str] = field(default_factory=dict)
    levels: list[tuple[str, str]] = field(default_factory=list)  # (level, colour) of each contour
    shown: bool = True


class UserError(Exception):
    """As ChimeraX's: reported without a traceback."""


@dataclass
class StandIn:
    """The state of a ChimeraX that never was."""

    json_mode: bool = True
    false_error: bool = False  # versions 1.2 to 1.10.1, for maps
    junk: bytes = b""  # what every request of a command is answered with
    drip: bool = False  # answers are sent a byte at a time, without end
    hang_on: str = ""  # a command with this word is taken and never answered
    die_on: str = ""  # at a command with this word the program ends
    refuse: str = ""  # a command with this word is an error
    models: list[Shown] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    keeps_cell: bool = True  # whether a model that is saved as mmCIF states its unit cell
    stopped: bool = False
    port: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    def run(self, text: str) -> list[object]:
        """Run one request's text and return the value of each command."""
        return [self._run_one(part.strip()) for part in text.split(";") if part.strip()]

    def _run_one(self, command: str) -> object:
        self.commands.append(command)
        if self.refuse and self.refuse in command:
            raise UserError(f"Unknown command: {command}")
        try:
            word, *rest = shlex.split(command.replace("\\", "\\\\"))
        except ValueError:
            raise UserError("incomplete quoted text") from None
        actions = {
            "open": self._open,
            "close": self._close,
            "volume": self._volume,
            "info": self._info,
            "show": self._show,
            "hide": self._show,
            "save": self._save,
            "style": self._style,
            "color": self._style,
            "view": self._view,
            "remotecontrol": self._stop,
        }
        if word not in actions:
            raise UserError(f"Unknown command: {command}")
        return actions[word](rest)

    def open_by_hand(self, path: str, name: str, kind: str = "Volume") -> Shown:
        """What the user does with the mouse."""
        number = 1
        while any(model.spec == f"#{number}" for model in self.models):
            number += 1
        self.models.append(Shown(f"#{number}", kind, name, Path(path)))
        return self.models[-1]

    def _open(self, words: list[str]) -> object:
        path, options = words[0], dict(zip(words[1::2], words[2::2], strict=True))
        if not Path(path).is_file():
            raise UserError(f"No such file/path: {path}")
        suffixes = [s for s in Path(path).suffixes if s != ".gz"]
        kinds = {
            ".ccp4": "Volume", ".mrc": "Volume", ".map": "Volume", ".pdb": "AtomicStructure",
            ".cif": "AtomicStructure", ".bild": "Generic3DModel",
        }  # fmt: skip
        kind = kinds.get(suffixes[-1] if suffixes else "")
        if kind is None:
            raise UserError(f"Unrecognized file suffix '{Path(path).suffix}'")
        if kind == "Volume" and Path(path).stat().st_size == 0:
            raise UserError("Error reading file: not a CCP4 map")
        model = self.open_by_hand(path, options.get("name", Path(path).name), kind)
        if "id" in options:
            model.spec = f"#{options['id']}"
        if kind == "Volume" and self.false_error and self.json_mode:
            raise AttributeError("'Volume' object has no attribute 'string'")
        return {"model specs": [model.spec]}

    def _matching(self, spec: str) -> list[Shown]:
        if not re.fullmatch(r"#[\d.,-]+", spec):
            raise UserError(f"Expected a models specifier, not {spec}")
        wanted: set[str] = set()
        for part in spec[1:].split(","):
            first, _, last = part.partition("-")
            if "." in first:
                wanted.add(f"#{first}")
                continue
            wanted |= {f"#{n}" for n in range(int(first), int(last or first) + 1)}
        return [model for model in self.models if model.spec in wanted]

    def _close(self, words: list[str]) -> None:
        gone = self._matching(words[0]) if words else list(self.models)
        self.models = [model for model in self.models if model not in gone]

    def _volume(self, words: list[str]) -> None:
        maps = [model for model in self._matching(words[0]) if model.kind == "Volume"]
        if not maps:
            raise UserError("No volumes specified")
        pairs = list(zip(words[1::2], words[2::2], strict=True))
        for key, value in pairs:
            if key not in {"style", "step", "level", "color", "transparency", "showOutlineBox"}:
                raise UserError(f'Expected a keyword, not "{key}"')
            if key == "style" and value not in {"surface", "mesh", "image"}:
                raise UserError(f'Should be one of "surface", "mesh", "image", not {value}')
            for model in maps:
                model.settings.setdefault(key, value)  # of contours the first
                if key not in {"level", "color"}:
                    model.settings[key] = value
        levels = [value for key, value in pairs if key == "level"]
        colours = [value for key, value in pairs if key == "color"]
        for model in maps:
            if levels:
                model.levels = list(zip(levels, colours, strict=True))
                model.settings |= {"level": levels[0], "color": colours[0]}

    def _style(self, words: list[str]) -> None:
        for model in self._matching(words[0]):
            model.settings[words[1]] = "yes"

    def _show(self, words: list[str]) -> None:
        for model in self._matching(words[0]):
            if words[1] == "models":
                model.shown = self.commands[-1].startswith("show")
            else:
                model.settings[words[1]] = "yes"

    def _view(self, words: list[str]) -> None:
        if words and words[1:] != ["clip", "false"]:
            raise UserError("Expected a keyword")
        self.views.append(words[0] if words else "")

    def _save(self, words: list[str]) -> None:
        path, keyword, spec = words
        if keyword != "models":
            raise UserError(f"Expected a keyword, not {keyword}")
        (model,) = self._matching(spec)
        data = model.path.read_bytes()
        if path.endswith(".cif"):
            import gemmi

            structure = gemmi.read_structure(str(model.path))
            document = structure.make_mmcif_document()
            if not self.keeps_cell:
                block = document.sole_block()
                for name in ("_cell", "_symmetry"):
                    block.find_mmcif_category(f"{name}.").erase()
            data = document.as_string().encode()
        Path(path).write_bytes(data)

    def _info(self, words: list[str]) -> object:
        if words == ["models", "attribute", "display"] and self.json_mode:
            return [
                {"spec": m.spec, "class": m.kind, "attribute": "display", "present": True,
                 "value": m.shown}
                for m in self.models
            ]  # fmt: skip
        if words != ["models"]:
            raise UserError("Unknown command: info " + " ".join(words))
        listed = []
        for model in self.models:
            listed.append((model.spec, model.kind, model.name))
            if model.kind == "Volume":
                listed.append((f"{model.spec}.1", "VolumeSurface", "surface"))
        if self.json_mode:
            keys = ("spec", "class", "value")
            return [
                dict(zip(keys, row, strict=True), attribute="name", present=True) for row in listed
            ]
        quoted = [(s, k, f'"{n}"' if " " in n else n) for s, k, n in listed]
        return "\n".join(f"model id {s} type {k} name {n}" for s, k, n in quoted)

    def _stop(self, words: list[str]) -> None:
        if words[:2] != ["rest", "stop"]:
            raise UserError("REST server is already running")
        self.stopped = True


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: "Server"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlparse(self.path)
        if url.path == "/cmdline.html":
            self._answer(PAGE)
        elif url.path == "/run":
            self._run(parse_qs(url.query).get("command", []))
        else:
            self.send_error(404)

    def _run(self, commands: list[str]) -> None:
        standin = self.server.standin
        if standin.drip:
            self._drip(standin)
            return
        if standin.junk:
            self.wfile.write(standin.junk)
            return
        if any(standin.die_on and standin.die_on in command for command in commands):
            self.connection.close()
            threading.Thread(target=self.server.shutdown).start()
            return
        if any(standin.hang_on and standin.hang_on in command for command in commands):
            standin.release.wait(20)
        values: list[object] = []
        error = None
        try:
            for command in commands:
                values += standin.run(command)
        except UserError as problem:
            error = problem
        except Exception as problem:
            if not standin.json_mode:
                standin.release.wait(20)  # the queue that is never filled
                return
            error = problem
        if standin.json_mode:
            body = {
                "json values": [] if error else [json.dumps(v) if v else None for v in values],
                "python values": [],
                "log messages": {"note": [], "warning": [], "error": [], "bug": []},
                "error": error and {"type": type(error).__name__, "message": str(error)},
            }
            self._answer(json.dumps(body))
        else:
            text = [str(v) for v in values if isinstance(v, str)]
            self._answer("\n".join([*text, str(error)] if error else text))
        if standin.stopped:
            threading.Thread(target=self.server.shutdown).start()

    def do_POST(self) -> None:
        self.send_error(500)  # a form ends in a module that is not there

    def _drip(self, standin: StandIn) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while not standin.release.wait(0.05):
                self.wfile.write(b" ")

    def _answer(self, text: str) -> None:
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client gave up waiting
            self.wfile.write(data)


class Server(HTTPServer):
    """As in ChimeraX: not threaded, so one request at a time."""

    def __init__(self, standin: StandIn, port: int = 0) -> None:
        self.standin = standin
        super().__init__(("127.0.0.1", port), Handler)
        standin.port = self.server_address[1]


def started(command: str, version: str) -> tuple[int, bool] | None:
    """The port and whether it answers in JSON, where a version takes the command; one option
    that it does not know, and it takes none of it."""
    words = command.split()
    known, _ = VERSIONS[version]
    options = dict(zip(words[3::2], words[4::2], strict=False))
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
    standin = StandIn(json_mode=json_mode, false_error=VERSIONS[version][1])
    with Server(standin, port) as server:
        print(f"REST server started on host 127.0.0.1 port {server.standin.port}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
