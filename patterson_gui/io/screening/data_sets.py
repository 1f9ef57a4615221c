"""Many data sets: finding them in a folder tree, and records of those that are solved."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import patterson_gui
from patterson_gui.errors import UserError
from patterson_gui.io.files import plain_stem, replace_file
from patterson_gui.io.opening.reflections import COMPANIONS, choices_of, reflection_file
from patterson_gui.io.siblings import siblings
from patterson_gui.io.source_file import SourceFile
from patterson_gui.io.text.plain_json import parse_json, without_nan

RECORD = "screen-row.json"
# Of several files of one name the first in this order holds the data of the set.
_ENDINGS = (".hkl", ".mtz", ".fcf", ".sca", ".cif", ".mmcif")
_ALSO_MODELS = (".cif", ".mmcif")  # may hold no reflections
_PACKINGS = (".gz", ".bz2", ".xz")


@dataclass(frozen=True)
class MeasuredSet:
    """One data set: its name (path in the folder without ending) and its reflection file."""

    name: str
    path: Path

    @property
    def companions(self) -> list[Path]:
        """Files of the same name beside it, which may give cell and contents."""
        return siblings(self.path, COMPANIONS)


def find_sets(folder: Path, leave_out: Path | None = None) -> list[MeasuredSet]:
    """All data sets in a folder and the folders in it, by name.

    Folders that hold a solution of this program, hidden ones and `leave_out` are passed over.

    Raises
    ------
    UserError : there is no such folder, or no data set in it.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder: give the folder that holds the data sets.")
    skipped = None if leave_out is None else leave_out.resolve()
    found: list[MeasuredSet] = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            name for name in folders
            if not name.startswith(".") and (here / name).resolve() != skipped
        )  # fmt: skip
        if RECORD in files or _is_solution(here / "report.json"):
            continue
        found += _sets_of(folder, here, files)
    if not found:
        raise UserError(
            f"{folder} holds no data sets: they are files of reflections (.hkl, .mtz, .fcf, .cif)."
        )
    return sorted(found, key=lambda one: one.name)


def _sets_of(root: Path, here: Path, files: list[str]) -> list[MeasuredSet]:
    by_stem: dict[str, list[tuple[int, Path]]] = {}
    for name in files:
        path = here / name
        ending = _ending(name)
        if not name.startswith(".") and ending in _ENDINGS:
            by_stem.setdefault(plain_stem(path), []).append((_ENDINGS.index(ending), path))
    found = []
    for stem, paths in by_stem.items():
        for number, path in sorted(paths):
            if _ENDINGS[number] not in _ALSO_MODELS or _has_reflections(path):
                name = (here.relative_to(root) / stem).as_posix()
                found.append(MeasuredSet(name, path))
                break
    return found


def _ending(name: str) -> str:
    lower = name.lower()
    for packing in _PACKINGS:
        lower = lower.removesuffix(packing)
    return Path(lower).suffix


def _has_reflections(path: Path) -> bool:
    try:
        source = SourceFile.of(path)
        return bool(choices_of(reflection_file(source), source))
    except UserError:
        return False


def _is_solution(report: Path) -> bool:
    try:
        program = parse_json(report.read_text(encoding="utf-8"))["program"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return str(program).startswith("patterson_gui")


def fingerprint(one: MeasuredSet, options: Mapping[str, Any]) -> str:
    """A text that changes with the content of the files of a set, the options and the program."""
    digest = hashlib.sha256()
    digest.update(json.dumps(dict(options), sort_keys=True).encode())
    digest.update(patterson_gui.__version__.encode())
    for path in [one.path, *one.companions]:
        digest.update(path.name.encode("utf-8", "surrogateescape"))
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError:
            digest.update(b"unreadable")
    return digest.hexdigest()


def read_record(folder: Path) -> tuple[str, dict[str, Any]] | None:
    """Fingerprint and row of a finished set; None where it is not finished."""
    try:
        record = parse_json((folder / RECORD).read_text(encoding="utf-8"))
        return str(record["fingerprint"]), dict(record["row"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(folder: Path, mark: str, row: Mapping[str, Any]) -> None:
    """Say that a set is finished; the last file that is written for it."""
    text = json.dumps(
        without_nan({"fingerprint": mark, "row": dict(row)}), indent=1, ensure_ascii=False
    )
    with replace_file(folder / RECORD) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")
