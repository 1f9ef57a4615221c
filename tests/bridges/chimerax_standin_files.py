"""Files as ChimeraX writes them: maps without their symmetry, models with or without a cell."""

import struct
from pathlib import Path

import gemmi


def map_as_written(path: Path, ccp4: bool) -> bytes:
    """What ChimeraX saves of a map that was read: the box alone as the cell, no symmetry."""
    data = bytearray(path.read_bytes())
    extent, start = struct.unpack_from("<3i", data, 0), struct.unpack_from("<3i", data, 16)
    sampling, cell = struct.unpack_from("<3i", data, 28), struct.unpack_from("<3f", data, 40)
    step = [a / n for a, n in zip(cell, sampling, strict=True)]
    (symmetry,) = struct.unpack_from("<i", data, 92)
    origin = [s * d for s, d in zip(start, step, strict=True)]
    struct.pack_into("<3i", data, 16, *(start if ccp4 else (0, 0, 0)))
    struct.pack_into("<3i", data, 28, *extent)
    struct.pack_into("<3f", data, 40, *(d * n for d, n in zip(step, extent, strict=True)))
    struct.pack_into("<2i", data, 88, 0, 0)  # neither a space group nor operations
    struct.pack_into("<3f", data, 196, *((0, 0, 0) if ccp4 else origin))
    label = b"ChimeraX 0.1"
    data[220:1024] = struct.pack("<i", 1) + label + bytes(800 - len(label))
    return bytes(data[:1024] + data[1024 + symmetry :])


def model_as_mmcif(path: Path, keeps_cell: bool) -> bytes:
    document = gemmi.read_structure(str(path)).make_mmcif_document()
    if not keeps_cell:
        for name in ("_cell", "_symmetry"):
            document.sole_block().find_mmcif_category(f"{name}.").erase()
    return str(document.as_string()).encode()


def moved_model(path: Path, along_x: float) -> Path:
    """The model as it is placed in the view, with the cell of the file."""
    read = gemmi.read_structure(str(path))
    for cra in read[0].all():
        cra.atom.pos.x += along_x
    moved = path.with_name(f"moved-{path.name}")
    read.write_pdb(str(moved))
    return moved
