"""Read and write CCP4 and MRC maps, with any axis order and any part of the cell.

A large map is read in blocks, so that memory holds only the grid points that are kept.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.files import replace_file
from patterson_gui.io.guards import refuse_declared_bytes
from patterson_gui.io.maps.absurd_values import refuse_absurd_values
from patterson_gui.io.maps.header import (
    SIZE,
    MapHeader,
    looks_like_map,
    parse_header,
    symmetry_of_map,
)
from patterson_gui.io.source_file import SourceFile

# Larger grids are thinned out. This is 400 points along each edge of a cube, 256 MB.
MOST_POINTS = 64_000_000
_LARGEST_STEP = 8
_LARGEST_DATA = 8 * 1024**3  # bytes; larger files are rejected
_BLOCK = 16 * 1024**2  # bytes read at a time
_SPARE = 64 * 1024**2  # bytes that a small file may declare
_MOST_SYMMETRY = 80 * 1000  # bytes; 192 operations of 80 letters are 15,360
_LARGEST_VALUE = 1e12
_UNKNOWN = np.float32(-np.inf)
_OUR_LABEL = "patterson_gui"

Box = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True, eq=False)
class MapContents:
    """A map, and notes for the user."""

    density: DensityMap
    notes: tuple[str, ...]


def is_map(source: SourceFile) -> bool:
    """Whether a file begins with the header of a map."""
    return looks_like_map(source.head)


def read_map(file: Path | SourceFile) -> DensityMap:
    """The map of the whole cell, with its first point at the origin. See `read_map_contents`."""
    return read_map_contents(file).density


def read_map_contents(file: Path | SourceFile) -> MapContents:
    """Read a map file (also a packed one) and complete the cell by symmetry.

    Points that neither the file nor symmetry gives are set to the mean of the others, so that
    there is no step at their border. Grids above `MOST_POINTS` are thinned out. The kind is
    DENSITY, unless this program wrote the file as a Patterson map.

    Raises
    ------
    UserError : the file is damaged or truncated, has values that are not numbers or all equal, or
        is too large even to thin out.
    """
    source = SourceFile.of(file)
    name = source.name
    with source.open() as stream:
        header = parse_header(stream.read(SIZE), name)
        needed = header.data_offset + header.data_size
        if header.data_size > _LARGEST_DATA:
            raise _too_large(name, header)
        if source.size is not None and source.size < needed:
            raise _truncated(name, source.size, needed)
        stored = source.path.stat().st_size if source.is_packed else needed
        refuse_declared_bytes(name, needed, stored, spare=_SPARE)
        if header.symmetry_bytes > _MOST_SYMMETRY:
            raise UserError(
                f"{name} has a damaged map header ({header.symmetry_bytes:,} bytes of symmetry): "
                "get the file again."
            )
        # A file may give one asymmetric unit of the cell, of which a group has at most 192.
        cell_bytes = math.prod(header.sampling) * 4.0
        refuse_declared_bytes(name, cell_bytes, header.data_size, times=200, spare=_SPARE)
        symmetry = symmetry_of_map(header, stream.read(header.symmetry_bytes), name)
        group = symmetry.spacegroup or p1()  # P 1 is correct for a setting that is in no table
        step = _thinning(name, header, group)
        grid = _read_grid(name, stream, header, step)
    notes = [*symmetry.notes, *header.notes]
    if step > 1:
        notes.append(
            f"The map has too many grid points to show all ({_times(header.sampling)}): only "
            f"every {_ordinal(step)} point along each axis was read."
        )
    share = _fill_cell(grid, header, group, name)
    if share is not None:
        notes.append(share)
    grid = _shifted_by_origin(grid, header, notes)
    low, high = float(grid.min()), float(grid.max())
    if max(-low, high) > _LARGEST_VALUE:
        raise UserError(
            f"{name} contains absurd values (up to {max(-low, high):.1g}): it is damaged; "
            "get the file again."
        )
    if low == high:
        raise UserError(
            f"{name} has the same value ({low:g}) at every point, so there is nothing to show: "
            "write the map again."
        )
    kind, absolute, d_min = _from_labels(header)
    density = DensityMap(grid, header.cell, group, kind, d_min, name=source.stem, absolute=absolute)
    return MapContents(density, tuple(notes))


def _times(numbers: tuple[int, ...]) -> str:
    return " × ".join(map(str, numbers))


def _ordinal(n: int) -> str:
    return {2: "second", 3: "third"}.get(n, f"{n}th")


def _truncated(name: str, size: int, needed: int) -> UserError:
    return UserError(
        f"{name} is cut short: it has {size:,} of {needed:,} bytes; get the file again."
    )


def _too_large(name: str, header: MapHeader) -> UserError:
    return UserError(
        f"{name} is too large ({_times(header.sampling)} points in the cell, "
        f"{header.data_size / 1024**3:.1f} GiB): cut out a smaller box or use a coarser grid."
    )


def _thinning(name: str, header: MapHeader, group: gemmi.SpaceGroup) -> int:
    """The smallest step that leaves at most `MOST_POINTS` and fits the cell and its symmetry."""
    factors = group.operations().find_grid_factors()
    for step in range(1, _LARGEST_STEP + 1):
        if step > 1 and any(n % step for n in header.sampling):
            continue
        sizes = [n // step for n in header.sampling]
        fits = step == 1 or all(n % f == 0 for n, f in zip(sizes, factors, strict=True))
        if fits and math.prod(sizes) <= MOST_POINTS:
            return step
    raise _too_large(name, header)


def _blocks(
    name: str, file: IO[bytes], header: MapHeader, sections: NDArray[np.bool_]
) -> Iterator[tuple[int, slice, NDArray[np.generic]]]:
    """Yield (section, rows, values (rows, columns)) of the wanted sections, in blocks of rows."""
    columns, rows, _ = header.extent
    row_bytes = columns * header.dtype.itemsize
    many = max(1, _BLOCK // row_bytes)
    position = 0
    for section in np.flatnonzero(sections):
        first = int(section) * rows * row_bytes
        if first > position:
            file.seek(header.data_offset + first)
        for start in range(0, rows, many):
            part = slice(start, min(start + many, rows))
            wanted = (part.stop - start) * row_bytes
            data = file.read(wanted)
            if len(data) < wanted:
                needed = header.data_offset + header.data_size
                got = header.data_offset + first + start * row_bytes + len(data)
                raise _truncated(name, got, needed)
            yield int(section), part, np.frombuffer(data, header.dtype).reshape(-1, columns)
        position = first + rows * row_bytes


def _read_grid(name: str, file: IO[bytes], header: MapHeader, step: int) -> NDArray[np.float32]:
    """(nu, nv, nw); −∞ at points that the file does not give."""
    sampling = np.array(header.sampling)
    grid = np.full(sampling // step, _UNKNOWN, dtype=np.float32)
    keep, place = [], []
    for axis, n, start in zip(header.axes, header.extent, header.start, strict=True):
        index = (start + np.arange(n)) % sampling[axis]
        kept = index % step == 0
        keep.append(kept)
        place.append(np.where(kept, index // step, -1))
    column, row, section = header.axes
    view = grid.transpose(section, row, column)
    columns = place[0][keep[0]]
    for number, rows, values in _blocks(name, file, header, keep[2]):
        kept = keep[1][rows]
        if not kept.any():
            continue
        block = values[kept][:, keep[0]].astype(np.float32)
        if not np.isfinite(block).all():
            raise UserError(
                f"{name} contains values that are not numbers (NaN or infinite): write the map "
                "again without them."
            )
        refuse_absurd_values(block, name)
        view[place[2][number]][np.ix_(place[1][rows][kept], columns)] = block
    return grid


def _fill_cell(
    grid: NDArray[np.float32], header: MapHeader, group: gemmi.SpaceGroup, name: str
) -> str | None:
    """Fill missing points of the grid in place; return a note if symmetry does not give all."""
    along = dict(zip(header.axes, header.extent, strict=True))
    if all(along[i] >= header.sampling[i] for i in range(3)):
        return None
    if len(group.operations()) > 1:
        by_symmetry = gemmi.FloatGrid(grid, header.cell, group)
        try:
            by_symmetry.symmetrize_max()
        except RuntimeError as error:
            raise UserError(
                f"{name} covers part of its cell, and its grid of {_times(header.sampling)} "
                f"points does not fit space group {group.xhm()}: write the whole cell."
            ) from error
        grid[...] = by_symmetry.array
    known = grid != _UNKNOWN
    share = float(known.mean())
    if share == 1.0:
        return None
    grid[~known] = grid[known].mean(dtype=np.float64)
    return (
        f"The file covers only {100 * share:.2g} % of the unit cell; the rest is set to the "
        "mean of this part."
    )


def _shifted_by_origin(
    grid: NDArray[np.float32], header: MapHeader, notes: list[str]
) -> NDArray[np.float32]:
    """Shift the grid by ORIGIN (Å), the position of the first point in electron microscopy."""
    if not header.is_microscopy or not any(header.origin) or any(header.start):
        return grid
    frac = header.cell.fractionalize(gemmi.Position(*header.origin)).tolist()
    points = np.array(frac) * grid.shape
    if not np.isfinite(points).all() or np.abs(points).max() > 1e6:
        return grid
    whole = np.rint(points).astype(int)
    if np.abs(points - whole).max() > 0.05:
        notes.append("The map's ORIGIN is between grid points; the nearest grid point was used.")
    return np.roll(grid, tuple(int(n) for n in whole), axis=(0, 1, 2))


# ---------------------------------------------------------------- writing
def write_map(path: Path, density: DensityMap, *, box: Box | None = None) -> None:
    """Write a CCP4 map (mode 2) that Coot, ChimeraX and PyMOL read in the same way.

    `box` : two fractional corners of the part to write, smaller or larger than the cell; None: the
    cell. The header has the rmsd of the whole cell in any case, so that a level in rmsd is the
    same density in every program. The space group is that of the map (for a Patterson map, the
    Patterson group).
    """
    ccp4 = gemmi.Ccp4Map()
    ccp4.grid = gemmi.FloatGrid(density.grid, density.cell, density.spacegroup)
    ccp4.update_ccp4_header(2)
    if ccp4.header_i32(23) == 0:
        # A setting without a CCP4 number. The operations in the file give the setting.
        ccp4.set_header_i32(23, density.spacegroup.number)
    for number, label in enumerate(_labels(density)):
        ccp4.set_header_str(57 + 20 * number, label.ljust(80))
    ccp4.set_header_i32(56, len(_labels(density)))
    if box is not None:
        corners = gemmi.FractionalBox()
        for corner in box:
            corners.extend(gemmi.Fractional(*corner))
        ccp4.set_extent(corners)
    with replace_file(path) as temporary:
        ccp4.write_ccp4_map(str(temporary))


def _labels(density: DensityMap) -> tuple[str, ...]:
    """The header labels: kind, scale and resolution, for people and for `_from_labels`."""
    words = [_OUR_LABEL, density.kind.value, "absolute" if density.absolute else "arbitrary"]
    if density.d_min is not None:
        words.append(f"d_min={density.d_min:.4f}")
    name = density.name.encode("ascii", "replace").decode()[:80]
    return (" ".join(words), name) if name else (" ".join(words),)


def _from_labels(header: MapHeader) -> tuple[MapKind, bool, float | None]:
    """(kind, absolute, d_min) from the labels; known only of maps that this program wrote."""
    words = header.labels[0].split() if header.labels else []
    if len(words) < 3 or words[0] != _OUR_LABEL:
        return MapKind.DENSITY, False, None
    kind = MapKind.PATTERSON if words[1] == MapKind.PATTERSON else MapKind.DENSITY
    given = [word.partition("=")[2] for word in words[3:] if word.startswith("d_min=")]
    try:
        d_min = float(given[0]) if given else None
    except ValueError:
        d_min = None
    return kind, words[2] == "absolute", d_min
