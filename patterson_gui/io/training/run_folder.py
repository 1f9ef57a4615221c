"""What a training leaves behind: its folder, a record for each epoch, and an example to look at.

settings.json             what was asked for
metrics.csv               one line for each epoch
checkpoint.json           which parts make up the latest checkpoint, and their hashes
checkpoint-*.pt           those parts, each small enough to be carried about
best.safetensors          the weights of the best epoch in half precision, and
best.json                 their card
preview.npz               a validation example as the network sees it after the last epoch
tensorboard/              curves for TensorBoard, where asked for
"""

import csv
import io
import math
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content, refuse_unreadable, replace_file
from patterson_gui.io.training.settings import TrainingSettings, read_settings

N_SHELLS = 12
_SHELL = "phase_error_deg_to_{:.3f}_A"
_PREFIX, _SUFFIX = "phase_error_deg_to_", "_A"


def shell_limits(d_min: float, n: int = N_SHELLS) -> tuple[float, ...]:
    """The inner-to-outer d limits (Å, descending) of `n` shells of equal reciprocal volume."""
    return tuple(d_min * (n / (k + 1)) ** (1 / 3) for k in range(n))


class EpochRecord(BaseModel):
    """What is known after an epoch. A figure that was not determined is NaN.

    Attributes
    ----------
    epoch : 1 for the first.
    step : changes of the weights so far.
    samples : examples seen so far, by all processes.
    seconds : time spent training so far, all sessions together.
    learning_rate : at the end of the epoch.
    train_loss : mean of the epoch.
    val_loss, val_r_median, val_r_mean : on the validation examples, by the averaged weights
        where there are any. r is Pearson's, whole cell, fixed frame.
    val_phase_error_deg : mean |Δφ| of all reflections, fixed frame, unweighted.
    shells : d limits, Å, of the shells of `shell_limits`.
    shell_phase_error_deg : the same mean in each of them.
    samples_per_s : while training, validation apart.
    best : whether no epoch before had a higher median r.
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
    """Write CSV, one line for each epoch, one column for each shell's phase error."""
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
    """What `write_metrics` wrote; shells to 0.001 Å and 0.0001°.

    Raises
    ------
    UserError : there is no such file, or it holds something else.
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
            raise ValueError("its columns are others")
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
            f"{path.name} holds no record of a training ({reason}): choose the metrics.csv of a "
            "run folder."
        ) from error


@dataclass(frozen=True, eq=False)
class Preview:
    """One validation example and what the network makes of it.

    Attributes
    ----------
    patterson : (nu, nv, nw) e²/Å³, with its origin peak.
    predicted, true : (nu, nv, nw) e/Å³, zero-mean, fixed frame.
    cell : (6,) a, b, c in Å, α, β, γ in degrees.
    d_min : Å.
    epoch : after which the prediction was made; 0: before the first.
    name : which residues they are.
    """

    patterson: NDArray[np.float32]
    predicted: NDArray[np.float32]
    true: NDArray[np.float32]
    cell: NDArray[np.float64]
    d_min: float
    epoch: int
    name: str


def write_preview(path: Path, preview: Preview) -> None:
    """Write a NumPy archive that `read_preview` reads."""
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
    """What `write_preview` wrote.

    Raises
    ------
    UserError : there is no such file, or it holds something else.
    """
    refuse_unreadable(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
            return Preview(
                parts["patterson"],
                parts["predicted"],
                parts["true"],
                parts["cell"],
                float(parts["d_min"]),
                int(parts["epoch"]),
                str(parts["name"]),
            )
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path.name} holds no preview of a training ({error}): train another epoch."
        ) from error


@dataclass(frozen=True)
class RunFolder:
    """Where everything of one training lies."""

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
        """The weights; their card lies beside them with the ending .json."""
        return self.path / "best.safetensors"

    @property
    def preview(self) -> Path:
        return self.path / "preview.npz"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    def holds_a_run(self) -> bool:
        """Whether something was trained here before."""
        return self.checkpoint.exists() or self.metrics.exists()

    def read_settings(self) -> TrainingSettings:
        """The settings of the run, its folder being the one it lies in now."""
        return read_settings(self.settings).changed({"output": self.path})

    def records(self) -> list[EpochRecord]:
        """The epochs so far."""
        return read_metrics(self.metrics) if self.metrics.exists() else []
