"""The 1024 bytes that begin a CCP4 or MRC map (Cheng et al., J. Struct. Biol. 192, 2015).

They are read and checked before the rest of the file is read.
"""

import math
import re
import struct
from dataclasses import dataclass
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.errors import UserError
from patterson_gui.io.formats.symmetry import StatedSymmetry, Symmetry, sane_cell, symmetry_of

SIZE = 1024
_MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_OTHER_MODES = {
    3: "complex numbers, a transform and not a map",
    4: "complex numbers, a transform and not a map",
    16: "colours, a picture and not a map",
    17: "colours, a picture and not a map",
    101: "packed 4-bit numbers",
}
_TRIPLET = re.compile(r"^[^,]*[xyzXYZ][^,]*,[^,]*[xyzXYZ][^,]*,[^,]*[xyzXYZ][^,]*$")
_LARGEST_AXIS = 100_000
# ISPG 401 to 630: several volumes in one file, each of space group ISPG − 400. Numbers from 1003
# are settings of space groups, as CCP4 counts them: 1004 is P 1 1 21.
_VOLUME_STACK = 400
_LAST_STACK = 630
_IMOD_STAMP = 1146047817  # word 39 of a file of IMOD; word 40 has its flags
_IMOD_SIGNED = 1

Order = Literal["<", ">"]


@dataclass(frozen=True)
class MapHeader:
    """The checked header of a map.

    Attributes
    ----------
    extent : (3,) stored points along column, row and section.
    start : (3,) index of the first point along column, row and section.
    sampling : (3,) points along the whole a, b, c.
    axes : (3,) the axes (0, 1, 2 for a, b, c) of column, row and section.
    origin : (3,) Å, shift of the first point; used only by electron microscopy.
    data_offset : bytes before the first value.
    dtype : type of one value, with its byte order.
    volumes : number of volumes in the file; only the first is read, and `extent` is its own.
    notes : what was assumed, in sentences for the user.
    """

    extent: tuple[int, int, int]
    start: tuple[int, int, int]
    sampling: tuple[int, int, int]
    axes: tuple[int, int, int]
    cell: gemmi.UnitCell
    spacegroup_number: int
    origin: tuple[float, float, float]
    symmetry_bytes: int
    dtype: np.dtype[np.generic]
    labels: tuple[str, ...]
    volumes: int = 1
    notes: tuple[str, ...] = ()

    @property
    def data_offset(self) -> int:
        return SIZE + self.symmetry_bytes

    @property
    def data_size(self) -> int:
        """Size of all values that are read, bytes."""
        return math.prod(self.extent) * self.dtype.itemsize

    @property
    def is_microscopy(self) -> bool:
        """Whether this is a map of electron microscopy, for which ORIGIN is used."""
        return self.spacegroup_number in (0, 1)


def looks_like_map(head: bytes) -> bool:
    """Whether a file with these first bytes is a map. Old files lack the stamp 'MAP '."""
    if len(head) < SIZE:
        return head[208:212] == b"MAP "
    return head[208:212] in (b"MAP ", b"MAP\x00") or _byte_order(head, strict=True) is not None


