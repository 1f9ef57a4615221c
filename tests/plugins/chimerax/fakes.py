"""Fakes of the part of ChimeraX's API that the bundle uses; its volumes and models keep what they
are told."""

import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import gemmi
import numpy as np


class UserError(Exception):
    """As ChimeraX's: reported without a traceback."""


class Model:
    """A model, maybe with others inside."""

    Mesh = "mesh"

    def __init__(self, name: str, session: Any) -> None:
        self.name, self.session = name, session
        self.id: tuple[int, ...] | None = None
        self.children: list[Model] = []
        self.display = True
        self.deleted = False

    def add(self, models: list["Model"]) -> None:
        self.children += models

    def all(self) -> list["Model"]:
        return [self, *(m for child in self.children for m in child.all())]

    @property
    def id_string(self) -> str:
        return ".".join(map(str, self.id or ()))

    @property
    def atomspec(self) -> str:
        return f"#{self.id_string}"


class Surface(Model):
    def set_geometry(self, vertices: Any, normals: Any, triangles: Any) -> None:
        self.vertices, self.triangles = vertices, triangles


class Contour:
    def __init__(self, level: float, rgba: Any = (0.7, 0.7, 0.7, 1.0)) -> None:
        self.level = level
        self.rgba = rgba

    @property
    def color(self) -> np.ndarray:
        return np.array([round(255 * part) for part in self.rgba], np.uint8)


class Grid:
    """Values by [z][y][x]; steps and angles of a skewed cell."""

    def __init__(
        self,
        array: np.ndarray,
        origin: Any = (0, 0, 0),
        step: Any = (1, 1, 1),
        cell_angles: Any = (90, 90, 90),
        name: str = "",
    ) -> None:
        self.array, self.origin, self.step = array, origin, step
        self.cell_angles, self.name = cell_angles, name

    def full_matrix(self) -> np.ndarray:
        return self.array


def open_file(path: str, kind: str) -> list[Grid]:
    """By gemmi in the place of ChimeraX's own reader."""
    assert kind == "ccp4"
    read = gemmi.read_ccp4_map(path, setup=True)
    cell, shape = read.grid.unit_cell, read.grid.shape
    step = [edge / n for edge, n in zip(cell.parameters[:3], shape, strict=True)]
    array = np.array(read.grid.array).transpose(2, 1, 0).copy()
    return [Grid(array, (0, 0, 0), step, cell.parameters[3:], Path(path).name)]


class Volume(Model):
    def __init__(self, grid: Grid, session: Any) -> None:
        super().__init__(grid.name, session)
        self.grid = grid
        self.settings: dict[str, Any] = {}
        self.surfaces: list[Contour] = []
        self.style = ""
        self.step: Any = None

    def set_parameters(self, **settings: Any) -> None:
        self.settings |= settings
        if "surface_levels" in settings:
            levels = settings["surface_levels"]
            if len(levels) == len(self.surfaces):
                for surface, level in zip(self.surfaces, levels, strict=True):
                    surface.level = level
            else:
                self.surfaces = [Contour(level) for level in levels]
        for surface, rgba in zip(self.surfaces, settings.get("surface_colors", ()), strict=False):
            surface.rgba = rgba

    def new_region(self, ijk_step: Any, adjust_step: bool) -> None:
        self.step = ijk_step

    def set_display_style(self, style: str) -> None:
        self.style = style

    def full_matrix(self) -> np.ndarray:
        return self.grid.full_matrix()


def volume_from_grid_data(
    grid: Grid, session: Any, *, open_model: bool, show_dialog: bool
) -> Volume:
    assert not open_model
    assert not show_dialog
    return Volume(grid, session)


class Atoms:
    STICK_STYLE = 2

    def __init__(self, elements: np.ndarray) -> None:
        self.element_names = elements
        self.element_numbers = np.array([gemmi.Element(name).atomic_number for name in elements])
        self.colors = np.full((len(elements), 4), 255, np.uint8)
        self.parts: list[tuple[np.ndarray, Atoms]] = []

    def __getitem__(self, mask: np.ndarray) -> "Atoms":
        part = Atoms(self.element_names[mask])
        self.parts.append((mask, part))
        return part


def element_colors(numbers: np.ndarray) -> np.ndarray:
    """(n, 4) of bytes: red for oxygen, and so on."""
    return np.array([[n, 13, 13, 255] for n in numbers], np.uint8)


class Structure(Model):
    def __init__(self, path: str, name: str, session: Any) -> None:
        super().__init__(name, session)
        read = gemmi.read_structure(path)
        self.structure = read
        self.metadata: dict[str, Any] = {}
        if path.endswith(".pdb") and read.cell.is_crystal():
            self.metadata["CRYST1"] = ["CRYST1"]
        self.atoms = Atoms(np.array([cra.atom.element.name for cra in read[0].all()]))
        self.residues = type("Residues", (), {})()


class Logger:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def info(self, text: str, is_html: bool = False) -> None:
        self.lines.append(("info", text))

    def error(self, text: str) -> None:
        self.lines.append(("error", text))

    def status(self, text: str, color: str = "black", log: bool = False) -> None:
        self.lines.append(("status", text))

    def text(self) -> str:
        return "\n".join(text for _, text in self.lines)


