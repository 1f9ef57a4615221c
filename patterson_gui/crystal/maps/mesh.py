"""A surface of a map as triangles and as chicken wire, and parts of it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.maps.boxes import Box

_EDGE = 1e-5  # cell edges; a vertex on the face of a box is inside


@dataclass(frozen=True, eq=False)
class Mesh:
    """An iso-surface in Cartesian coordinates.

    Attributes
    ----------
    vertices : (n, 3) float32, Å.
    faces : (m, 3) uint32, counter-clockwise as seen from the side of lower values.
    lines : (k, 2) uint32, the chicken wire: the cuts of the surface with the grid planes.
    normals : (n, 3) float32, unit, pointing to lower values.
    wires : how many of the first `lines` lie in every, in every second and in every fourth
        grid plane: from a distance a sparser wire is easier to see.
    step : 1, or how many grid steps lie between the points used of a very large map.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.uint32]
    lines: NDArray[np.uint32]
    normals: NDArray[np.float32]
    wires: tuple[int, int, int]
    step: int = 1

    @property
    def is_empty(self) -> bool:
        return len(self.lines) == 0

    def with_faces(
        self,
        vertices: NDArray[np.float32],
        faces: NDArray[np.uint32],
        normals: NDArray[np.float32],
    ) -> "Mesh":
        """With more triangles; `faces` count from the first of their own vertices."""
        return replace(
            self,
            vertices=np.concatenate([self.vertices, vertices]),
            faces=np.concatenate([self.faces, faces + np.uint32(len(self.vertices))]),
            normals=np.concatenate([self.normals, normals]),
        )

    def near(self, points: NDArray[np.float64], reach: float) -> "Mesh":
        """The part of the surface within `reach` Å of some of (m, 3) points; empty where there are
        no points."""
        if self.is_empty:
            return self
        if len(points) == 0:
            return self._of(np.zeros(len(self.vertices), dtype=bool))
        used = np.zeros(len(self.vertices), dtype=bool)
        used[self.lines] = used[self.faces] = True
        distance, _ = cKDTree(points).query(self.vertices[used], distance_upper_bound=reach)
        used[used] = np.isfinite(distance)
        return self._of(used)

    def outside(self, axes: NDArray[np.float64], box: Box) -> "Mesh":
        """The part of the surface that lies outside a box.

        `axes` : (3, 3) of the cell, rows, Å.
        """
        frac = self.vertices @ np.linalg.inv(axes)
        inside = (frac >= np.array(box.lower) - _EDGE) & (frac <= np.array(box.upper) + _EDGE)
        return self._of(np.asarray(~inside.all(axis=1)), any_corner=True)

    def joined(self, other: "Mesh") -> "Mesh":
        """Both surfaces as one."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        n = np.uint32(len(self.vertices))
        # The sparsest wires come first: those of every fourth plane, then of every second, all.
        ends = [(mesh.wires[2], mesh.wires[1], mesh.wires[0]) for mesh in (self, other)]
        lines = []
        for rank in range(3):
            for mesh, end, shift in ((self, ends[0], np.uint32(0)), (other, ends[1], n)):
                first = end[rank - 1] if rank else 0
                lines.append(mesh.lines[first : end[rank]] + shift)
        return Mesh(
            np.concatenate([self.vertices, other.vertices]),
            np.concatenate([self.faces, other.faces + n]),
            np.concatenate(lines),
            np.concatenate([self.normals, other.normals]),
            (
                self.wires[0] + other.wires[0],
                self.wires[1] + other.wires[1],
                self.wires[2] + other.wires[2],
            ),
            max(self.step, other.step),
        )

    def _of(self, wanted: NDArray[np.bool_], *, any_corner: bool = False) -> "Mesh":
        """The lines and faces all of whose corners are wanted, or any."""
        which = np.any if any_corner else np.all
        kept = which(wanted[self.lines], axis=1)
        wires = tuple(int(np.count_nonzero(kept[:n])) for n in self.wires)
        return replace(
            self,
            faces=self.faces[which(wanted[self.faces], axis=1)],
            lines=self.lines[kept],
            wires=(wires[0], wires[1], wires[2]),
        )
