"""Open HDF5 files from anywhere: only arrays of plain types that the file itself stores.

HDF5 can do more than a data set needs: links to objects of other files, arrays whose numbers lie
in any other file of the computer or are put together from other files, filters that are programs
of their own, arrays of billions of rows that take no place. All of these are refused before
anything is read.
"""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.guards import refuse_declared_bytes

_MOST_OBJECTS = 1000
_DEEPEST = 10
_LARGEST_TEXT = 16 * 1024**2  # bytes
_PLAIN = "iufbS"  # kinds of numpy: integers, floats, booleans, texts of fixed length
_FILTERS = {  # those that every HDF5 library has
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
}
# In memory an array is up to ten times as large as stored: positions become float64.
_TIMES, _SPARE = 20, 24 * 1024**2


def open_hdf5(path: Path) -> h5py.File:
    """Open an HDF5 file for reading, without a check of its objects.

    Raises
    ------
    OSError : it is damaged.
    """
    _refuse_endless_heaps(path)
    return h5py.File(path, "r")


def _refuse_endless_heaps(path: Path) -> None:
    """Raise `OSError` for a heap of texts that the HDF5 library would read without end.

    A heap is "GCOL", a version, its size, and objects; object 0 is the free space up to the end
    and includes its own header of 16 bytes. Library 1.14 goes on for ever where its size is 0.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = -1
        while (start := content.find(b"GCOL\x01", start + 1)) >= 0:
            (size,) = struct.unpack("<Q", content[start + 8 : start + 16].ljust(8, b"\0"))
            end, at = min(start + size, len(content)), start + 16
            while at + 16 <= end:
                number, _, _, length = struct.unpack("<HHIQ", content[at : at + 16])
                if number == 0 and length < 16:
                    raise OSError("damaged heap of texts")
                at += length if number == 0 else 16 + -(-length // 8) * 8


@contextmanager
def open_plain(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, after a check of all its objects.

    Raises
    ------
    UserError : it has links, arrays that are stored elsewhere, other types or filters than a data
        set, or declares far more bytes than it has.
    OSError : it is damaged.
    """
    with open_hdf5(path) as file:
        arrays = list(_arrays(file, path))
        declared = sum(_bytes_of(array) for array in arrays)
        refuse_declared_bytes(str(path), declared, path.stat().st_size, times=_TIMES, spare=_SPARE)
        yield file


def text_attribute(file: h5py.File, name: str) -> str | None:
    """A text attribute of the file; None: there is none, or it is no single text."""
    if name not in file.attrs:
        return None
    attribute = file.attrs.get_id(name)
    if attribute.shape != () or attribute.get_storage_size() > _LARGEST_TEXT:
        return None
    value = file.attrs[name]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def read_numbers(file: h5py.File, name: str, dimensions: int = 1) -> NDArray[Any]:
    """An array of integers or floats.

    Raises
    ------
    ValueError : there is none of this name, or it has other values or another number of
        dimensions.
    """
    return _array(file, name, "iuf", dimensions)


def read_integers(file: h5py.File, name: str, dimensions: int = 1) -> NDArray[Any]:
    """An array of integers. Raises like `read_numbers`."""
    return _array(file, name, "iu", dimensions)


def read_texts(file: h5py.File, name: str) -> tuple[str, ...]:
    """The texts of an array (n,) of fixed length. Raises like `read_numbers`."""
    found = _array(file, name, "S", 1)
    return tuple(value.decode("utf-8", "replace") for value in found.tolist())


def _array(file: h5py.File, name: str, kinds: str, dimensions: int) -> NDArray[Any]:
    found = file.get(name)
    if not isinstance(found, h5py.Dataset) or found.shape is None or found.dtype.kind not in kinds:
        raise ValueError(f"{name} is missing or of another type")
    if len(found.shape) != dimensions:
        raise ValueError(f"{name} has {len(found.shape)} dimensions")
    return np.asarray(found[()])


def _arrays(file: h5py.File, path: Path) -> Iterator[h5py.Dataset]:
    """Every array of the file; `UserError` at the first object that a data set does not have."""
    waiting = [(file["/"], 0)]
    seen = 0
    while waiting:
        group, depth = waiting.pop()
        for name in group:
            seen += 1
            if seen > _MOST_OBJECTS or depth > _DEEPEST:
                raise _refused(path, "more objects than a data set has")
            where = f"{group.name.rstrip('/')}/{name}"[:60]
            if type(group.get(name, getlink=True)) is not h5py.HardLink:
                raise _refused(path, f"a link to another place ({where})")
            item = group[name]
            if isinstance(item, h5py.Group):
                waiting.append((item, depth + 1))
            elif isinstance(item, h5py.Dataset):
                if why := _why_not_plain(item):
                    raise _refused(path, f"{why} ({where})")
                yield item
            else:
                raise _refused(path, f"an object of an unknown type ({where})")


def _why_not_plain(array: h5py.Dataset) -> str | None:
    created = array.id.get_create_plist()
    if created.get_external_count():
        return "an array whose numbers are in another file"
    if created.get_layout() == h5py.h5d.VIRTUAL:
        return "an array put together from other files"
    if any(created.get_filter(i)[0] not in _FILTERS for i in range(created.get_nfilters())):
        return "an array packed by a filter that data sets do not use"
    if array.shape is not None and array.dtype.kind not in _PLAIN:
        return "an array of another type than numbers and texts"
    return None


def _bytes_of(array: h5py.Dataset) -> float:
    """Bytes in memory of the array or, where these are larger, of one of its chunks."""
    if array.shape is None:
        return 0.0
    item = float(array.dtype.itemsize)
    whole = item * float(np.prod(array.shape, dtype=np.float64))
    chunk = item * float(np.prod(array.chunks or (0,), dtype=np.float64))
    return max(whole, chunk)


def _refused(path: Path, what: str) -> UserError:
    return UserError(f"{path} is not opened, because it contains {what}: ask who made it.")
