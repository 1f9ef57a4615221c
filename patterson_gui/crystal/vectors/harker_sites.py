"""Sites of atoms from Harker vectors: the peaks that an atom makes with its own images.

The vector from an atom at x to its image by (R, t) is u = x − (R x + t). A peak u of a Patterson
map on the Harker section of (R, t) is solved for x: (I − R) x = u + t + n, n a lattice vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sites.permissible_origins import (
    equal_up_to,
    inverted_origins,
    permissible_origins,
)
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.errors import UserError

NEAR = 1.0  # Å; a peak farther from every Harker section belongs to no image of one atom
_LATTICE = np.array(list(np.ndindex(5, 5, 5)), dtype=np.float64) - 2.0
_SAME = 1e-4  # fractional
_MOST_PARTIAL = 100  # best sites that are kept while vectors are added


@dataclass(frozen=True, eq=False)
class HarkerSite:
    """A site whose vectors to its own images are the given ones.

    Attributes
    ----------
    frac : (3,) fractional coordinates.
    free : (k, 3) directions in which the given vectors leave the site undetermined, fractional.
    operations : for each vector the number of (R, t) among `spacegroup.operations().sym_ops`.
    misfit : Å, root mean square distance of the given vectors from those of the site.
    """

    frac: NDArray[np.float64]
    free: NDArray[np.float64]
    operations: tuple[int, ...]
    misfit: float

    def __repr__(self) -> str:
        x, y, z = self.frac % 1.0
        n = len(self.free)
        left = f", open along {n} direction{'' if n == 1 else 's'}" if n else ""
        return f"<HarkerSite {x:.3f} {y:.3f} {z:.3f}: misfit {self.misfit:.2f} Å{left}>"

    @property
    def determined(self) -> bool:
        """Whether no coordinate is left open. Along a polar axis of the group it may be chosen."""
        return len(self.free) == 0


@dataclass(frozen=True, eq=False)
class _Condition:
    """(I − R) x = target for one operation."""

    operation: int
    matrix: NDArray[np.float64]
    target: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Partial:
    """A site that meets some conditions, whose targets have the lattice vectors that suit it."""

    conditions: tuple[_Condition, ...]
    site: HarkerSite


def sites_from_harker_vectors(
    vectors: ArrayLike,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    near: float = NEAR,
) -> tuple[HarkerSite, ...]:
    """The sites that explain one or more Harker vectors of one atom, best first.

    Sites that differ by a symmetry operation, by the choice of the origin (`permissible_origins`)
    or, where the group allows it, by the hand are one: no Patterson map distinguishes them.

    Parameters
    ----------
    vectors : (n, 3) fractional u v w.
    near : Å, largest misfit of a site.

    Raises
    ------
    UserError : the group has no Harker sections, a vector lies on none, or no site explains all
        vectors together.
    """
    every = np.atleast_2d(np.asarray(vectors, dtype=np.float64))
    operations = spacegroup.operations()
    rotations, translations = operation_arrays(operations.sym_ops)
    if len(rotations) == 1:
        raise UserError(
            f"{spacegroup.xhm()} has no Harker sections, because it has no operation besides the "
            "identity: use the vectors between different atoms."
        )
    group = _Group(rotations, translations, _centring(operations), orthogonalization(cell))
    # Symmetry moves the atom so that the first vector is met as it stands, without its equivalents.
    conditions = [group.conditions(u, near, equivalents=i > 0) for i, u in enumerate(every)]
    for u, found in zip(every, conditions, strict=True):
        if not found:
            raise UserError(
                f"The vector {_words(u)} is farther than {near:g} Å from every Harker section of "
                f"{spacegroup.xhm()}: choose a peak on one of them."
            )
    partial = [group.solve((condition,)) for condition in conditions[0]]
    for found in conditions[1:]:
        longer = [group.extend(one, condition) for one in partial for condition in found]
        longer = [one for one in longer if one.site.misfit <= near]
        partial = sorted(longer, key=lambda one: one.site.misfit)[:_MOST_PARTIAL]
    if not partial:
        raise UserError(
            f"No site explains these {len(every)} vectors together: they are of different atoms, "
            "or one is the vector between two atoms."
        )
    sites = sorted((one.site for one in partial), key=lambda site: site.misfit)
    return group.distinct(sites, permissible_origins(spacegroup), inverted_origins(spacegroup))


def _centring(operations: gemmi.GroupOps) -> NDArray[np.float64]:
    return np.array(operations.cen_ops, dtype=np.float64).reshape(-1, 3) / gemmi.Op.DEN


def _words(u: NDArray[np.float64]) -> str:
    return " ".join(f"{x:.3f}" for x in u)


class _Group:
    """The operations of a space group, without centring, and its lattice."""

    def __init__(
        self,
        rotations: NDArray[np.float64],
        translations: NDArray[np.float64],
        centring: NDArray[np.float64],
        to_cartesian: NDArray[np.float64],
    ) -> None:
        self.rotations, self.translations = rotations, translations
        self.centring, self.to_cartesian = centring, to_cartesian
        self.steps = (_LATTICE[:, None] + centring).reshape(-1, 3)

    def conditions(
        self, u: NDArray[np.float64], near: float, *, equivalents: bool
    ) -> list[_Condition]:
        """What a vector, or an equivalent of it, says about a site, for each operation."""
        images = np.concatenate([self.rotations, -self.rotations]) @ u if equivalents else u[None]
        found: list[_Condition] = []
        for number in range(1, len(self.rotations)):
            matrix = np.eye(3) - self.rotations[number]
            targets = images[:, None] + self.translations[number] + self._steps_of(number)
            targets = targets.reshape(-1, 3)
            inverse = np.linalg.pinv(self.to_cartesian @ matrix) @ self.to_cartesian
            left = targets - targets @ inverse.T @ matrix.T
            misfit = np.linalg.norm(left @ self.to_cartesian.T, axis=1)
            found += [_Condition(number, matrix, t) for t in targets[misfit <= near]]
        return found

    def _steps_of(self, number: int) -> NDArray[np.float64]:
        """(k, 3) lattice vectors, of each class modulo (I − R) times the lattice one.

        Within a class x only moves by a lattice vector.
        """
        matrix = np.eye(3) - self.rotations[number]
        free, inverse = _null_space(matrix), np.linalg.pinv(matrix)
        left, kept = self.steps[np.argsort((self.steps**2).sum(axis=1), kind="stable")], []
        while len(left):
            kept.append(left[0])
            difference = left - left[0]
            x = difference @ inverse.T
            in_range = np.abs(x @ matrix.T - difference).max(axis=1) < _SAME
            left = left[~(in_range & equal_up_to(x, self.centring, free, _SAME))]
        return np.array(kept)

    def solve(self, conditions: tuple[_Condition, ...]) -> _Partial:
        """The site that meets conditions best, by least squares of distances."""
        m = self.to_cartesian
        matrix = np.concatenate([m @ c.matrix for c in conditions])
        targets = np.concatenate([m @ c.target for c in conditions])
        x = np.linalg.pinv(matrix) @ targets
        misfit = float(np.sqrt(((matrix @ x - targets) ** 2).sum() / len(conditions)))
        free = _null_space(np.concatenate([c.matrix for c in conditions]))
        site = HarkerSite(x, free, tuple(c.operation for c in conditions), misfit)
        return _Partial(conditions, site)

    def extend(self, one: _Partial, condition: _Condition) -> _Partial:
        """The site that also meets one more condition, up to a lattice vector in its target."""
        target = self._nearest_target(condition, one.site.frac, one.site.free)
        return self.solve((*one.conditions, replace(condition, target=target)))

    def _nearest_target(
        self, condition: _Condition, x: NDArray[np.float64], free: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The target plus the lattice vector that a position x + `free` comes nearest to."""
        targets = condition.target + self.steps
        left = (targets - condition.matrix @ x) @ self.to_cartesian.T
        if len(free):
            moves = self.to_cartesian @ condition.matrix @ free.T
            left = left - left @ (moves @ np.linalg.pinv(moves)).T
        return np.asarray(targets[np.linalg.norm(left, axis=1).argmin()])

    def distinct(
        self,
        sites: Sequence[HarkerSite],
        origins: NDArray[np.float64],
        inverted: NDArray[np.float64],
    ) -> tuple[HarkerSite, ...]:
        """The sites that no symmetry operation, origin or hand makes equal to an earlier one."""
        kept: list[HarkerSite] = []
        for site in sites:
            if not any(self._same(site, other, origins, inverted) for other in kept):
                kept.append(site)
        return tuple(kept)

    def _same(
        self,
        one: HarkerSite,
        other: HarkerSite,
        origins: NDArray[np.float64],
        inverted: NDArray[np.float64],
    ) -> bool:
        polar = _null_space(np.concatenate([np.eye(3) - r for r in self.rotations]))
        free = np.concatenate([other.free, polar])
        places = np.concatenate([one.frac + origins, inverted - one.frac])
        images = np.einsum("rij,sj->rsi", self.rotations, places) + self.translations[:, None]
        difference = (images - other.frac).reshape(-1, 3)
        return bool(equal_up_to(difference, self.centring, free, 100 * _SAME).any())


def _null_space(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, 3) orthonormal directions v with matrix · v = 0."""
    _, values, rows = np.linalg.svd(matrix)
    rank = int((values > 1e-6).sum())
    return np.asarray(rows[rank:])
