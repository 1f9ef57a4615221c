"""Which reader a file gets, and what messages and dialogs say of all readers."""

import contextlib
import re
import time
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reader import Contents, FileKind
from patterson_gui.io.opening.registry import BUILT_IN, kind_of, name_filters, readable


def test_there_is_one_reader_for_each_kind():
    kinds = [reader.kind for reader in BUILT_IN]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) >= set(FileKind)


def test_every_reader_has_contents_and_file_name_patterns():
    for reader in BUILT_IN:
        assert reader.contents, reader.kind
        assert all("*" in pattern for pattern in reader.patterns), reader.kind
        assert reader.patterns, reader.kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04...", FileKind.BUNDLE),
        (b"\x89HDF\r\n\x1a\n\x00", FileKind.DATASET),
        (b"MTZ \x00", FileKind.MTZ),
        (bytes(208) + b"MAP ", FileKind.MAP),
        (b"!FORMAT=XDS_ASCII    MERGE=FALSE\n", FileKind.XDS),
        (b"!OUTPUT_FILE=INTEGRATE.HKL\n", FileKind.XDS),
        (b"# comment\n\n  DATA_x\n_cell_length_a 3\n", FileKind.CIF),
        (b"\xef\xbb\xbfdata_x\r\n_a 1\r\n", FileKind.CIF),
        (b"2\nanything\nC 0.0 0.0 0.0\nO 1.1 0.0 0.0\n", FileKind.XYZ),
        (b'1\nLattice="3 0 0 0 3 0 0 0 3"\nNa 0 0 0\n', FileKind.XYZ),
        (b"    1\n -987\n 50. 60. 70. 90. 90. 90. p212121\n", FileKind.SCALEPACK),
        (b"   1   2   3  100.00    1.00\n", FileKind.SHELX_REFLECTIONS),
        (b" 1 2 -3 1e4 2\n", FileKind.SHELX_REFLECTIONS),
        (b"-100-100-10012345.67    1.00\n", FileKind.SHELX_REFLECTIONS),
        (b"TITL x\nCELL 0.7 8 9 10 90 90 90\n", FileKind.SHELX_INSTRUCTIONS),
        (b"REM a\nREM b\ntitl x\n", FileKind.SHELX_INSTRUCTIONS),
        (b"whatever\nCELL 0.7 8 9 10 90 90 90\n", FileKind.SHELX_INSTRUCTIONS),
        (b"rubbish\nATOM      1  N   ALA A   1       1.458   0.000   0.000\n", FileKind.PDB),
        (b"a\n1.0\n3 0 0\n0 3 0\n0 0 3\nNa\n1\nDirect\n0 0 0\n", FileKind.ATOMS),
    ],
)
def test_the_content_decides_which_reader_a_file_gets(tmp_path: Path, content: bytes, kind: str):
    path = tmp_path / "name.that.tells.nothing"
    path.write_bytes(content)
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.4", "it is a PDF document"),
        (b"\x89PNG\r\n", "it is a picture"),
        (b"\x1f\x9d\x90", "packed with 'compress'"),
        (b"Rar!\x1a", "a RAR archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
        (b"  <!DOCTYPE html>", "a web page"),
        (b"<HTML>", "a web page"),
        (b"1 2\n", "its text is of an unknown kind"),
        (b"1 2 x 4\n", "its text is of an unknown kind"),
        (b"a\x00b", "its binary content is of an unknown kind"),
    ],
)
def test_names_the_kind_of_a_file_without_reader(tmp_path: Path, content: bytes, what: str):
    path = tmp_path / "a.mtz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"^a\.mtz cannot be opened: ") as error:
        kind_of(path)
    assert what in str(error.value)
    assert str(error.value).endswith(f"; open {readable()}.")


def test_messages_name_every_format():
    parts = re.fullmatch(
        r"a model \((.*?)\), reflections \((.*?)\), a map \((.*?)\), "
        r"a \.pgz bundle or a data set \(\.h5\)",
        readable(),
    )
    assert parts is not None
    models, reflections, maps = (part.split(", ") for part in parts.groups())
    assert set(models) >= {"mmCIF", "CIF", "extended XYZ", "SHELX .res", "PDB", "POSCAR"}
    assert set(reflections) >= {"MTZ", "XDS", "mmCIF", "Scalepack", "SHELX .hkl"}
    assert maps[:2] == ["CCP4", "MRC"]


def test_dialogs_offer_every_pattern_under_what_the_files_hold():
    everything, *each, rest = name_filters()
    assert rest == "All files (*)"
    for reader in BUILT_IN:
        for pattern in reader.patterns:
            assert f"{pattern} " in everything
            for contents in reader.contents:
                (of,) = (text for text in each if text.startswith(f"{contents} ("))
                assert pattern in of.strip("()").replace("(", " ").split(" ")
    assert name_filters(Contents.MAPS) == (
        "Maps (*.ccp4 *.map *.mrc *CHGCAR* *CHG* *AECCAR* *PARCHG* *.gz *.bz2 *.xz)",
        "All files (*)",
    )  # fmt: skip
    assert name_filters(Contents.DATA_SETS)[0] == "Data sets (*.h5 *.hdf5)"
    assert "*.mtz" not in name_filters(Contents.MODELS)[0]


@pytest.mark.parametrize("before", ["Created by some program\n\ndata_x\n", ""])
def test_names_a_cif_that_does_not_begin_with_data(tmp_path: Path, before: str):
    path = tmp_path / "a.cif"
    path.write_text(before + "_cell_length_a 7.5\n_cell_length_b 10.2\n_cell_length_c 8.9\n")
    with pytest.raises(UserError, match="is a CIF that does not begin with data_"):
        kind_of(path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "head",
    [b"12\n -3\n", b"CELL ", b"x\n1.0\n1 0 0\n0 1 0\n0 0 1\n", b"", b"2\n"],
)
def test_long_rows_of_digits_are_recognised_or_refused_at_once(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "digits"
    path.write_bytes(head + b"1" * 60_000)
    start = time.process_time()
    with contextlib.suppress(UserError):
        kind_of(path)
    assert time.process_time() - start < 5
