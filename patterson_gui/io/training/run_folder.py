"""The run folder of a training: its files, the record of each epoch, and the preview.

settings.json             the settings
metrics.csv               one line for each epoch
checkpoint.json           the parts of the latest checkpoint and their hashes
checkpoint-*.pt           these parts, each at most 15 MB
best.safetensors          the weights of the best epoch in half precision
best.json                 their card
preview.npz               one validation example and its prediction after the last epoch
tensorboard/              curves for TensorBoard, if asked for
"""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content, refuse_unreadable, replace_file
from patterson_gui.io.guards import first_line
from patterson_gui.io.npz import read_npz
from patterson_gui.io.training.settings import TrainingSettings, read_settings

N_SHELLS = 12
_SHELL = "phase_error_deg_to_{:.3f}_A"
_PREFIX, _SUFFIX = "phase_error_deg_to_", "_A"


def shell_limits(d_min: float, n: int = N_SHELLS) -> tuple[float, ...]:
    """The high-resolution limits (Å, descending) of `n` shells of equal reciprocal volume."""
    return tuple(d_min * (n / (k + 1)) ** (1 / 3) for k in range(n))


class EpochRecord(BaseModel):
    """The figures of one epoch; those that were not determined are NaN.

    Attributes
    ----------
    epoch : 1 for the first.
    step : updates of the weights so far.
    samples : examples used so far, by all processes.
    seconds : training time so far, all sessions together.
    learning_rate : at the end of the epoch.
    train_loss : mean of the epoch.
    val_loss, val_r_median, val_r_mean : on the validation examples, with the averaged weights
        if there are any. r is Pearson's, over the whole cell, in the fixed frame.
    val_phase_error_deg : mean |Δφ| of all reflections, fixed frame, unweighted.
    shells : high-resolution limits, Å, of the shells, as in `shell_limits`.
    shell_phase_error_deg : mean |Δφ| of each shell.
    samples_per_s : examples per second of training, without validation.
    best : whether the median r is higher than in all epochs before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: int
    step: int
    samples: int
    seconds: float
    learning_rate: float
    train_loss: float
    val_loss: float = math.nan
    val_r_median: float = math.nan
    val_r_mean: float = math.nan
    val_phase_error_deg: float = math.nan
    samples_per_s: float = math.nan
    best: bool = False
    shells: tuple[float, ...] = ()
    shell_phase_error_deg: tuple[float, ...] = ()


_COLUMNS = tuple(
    name for name in EpochRecord.model_fields if name not in ("shells", "shell_phase_error_deg")
)


def write_metrics(path: Path, records: Iterable[EpochRecord]) -> None:
    """Write CSV with one line per epoch and one column per shell for its phase error."""
    records = list(records)
    shells = records[0].shells if records else ()
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*_COLUMNS, *(_SHELL.format(d) for d in shells)])
    for record in records:
        values = [getattr(record, name) for name in _COLUMNS]
        cells = [int(v) if isinstance(v, bool) else repr(v) for v in values]
        table.writerow([*cells, *(f"{v:.4f}" for v in record.shell_phase_error_deg)])
    with replace_file(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def read_metrics(path: Path) -> list[EpochRecord]:
    """Read metrics written by `write_metrics`; shells are rounded to 0.001 Å and 0.0001°.

    Raises
    ------
    UserError : the file is missing or does not hold metrics.
    """
    lines = csv.reader(io.StringIO(read_content(path).decode("utf-8", errors="replace")))
    try:
        header = next(lines)
        shells = tuple(
            float(name.removeprefix(_PREFIX).removesuffix(_SUFFIX))
            for name in header
            if name.startswith(_PREFIX)
        )
        n = len(header) - len(shells)
        if tuple(header[:n]) != _COLUMNS:
            raise ValueError("its columns differ")
        return [
            EpochRecord.model_validate(
                {
                    **dict(zip(_COLUMNS, line[:n], strict=True)),
                    "shells": shells,
                    "shell_phase_error_deg": tuple(map(float, line[n:])),
                }
            )
            for line in lines
        ]
    except (ValueError, StopIteration, csv.Error) as error:
        reason = str(error).splitlines()[0] if str(error) else "it has no lines"
        raise UserError(
            f"{path.name} does not hold the metrics of a training ({reason}): choose the "
            "metrics.csv of a run folder."
        ) from error


@dataclass(frozen=True, eq=False)
class Preview:
    """One validation example and its prediction.

    Attributes
    ----------
    patterson : (nu, nv, nw) e²/Å³, with its origin peak.
    predicted, true : (nu, nv, nw) e/Å³, zero-mean, fixed frame.
    cell : (6,) a, b, c in Å, α, β, γ in degrees.
    d_min : Å.
    epoch : the number of finished epochs.
    name : of the example, as its residues.
    """

    patterson: NDArray[np.float32]
    predicted: NDArray[np.float32]
    true: NDArray[np.float32]
    cell: NDArray[np.float64]
    d_min: float
    epoch: int
    name: str


_PREVIEW_PARTS = tuple(field.name for field in fields(Preview))


def write_preview(path: Path, preview: Preview) -> None:
    """Write a NumPy archive for `read_preview`."""
    with replace_file(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            patterson=np.asarray(preview.patterson, np.float32),
            predicted=np.asarray(preview.predicted, np.float32),
            true=np.asarray(preview.true, np.float32),
            cell=np.asarray(preview.cell, np.float64),
            d_min=np.float64(preview.d_min),
            epoch=np.int64(preview.epoch),
            name=np.str_(preview.name),
        )


def read_preview(path: Path) -> Preview:
    """Read a preview written by `write_preview`.

    Raises
    ------
    UserError : the file is missing or does not hold a preview.
    """
    refuse_unreadable(path)
    try:
        parts = read_npz(path, _PREVIEW_PARTS)
        cubes = [np.asarray(parts[name], np.float32) for name in ("patterson", "predicted", "true")]
        cell = np.asarray(parts["cell"], np.float64)
        if any(cube.ndim != 3 or cube.shape != cubes[0].shape for cube in cubes):
            raise ValueError("its maps have different grids")
        if cell.shape != (6,) or not (np.isfinite(cell) & (cell > 0)).all():
            raise ValueError("its cell is impossible")
        d_min, epoch, name = float(parts["d_min"]), int(parts["epoch"]), str(parts["name"])
        patterson, predicted, true = cubes
        return Preview(patterson, predicted, true, cell, d_min, epoch, name)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise UserError(
            f"{path.name} does not hold a preview ({first_line(error)}): train another epoch."
        ) from error


@dataclass(frozen=True)
class RunFolder:
    """The paths of the files of one training."""

    path: Path

    @property
    def settings(self) -> Path:
        return self.path / "settings.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.json"

    @property
    def best(self) -> Path:
        """The weights of the best epoch; their card is beside them, with the suffix .json."""
        return self.path / "best.safetensors"

    @property
    def preview(self) -> Path:
        return self.path / "preview.npz"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    def holds_a_run(self) -> bool:
        """Whether the folder holds a checkpoint or metrics."""
        return self.checkpoint.exists() or self.metrics.exists()

    def read_settings(self) -> TrainingSettings:
        """The settings of the run, with this folder as output, even if it was moved."""
        return read_settings(self.settings).changed({"output": self.path})

    def records(self) -> list[EpochRecord]:
        """The records of the epochs so far; empty before the first."""
        return read_metrics(self.metrics) if self.metrics.exists() else []