def parse_header(head: bytes, name: str) -> MapHeader:
    """Read the header. Raises `UserError` if it is damaged or of an unsupported kind."""
    if len(head) < SIZE:
        raise UserError(
            f"{name} is cut short: the header of a map has {SIZE} bytes and the file {len(head)}; "
            "get the file again."
        )
    order = _byte_order(head, strict=False)
    if order is None:
        raise UserError(
            f"{name} has a damaged map header (impossible sizes or axes): get the file again."
        )
    words = np.frombuffer(head[:SIZE], dtype=f"{order}i4")
    reals = np.frombuffer(head[:SIZE], dtype=f"{order}f4")
    mode = int(words[3])
    if mode not in _MODES:
        what = _OTHER_MODES.get(mode, "values of an unknown kind")
        raise UserError(
            f"{name} holds {what} (mode {mode}): convert it to a CCP4 map of real numbers (mode 2)."
        )
    symmetry_bytes = int(words[23])
    if symmetry_bytes < 0:
        raise UserError(
            f"{name} has a damaged map header (negative symmetry block): get the file again."
        )
    if int(words[24]) == 1 and order == _stamped_order(head):
        raise UserError(
            f"{name} is stored in a skewed frame (LSKFLG 1), which is not supported: "
            "write it again along the axes of its cell."
        )
    notes: list[str] = []
    extent = _three(words[0:3])
    axes = _axes(words[16:19])
    sampling = _sampling(_three(words[7:10]), extent, axes, notes, name)
    number = int(words[22])
    volumes = _volumes(number, extent, sampling, axes, name)
    if volumes > 1:
        extent = (extent[0], extent[1], sampling[axes[2]])
        notes.append(f"The file holds {volumes} volumes one after another: only the first is read.")
    if _VOLUME_STACK < number <= _LAST_STACK:
        number -= _VOLUME_STACK
    type_ = _MODES[mode]
    if mode == 0 and (why := _why_unsigned(words, reals)):
        type_ = "u1"
        notes.append(f"The values are bytes without sign ({why}).")
    return MapHeader(
        extent=extent,
        start=_three(words[4:7]),
        sampling=sampling,
        axes=axes,
        cell=_cell(reals[10:16], name),
        spacegroup_number=number,
        origin=_finite_three(reals[49:52]),
        symmetry_bytes=symmetry_bytes,
        dtype=np.dtype(f"{order}{type_}"),
        labels=_labels(head),
        volumes=volumes,
        notes=tuple(notes),
    )


def _sampling(
    given: tuple[int, int, int],
    extent: tuple[int, int, int],
    axes: tuple[int, int, int],
    notes: list[str],
    name: str,
) -> tuple[int, int, int]:
    """MX MY MZ. Some programs write 0; then the stored points are the whole cell, with a note.

    Raises
    ------
    UserError : one is negative.
    """
    words = " ".join(map(str, given))
    if min(given) < 0:
        raise UserError(
            f"{name} does not give the number of grid points of its cell (MX MY MZ = {words}): "
            "write the map again."
        )
    if min(given) > 0:
        return given
    stored = dict(zip(axes, extent, strict=True))
    a, b, c = (n or stored[axis] for axis, n in enumerate(given))
    notes.append(
        f"The map does not say into how many points its cell is divided (MX MY MZ = {words}): "
        f"it is taken as one whole cell of {a} × {b} × {c} points."
    )
    return a, b, c


