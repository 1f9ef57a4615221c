"""Symmetry of a refined model that its space group leaves out (Le Page, J. Appl. Cryst. 1987)."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import minimum_image
from patterson_gui.crystal.symmetry.lattice import keeps_metric
from patterson_gui.crystal.symmetry.operations import (
    DEN,
    GroupOperations,
    all_groups,
    operations_of,
    rotation_code,
)
from patterson_gui.crystal.symmetry.phase_agreement import PhaseAgreement
from patterson_gui.crystal.symmetry_images import symmetry_images

TOLERANCE = 0.3  # Å between an image of an atom and the atom of the same element it falls on
# Places of light atoms beside heavy ones are less certain: σ(x) goes as 1/Z (Cruickshank, Acta
# Cryst. 2, 65, 1949). Below a quarter of the heaviest Z the tolerance grows, up to twice.
_AS_CERTAIN, _LOOSEST = 4.0, 2.0
SHARE = 0.9  # of the atoms that must do so: a few may be disordered or of the wrong element
_OBLIQUITY = 1.0  # degrees by which the lattice may miss a rotation
_PROBE = 8  # atoms that are tried before all of them
_SAME_ATOM = 0.15  # Å between images of one atom on a special position
_D_MIN = 1.2  # Å, resolution of structure factors by which the larger group is named


@dataclass(frozen=True, eq=False)
class MissedSymmetry:
    """Operations x' = R x + t that map a model onto itself and are not in its space group.

    Attributes
    ----------
    rotations : (k, 3, 3) int64.
    translations : (k, 3) fractional, one of many that differ by the group's own.
    shares : (k,) of the atoms that fall onto an atom of their element.
    rms : (k,) Å, root mean square distance of these.
    spacegroup : the largest group of the table, in these axes, that the model has; None where the
        axes must change for it.
    shift : (3,) fractional; x_new = x + shift puts the model into `spacegroup`.
    """

    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]
    shares: NDArray[np.float64]
    rms: NDArray[np.float64]
    spacegroup: gemmi.SpaceGroup | None
    shift: NDArray[np.float64]


def find_missed_symmetry(
    model: AsymmetricUnit,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    tolerance: float = TOLERANCE,
) -> MissedSymmetry | None:
    """Operations of the lattice, outside the group, that map the atoms onto themselves.

    Every rotation of the lattice is tried, with every translation that moves one atom onto
    another; those of pure translation show a centring or a smaller cell. Hydrogen atoms do not
    count.

    Returns
    -------
    None where there is no such operation.
    """
    atoms = _Atoms(model, cell, spacegroup)
    if not len(atoms.frac):
        return None
    group = operations_of(spacegroup)
    known = set(group.codes.tolist())
    found = []
    for rotation in _lattice_rotations(cell, spacegroup):
        code = int(rotation_code(rotation[None])[0])
        if code in known and code != int(group.codes[0]):
            continue  # with another translation it is a product with a pure translation
        own = group.centring / DEN if code in known else None
        best = atoms.best_translation(rotation, own, tolerance)
        if best is not None and best[1] >= SHARE:
            found.append((rotation, *best))
    if not found:
        return None
    named = _largest_group(atoms, cell, group, tolerance)
    return MissedSymmetry(
        rotations=np.array([row[0] for row in found]),
        translations=np.array([row[1] % 1.0 for row in found]),
        shares=np.array([row[2] for row in found]),
        rms=np.array([row[3] for row in found]),
        spacegroup=None if named is None else named[0].spacegroup,
        shift=np.zeros(3) if named is None else named[1],
    )


class _Atoms:
    """All atoms of the cell but hydrogen, and how well operations map them."""

    def __init__(
        self, model: AsymmetricUnit, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
    ) -> None:
        heavy = np.flatnonzero(~model.is_hydrogen)
        axes = orthogonalization(cell).T
        frac, numbers, occupancies = [], [], []
        for images, row in zip(
            symmetry_images(model.frac[heavy], spacegroup.operations()).swapaxes(0, 1),
            heavy,
            strict=True,
        ):
            apart = minimum_image(images[:, None] - images[None], axes) @ axes
            near = np.linalg.norm(apart, axis=-1) < _SAME_ATOM
            first = near.argmax(axis=1) == np.arange(len(images))
            frac.append(images[first])
            number = gemmi.Element(model.elements[row]).atomic_number
            numbers += [number] * int(first.sum())
            occupancies += [float(model.occ[row])] * int(first.sum())
        self.frac = np.concatenate(frac) % 1.0 if frac else np.zeros((0, 3))
        self.numbers = np.array(numbers, dtype=np.int64)
        self.weights = np.array(occupancies)
        heaviest = float(self.numbers.max(initial=1))
        uncertain = heaviest / (_AS_CERTAIN * np.maximum(self.numbers, 1))
        self.looseness = np.clip(uncertain, 1.0, _LOOSEST)  # of the tolerance of each atom
        self._axes = axes
        self._trees: dict[int, tuple[cKDTree, NDArray[np.float64]]] = {}

    def best_translation(
        self,
        rotation: NDArray[np.int64],
        own: NDArray[np.float64] | None,
        tolerance: float,
    ) -> tuple[NDArray[np.float64], float, float] | None:
        """The translation with which a rotation maps most atoms, their share, their rms distance.

        Parameters
        ----------
        own : (m, 3) translations that the group has with this rotation, and that do not count.
        """
        # The rarest element leaves fewest translations.
        values, counts = np.unique(self.numbers, return_counts=True)
        rarest = values[np.lexsort((-values, counts))[0]]
        rows = np.flatnonzero(self.numbers == rarest)
        trials = self.frac[rows] - rotation @ self.frac[rows[0]]
        if own is not None:
            apart = minimum_image(trials[:, None] - own[None], self._axes) @ self._axes
            trials = trials[(np.linalg.norm(apart, axis=-1) > 2 * tolerance).all(axis=1)]
        best: tuple[NDArray[np.float64], float, float] | None = None
        probe = np.linspace(0, len(self.frac) - 1, min(_PROBE, len(self.frac))).astype(np.int64)
        for trial in trials:
            # An atom that is off by the tolerance moves the others by as much.
            if self._mapped(rotation, trial, 2 * tolerance, probe)[1] < SHARE / 2:
                continue
            translation = trial
            for _ in range(3):
                shift, _, _ = self._mapped(rotation, translation, 2 * tolerance, None)
                translation = translation + shift
            _, share, rms = self._mapped(rotation, translation, tolerance, None)
            if best is None or (share, -rms) > (best[1], -best[2]):
                best = translation, share, rms
        return best

    def share_of_group(
        self, group: GroupOperations, shift: NDArray[np.float64], tolerance: float
    ) -> float:
        """The smallest share of atoms that an operation of a group maps, its origin at −shift."""
        shares = []
        for operation in group.each:
            for centring in group.centring:
                turn = operation.rotation @ shift - shift
                translation = (operation.translation + centring) / DEN + turn
                mapped = self._mapped(operation.rotation, translation, tolerance, None)
                shares.append(mapped[1])
        return min(shares)

    def _mapped(
        self,
        rotation: NDArray[np.int64],
        translation: NDArray[np.float64],
        tolerance: float,
        rows: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float64], float, float]:
        """Mean fractional vector from images to atoms, share of those mapped, rms distance."""
        index = np.arange(len(self.frac)) if rows is None else rows
        images = self.frac[index] @ rotation.T + translation
        vectors = np.full(images.shape, np.inf)
        for number in np.unique(self.numbers[index]):
            chosen = self.numbers[index] == number
            tree, targets = self._tree(int(number))
            wrapped = images[chosen] % 1.0
            _, nearest = tree.query(wrapped @ self._axes)
            vectors[chosen] = (targets[nearest] - wrapped) @ self._axes
        distances = np.linalg.norm(vectors, axis=1)
        hit = distances <= tolerance * self.looseness[index]
        weights = self.weights[index]
        if not hit.any():
            return np.zeros(3), 0.0, float("inf")
        mean = np.average(vectors[hit], axis=0, weights=weights[hit])
        rms = float(np.sqrt(np.average(distances[hit] ** 2, weights=weights[hit])))
        share = float(weights[hit].sum() / weights.sum())
        return mean @ np.linalg.inv(self._axes), share, rms

    def _tree(self, number: int) -> tuple[cKDTree, NDArray[np.float64]]:
        """Atoms of an element in the cell and just around it, fractional, and their tree."""
        if number not in self._trees:
            own = self.frac[self.numbers == number]
            steps = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
            every = (own[:, None] + steps[None]).reshape(-1, 3)
            margin = 1.5 / np.linalg.norm(self._axes, axis=1).min()
            every = every[((every > -margin) & (every < 1 + margin)).all(axis=1)]
            self._trees[number] = cKDTree(every @ self._axes), every
        return self._trees[number]


def _lattice_rotations(
    cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> list[NDArray[np.int64]]:
    """All rotations, proper and improper, that the lattice allows in these axes."""
    operations = gemmi.find_lattice_symmetry(cell, spacegroup.centring_type(), _OBLIQUITY)
    every = np.array([op.rot for op in operations.sym_ops], dtype=np.int64)
    whole = every[(every % gemmi.Op.DEN == 0).all(axis=(1, 2))] // gemmi.Op.DEN
    small = whole[(np.abs(whole) <= 1).all(axis=(1, 2))]
    return list(np.concatenate([small, -small]))


def _largest_group(
    atoms: _Atoms, cell: gemmi.UnitCell, group: GroupOperations, tolerance: float
) -> tuple[GroupOperations, NDArray[np.float64]] | None:
    """The largest group of the table in these axes that maps the atoms, with its shift."""
    hkl = gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), _D_MIN)
    hkl = np.asarray(hkl, dtype=np.int32).reshape(-1, 3)
    damping = np.exp(-3.0 * np.asarray(cell.calculate_1_d2_array(hkl)) / 4.0)
    f = (np.exp(2j * np.pi * (hkl @ atoms.frac.T)) @ (atoms.numbers * atoms.weights)) * damping
    agreement = PhaseAgreement(hkl, f, cell)
    order = len(group) * len(group.centring)
    larger = [
        g
        for g in all_groups()
        if len(g) * len(g.centring) > order
        and g.rotation_set >= group.rotation_set
        and g.centring_set >= group.centring_set
        and keeps_metric(g.rotations, cell).all()
    ]
    for candidate in sorted(larger, key=lambda g: -len(g) * len(g.centring)):
        if not agreement.upper_limit(candidate, 0.5, 0.5)[1]:
            continue
        shift = agreement.of_group(candidate).shift
        if atoms.share_of_group(candidate, shift, tolerance) >= SHARE:
            return candidate, shift
    return None
