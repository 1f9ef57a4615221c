"""Names of files that are not UTF-8, look like options, commands or markup, or hold line ends."""

import os
import sys
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.files import printable, refuse_unwritable, replace_file
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.reflections import read_reflections
from patterson_gui.io.source_file import SourceFile
from tests.io import reflection_files

NAMES = [
    b"m\xff\xe9.pdb",
    b"-o.pdb",
    b"$(touch x);`id`.pdb",
    b"<b>m<b>.pdb",
    b"a\nb.pdb",
    b"=1+1.pdb",
]
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")


def _file(folder: Path, name: bytes, content: bytes) -> Path:
    path = Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))
    path.write_bytes(content)
    return path


@linux
@pytest.mark.parametrize("name", NAMES)
def test_opens_a_model_of_any_name(tmp_path: Path, pdb_text: str, name: bytes) -> None:
    path = _file(tmp_path, name, pdb_text.encode())
    crystal = open_any(path)
    assert crystal.source == path
    assert crystal.model is not None
    for text in (crystal.name, crystal.provenance, crystal.model.name, *crystal.notes):
        text.encode("utf-8")


@linux
def test_opens_reflections_in_a_folder_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    plain = tmp_path / "data.mtz"
    f, sigma = reflection_files.F, reflection_files.SIGMA
    reflection_files.write_mtz(plain, [("FP", "F", f), ("SIGFP", "Q", sigma)])
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    path = _file(folder, b"\xe9.mtz", plain.read_bytes())
    assert reflection_files.same(read_reflections(path).amplitudes)
    with SourceFile(path).plain_path() as copy:
        assert printable(str(copy)) == str(copy)


@linux
def test_says_that_a_folder_whose_name_is_not_utf_8_cannot_be_written_to(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    for write in (refuse_unwritable, _replace):
        with pytest.raises(UserError, match="the name of its folder is not in UTF-8") as raised:
            write(folder / "a.ccp4")
        str(raised.value).encode("utf-8")


def _replace(path: Path) -> None:
    with replace_file(path) as temporary:
        temporary.write_text("x")


@linux
def test_a_name_that_is_not_utf_8_can_be_written_in_a_folder_that_is(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a.\xff"))
    _replace(path)
    assert path.read_text() == "x"
