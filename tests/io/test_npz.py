import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.npz import read_npz


def test_reads_what_numpy_wrote(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    numbers = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.savez(path, numbers=numbers, text=np.str_("Å"), one=np.int64(3), none=np.empty((0, 3)))
    read = read_npz(path, ("numbers", "text", "one", "none"))
    np.testing.assert_array_equal(read["numbers"], numbers)
    assert (str(read["text"]), int(read["one"]), read["none"].shape) == ("Å", 3, (0, 3))
    with pytest.raises(ValueError, match="absent"):
        read_npz(path, ["absent"])


def _member(header: str, data: bytes = b"") -> bytes:
    memory = io.BytesIO()
    magic = np.lib.format.magic(1, 0)
    text = header.encode("latin-1") + b"\n"
    memory.write(magic + len(text).to_bytes(2, "little") + text + data)
    return memory.getvalue()


@pytest.mark.parametrize(
    "member",
    [
        _member("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,)}"),
        _member("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cos\nsystem\n"),
        _member("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"),
        _member("{'descr': '<f8', ("),
        b"no array",
    ],
)
def test_rejects_arrays_that_do_not_fit_their_bytes(tmp_path: Path, member: bytes) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", member)
    with pytest.raises(ValueError, match=r"."):
        read_npz(path, ["x"])


def test_does_not_unpack_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.zeros(5_000_000))
    with pytest.raises(UserError, match="declares 38 MB but holds only"):
        read_npz(path, ["x"])
