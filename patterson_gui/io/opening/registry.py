"""What a file is, told by its content: names lie, and many files have none that helps."""

import re
from enum import StrEnum
from pathlib import Path

from patterson_gui.errors import UserError
from patterson_gui.io.files import as_text, read_head
from patterson_gui.io.maps.header import looks_like_map
from patterson_gui.io.models.ase_formats import ase_format_of
from patterson_gui.io.models.extended_xyz import looks_like_xyz

HEAD = 65536


class FileKind(StrEnum):
    BUNDLE = "bundle"
    MTZ = "MTZ"
    MAP = "map"
    CIF = "CIF"
    PDB = "PDB"
    SHELX_INSTRUCTIONS = "SHELX instructions"
    SHELX_REFLECTIONS = "SHELX reflections"
    XDS = "XDS reflections"
    SCALEPACK = "Scalepack reflections"
    XYZ = "XYZ"
    ATOMS = "atoms of another program"  # in one of the formats of io/models/ase_formats.py
    DATASET = "data set"


_PDB_RECORDS = re.compile(
    r"^(ATOM  |HETATM|CRYST1|HEADER|TITLE |COMPND|SOURCE|REMARK|MODEL |SEQRES|EXPDTA|AUTHOR"
    r"|KEYWDS|REVDAT|JRNL  |DBREF |HELIX |SHEET |SCALE1|ORIGX1|LINK  |SSBOND|CISPEP)",
    re.MULTILINE,
)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SHELX_CELL = re.compile(rf"^CELL(?:\s+{_NUMBER}){{7}}\s*$", re.MULTILINE | re.IGNORECASE)
_SHELX_TITLE = re.compile(r"\A\s*(?:REM\b.*\n\s*)*TITL\b", re.IGNORECASE)
_SCALEPACK = re.compile(rf"\A\s*\d+\s*\n\s*-\d+\s*\n(?:\s*{_NUMBER}){{6}}\s+\S+")
# What users try that is something else: the answer should name it.
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x9d", "packed with 'compress' (.Z); unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"version https://", "the pointer of Git LFS, not the file itself; fetch it with git lfs"),
    (b"<?xml", "an XML file"),
    (b"<!DOCTYPE", "a web page (perhaps an error page instead of a download)"),
    (b"<html", "a web page (perhaps an error page instead of a download)"),
)
READABLE = (
    "a model (PDB, mmCIF, CIF, SHELX .res, extended XYZ, POSCAR), "
    "reflections (MTZ, mmCIF, SHELX .hkl), a map (CCP4, MRC), a .pgz bundle or a data set (.h5)"
)


def kind_of(path: Path) -> FileKind:
    """The kind of the file; `UserError` where it is none that this program reads."""
    head = read_head(path, HEAD)
    kind = kind_of_head(head)
    if kind is None:
        raise UserError(f"{path.name} cannot be opened: {_why_not(head)}; open {READABLE}.")
    return kind


def kind_of_head(head: bytes) -> FileKind | None:
    """The kind by the first bytes of the (unpacked) content; None where unknown."""
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return FileKind.BUNDLE
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        return FileKind.DATASET
    if head[:4] == b"MTZ ":
        return FileKind.MTZ
    if looks_like_map(head):
        return FileKind.MAP
    return None if b"\x00" in head else _kind_of_text(as_text(head))


def _kind_of_text(text: str) -> FileKind | None:
    significant = (line for line in text.splitlines() if line.strip() and line[0] != "#")
    first = next(significant, "").strip()
    tests = (
        (FileKind.XDS, first.startswith(("!FORMAT=XDS_ASCII", "!OUTPUT_FILE="))),
        (FileKind.CIF, first.lower().startswith(("data_", "global_"))),
        (FileKind.XYZ, looks_like_xyz(text)),
        (FileKind.SCALEPACK, _SCALEPACK.match(text)),
        (FileKind.SHELX_REFLECTIONS, _begins_with_reflection(text)),
        (FileKind.SHELX_INSTRUCTIONS, _SHELX_CELL.search(text) or _SHELX_TITLE.match(text)),
        (FileKind.PDB, _PDB_RECORDS.search(text)),
        (FileKind.ATOMS, ase_format_of(text)),
    )
    return next((kind for kind, found in tests if found), None)


def _begins_with_reflection(text: str) -> bool:
    line = next((line for line in text.splitlines() if line.strip()), "")
    in_columns = [line[0:4], line[4:8], line[8:12], line[12:20]]
    return _is_reflection(in_columns) or _is_reflection(line.split())


def _is_reflection(parts: list[str]) -> bool:
    """Whether these are h, k, l and a number."""
    try:
        _ = [int(part) for part in parts[:3]], float(parts[3])
    except (ValueError, IndexError):
        return False
    return True


def _why_not(head: bytes) -> str:
    start = head.lstrip()[:16]
    for magic, name in _FOREIGN:
        if start.lower().startswith(magic.lower()):
            return f"it is {name}"
    if b"\x00" in head:
        return "its binary content is of no kind known here"
    return "its text is of no kind known here"