def _volumes(
    number: int,
    extent: tuple[int, int, int],
    sampling: tuple[int, int, int],
    axes: tuple[int, int, int],
    name: str,
) -> int:
    """How many volumes follow one another along the sections.

    `number` : ISPG. Above 400 it states a stack. Programs of electron microscopy write 0 or 1 for
    stacks too, of volumes or of pictures (MZ = 1).

    Raises
    ------
    UserError : the file is a stack of pictures.
    """
    sections = sampling[axes[2]]
    if _VOLUME_STACK < number <= _LAST_STACK:
        return max(1, extent[2] // sections)
    whole = extent[0] == sampling[axes[0]] and extent[1] == sampling[axes[1]]
    if number not in (0, 1) or not whole or extent[2] % sections:
        return 1
    if sections == 1 and extent[2] > 1:
        raise UserError(
            f"{name} is a stack of {extent[2]} pictures, not a map of density: choose a volume."
        )
    return extent[2] // sections


def _why_unsigned(words: NDArray[np.int32], reals: NDArray[np.float32]) -> str:
    """What shows that the bytes of mode 0 have no sign, for the user; '' if they have one.

    The format says that they have one. IMOD wrote them without until 2011, and says so by a flag
    (its documentation of the MRC format). AMAX shows it for other programs.
    """
    if int(words[38]) == _IMOD_STAMP:
        return "" if int(words[39]) & _IMOD_SIGNED else "as the stamp of IMOD says"
    lowest, highest = float(reals[19]), float(reals[20])
    if lowest >= 0 and 127 < highest <= 255:
        return f"the header gives {highest:g} as the highest"
    return ""


def _byte_order(head: bytes, strict: bool) -> Order | None:
    """The byte order that gives possible values; None: neither does.

    `strict` : reject unknown modes and missing axes, for a file without the stamp 'MAP '.
    """
    stamped = _stamped_order(head)
    orders: tuple[Order, ...] = (">", "<") if stamped == ">" else ("<", ">")
    for order in orders:
        words = struct.unpack(f"{order}256i", head[:SIZE])
        sizes_fit = all(0 < n <= _LARGEST_AXIS for n in words[0:3])
        axes = words[16:19]
        axes_fit = sorted(axes) == [1, 2, 3] or (not strict and axes == (0, 0, 0))
        mode_fits = words[3] in _MODES or (not strict and words[3] in _OTHER_MODES)
        starts_fit = all(abs(n) <= 10 * _LARGEST_AXIS for n in words[4:7])
        if sizes_fit and axes_fit and starts_fit and (mode_fits or not strict):
            return order
    return None


def _stamped_order(head: bytes) -> Order | None:
    """The byte order of the machine stamp; many programs write no stamp or a wrong one."""
    if head[212:213] in (b"\x44", b"\x41"):
        return "<"
    return ">" if head[212:214] == b"\x11\x11" else None


def _three(words: NDArray[np.int32]) -> tuple[int, int, int]:
    a, b, c = (int(word) for word in words)
    return a, b, c


def _finite_three(words: NDArray[np.float32]) -> tuple[float, float, float]:
    a, b, c = (float(word) if math.isfinite(word) else 0.0 for word in words)
    return a, b, c


def _axes(words: NDArray[np.int32]) -> tuple[int, int, int]:
    if not words.any():
        return 0, 1, 2  # old programs of electron microscopy write no axes
    return int(words[0]) - 1, int(words[1]) - 1, int(words[2]) - 1


def _cell(words: NDArray[np.float32], name: str) -> gemmi.UnitCell:
    six = [round(float(word), 4) for word in words]  # a float32 has no more correct digits
    if six[3:] == [0.0, 0.0, 0.0]:
        six[3:] = [90.0, 90.0, 90.0]
    cell = sane_cell(six)
    if cell is None:
        given = " ".join(f"{value:g}" for value in six)
        raise UserError(
            f"{name} has no usable unit cell (a b c α β γ = {given}): set the cell, or the voxel "
            "size, in the program that wrote it."
        )
    return cell


def _labels(head: bytes) -> tuple[str, ...]:
    lines = (head[224 + 80 * i : 304 + 80 * i] for i in range(10))
    texts = (line.decode("latin-1").strip(" \x00") for line in lines)
    return tuple(text for text in texts if text)


def symmetry_of_map(header: MapHeader, symmetry: bytes, name: str) -> Symmetry:
    """The symmetry, from the operations, which also give the setting, or from the number.

    A map whose cell does not have the symmetry of its number is taken in P 1.

    Raises `UserError` where the number is that of no space group.
    """
    lines = [symmetry[i : i + 80] for i in range(0, len(symmetry), 80)]
    text = [line.decode("latin-1").strip(" \x00") for line in lines]
    triplets = [t for line in text for t in line.split("*") if _TRIPLET.match(t)]
    number = header.spacegroup_number
    if number in (0, _VOLUME_STACK):
        number = 1
    stated = StatedSymmetry(tuple(triplets), number=number, number_gives_setting=True)
    found = symmetry_of(stated, header.cell, name)
    if found.known:
        return found
    if gemmi.find_spacegroup_by_number(number) is None:
        raise UserError(f"{name} {found.problem}: write the map again with the correct number.")
    return Symmetry(p1(), notes=(f"{name} {found.problem}: it is read in P 1.",))
