"""The header records of an MTZ file, which stand at its end: whether they are complete, and the
symmetry operations among them."""

import os
import struct

from patterson_gui.errors import UserError
from patterson_gui.io.source_file import SourceFile


def header_records(source: SourceFile) -> list[bytes]:
    """The records of 80 characters, up to END.

    Raises
    ------
    UserError : the header is not complete, or there are not as many values as it says.
    """
    cut = UserError(
        f"{source.name} is a truncated MTZ file: its header, which is stored at the end, is "
        "missing or incomplete; copy or download it again."
    )
    with source.open() as file:
        head = file.read(20)
        if len(head) < 20:
            raise cut
        order = ">" if head[8:9] == b"\x11" else "<"
        (word,) = struct.unpack(f"{order}i", head[4:8])
        if word == -1:  # large files keep it in 64 bits
            (word,) = struct.unpack(f"{order}q", head[12:20])
        start = 4 * (word - 1)
        if start < 80 or start >= file.seek(0, os.SEEK_END):
            raise cut
        file.seek(start)
        header = file.read()
    records = [header[i : i + 80] for i in range(0, len(header), 80)]
    end = next((i for i, record in enumerate(records) if record.startswith(b"END")), None)
    if end is None:
        raise cut
    for record in records:
        if record.startswith(b"NCOL"):
            counts = record.split()[1:3]
            if len(counts) < 2 or not all(count.isdigit() for count in counts):
                raise cut
            if 80 + 4 * int(counts[0]) * int(counts[1]) > start:
                raise cut
            break
    return records[:end]


def symmetry_operations(source: SourceFile) -> tuple[str, ...]:
    """The triplets of the SYMM records: 'X,  Y,  Z'."""
    records = source.parsed(header_records)
    texts = (record[4:].decode("latin-1") for record in records if record[:4].upper() == b"SYMM")
    return tuple(triplet for text in texts if (triplet := "".join(text.split())))
