from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.datasets.plain_hdf5 import (
    open_plain,
    read_integers,
    read_numbers,
    read_texts,
    text_attribute,
)

SECRET = b"root:x:0:0 a line that no data set may read"


def _external_storage(file: h5py.File, secret: Path) -> None:
    file.create_dataset("names", (1,), f"S{len(SECRET)}", external=[(str(secret), 0, len(SECRET))])


def _virtual(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout((1,), "S9")
    layout[:] = h5py.VirtualSource(str(secret), "names", (1,))
    file.create_virtual_dataset("names", layout)


def _external_link(file: h5py.File, secret: Path) -> None:
    file["names"] = h5py.ExternalLink(str(secret), "/names")


def _soft_link(file: h5py.File, _: Path) -> None:
    file["names"] = h5py.SoftLink("/other")


def _loop(file: h5py.File, _: Path) -> None:
    file.create_group("a")["again"] = file["/"]


def _many(file: h5py.File, _: Path) -> None:
    for i in range(1001):
        file.create_group(f"g{i}")


def _filter(file: h5py.File, _: Path) -> None:
    file.create_dataset("names", data=np.arange(100), compression="lzf")


def _long_texts(file: h5py.File, _: Path) -> None:
    file.create_dataset("names", (3,), h5py.string_dtype())


def _references(file: h5py.File, _: Path) -> None:
    file.create_dataset("names", (3,), h5py.ref_dtype)


def _type(file: h5py.File, _: Path) -> None:
    file["names"] = np.dtype("f8")


@pytest.mark.parametrize(
    ("put", "why"),
    [
        (_external_storage, "an array whose numbers are in another file"),
        (_virtual, "an array put together from other files"),
        (_external_link, "a link to another place"),
        (_soft_link, "a link to another place"),
        (_loop, "more objects than a data set has"),
        (_many, "more objects than a data set has"),
        (_filter, "a filter that data sets do not use"),
        (_long_texts, "another type than numbers and texts"),
        (_references, "another type than numbers and texts"),
        (_type, "an object of an unknown type"),
    ],
)
def test_refuses_what_reads_other_files_or_is_no_plain_array(
    tmp_path: Path, put: Callable[[h5py.File, Path], None], why: str
) -> None:
    secret, path = tmp_path / "secret", tmp_path / "data.h5"
    secret.write_bytes(SECRET)
    with h5py.File(path, "w") as file:
        put(file, secret)
    with (
        pytest.raises(UserError, match=f"is not opened, because it contains .*{why}"),
        open_plain(path),
    ):
        pass


@pytest.mark.parametrize(
    "declare",
    [
        lambda file: file.create_dataset("x", (10**9,), "i4", chunks=(1000,), compression="gzip"),
        lambda file: file.create_dataset("x", (10**9,), "i4"),
        lambda file: file.create_dataset("x", (10,), "S100000000"),
        lambda file: file.create_dataset("x", (2,), "f8", maxshape=(None,), chunks=(10**8,)),
        lambda file: [file.create_dataset(f"x{i}", (10**6,), "f8") for i in range(20)],
    ],
)
def test_refuses_arrays_far_larger_than_the_file(
    tmp_path: Path, declare: Callable[[h5py.File], object]
) -> None:
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        declare(file)
    with pytest.raises(UserError, match=r"declares .* MB but holds only"), open_plain(path):
        pass


def test_reads_plain_arrays_of_the_expected_kind_only(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["whole"] = np.arange(3)
        file["real"] = np.ones((2, 3), np.float32)
        file["text"] = np.array(["Å".encode(), b"\xff"])
        file["one"] = 5
        file.create_group("group")
        file["empty"] = h5py.Empty("f4")
    with open_plain(path) as file:
        assert read_integers(file, "whole").tolist() == [0, 1, 2]
        assert read_numbers(file, "real", 2).shape == (2, 3)
        assert read_texts(file, "text") == ("Å", "�")
        for name in ("real", "text", "one", "group", "empty", "absent"):
            with pytest.raises(ValueError, match=name):
                read_integers(file, name)


def test_refuses_a_heap_of_texts_that_the_library_reads_without_end(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver=("earliest", "v110")) as file:
        file.attrs["format"] = "a text"
    with open_plain(path) as file:
        assert text_attribute(file, "format") == "a text"
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    free = content.index(b"\0" * 8, heap + 16 + 16 + 8)  # object 0, after the one text
    content[free : free + 16] = bytes(16)
    path.write_bytes(content)
    with pytest.raises(OSError, match="damaged heap of texts"), open_plain(path):
        pass


def test_an_attribute_of_many_texts_is_no_text(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["one"], file.attrs["many"], file.attrs["number"] = "x", ["x", "y"], 3
        assert text_attribute(file, "one") == "x"
        assert text_attribute(file, "many") is None
        assert text_attribute(file, "number") is None
        assert text_attribute(file, "absent") is None
