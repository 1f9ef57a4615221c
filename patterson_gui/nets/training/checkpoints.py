"""Checkpoints of a training, in files of limited size.

`checkpoint.json` holds the position and names the files of tensors with their hashes. It is
written last and replaced atomically, so that it always names a complete checkpoint. The other
files are dictionaries of tensors of at most `PART_BYTES` each (weights, Adam's two means and
averaged weights of 3.3 million parameters make four of 13 MB). They are read only if their hashes
match, and only tensors are allowed in them.
"""

import hashlib
import io
import json
import pickle
import secrets
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, Field, ValidationError
from torch import Tensor, nn

from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content, replace_file
from patterson_gui.io.guards import first_line
from patterson_gui.io.text.plain_json import parse_json, with_nan, without_nan
from patterson_gui.io.training.run_folder import EpochRecord, RunFolder
from patterson_gui.nets.architectures.registry import Network
from patterson_gui.nets.training.state import Position

PART_BYTES = 15_000_000
FORMAT = "patterson_gui checkpoint"
SCHEMA = 1
# Precisions in a compact checkpoint: Adam's running means span many powers of ten (bfloat16); the
# averaged weights need more digits (float16).
_COMPACT = {"exp_avg": torch.bfloat16, "exp_avg_sq": torch.bfloat16, "average": torch.float16}


class _PartFile(BaseModel):
    file: str = Field(max_length=200)  # far longer names are an error of the system
    sha256: str


class _Index(BaseModel):
    format: str = FORMAT
    schema_version: int = SCHEMA
    network: str
    config: dict[str, Any]
    data_sha256: str
    position: Position
    average_updates: int
    scales: dict[str, float]
    records: tuple[EpochRecord, ...]
    parts: tuple[_PartFile, ...] = Field(min_length=1)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything that determines how a training continues.

    Attributes
    ----------
    module : state of the network's module.
    optimiser : state of the optimiser by parameter name.
    average : the averaged weights; empty if there are none.
    """

    network: str
    config: dict[str, Any]
    data_sha256: str
    position: Position
    scales: dict[str, float]
    records: tuple[EpochRecord, ...]
    module: Mapping[str, Tensor]
    optimiser: Mapping[str, Mapping[str, Tensor]]
    average: Mapping[str, Tensor]
    average_updates: int = 0


def optimiser_state(
    optimiser: torch.optim.Optimizer, module: nn.Module
) -> dict[str, dict[str, Tensor]]:
    """The optimiser's state of each parameter, by the name of this in `module`."""
    return {
        name: dict(optimiser.state[parameter])
        for name, parameter in module.named_parameters()
        if parameter in optimiser.state
    }


def restore_optimiser(
    optimiser: torch.optim.Optimizer, module: nn.Module, state: Mapping[str, Mapping[str, Tensor]]
) -> None:
    """Put the state back, each tensor on the device of its parameter."""
    for name, parameter in module.named_parameters():
        for key, value in state.get(name, {}).items():
            device = "cpu" if key == "step" else parameter.device
            optimiser.state[parameter][key] = value.to(device, torch.float32)


def save_checkpoint(folder: RunFolder, checkpoint: Checkpoint, precision: str = "exact") -> None:
    """Write a checkpoint that replaces the last one.

    Parameters
    ----------
    precision : 'exact', or 'compact' for running means in half precision.

    Raises
    ------
    UserError : it cannot be written; the last one remains complete and new files are removed.
    """
    # New file names: the last checkpoint's files stay until the new one is complete.
    generation = f"{checkpoint.position.step:08d}-{secrets.token_hex(3)}"
    written: list[Path] = []
    parts = []
    try:
        for number, tensors in enumerate(_parts(_flat(checkpoint, precision)), start=1):
            path = folder.path / f"checkpoint-{generation}-{number}.pt"
            buffer = io.BytesIO()
            torch.save(tensors, buffer)
            content = buffer.getvalue()
            written.append(path)
            with replace_file(path) as temporary:
                temporary.write_bytes(content)
            parts.append(_PartFile(file=path.name, sha256=hashlib.sha256(content).hexdigest()))
        index = _Index(
            network=checkpoint.network,
            config=checkpoint.config,
            data_sha256=checkpoint.data_sha256,
            position=checkpoint.position,
            average_updates=checkpoint.average_updates,
            scales=checkpoint.scales,
            records=checkpoint.records,
            parts=tuple(parts),
        )
        text = json.dumps(without_nan(index.model_dump(mode="json")), ensure_ascii=False)
        with replace_file(folder.checkpoint) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    for old in folder.path.glob("checkpoint-*.pt"):
        if old not in written:
            old.unlink(missing_ok=True)


