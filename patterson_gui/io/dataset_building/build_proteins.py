"""Build a data set from folders of protein models, on several cores or machines.

`io/dataset_building/parts.py` cleans a few models at a time. Each part is kept beside the output
until all parts exist, so an interrupted build continues where it stopped. The names of the models
alone decide which models form a part and in which order parts are joined, so the same input gives
the same bytes for any number of processes.
"""

import contextlib
import errno
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patterson_gui import __version__
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.dataset_building.find_models import entry_of, models_below
from patterson_gui.io.dataset_building.kept_and_rejected import (
    at_most,
    numbers_by_split,
    provenance_of,
    reasons_of,
)
from patterson_gui.io.dataset_building.parallel import Task, results_of
from patterson_gui.io.dataset_building.parts import (
    Part,
    joined,
    part_of_files,
    read_part,
    write_part,
)
from patterson_gui.io.dataset_building.write_proteins import write_dataset
from patterson_gui.io.datasets.hdf5 import SPLITS
from patterson_gui.io.datasets.proteins import FORMAT, DataSetSettings
from patterson_gui.io.datasets.splits import SplitTable, split_entries
from patterson_gui.io.files import make_folder, refuse_unwritable
from patterson_gui.io.locks import locked_file

GIVEN_BEFORE = "files of an entry given before"
NOT_IN_TABLE = "files of entries the table does not name"
NOT_ASKED_FOR = "examples beyond the number asked for"

_FILES_OF_A_PART = 16
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Model:
    """A model file and its entry."""

    path: Path
    entry: str
    sha256: str


@dataclass(frozen=True)
class BuildReport:
    """The result of a build.

    examples : number by split. rejected : numbers of what was left out, by reason. size : of the
    file, bytes.
    """

    path: Path
    files: int
    residues: int
    atoms: int
    examples: dict[str, int]
    rejected: dict[str, int]
    size: int


def build_dataset(
    folders: Sequence[Path],
    output: Path,
    settings: DataSetSettings,
    *,
    table: SplitTable | None = None,
    jobs: int | None = None,
    dask: str | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> BuildReport:
    """Build a data set and write it to `output`.

    Parameters
    ----------
    table : splits by entry; None: random splits.
    jobs : number of processes; None: one for each core.
    dask : address of a Dask scheduler whose workers do the work instead.

    Raises
    ------
    UserError : there are no models, a cluster is in two splits, no example is found, the scheduler
        cannot be reached, another program builds this file, or it cannot be written. No file is
        left behind.
    Cancelled : `cancelled()` returned True; the next build with the same settings continues.
    """
    refuse_unwritable(output)
    with locked_file(output, "builds"):
        return _build_locked(folders, output, settings, table, jobs, dask, report, cancelled)


def _build_locked(
    folders: Sequence[Path],
    output: Path,
    settings: DataSetSettings,
    table: SplitTable | None,
    jobs: int | None,
    dask: str | None,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> BuildReport:
    """`build_dataset`, of a file that no other program builds."""
    rejected: Counter[str] = Counter()
    models = _models(models_below(folders), rejected, cancelled)
    splits, how_split = split_entries((model.entry for model in models), table, settings.seed)
    used = [model for model in models if model.entry in splits]
    rejected[NOT_IN_TABLE] += len(models) - len(used)
    if not used:
        raise UserError(
            "None of the models belongs to an entry of the table: an entry is a file's name up to "
            "its first dot."
        )
    kept = _kept_folder(output, used, settings)
    try:
        whole = joined(_parts(used, settings, kept, jobs, dask, report, cancelled))
        rejected.update(whole.rejected)
        split = _split_of_examples(whole, splits)
        chosen = at_most(split, settings.most_examples, settings.seed)
        rejected[NOT_ASKED_FOR] += int((~chosen).sum())
        part, split = whole.keeping(chosen), split[chosen]
        if not len(split):
            shutil.rmtree(kept)
            raise UserError(
                "No example of this kind was found "
                f"({reasons_of(rejected) or 'no residues'}): choose another kind, length or cell."
            )
        files = [(model.path, model.sha256) for model in used]
        provenance = provenance_of(files, how_split, rejected)
        report(Progress(0.95, "writing"))
        size = write_dataset(output, part, split, settings, provenance)
    except UserError as error:
        # The disk is full: delete the kept parts to free space.
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FULL_DISK:
            shutil.rmtree(kept, ignore_errors=True)
        raise
    finally:
        with contextlib.suppress(OSError):
            kept.rmdir()  # if it is empty
    for folder in output.parent.iterdir():
        if folder.name.startswith(_kept_prefix(output)):
            shutil.rmtree(folder, ignore_errors=True)
    return BuildReport(
        output,
        len(used),
        len(part.n_atoms),
        len(part.offset),
        numbers_by_split(split),
        dict(provenance.rejected),
        size,
    )


def _models(
    paths: list[Path], rejected: Counter[str], cancelled: Callable[[], bool]
) -> list[Model]:
    """One file for each entry, in an order that does not depend on their folders."""
    found: list[Model] = []
    for path in paths:
        if cancelled():
            raise Cancelled
        found.append(Model(path, entry_of(path), hashlib.sha256(_content(path)).hexdigest()))
    found.sort(key=lambda model: (model.entry, model.path.name, model.sha256))
    first = {model.entry: model for model in reversed(found)}
    rejected[GIVEN_BEFORE] += len(found) - len(first)
    return sorted(first.values(), key=lambda model: model.entry)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} could not be read ({error.strerror or error}): check the disk and its "
            "permissions."
        ) from error


