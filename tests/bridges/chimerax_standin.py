"""A stand-in for ChimeraX: its models and commands, with the faults of its versions.

Written from what ChimeraX's own commands do: they are split at ';' even inside quotes, put
variables of the environment into paths, reject options of later versions, and report a false
AttributeError after opening a map. What differs between versions is a row of `VERSIONS`. The remote
control is in `chimerax_standin_server`.
"""

import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.bridges.chimerax_standin_files import map_as_written, model_as_mmcif, moved_model


@dataclass(frozen=True)
class Version:
    """What one version can do.

    start : options of `remotecontrol rest start`.
    false_error : in JSON mode opening anything but atoms is answered with an error, although it
        is open.
    opens_with_id : whether `open … id N` is known.
    writes_ccp4 : whether maps can be written with that ending, and not as .mrc alone.
    """

    start: tuple[str, ...]
    false_error: bool
    opens_with_id: bool
    writes_ccp4: bool
    content_type: str = "text/plain"


VERSIONS = {
    "1.2": Version(("port", "ssl", "json"), True, False, False),
    "1.5": Version(("port", "ssl", "json"), True, False, True),
    "1.9": Version(("port", "ssl", "json", "log"), True, True, True),
    "1.10.1": Version(("port", "ssl", "json", "log"), True, True, True),
    "1.11": Version(("port", "ssl", "json", "log", "cors"), False, True, True, "application/json"),
}

_KINDS = {
    ".ccp4": "Volume", ".mrc": "Volume", ".map": "Volume", ".pdb": "AtomicStructure",
    ".cif": "AtomicStructure", ".bild": "Generic3DModel",
}  # fmt: skip
_TOKEN = re.compile(r"""\s*("(?P<two>[^"]*)"(?=\s|$)|'(?P<one>[^']*)'(?=\s|$)|(?P<bare>\S+))""")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")
_VOLUME_WORDS = {
    "style": "surface|mesh|image|solid",
    "step": r"\d+",
    "level": r"-?[\d.]+(e[-+]?\d+)?",
    "color": _COLOUR.pattern,
    "transparency": r"[\d.]+",
    "showOutlineBox": "true|false",
    "capFaces": "true|false",
}


@dataclass
class Shown:
    """One open model; `spec` is '#2.1' for one inside another."""

    spec: str
    kind: str
    name: str
    path: Path = Path("nowhere")
    settings: dict[str, str] = field(default_factory=dict)
    levels: list[tuple[str, str]] = field(default_factory=list)  # (level, colour) of each contour
    shown: bool = True
    moved: float = 0.0  # Å along x, by the mouse

    @property
    def numbers(self) -> list[int]:
        return [int(number) for number in self.spec[1:].split(".")]


class UserError(Exception):
    """As ChimeraX's: reported without a traceback."""