def load_checkpoint(folder: RunFolder) -> Checkpoint | None:
    """Read the checkpoint of a run; None if there is none.

    Raises
    ------
    UserError : it is damaged or incomplete.
    """
    if not folder.checkpoint.exists():
        return None
    index = _read_index(folder.checkpoint)
    tensors: dict[str, Tensor] = {}
    for part in index.parts:
        tensors.update(_read_part(folder.path, part))
    optimiser: dict[str, dict[str, Tensor]] = {}
    for name, value in _under("optimiser", tensors).items():
        parameter, _, key = name.rpartition("/")
        optimiser.setdefault(parameter, {})[key] = value
    return Checkpoint(
        index.network,
        index.config,
        index.data_sha256,
        index.position,
        index.scales,
        index.records,
        _under("module", tensors),
        optimiser,
        _under("average", tensors),
        index.average_updates,
    )


def refuse_other_run(checkpoint: Checkpoint, network: Network, data_sha256: str) -> None:
    """Raise UserError unless the checkpoint is of this architecture and this data set."""
    if (checkpoint.network, checkpoint.config) != (
        network.name,
        network.config.model_dump(mode="json"),
    ):
        raise UserError(
            f"The checkpoint is of another architecture ('{checkpoint.network}' with "
            f"{checkpoint.config}) than the network to train ('{network.name}' with "
            f"{network.config.model_dump(mode='json')}): resume with its own settings or choose "
            "another run folder."
        )
    if checkpoint.data_sha256 != data_sha256:
        raise UserError(
            "The checkpoint belongs to another data set than the one given: resume with the data "
            "set it was begun with, or choose another run folder."
        )


def _flat(checkpoint: Checkpoint, precision: str) -> Iterator[tuple[str, Tensor]]:
    for name, value in checkpoint.module.items():
        yield f"module/{name}", value
    for parameter, kept in checkpoint.optimiser.items():
        for key, value in kept.items():
            yield f"optimiser/{parameter}/{key}", _stored(value, key, precision)
    for name, value in checkpoint.average.items():
        yield f"average/{name}", _stored(value, "average", precision)


def _stored(value: Tensor, key: str, precision: str) -> Tensor:
    if precision == "compact" and value.is_floating_point() and key in _COMPACT:
        smaller = value.to(_COMPACT[key])
        return smaller if bool(torch.isfinite(smaller).all()) else value
    return value


def _parts(tensors: Iterator[tuple[str, Tensor]]) -> Iterator[dict[str, Tensor]]:
    part: dict[str, Tensor] = {}
    size = 0
    for name, value in tensors:
        part_bytes = value.numel() * value.element_size()
        if part and size + part_bytes > PART_BYTES:
            yield part
            part, size = {}, 0
        # A copy, as saving a view would save its whole storage.
        part[name] = value.detach().cpu().clone()
        size += part_bytes
    yield part


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    prefix += "/"
    return {
        # Numbers stored in half precision become single precision again.
        name.removeprefix(prefix): value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _read_index(path: Path) -> _Index:
    try:
        values = parse_json(read_content(path))
    except ValueError as error:
        raise _damaged(path, first_line(error)) from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise _damaged(path, "it describes no checkpoint")
    if values.get("schema_version") != SCHEMA:
        raise UserError(
            f"{path.name} has a version that this program does not know "
            f"({values.get('schema_version')}; known: {SCHEMA}): "
            "resume with the version of patterson_gui that wrote it."
        )
    try:
        return _Index.model_validate({**values, "records": with_nan(values.get("records"))})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise _damaged(path, f"{place}: {first['msg']}") from error


def _read_part(folder: Path, part: _PartFile) -> dict[str, Tensor]:
    path = folder / Path(part.file).name
    if not path.exists():
        raise _damaged(path, "it is missing")
    content = read_content(path)
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise _damaged(path, "its hash differs")
    try:
        # Records are stored, not compressed, so that what they declare must be in the file.
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            declared = sum(info.file_size for info in archive.infolist())
        if declared > len(content):
            raise _damaged(path, "it declares more numbers than it holds")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about how to load other objects
            tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # torch explains how to run the code in the file
        raise _damaged(path, "it holds something else than tensors") from error
    except UserError:
        raise
    except Exception as error:  # torch raises errors of many types for damaged bytes
        raise _damaged(path, first_line(error)) from error
    if not isinstance(tensors, dict) or not all(isinstance(v, Tensor) for v in tensors.values()):
        raise _damaged(path, "it holds something else than tensors")
    return tensors


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"{path.name} cannot be used to resume ({why}): restore the run folder from a copy, or "
        "train anew in another."
    )
