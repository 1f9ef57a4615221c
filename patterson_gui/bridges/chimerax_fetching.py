"""Have ChimeraX write the model and the map that are open there."""

from collections.abc import Sequence
from pathlib import Path

from patterson_gui.bridges.bridge import (
    TAG,
    listed,
    refuse_damaged_map,
    staging_folder,
)
from patterson_gui.bridges.chimerax_commands import sayable
from patterson_gui.bridges.chimerax_rest import Model, Rest
from patterson_gui.errors import UserError
from patterson_gui.io.viewer_scene import Fetched

_MODELS = ("AtomicStructure", "Structure")
_MAPS = ("Volume",)


def fetch_open(rest: Rest, folder: Path) -> Fetched:
    """Of the models and the maps the last opened one that is shown, ours left out.

    Raises
    ------
    UserError
        when nothing is open, or nothing of it could be written.
    NoAnswerError, ConnectionLostError
    """
    there = [model for model in rest.all_models() if not model.name.endswith(TAG)]
    hidden = rest.hidden()
    models = _latest_last([m for m in there if m.kind in _MODELS], hidden)
    maps = _latest_last([m for m in there if m.kind in _MAPS], hidden)
    if not models and not maps:
        raise UserError(
            "Neither a model nor a map is open in ChimeraX, apart from what was sent there: "
            "open one there first."
        )
    place = folder.resolve()
    if not sayable(place):
        place = staging_folder(sayable)
    complaints: list[str] = []
    model = map_ = None
    if models:
        model, why = _saved(rest, models[-1], place, ("cif", "pdb"))
        complaints += why
    if maps:
        map_, why = _saved(rest, maps[-1], place, ("ccp4",))
        complaints += why
    if model is None and map_ is None:
        raise UserError(f"ChimeraX wrote nothing: {complaints[0]}.")
    taken = [m for m, path in ((models, model), (maps, map_)) if path is not None]
    names = [each[-1].name for each in taken]
    left = tuple(m.name for m in (*models, *maps) if m.name not in names)
    sentence = f"Fetched {listed(names)} from ChimeraX (port {rest.port})"
    if complaints:
        sentence += f", but {complaints[0]}"
    elif left:
        sentence += f"; {listed(left)} stayed there"
    return Fetched(model=model, map=map_, sentence=sentence + ".", left=left)


def _latest_last(models: Sequence[Model], hidden: frozenset[str]) -> list[Model]:
    """Those that are shown after those that are not; else in the order of their numbers."""
    return sorted(models, key=lambda m: (m.spec not in hidden, _numbers(m.spec)))


def _numbers(spec: str) -> list[int]:
    return [int(part) for part in spec.removeprefix("#").split(".") if part.isdigit()]


def _saved(
    rest: Rest, model: Model, folder: Path, endings: tuple[str, ...]
) -> tuple[Path | None, list[str]]:
    """The file written, in the first form that keeps the unit cell, and what went wrong."""
    written: list[Path] = []
    reason = ""
    for ending in endings:
        path = folder / f"from-chimerax.{ending}"
        path.unlink(missing_ok=True)
        reply = rest.run(f'save "{path.as_posix()}" models {model.spec}')
        if not path.is_file() or path.stat().st_size == 0:
            reason = reply.error or reply.log.strip() or "it gave no reason"
            continue
        written.append(path)
        if ending == "ccp4":
            refuse_damaged_map(path)
            return path, []
        if _has_cell(path):
            return path, []
    if written:
        return written[0], []
    return None, [f"{model.name} could not be written ({reason})"]


def _has_cell(path: Path) -> bool:
    """Whether a model file states a unit cell; ChimeraX drops it from some."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return "_cell.length_a" in text or "\nCRYST1" in f"\n{text}"
