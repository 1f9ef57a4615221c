"""Read NumPy archives (.npz) from anywhere: numbers and texts, no objects, no declared giants."""

import io
import math
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.guards import first_line, refuse_declared_bytes


def read_npz(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The arrays with these names.

    `numpy.load` allocates what the header of an array declares before it reads any value; here
    the header must fit the bytes that follow it.

    Raises
    ------
    ValueError : the archive is damaged, lacks an array, or holds objects.
    UserError : it declares far more bytes than it stores.
    OSError : it cannot be read.
    """
    try:
        with path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
            return {name: _array(archive, name, path.name) for name in names}
    except (OSError, ValueError, UserError):
        raise
    except Exception as error:  # zipfile and NumPy raise errors of many types for damaged bytes
        raise ValueError(first_line(error)) from error


def _array(archive: zipfile.ZipFile, name: str, file: str) -> NDArray[Any]:
    info = archive.getinfo(f"{name}.npy")
    refuse_declared_bytes(file, info.file_size, info.compress_size)
    content = archive.read(info)
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, by_columns, dtype = read_header(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - stream.tell():
        raise ValueError(f"{name} does not fit its bytes")
    values = np.frombuffer(content, dtype, math.prod(shape), stream.tell())
    return values.reshape(shape, order="F" if by_columns else "C").copy()
