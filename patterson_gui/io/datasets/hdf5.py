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
from patterson_gui.io.datasets.plain_hdf5 import (
    open_hdf5,
    open_plain,
    read_integers,
    read_texts,
    text_attribute,
)
from patterson_gui.io.files import refuse_unreadable
from patterson_gui.io.guards import first_line
from patterson_gui.io.text.plain_json import parse_json

SPLITS = ("train", "val", "test")

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
        with open_hdf5(path) as file:
            return text_attribute(file, "format") == name
    except Exception:  # h5py raises errors of many types for damaged bytes
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
        with open_hdf5(path) as file:
            _refuse_format(path, file, format_)
        # numpy: what a cast could not represent shows when the arrays are checked.
        with open_plain(path) as file, np.errstate(all="ignore"):
            settings, provenance = _read_head(file, format_)
            return settings, provenance, read_arrays(file, settings)
    except UserError:
        raise
    except Exception as error:  # h5py raises errors of many types for damaged bytes
        raise UserError(
            f"The data set {path} is damaged or was cut short ({first_line(error)}): copy it "
            "again or build it again."
        ) from error


def _refuse_format(path: Path, file: h5py.File, format_: DataSetFormat[Settings]) -> None:
    if text_attribute(file, "format") != format_.name:
        raise UserError(f"{path} is an HDF5 file but {format_.advice}.")
    version = file.attrs["schema_version"]
    if not isinstance(version, int | np.integer):
        raise ValueError("its version is no number")
    if version != format_.version:
        _refuse_version(path, int(version), format_.version)


def _read_head(file: h5py.File, format_: DataSetFormat[Settings]) -> tuple[Settings, Provenance]:
    try:
        settings = format_.settings.model_validate(_json_attribute(file, "settings"))
        provenance = _json_attribute(file, "provenance")
        return settings, Provenance.model_validate({**provenance, "files": _used_files(file)})
    except ValidationError as error:
        raise ValueError("its settings are invalid") from error


def _json_attribute(file: h5py.File, name: str) -> dict[str, Any]:
    value = parse_json(text_attribute(file, name) or "null")
    if not isinstance(value, dict):
        raise ValueError(f"its {name} are invalid")
    return value


def _used_files(file: h5py.File) -> list[UsedFile]:
    hashes = read_integers(file, "files/sha256", 2)
    return [
        UsedFile(name=name, sha256=digest.tobytes().hex())
        for name, digest in zip(read_texts(file, "files/name"), hashes, strict=True)
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