class Models:
    def __init__(self) -> None:
        self.open: list[Model] = []

    def add(self, models: list[Model]) -> None:
        for model in models:
            self.open.append(model)
            self._number(model, (len(self.open),))

    def _number(self, model: Model, number: tuple[int, ...]) -> None:
        model.id = number
        for place, child in enumerate(model.children, start=1):
            self._number(child, (*number, place))

    def list(self) -> list[Model]:
        return [m for model in self.open for m in model.all()]


class OpenCommand:
    def __init__(self, session: Any) -> None:
        self.session = session

    def open_data(
        self, path: str, *, format: str, name: str, auto_style: bool
    ) -> tuple[list[Model], str]:
        assert format in ("pdb", "mmcif")
        assert not auto_style
        return [Structure(path, name, self.session)], ""


class Window:
    def __init__(self) -> None:
        self.entries: dict[str, Callable[..., None]] = {}

    def add_menu_entry(self, menu: list[str], name: str, call: Callable[..., None]) -> None:
        self.entries[f"{menu[0]} > {name}"] = call


class Triggers:
    def __init__(self) -> None:
        self.handlers: dict[str, list[Callable[..., None]]] = {}

    def add_handler(self, name: str, call: Callable[..., None]) -> "Handler":
        self.handlers.setdefault(name, []).append(call)
        return Handler(self, name, call)

    def fire(self, name: str) -> None:
        for call in list(self.handlers.get(name, [])):
            call(name, None)


class Handler:
    def __init__(self, triggers: Triggers, name: str, call: Callable[..., None]) -> None:
        self._calls, self._call = triggers.handlers[name], call

    def remove(self) -> None:
        self._calls.remove(self._call)


class Ui:
    def __init__(self) -> None:
        self.is_gui = True
        self.triggers = Triggers()
        self.main_window = Window()
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def thread_safe(self, call: Callable[..., None], *arguments: Any) -> None:
        self._calls.put(lambda: call(*arguments))

    def turn_until(self, condition: Callable[[], bool]) -> None:
        """Make the calls that other threads hand in, until `condition` holds after one of them."""
        while not condition():
            self._calls.get(timeout=30)()


class Session:
    def __init__(self) -> None:
        self.logger, self.models, self.ui = Logger(), Models(), Ui()
        self.open_command = OpenCommand(self)
        self.triggers = Triggers()
        self.commands: list[str] = []


class CmdDesc:
    def __init__(
        self, required: Any = (), optional: Any = (), keyword: Any = (), synopsis: str = ""
    ) -> None:
        self.required, self.optional, self.keyword = required, optional, keyword
        self.synopsis = synopsis


class JSONResult:
    def __init__(self, json_value: str, python_value: Any) -> None:
        self.json_value, self.python_value = json_value, python_value


def modules(registered: dict[str, tuple[CmdDesc, Callable[..., Any]]]) -> dict[str, ModuleType]:
    """All of it, by the names that it is imported under."""

    def run(session: Session, command: str, log: bool = True) -> None:
        session.commands.append(command)
        if command.startswith("save "):
            path, spec = command.split('"')[1], command.rsplit(" ", 1)[1]
            (model,) = (m for m in session.models.list() if m.atomspec == spec)
            assert isinstance(model, Structure)
            # Without relModel, coordinates are those of the screen.
            assert command.endswith(f" models {spec} relModel {spec}")
            structure = model.structure
            if path.endswith(".cif"):
                document = structure.make_mmcif_document()
                if model.metadata or not structure.cell.is_crystal():
                    # As ChimeraX 1.5: a cell read from PDB is lost.
                    document[0].find_mmcif_category("_cell.").erase()
                document.write_file(path)
                return
            structure.write_pdb(path)
            if not model.metadata:
                lines = Path(path).read_text().splitlines(keepends=True)
                Path(path).write_text("".join(x for x in lines if not x.startswith("CRYST1")))

    def register(name: str, description: CmdDesc, function: Any, logger: Any) -> None:
        registered[name] = (description, function)

    contents: dict[str, dict[str, Any]] = {
        "chimerax": {},
        "chimerax.core": {},
        "chimerax.core.toolshed": {"BundleAPI": type("BundleAPI", (), {})},
        "chimerax.core.errors": {"UserError": UserError},
        "chimerax.core.models": {"Model": Model, "Surface": Surface},
        "chimerax.core.commands": {
            "CmdDesc": CmdDesc, "EnumOf": lambda values: ("enum", values), "FloatArg": float,
            "OpenFileNameArg": str, "Or": lambda *kinds: ("or", kinds), "register": register,
            "run": run, "JSONResult": JSONResult,
        },
        "chimerax.open_command": {"OpenerInfo": type("OpenerInfo", (), {})},
        "chimerax.map": {"volume_from_grid_data": volume_from_grid_data, "Volume": Volume},
        "chimerax.map_data": {"open_file": open_file, "ArrayGridData": Grid},
        "chimerax.atomic": {"AtomicStructuresArg": list},
        "chimerax.atomic.colors": {"element_colors": element_colors},
    }  # fmt: skip
    made = {}
    for name, values in contents.items():
        made[name] = ModuleType(name)
        made[name].__dict__.update(values)
        made[name].__path__ = []  # type: ignore[attr-defined]
    return made


def forget() -> None:
    """Take the bundle's own modules out again."""
    for name in [n for n in sys.modules if n.startswith("chimerax.patterson_gui")]:
        del sys.modules[name]