def _parts(
    models: list[Model],
    settings: DataSetSettings,
    kept: Path,
    jobs: int | None,
    dask: str | None,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> list[Part]:
    """All parts; parts that an interrupted build kept are not made again."""
    batches = [models[i : i + _FILES_OF_A_PART] for i in range(0, len(models), _FILES_OF_A_PART)]
    make_folder(kept)
    parts = {i: part for i in range(len(batches)) if (part := read_part(_place(kept, i)))}
    missing = [i for i in range(len(batches)) if i not in parts]

    def tasks() -> Iterator[Task[Part]]:
        for i in missing:
            # Tasks hold contents, not paths: another machine may not reach this disk.
            yield Task(i, part_of_files, (_files(batches[i]), settings))

    for i, part in results_of(tasks(), len(missing), jobs, dask, cancelled):
        write_part(_place(kept, i), part)
        parts[i] = part
        report(
            Progress(
                0.9 * len(parts) / len(batches),
                f"{min(len(parts) * _FILES_OF_A_PART, len(models))} of {len(models)} models",
            )
        )
    return [parts[i] for i in range(len(batches))]


def _files(models: list[Model]) -> list[tuple[str, bytes]]:
    files = []
    for model in models:
        content = _content(model.path)
        if hashlib.sha256(content).hexdigest() != model.sha256:
            raise UserError(f"{model.path} changed while it was used: build again.")
        files.append((model.entry, content))
    return files


def _place(kept: Path, i: int) -> Path:
    return kept / f"{i:06d}.npz"


def _kept_prefix(output: Path) -> str:
    return f".{output.name}.parts-"


def _kept_folder(output: Path, models: list[Model], settings: DataSetSettings) -> Path:
    """The folder of kept parts, beside the output; its name depends on models, settings and
    version."""
    inputs = {
        "version": [__version__, FORMAT.version],
        "settings": settings.model_dump(mode="json", include={"kind", "lengths", "cell"}),
        "models": [(model.path.name, model.sha256) for model in models],
    }
    key = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    return output.with_name(f"{_kept_prefix(output)}{key[:16]}")


def _split_of_examples(part: Part, splits: dict[str, str]) -> NDArray[np.uint8]:
    """(n_examples,) indices into `SPLITS`."""
    of_chain = np.array(
        [SPLITS.index(splits[name.decode().split(":")[0]]) for name in part.chain_name.tolist()],
        np.uint8,
    )
    return np.asarray(of_chain[part.chain[part.first]])