@dataclass
class StandIn:
    """The state of a ChimeraX that never was."""

    version: str = "1.11"
    json_mode: bool = True
    junk: bytes = b""  # what every request of a command is answered with
    flood: bytes = b""  # what is then sent again and again, without end
    pause: float = 0.0  # seconds between
    hang_on: str = ""  # a command with this word is taken and answered when released
    die_on: str = ""  # at a command with this word the program ends
    die_after: bytes = b""  # having said this
    refuse: str = ""  # a command with this word is an error
    complaint: str = "Unknown command: {}"
    models: list[Shown] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    keeps_cell: bool = True  # whether a model that is saved as mmCIF states its unit cell
    damages: str = ""  # a file of this ending is saved by half
    stopped: bool = False
    port: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def can(self) -> Version:
        return VERSIONS[self.version]

    def run(self, text: str) -> list[tuple[object, str]]:
        """Run one request's text; return the value and the log of each command."""
        return [self._run_one(part.strip()) for part in text.split(";") if part.strip()]

    def _run_one(self, command: str) -> tuple[object, str]:
        self.commands.append(command)
        if self.refuse and self.refuse in command:
            raise UserError(self.complaint.format(command))
        word, *rest = _tokens(command)
        actions = {
            "open": self._open,
            "close": self._close,
            "rename": self._rename,
            "volume": self._volume,
            "info": self._info,
            "show": self._show,
            "hide": self._show,
            "save": self._save,
            "style": self._style,
            "color": self._color,
            "view": self._view,
            "remotecontrol": self._stop,
        }
        if word not in actions:
            raise UserError(f"Unknown command: {command}")
        value = actions[word](rest)
        return value if isinstance(value, tuple) else (value, "")

    # ------------------------------------------------------------------ models
    def add(self, kind: str, name: str, path: str = "nowhere", inside: str = "") -> Shown:
        """What the user does with the mouse; the next free number is given."""
        start = f"{inside}." if inside else "#"
        number = 1
        while any(model.spec == f"{start}{number}" for model in self.models):
            number += 1
        model = Shown(f"{start}{number}", kind, name, Path(path))
        self.models.append(model)
        self.models.sort(key=lambda each: each.numbers)
        return model

    def open_by_hand(self, path: str, name: str, kind: str = "Volume") -> Shown:
        """Open a file as the user does."""
        return self.add(kind, name, path)

    def top(self) -> list[Shown]:
        """Those models that are inside no other."""
        return [model for model in self.models if "." not in model.spec]

    def seen(self, model: Shown) -> bool:
        """Whether it and all that it is inside of are switched on."""
        around = [m for m in self.models if f"{model.spec}.".startswith(f"{m.spec}.")]
        return all(m.shown for m in around)

    def _matching(self, spec: str) -> list[Shown]:
        """Models by '#1,3-5', '#2.1' (each with what is inside) or '##name=x' (alone)."""
        if named := re.fullmatch(r'##name=("?)([^,#/:@"]+)\1', spec):
            return [model for model in self.models if model.name == named[2]]
        if not re.fullmatch(r"#\d{1,5}([.,-]\d{1,5})*", spec):
            raise UserError(f"Expected a models specifier, not {spec}")
        found = []
        for model in self.models:
            for part in spec[1:].split(","):
                first, _, last = part.partition("-")
                low = [int(number) for number in first.split(".")]
                high = [int(last)] if last else low
                if low <= model.numbers[: len(low)] <= high:
                    found.append(model)
                    break
        return found

    def _structures(self, spec: str) -> list[Shown]:
        return [model for model in self._matching(spec) if model.kind == "AtomicStructure"]

    # ---------------------------------------------------------------- commands
    def _open(self, words: list[str]) -> object:
        path = os.path.expandvars(words[0])
        options = _pairs(words[1:])
        known = {"name", "id", "format"} if self.can.opens_with_id else {"name", "format"}
        _refuse_unknown(options, known)
        if not Path(path).is_file():
            raise UserError(f"No such file/path: {words[0]}")
        suffix = Path(path).suffix.lower()
        kind = _KINDS.get(suffix)
        if kind is None:
            raise UserError(f"Unrecognized file suffix '{suffix}'")
        if kind == "Volume" and Path(path).stat().st_size < 1024:
            raise UserError(f"Cannot open '{path}': not a CCP4 map")
        options = dict(options)
        name = options.get("name", Path(path).name)
        count = Path(path).read_text().count("\nMODEL ") if suffix == ".pdb" else 1
        if count > 1:
            opened = self.add("Model", f"{name} group", path)
            for _ in range(count):
                self.add(kind, name, path, inside=opened.spec)
        else:
            opened = self.add(kind, name, path)
        if kind == "Volume":
            self.add("VolumeSurface", "surface", inside=opened.spec)
        if "id" in options:
            self._move(opened, f"#{options['id']}")
        if kind != "AtomicStructure" and self.can.false_error and self.json_mode:
            raise AttributeError(f"'{kind}' object has no attribute 'string'")
        return {"model specs": [opened.spec]}, f"Opened {Path(path).name}"

    def _move(self, model: Shown, spec: str) -> None:
        old = model.spec
        for each in self.models:
            if f"{each.spec}.".startswith(f"{old}."):
                each.spec = spec + each.spec[len(old) :]
        self.models.sort(key=lambda each: each.numbers)

    def _rename(self, words: list[str]) -> None:
        found = self._matching(words[0])
        named = len(words) % 2 == 0
        options = dict(_pairs(words[2:] if named else words[1:]))
        (model,) = found  # of several a group is made, which is not tried here
        if named:
            model.name = words[1]
        if "id" in options:
            self._move(model, f"#{options['id']}")

    def _close(self, words: list[str]) -> None:
        gone = self._matching(words[0]) if words else list(self.models)
        kept = [model for model in self.models if model not in gone]
        # One stays as long as something inside of it does.
        self.models = [
            m
            for m in self.models
            if m in kept or any(k.spec.startswith(f"{m.spec}.") for k in kept)
        ]

    def _volume(self, words: list[str]) -> None:
        maps = [model for model in self._matching(words[0]) if model.kind == "Volume"]
        if not maps:
            raise UserError("No volumes specified")
        pairs = _pairs(words[1:])
        _refuse_unknown(pairs, set(_VOLUME_WORDS))
        for key, value in pairs:
            if not re.fullmatch(_VOLUME_WORDS[key], value):
                raise UserError(f"Invalid {key} argument: {value}")
        once = [key for key, _ in pairs if key not in {"level", "color"}]
        if len(once) != len(set(once)):
            raise UserError(f"Repeated keyword argument: {once}")
        levels = [value for key, value in pairs if key == "level"]
        colours = [value for key, value in pairs if key == "color"]
        for model in maps:
            count = len(levels) or len(model.levels) or 1
            if len(colours) > 1 and len(colours) != count:
                raise UserError(
                    f"Number of colors ({len(colours)}) does not match number of levels ({count})"
                )
            model.settings |= {key: value for key, value in pairs if key in once}
            if len(levels) > max(1, len(model.levels)):
                model.settings["style"] = "surface"  # new surfaces take no style of this command
            if levels:
                model.levels = list(zip(levels, colours * (count // len(colours)), strict=True))

    def _style(self, words: list[str]) -> None:
        for model in self._structures(words[0]):
            model.settings["style"] = words[1]

    def _color(self, words: list[str]) -> None:
        if words[1] != "byhetero" and not _COLOUR.fullmatch(words[1]):
            raise UserError(f"Invalid color: {words[1]}")
        for model in self._structures(words[0]):
            by = model.settings.get("color", "")
            model.settings["color"] = f"{by} byhetero" if words[1] == "byhetero" else words[1]

    def _show(self, words: list[str]) -> None:
        on = self.commands[-1].startswith("show")
        if words[1] not in {"atoms", "models", "cartoons", "surfaces"}:
            raise UserError(f"Expected a keyword, not {words[1]}")
        for model in self._matching(words[0]):
            if words[1] == "models":
                model.shown = on
            elif words[1] == "atoms" and model.kind == "AtomicStructure":
                model.settings["atoms"] = "shown" if on else "hidden"

    def _view(self, words: list[str]) -> None:
        if not words:
            self.views.append("")
            return
        _refuse_unknown(_pairs(words[1:]), {"clip", "cofr", "pad"})
        found = self._matching(words[0])
        if not found:
            raise UserError("No objects specified.")
        if not any(self.seen(model) for model in found):
            raise UserError("No displayed objects specified.")
        self.views.append(" ".join(words))

    def _save(self, words: list[str]) -> None:
        path = Path(os.path.expandvars(words[0]))
        options = _pairs(words[1:])
        _refuse_unknown(options, {"models", "format", "relModel"})
        (model, *_) = self._matching(dict(options)["models"])
        wanted = {".cif": "AtomicStructure", ".pdb": "AtomicStructure", ".mrc": "Volume"}
        if self.can.writes_ccp4:
            wanted[".ccp4"] = "Volume"
        if path.suffix not in wanted:
            raise UserError(f"Unrecognized file suffix '{path.suffix}'")
        if model.kind != wanted[path.suffix]:
            raise UserError(f"Specified models are not volumes ({model.spec})")
        if model.kind == "Volume":
            data = map_as_written(model.path, ccp4=path.suffix == ".ccp4")
        else:
            source = model.path
            if model.moved and dict(options).get("relModel") != model.spec:
                source = moved_model(model.path, model.moved)
            data = source.read_bytes()
            if path.suffix == ".cif":
                data = model_as_mmcif(source, self.keeps_cell)
        if path.suffix == self.damages:
            data = data[: len(data) // 2]
        try:
            path.write_bytes(data)
        except OSError as error:
            raise UserError(f"Cannot save '{words[0]}': {error}") from None

    def _info(self, words: list[str]) -> object:
        if words[0] != "models":
            raise UserError("Unknown command: info " + " ".join(words))
        options = _pairs(words[1:])
        _refuse_unknown(options, {"attribute"})
        attribute = dict(options).get("attribute", "name")
        rows = [
            (m.spec, m.kind, m.shown if attribute == "display" else m.name) for m in self.models
        ]
        keys = ("spec", "class", "value")
        listed = [
            dict(zip(keys, row, strict=True), attribute=attribute, present=True) for row in rows
        ]
        lines = [f"model id {s} type {k} {attribute} {_quoted(str(v))}" for s, k, v in rows]
        return listed, "\n".join(lines)

    def _stop(self, words: list[str]) -> None:
        if words[:2] != ["rest", "stop"]:
            raise UserError("REST server is already running")
        self.stopped = True


def _tokens(command: str) -> list[str]:
    words, at = [], 0
    while found := _TOKEN.match(command, at):
        words.append(next(w for w in (found["two"], found["one"], found["bare"]) if w is not None))
        at = found.end()
    return words


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    if len(words) % 2:
        raise UserError(f'Missing "{words[-1]}" keyword\'s argument')
    return list(zip(words[::2], words[1::2], strict=True))


def _refuse_unknown(pairs: list[tuple[str, str]], known: set[str]) -> None:
    for key, _ in pairs:
        if key not in known:
            raise UserError(f'Expected a keyword, not "{key}"')


def _quoted(value: str) -> str:
    """As ChimeraX does, which escapes quotes but puts quotes around only where there are blanks."""
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"' if re.search(r"[ \t]", value) else value
