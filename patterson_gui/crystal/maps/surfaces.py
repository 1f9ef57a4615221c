"""Iso-surfaces of a map, as triangles and as the classical chicken wire.

Marching cubes in the form of Lorensen & Cline (1987). What every case of a cube looks like
is derived, not tabulated: each face of the cube is cut by marching squares, and the cuts of
the six faces join to closed loops which are filled with triangles. The cuts themselves are
the chicken wire: contours in the three families of grid planes, the usual display of electron
density. Neighbouring cubes have the same cut on the face they share, so surfaces have no holes.

All steps are operations on whole arrays, so other threads can run meanwhile.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.mesh import Mesh
from patterson_gui.crystal.reciprocal.fourier import fourier_interpolate

FINENESS = 4.0  # grid points per resolution limit that make a contour look smooth
MOST_FINE_POINTS = 112**3  # larger cells are viewed from a distance and not interpolated
MOST_POINTS = 200**3  # of regions with more points only every second, third, ... one is used

# Corner n of a cube lies at (n & 1, n >> 1 & 1, n >> 2 & 1) grid steps.
# Its edges: 4d + m runs along axis d from the corner _EDGE_START[4d + m].
_EDGE_START = np.array([0, 2, 4, 6, 0, 1, 4, 5, 0, 1, 2, 3])
# The corners of each face counter-clockwise as seen from outside: x=0, x=1, y=0, y=1, z=0, z=1.
_FACES = ((0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6))


def finely_sampled(density: DensityMap) -> DensityMap:
    """The same function on points close enough for smooth contours.

    Only a map with a known resolution limit is interpolated, because it is the sum of its Fourier
    terms. Others, and maps of large cells, are returned unchanged.
    """
    shape = fine_shape(density)
    if shape == density.shape:
        return density
    return density.with_grid(fourier_interpolate(density.grid, shape))


def fine_shape(density: DensityMap) -> tuple[int, int, int]:
    """The numbers of grid points along a, b, c that `finely_sampled` gives a map."""
    if density.d_min is None:
        return density.shape
    wanted = grid_shape(density.cell, density.d_min / FINENESS)
    nu, nv, nw = (max(a, b) for a, b in zip(wanted, density.shape, strict=True))
    return density.shape if nu * nv * nw > MOST_FINE_POINTS else (nu, nv, nw)


def isosurface(
    density: DensityMap,
    level: float,
    *,
    lower_frac: tuple[float, float, float] = (0.0, 0.0, 0.0),
    upper_frac: tuple[float, float, float] = (1.0, 1.0, 1.0),
    step: int = 1,
    closed: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Mesh:
    """Where the map equals `level` (the map's own units), inside a box of the crystal.

    Parameters
    ----------
    lower_frac, upper_frac : the box, fractional; rounded outwards to grid points. It may
        reach beyond the cell: the map is periodic.
    step : only every second, third, ... grid point is used, from the lower ends of the box to its
        upper ends or the next such point beyond them. Of very large boxes fewer are used anyway.
    closed : whether the triangles are closed by flat faces where the box cuts through values above
        the level. The wire has no lines there.
    check : called between the parts of the work; it may raise to stop it.

    Returns
    -------
    Mesh, empty where the map does not reach the level.
    """
    shape = np.array(density.shape)
    first = np.floor(np.array(lower_frac) * shape + 1e-6).astype(int)
    last = np.ceil(np.array(upper_frac) * shape - 1e-6).astype(int)
    if np.any(last <= first):
        raise ValueError(f"an empty box: {lower_frac} to {upper_frac}")
    most = MOST_POINTS ** (1 / 3)
    step = max(step, int(np.ceil((np.prod((last - first + 1) / most)) ** (1 / 3) - 1e-9)))
    points = [np.arange(a, b + step, step) for a, b in zip(first, last, strict=True)]
    values = density.grid[np.ix_(*(p % n for p, n in zip(points, density.shape, strict=True)))]
    above = values >= level

    check()
    starts, vertices, numbers = _vertices(values, above, level)
    if len(vertices) == 0:
        empty = np.zeros((0, 3), dtype=np.float32)
        none = np.zeros((0, 2), dtype=np.uint32)
        return Mesh(empty, np.zeros((0, 3), dtype=np.uint32), none, empty, (0, 0, 0), step)
    code = _cube_codes(above)
    active = np.flatnonzero((code != 0) & (code != 255))
    corner = np.unravel_index(active, code.shape)
    cases = code.ravel()[active]
    check()
    edges = _edge_vertices(corner, numbers)
    check()
    lines, wires = _wire(cases, edges, corner, code.shape)
    check()
    faces = _triangles(cases, edges)

    check()
    to_cartesian = density.orthogonalization
    frac = (vertices * step + first) / shape
    normals = _normals(density, values, starts, vertices, step)
    mesh = Mesh((frac @ to_cartesian.T).astype(np.float32), faces, lines, normals, wires, step)
    return mesh.with_faces(*_caps(density, values, level, first, step)) if closed else mesh


def _caps(
    density: DensityMap,
    values: NDArray[np.float32],
    level: float,
    first: NDArray[np.intp],
    step: int,
) -> tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.float32]]:
    """Flat faces on the six sides of a box, where the values are above the level.

    Each side is a layer of cubes with lower values outside; the surface in it, pressed flat onto
    the side, has the cuts of the side's squares as its border, as the surface inside has.

    Returns
    -------
    (n, 3) vertices, Å; (m, 3) faces; (n, 3) unit normals, out of the box.
    """
    to_frac = np.linalg.inv(density.orthogonalization)
    vertices, faces, normals = [], [], []
    total = 0
    for axis in range(3):
        for upper in (False, True):
            side = values.take([-1 if upper else 0], axis=axis)
            outside = np.full_like(side, level - 1.0)
            layer = np.concatenate([side, outside] if upper else [outside, side], axis=axis)
            above = layer >= level
            _, points, numbers = _vertices(layer, above, level)
            code = _cube_codes(above)
            active = np.flatnonzero((code != 0) & (code != 255))
            if len(active) == 0:
                continue
            edges = _edge_vertices(np.unravel_index(active, code.shape), numbers)
            points[:, axis] = values.shape[axis] - 1 if upper else 0
            vertices.append((points * step + first) / density.shape @ density.orthogonalization.T)
            faces.append(_triangles(code.ravel()[active], edges) + np.uint32(total))
            out = to_frac[axis] * (1.0 if upper else -1.0)  # a*, b* or c*
            normals.append(np.broadcast_to(out / np.linalg.norm(out), points.shape))
            total += len(points)
    if not vertices:
        none = np.zeros((0, 3), dtype=np.float32)
        return none, none.astype(np.uint32), none
    return (
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(faces),
        np.concatenate(normals).astype(np.float32),
    )


def _vertices(
    values: NDArray[np.float32], above: NDArray[np.bool_], level: float
) -> tuple[list[NDArray[np.intp]], NDArray[np.float64], list[NDArray[np.int32]]]:
    """Where the surface crosses the grid's edges.

    Returns
    -------
    starts : for each axis the flat indices of the grid points its crossed edges start from.
    vertices : (n, 3) positions in grid steps, axis by axis.
    numbers : for each axis an array like `values`: the number of the vertex on the edge that
        starts there, undefined where none is.
    """
    flat = values.ravel()
    strides = np.array([values.shape[1] * values.shape[2], values.shape[2], 1])
    starts, parts, numbers = [], [], []
    total = 0
    for axis in range(3):
        low = tuple(slice(None, -1) if d == axis else slice(None) for d in range(3))
        high = tuple(slice(1, None) if d == axis else slice(None) for d in range(3))
        crossed = np.zeros(values.shape, dtype=bool)
        np.not_equal(above[low], above[high], out=crossed[low])
        start = np.flatnonzero(crossed)
        here = flat[start].astype(np.float64)
        there = flat[start + strides[axis]].astype(np.float64)
        position = np.stack(np.unravel_index(start, values.shape), axis=1).astype(np.float64)
        position[:, axis] += (level - here) / (there - here)
        number = np.empty(values.shape, dtype=np.int32)
        number.ravel()[start] = np.arange(total, total + len(start), dtype=np.int32)
        total += len(start)
        starts.append(start)
        parts.append(position)
        numbers.append(number)
    return starts, np.concatenate(parts), numbers


def _cube_codes(above: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """One bit for each corner of each cube: whether it lies above the level."""
    bits = above.view(np.uint8)
    along_u = np.bitwise_or(bits[:-1], bits[1:] << np.uint8(1))
    along_v = np.bitwise_or(along_u[:, :-1], along_u[:, 1:] << np.uint8(2))
    codes: NDArray[np.uint8] = np.bitwise_or(along_v[:, :, :-1], along_v[:, :, 1:] << np.uint8(4))
    return codes


def _edge_vertices(
    corner: tuple[NDArray[np.intp], ...], numbers: list[NDArray[np.int32]]
) -> NDArray[np.int32]:
    """(12, n) numbers of the vertices on the edges of n cubes; undefined where none is."""
    shape = numbers[0].shape
    base = np.ravel_multi_index(corner, shape)
    strides = (shape[1] * shape[2], shape[2], 1)
    edges = np.empty((12, len(base)), dtype=np.int32)
    for edge, start in enumerate(_EDGE_START):
        offset = sum(strides[d] for d in range(3) if start >> d & 1)
        edges[edge] = numbers[edge // 4].ravel()[base + offset]
    return edges


def _wire(
    cases: NDArray[np.uint8],
    edges: NDArray[np.int32],
    corner: tuple[NDArray[np.intp], ...],
    cubes: tuple[int, ...],
) -> tuple[NDArray[np.uint32], tuple[int, int, int]]:
    """The cuts of the grid planes: of each cube its lower faces, at the upper ends of the
    box the upper ones as well.

    Returns
    -------
    lines : (k, 2), first those in every fourth plane, then those in every second, then all.
    wires : as in `Mesh`.
    """
    table = _cuts_of_faces()
    found, ranks = [], []
    for face in range(6):
        axis, upper = divmod(face, 2)
        chosen = np.flatnonzero(corner[axis] == cubes[axis] - 1) if upper else slice(None)
        case, vertices = cases[chosen], edges[:, chosen]
        rank = _RANK[(corner[axis][chosen] + upper) & 3]
        for cut in range(2):
            ends = table[case, face, cut]
            there = np.flatnonzero(ends[:, 0] >= 0)
            found.append(vertices[ends[there].T, there].T)
            ranks.append(rank[there])
    rank = np.concatenate(ranks)
    lines = np.concatenate(found)[np.argsort(rank, kind="stable")].astype(np.uint32)
    fourth, second = int(np.count_nonzero(rank == 0)), int(np.count_nonzero(rank <= 1))
    return lines, (len(lines), second, fourth)


# Of a grid plane by its number modulo four.
_RANK = np.array([0, 2, 1, 2], dtype=np.uint8)


def _triangles(cases: NDArray[np.uint8], edges: NDArray[np.int32]) -> NDArray[np.uint32]:
    table, counts = _triangles_of_cubes()
    found = []
    for n in range(table.shape[1]):
        there = np.flatnonzero(counts[cases] > n)
        found.append(edges[table[cases[there], n].T, there].T)
    return np.concatenate(found).astype(np.uint32)


def _normals(
    density: DensityMap,
    values: NDArray[np.float32],
    starts: list[NDArray[np.intp]],
    vertices: NDArray[np.float64],
    step: int,
) -> NDArray[np.float32]:
    """(n, 3) unit normals: minus the gradient, from central differences at the grid points
    (one-sided at the ends of the box) interpolated along the edges."""
    shape = values.shape
    strides = (shape[1] * shape[2], shape[2], 1)
    flat = values.ravel()
    gradient = np.empty((len(vertices), 3))
    done = 0
    for axis, start in enumerate(starts):
        part = slice(done, done + len(start))
        done += len(start)
        t = vertices[part, axis] % 1.0
        for d in range(3):
            ends = []
            for point in (start, start + strides[axis]):
                index = point // strides[d] % shape[d]
                up = np.where(index < shape[d] - 1, strides[d], 0)
                down = np.where(index > 0, strides[d], 0)
                rise = flat[point + up] - flat[point - down]
                ends.append(rise / ((up + down) / strides[d]))
            gradient[part, d] = ends[0] * (1.0 - t) + ends[1] * t
    # d/dx = M⁻ᵀ d/d(frac), for M with Cartesian = M · fractional.
    to_frac = np.linalg.inv(density.orthogonalization)
    normals = -(gradient * (np.array(density.shape) / step)) @ to_frac
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(
        normals, length, out=np.zeros_like(normals), where=length > 0
    )
    return unit.astype(np.float32)


def _edge_between(a: int, b: int) -> int:
    axis = (a ^ b).bit_length() - 1
    return int(np.flatnonzero(_EDGE_START[4 * axis : 4 * axis + 4] == min(a, b))[0]) + 4 * axis


@lru_cache(maxsize=1)
def _cuts_of_faces() -> NDArray[np.int8]:
    """(256, 6, 2, 2) for each case and face up to two cuts, each from an edge to an edge; −1
    where there is none.

    Going round a face, every run of corners above the level is cut off by one line from the
    edge on which the run is entered to that on which it is left. Where two corners above lie
    across from one another they are thus kept apart.
    """
    table = np.full((256, 6, 2, 2), -1, dtype=np.int8)
    for case in range(256):
        for number, face in enumerate(_FACES):
            inside = [case >> corner & 1 for corner in face]
            entered = [i for i in range(4) if inside[i] and not inside[i - 1]]
            for cut, i in enumerate(entered):
                j = i
                while inside[(j + 1) % 4]:
                    j = (j + 1) % 4
                table[case, number, cut] = (
                    _edge_between(face[i - 1], face[i]),
                    _edge_between(face[j], face[(j + 1) % 4]),
                )
    return table


@lru_cache(maxsize=1)
def _triangles_of_cubes() -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """(256, n, 3) edges of each case's triangles, and (256,) how many there are."""
    cases: list[list[tuple[int, int, int]]] = []
    for cuts in _cuts_of_faces():
        # Each crossed edge is entered in one of its two faces and left in the other.
        following = {int(a): int(b) for a, b in cuts.reshape(-1, 2) if a >= 0}
        triangles = []
        while following:
            start, current = following.popitem()
            loop = [start]
            while current != start:
                loop.append(current)
                current = following.pop(current)
            triangles += [(loop[0], loop[i], loop[i + 1]) for i in range(1, len(loop) - 1)]
        cases.append(triangles)
    counts = np.array([len(t) for t in cases], dtype=np.int8)
    table = np.zeros((256, int(counts.max()), 3), dtype=np.int8)
    for case, triangles in enumerate(cases):
        for n, triangle in enumerate(triangles):
            table[case, n] = triangle
    return table, counts
