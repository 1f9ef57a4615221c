"""Have ChimeraX write the model and the map that are open there."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import gemmi

from patterson_gui.bridges.chimerax.commands import is_safe_path
from patterson_gui.bridges.chimerax.rest import Model, Rest, one_line
from patterson_gui.bridges.scene_files import (
    TAG,
    fetched_sentence,
    nothing_open,
    refuse_damaged_map,
    staging_folder,
)
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.temporary_files import temporary_folder
from patterson_gui.io.viewers.scene import Fetched, Viewer

_MODELS = ("AtomicStructure", "Structure")
_MAPS = ("Volume",)
# Formats in the order they are tried. ChimeraX may drop the cell when it writes a model that came
# from a PDB file as mmCIF. Before 1.5 it writes no CCP4, and no version writes one where the grid's
# origin is not a whole number of steps.
_FORMATS = {_MODELS: ("cif", "pdb"), _MAPS: ("ccp4", "mrc")}


@dataclass
class _Taken:
    """The model or the map that is fetched: its file, or why it could not be written."""

    model: Model
    path: Path | None = None
    reason: str = ""


def fetch_open(rest: Rest, folder: Path) -> Fetched:
    """Fetch the model and the map that were opened last and are shown, without ours.

    Raises
    ------
    UserError
        when nothing is open, or nothing of it could be written.
    NoAnswerError, ConnectionLostError
    """
    there = [model for model in rest.all_models() if not model.name.endswith(TAG)]
    hidden = rest.hidden()
    wanted: dict[tuple[str, ...], _Taken] = {}
    left: list[Model] = []
    for kinds in _FORMATS:
        candidates = _latest_last([m for m in there if m.kind in kinds], hidden)
        if candidates:
            wanted[kinds] = _Taken(candidates[-1])
            left += candidates[:-1]
    if not wanted:
        raise nothing_open(Viewer.CHIMERAX)
    is_new_folder = not folder.exists()
    make_folder(folder)
    try:
        with _place(folder) as place:
            for kinds, taken in wanted.items():
                written = _written(rest, taken, kinds, place)
                if written is not None:
                    taken.path = folder / written.name
                    shutil.move(written, taken.path)
    finally:
        if is_new_folder:
            with contextlib.suppress(OSError):
                folder.rmdir()  # if nothing was written
    return _fetched(rest, wanted, left)


@contextlib.contextmanager
def _place(folder: Path) -> Iterator[Path]:
    """An empty folder for ChimeraX to write to: in `folder`, if that path is safe in a command."""
    if is_safe_path(folder.resolve()):
        with temporary_folder(folder.resolve()) as place:
            yield place
        return
    place = staging_folder(is_safe_path)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _fetched(rest: Rest, wanted: dict[tuple[str, ...], _Taken], left: list[Model]) -> Fetched:
    refused = [f"{_name(t.model)} {t.reason}" for t in wanted.values() if t.path is None]
    names = [_name(t.model) for t in wanted.values() if t.path is not None]
    stayed = tuple(_name(model) for model in left)
    sentence = fetched_sentence(Viewer.CHIMERAX, rest.port, names, refused, stayed)
    paths = {kinds: taken.path for kinds, taken in wanted.items()}
    return Fetched(paths.get(_MODELS), paths.get(_MAPS), sentence, stayed)


def _name(model: Model) -> str:
    return one_line(model.name) or model.spec


def _latest_last(models: Sequence[Model], hidden: frozenset[str]) -> list[Model]:
    """Hidden models first, then those that are shown, each in the order of their numbers."""
    return sorted(models, key=lambda m: (not _within(m.spec) & hidden, _numbers(m.spec)))


def _within(spec: str) -> set[str]:
    """A model and its parents: '#1.2.1' is hidden if '#1' is."""
    parts = spec.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts) + 1)}


def _numbers(spec: str) -> list[int]:
    return [int(part) for part in spec.removeprefix("#").split(".")]


def _written(rest: Rest, taken: _Taken, kinds: tuple[str, ...], place: Path) -> Path | None:
    """Try the formats in order. A model without a cell in any of them comes in the first."""
    spare = None
    for ending in _FORMATS[kinds]:
        path = place / f"from-chimerax.{ending}"
        # In its own coordinates: the user may have moved it in the view, but its place in the
        # cell matters.
        own = f" relModel {taken.model.spec}" if kinds is _MODELS else ""
        reply = rest.run(f'save "{path.as_posix()}" models {taken.model.spec}{own}')
        if not path.is_file() or path.stat().st_size == 0:
            taken.reason = taken.reason or f"could not be written ({reply.reason})"
        elif kinds is _MODELS:
            if _has_cell(path):
                return path
            spare = spare or path
        else:
            try:
                refuse_damaged_map(path)
            except UserError as error:
                taken.reason = f"came damaged ({one_line(str(error)).rstrip('.')})"
            else:
                return path
    return spare


def _has_cell(path: Path) -> bool:
    """Whether a model file states a unit cell; ChimeraX drops it from some."""
    try:
        return bool(gemmi.read_structure(str(path)).cell.is_crystal())
    except (RuntimeError, ValueError):
        return False
