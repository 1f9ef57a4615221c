"""Check a CCP4 map before a program reads it, because a damaged one crashes some of them."""

import array
import io
import os
import re
import struct
import sys

from .archive import CHUNK, LARGEST_ENTRY
from .cell import has_volume
from .json_values import is_finite
from .text import BundleError, one_line, path_text, reason

MAP_HEADER = 1024
LARGEST_AXIS = 100000
LARGEST_GRID = LARGEST_ENTRY // 4  # points of a whole cell; Coot takes 40 bytes and more for each
LARGEST_VALUE = 1e12


def check_map(path):
    """Return the rms in a CCP4 map's header. Raise BundleError for a map that is not in mode 2 and
    little-endian, is cut short, has no cell, or has values that are not numbers."""
    path = path_text(path)
    name = one_line(os.path.basename(path), 100)
    try:
        size = os.path.getsize(path)
        with io.open(path, "rb") as file:
            return _checked_map(file, size, name)
    except (IOError, OSError) as error:
        raise BundleError(
            "%s could not be read (%s): check its name and folder." % (name, reason(error))
        )


def _checked_map(file, size, name):
    head = file.read(MAP_HEADER)
    if len(head) < MAP_HEADER or head[208:212] != b"MAP ":
        raise BundleError("%s is not a CCP4 map: get the file again." % name)
    words = struct.unpack("<56i", head[:224])
    reals = struct.unpack("<56f", head[:224])
    extent, sampling, axes, extra = words[0:3], words[7:10], words[16:19], words[23]
    if words[3] != 2:
        raise BundleError(
            "%s is not a map in mode 2 (real numbers, little-endian): convert it." % name
        )
    sane = (
        all(0 < n <= LARGEST_AXIS for n in extent + sampling)
        and sorted(axes) == [1, 2, 3]
        and 0 <= extra <= 80 * 400
        and words[24] != 1  # a skew transformation
        # Coot's reader crashes on other machine stamps and on more labels than the header has.
        and head[212:214] in (b"\x44\x41", b"\x44\x44")
        and 0 <= words[55] <= 10
        and all(abs(n) <= 10 * LARGEST_AXIS for n in words[4:7])
    )
    # Programs allocate memory for the whole cell, however little of it the file holds.
    sane = sane and sampling[0] * sampling[1] * sampling[2] <= LARGEST_GRID
    sane = sane and has_volume(reals[10:16]) and all(is_finite(x) for x in reals[19:22])
    sane = sane and _is_group(file.read(extra))
    if not sane or not is_finite(reals[54]):
        raise BundleError("%s has a damaged map header: get the file again." % name)
    needed = MAP_HEADER + extra + 4 * extent[0] * extent[1] * extent[2]
    if size != needed:
        raise BundleError(
            "%s has the wrong length (%d bytes, not %d): get the file again." % (name, size, needed)
        )
    file.seek(MAP_HEADER + extra)
    while True:
        part = file.read(CHUNK)
        if not part:
            return reals[54]
        values = array.array("f")
        _append(values, part)
        if sys.byteorder == "big":
            values.byteswap()
        total = sum(values)  # not finite if one of them is not
        if not is_finite(total) or max(values) > LARGEST_VALUE or min(values) < -LARGEST_VALUE:
            raise BundleError("%s holds values that are not numbers: write the map again." % name)


def _is_group(block):
    """Whether a map's symmetry block, lines of 80 letters, holds operations of a crystal. Coot
    multiplies them until no new one appears, which never ends for others."""
    if len(block) % 80:
        return False
    text = block.decode("latin-1").lower()
    rotations = [_rotation(text[at : at + 80]) for at in range(0, len(text), 80)]
    if None in rotations:
        return False
    rotations = set(rotations)
    return len(rotations) <= 48 and all(
        _product(a, b) in rotations for a in rotations for b in rotations
    )


def _rotation(triplet):
    """The nine integers of '-y,x,z+1/2'; None if the text is not an operation."""
    matrix = []
    for row in triplet.replace(" ", "").rstrip("\x00").split(","):
        terms = re.findall(r"[+-]?(?:[xyz]|\d{1,2}/\d{1,2}|\d?\.\d{1,6}|\d)", row)
        if "".join(terms) != row or not all(term[0] in "+-" for term in terms[1:]):
            return None
        for axis in "xyz":
            signs = [-1 if term[0] == "-" else 1 for term in terms if term[-1] == axis]
            matrix.append(sum(signs))
    if len(matrix) != 9:
        return None
    a, b, c, d, e, f, g, h, i = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return tuple(matrix) if abs(determinant) == 1 else None


def _product(a, b):
    """The product of two matrices of nine numbers."""
    return tuple(
        sum(a[3 * row + k] * b[3 * k + column] for k in range(3))
        for row in range(3)
        for column in range(3)
    )


def _append(values, part):
    """Append the numbers that the bytes `part` hold."""
    if hasattr(values, "frombytes"):
        values.frombytes(part)
    else:
        values.fromstring(part)  # Python 2
