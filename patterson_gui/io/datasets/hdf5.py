"""Parts common to all data sets: format, version, settings and provenance in an HDF5 file.

Attributes of the file name the format and its version, and hold the settings and the provenance;
everything else is arrays. Reading needs only numpy, h5py and pydantic.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from patterson_gui.errors import UserError
from patterson_gui.io.files import refuse_unreadable

SPLITS = ("train", "val", "test")

# Errors of h5py for missing or damaged bytes, and errors of reading unexpected values, such as
# lengths that exceed the memory.
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError, MemoryError)
_MAGIC = b"\x89HDF\r\n\x1a\n"

Settings = TypeVar("Settings", bound=BaseModel)
Arrays = TypeVar("Arrays")


@dataclass(frozen=True)
class DataSetFormat(Generic[Settings]):
    """One kind of data set.

    Attributes
    ----------
    name : value of the attribute `format` of the file.
    version : version of the layout; files of other versions are rejected.
    settings : model of the settings.
    advice : what the user can do if the file is of another format.
    command : the command that builds such a data set.
    """

    name: str
    version: int
    settings: type[Settings]
    advice: str
    command: str


class UsedFile(BaseModel):
    """A file that a data set was made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str


class Provenance(BaseModel):
    """How a data set was made. It holds no time and no path, so that equal input gives equal bytes.

    Attributes
    ----------
    program : name and version.
    files : the files it was made from. They are stored in an array, because those of a large set
        do not fit into an attribute.
    splits : how the splits were made, one sentence.
    rejected : numbers of what was left out, by reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    program: str = ""
    files: tuple[UsedFile, ...] = ()
    splits: str = ""
    rejected: Mapping[str, int] = Field(default_factory=dict)


def is_dataset(path: Path) -> bool:
    """Whether a file is HDF5, from its first bytes alone."""
    try:
        with path.open("rb") as file:
            return file.read(8) == _MAGIC
    except OSError:
        return False


def is_of_format(path: Path, name: str) -> bool:
    """Whether a file is a data set of this format, from its format attribute."""
    if not is_dataset(path):
        return False
    try:
        with h5py.File(path, "r") as file:
            return bool(file.attrs.get("format") == name)
    except _DAMAGED:
        return False


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---------------------------------------------------------------- reading
def read_hdf5(
    path: Path,
    format_: DataSetFormat[Settings],
    read_arrays: Callable[[h5py.File, Settings], Arrays],
) -> tuple[Settings, Provenance, Arrays]:
    """Read settings, provenance and arrays of a data set.

    `read_arrays` may raise `ValueError` if the arrays are inconsistent.

    Raises
    ------
    UserError : not HDF5, cut short, of another format, or of another version.
    """
    refuse_unreadable(path)
    if not is_dataset(path):
        raise UserError(f"{path} is not a data set (HDF5): build one with '{format_.command}'.")
    try:
        with h5py.File(path, "r") as file:
            settings, provenance = _read_head(path, file, format_)
            return settings, provenance, read_arrays(file, settings)
    except UserError:
        raise
    except _DAMAGED as error:
        raise UserError(
            f"The data set {path} is damaged or was cut short ({_first_line(error)}): copy it "
            "again or build it again."
        ) from error


def texts(file: h5py.File, name: str) -> tuple[str, ...]:
    """The texts of an array."""
    return tuple(value.decode() for value in file[name][()].tolist())


def _first_line(error: Exception) -> str:
    """The first line of an error message, shortened."""
    text = str(error).strip().strip("'\"")
    return text.splitlines()[0][:120] if text else type(error).__name__


def _read_head(
    path: Path, file: h5py.File, format_: DataSetFormat[Settings]
) -> tuple[Settings, Provenance]:
    if file.attrs.get("format") != format_.name:
        raise UserError(f"{path} is an HDF5 file but {format_.advice}.")
    version = int(file.attrs["schema_version"])
    if version != format_.version:
        _refuse_version(path, version, format_.version)
    try:
        settings = format_.settings.model_validate(json.loads(file.attrs["settings"]))
        provenance = json.loads(file.attrs["provenance"])
        return settings, Provenance.model_validate({**provenance, "files": _used_files(file)})
    except ValidationError as error:
        raise ValueError("its settings are invalid") from error


def _used_files(file: h5py.File) -> list[UsedFile]:
    names, hashes = file["files/name"][()].tolist(), file["files/sha256"][()]
    return [
        UsedFile(name=name.decode(), sha256=digest.tobytes().hex())
        for name, digest in zip(names, hashes, strict=True)
    ]


def _refuse_version(path: Path, version: int, known: int) -> NoReturn:
    advice = "update the program" if version > known else "build it again"
    raise UserError(
        f"{path} is a data set of version {version}, but this program reads version {known}: "
        f"{advice}."
    )


# ---------------------------------------------------------------- writing
def hdf5_bytes(
    format_: DataSetFormat[Settings],
    settings: Settings,
    provenance: Provenance,
    arrays: Mapping[str, NDArray[Any]],
) -> bytes:
    """The content of a data-set file with its attributes and arrays; equal input gives equal
    bytes."""
    files = {
        "files/name": np.array([file.name.encode() for file in provenance.files], np.bytes_),
        "files/sha256": np.array(
            [list(bytes.fromhex(file.sha256)) for file in provenance.files], np.uint8
        ).reshape(-1, 32),
    }
    memory = io.BytesIO()
    # The oldest HDF5 layout: every library reads it, and it stores no times.
    with h5py.File(memory, "w", libver=("earliest", "v110")) as file:
        file.attrs["format"] = format_.name
        file.attrs["schema_version"] = format_.version
        file.attrs["splits"] = ", ".join(SPLITS)
        file.attrs["settings"] = _json(settings.model_dump(mode="json"))
        file.attrs["provenance"] = _json(provenance.model_dump(mode="json", exclude={"files"}))
        for name, values in {**arrays, **files}.items():
            # Empty arrays cannot be compressed.
            compression = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
            file.create_dataset(
                name, data=values, track_times=False, **(compression if values.size else {})
            )
    return memory.getvalue()


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
