"""Files of results in a folder: which are ours, and moving them there in place of earlier ones.

A report (report.json of a solution, figures.json of a prediction) names the files of a result with
their digests. While files are moved, a hidden journal names those of the earlier and of the new
result. So a run after one that was killed knows which files are ours, and replaces them.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder, refuse_unwritable, replace_file
from patterson_gui.io.locks import locked_folder
from patterson_gui.io.text.plain_json import parse_json

_WAIT = 60.0  # seconds for another program that moves files

Known = Mapping[str, frozenset[str]]  # digests of each file


@dataclass(frozen=True)
class ResultFiles:
    """One kind of result: its name, its report, which names its files, and its journal."""

    name: str
    report: str
    journal: str


SOLUTION = ResultFiles("solution", "report.json", ".patterson-gui-moved.json")
PREDICTION = ResultFiles("prediction", "figures.json", ".patterson-gui-prediction.json")


def refuse_changed(folder: Path, targets: Iterable[str], kind: ResultFiles) -> None:
    """Raise `UserError` where one of these files is there and is not as this program wrote it."""
    known = known_files(folder, kind)
    for name in sorted(targets):
        path = folder / name
        if not path.is_file() or (name == kind.report and known is not None):
            continue
        if known is None or digest(path) not in known.get(name, ()):
            what = "this program did not write" if known is None else "was changed since"
            raise UserError(
                f"{folder} holds {name}, which {what}, and nothing is written over it: choose "
                "another folder, or move the file away."
            )


def known_files(folder: Path, kind: ResultFiles) -> Known | None:
    """Files of earlier results with their digests; None where there was none."""
    names = (kind.report, kind.journal)
    records = [record for name in names if (record := _record(folder / name)) is not None]
    if not records:
        return None
    return {
        name: frozenset().union(*(record.get(name, ()) for record in records))
        for name in {name for record in records for name in record}
    }


def _record(path: Path) -> Known | None:
    """Files and digests in a report (one of each file) or a journal (some); None without these."""
    try:
        files = parse_json(path.read_text(encoding="utf-8"))["files"]
        return {
            str(name): frozenset(map(str, found if isinstance(found, list) else [found]))
            for name, found in files.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def digest(path: Path) -> str:
    """SHA-256 of the content of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def move_result(source: Path, folder: Path, kind: ResultFiles) -> None:
    """Move all files of a result from one folder into another, in place of an earlier one.

    Files of the earlier result that nobody has changed and that the new one does not have are
    removed; other files in `folder` stay. A kill at any moment leaves whole files, and the same
    call in a later run replaces all of them. Where files of others must not be replaced, call
    `refuse_changed` first.

    Raises
    ------
    UserError : a file cannot be moved.
    """
    make_folder(folder)
    moved = sorted(path.name for path in source.iterdir())
    moved.sort(key=lambda name: name == kind.report)  # the report last
    for name in moved:
        refuse_unwritable(folder / name)
    with locked_folder(folder, f"writes a {kind.name} to", wait=_WAIT):
        earlier = known_files(folder, kind) or {}
        new = {name: frozenset([digest(source / name)]) for name in moved if name != kind.report}
        _write_journal(folder / kind.journal, earlier, new)
        try:
            for name in moved:
                (source / name).replace(folder / name)
            _remove_unchanged(folder, earlier, keep=moved)
            (folder / kind.journal).unlink()
        except OSError as error:
            raise UserError(
                f"The files of the {kind.name} could not be moved to {folder} "
                f"({error.strerror or error}): check the folder and run again."
            ) from error


def _write_journal(path: Path, earlier: Known, new: Known) -> None:
    names = sorted({*earlier, *new})
    every = {
        name: sorted(earlier.get(name, frozenset()) | new.get(name, frozenset())) for name in names
    }
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps({"files": every}), encoding="utf-8")


def remove_result(folder: Path, kind: ResultFiles) -> None:
    """Remove the files of an earlier result that nobody has changed."""
    earlier = known_files(folder, kind)
    if earlier is not None:
        _remove_unchanged(folder, earlier, keep=())
        (folder / kind.report).unlink(missing_ok=True)
        (folder / kind.journal).unlink(missing_ok=True)


def _remove_unchanged(folder: Path, earlier: Known, keep: Collection[str]) -> None:
    for name, digests in earlier.items():
        path = folder / name
        ours = name not in keep and path.parent == folder and path.is_file()
        if ours and digest(path) in digests:
            path.unlink()
