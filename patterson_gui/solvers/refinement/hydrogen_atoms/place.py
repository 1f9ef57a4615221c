"""Add hydrogen atoms: places by geometry, chosen and accepted by the difference map.

The map is cut at about 0.9 Å, where hydrogen atoms stand out best. Each hypothesis of
`geometry.py` predicts a density at the places of all hypotheses: that of a hydrogen atom
at its own, none at the others. The likelihood of the densities that are found, and what the
geometry says, decide. A place that points to the acceptor of a hydrogen bond needs less density.
"""

from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sites.neighbours import Neighbours, bonds, neighbours
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.solvers.refinement.difference import DifferenceMap
from patterson_gui.solvers.refinement.hydrogen_atoms.geometry import Hypothesis, Vectors, hypotheses
from patterson_gui.solvers.refinement.hydrogen_atoms.hydrogen_bonds import REACH, hydrogen_bonded
from patterson_gui.solvers.refinement.least_squares.parameters import riding_u

MAP_LIMIT = 0.9  # Å
_SHARE = 0.35  # of the density of other hydrogen atoms, that such an atom must have
_STRETCHED = (1.12, 1.25)  # the density of an atom on N or O is often found farther out
_LEAST_BONDED = 2.0  # rms, of an atom that points to the acceptor of a hydrogen bond
_BONDED_PRIOR = 1.0  # for each hydrogen bond
_USUAL_DENSITY = 0.5  # e/Å³ of a hydrogen atom at 0.9 Å, where none is certain
_WIDTH = 0.35  # Å, of a hydrogen atom in the map (standard deviation)
_FEWEST_CERTAIN = 3
_SAME = 0.35  # Å


def add_by_geometry(
    model: AsymmetricUnit,
    difference: DifferenceMap,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> tuple[AsymmetricUnit, float]:
    """`model` with the riding hydrogen atoms that bond lengths and angles demand, mostly on
    carbon, after the other atoms; those that ride already are replaced.

    `difference` is a map of the model without them. It decides between kinds and torsion angles.
    Also returns the density of a hydrogen atom in this map, e/Å³, for `add_by_map`.
    """
    model = model.select(model.parent < 0)
    sites = _candidates(model, cell, spacegroup)
    usual = _usual_density(sites, model, difference, cell)
    groups: list[tuple[int, Vectors]] = []
    for row, found in sites:
        demanded = [each for each in found if not each.least_density]
        chosen = _choose(model.frac[row], demanded, difference, cell, usual)
        if len(chosen):
            groups.append((row, chosen))
    return _with_atoms(model, groups, cell, spacegroup), usual


def add_by_map(
    model: AsymmetricUnit,
    difference: DifferenceMap,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    usual: float,
) -> AsymmetricUnit:
    """`model` with further hydrogen atoms, on N, O and others, where the map shows them.

    `difference` is a map of `model` with the hydrogen atoms it has; atoms that have some get no
    more. `usual` is the density of a hydrogen atom, e/Å³.
    """
    done = set(model.parent[model.parent >= 0].tolist())
    near = neighbours(model.frac, cell, spacegroup, REACH)
    groups: list[tuple[int, Vectors]] = []
    for row, found in _candidates(model, cell, spacegroup):
        if row in done:
            continue
        bonded = [hydrogen_bonded(each.choices, near.of(row), model.elements) for each in found]
        chosen = _choose(model.frac[row], found, difference, cell, usual, bonded)
        if len(chosen):
            groups.append((row, chosen))
    return _with_atoms(model, groups, cell, spacegroup)


def regularize(
    model: AsymmetricUnit, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> AsymmetricUnit:
    """Riding hydrogen atoms moved to their calculated places, which follow the other atoms."""
    frac = model.frac.copy()
    matrix = orthogonalization(cell)
    for row, found in _candidates(model, cell, spacegroup):
        riding = np.flatnonzero(model.parent == row)
        if len(riding) == 0:
            continue
        present = (model.frac[riding] - model.frac[row]) @ matrix.T
        best, chosen = _SAME, present
        for each in found:
            for vectors in each.choices:
                if len(vectors) < len(riding):
                    continue
                kept = _independent(model.frac[row], vectors, cell, spacegroup)[0]
                if len(kept) != len(riding):
                    continue
                apart = np.linalg.norm(present[:, None] - kept[None], axis=-1)
                if apart.min(axis=1).max() < best:
                    best, chosen = float(apart.min(axis=1).max()), kept[apart.argmin(axis=1)]
        frac[riding] = model.frac[row] + chosen @ np.linalg.inv(matrix).T
    return replace(model, frac=frac)


def _candidates(
    model: AsymmetricUnit, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> list[tuple[int, list[Hypothesis]]]:
    """Hypotheses of each atom that may have hydrogen atoms."""
    bonded = bonds(model.elements, model.frac, cell, spacegroup, model.part)
    hydrogen = model.is_hydrogen
    # The hydrogen atoms of an ordered atom suit the alternative that is there most often.
    elsewhere = model.is_lesser[bonded.other] & (model.part[bonded.atom] == 0)
    bonded = bonded.select(~hydrogen[bonded.other] & ~hydrogen[bonded.atom] & ~elsewhere)
    sites = []
    for row in np.flatnonzero(~hydrogen):
        own = bonded.of(int(row))
        names = [model.elements[i] for i in own.other]
        torsion_from = _second_neighbour(bonded, own) if len(names) == 1 else None
        found = hypotheses(model.elements[row], names, own.vector, torsion_from)
        if any(each.kind != "none" for each in found):
            sites.append((int(row), found))
    return sites


def _second_neighbour(bonded: Neighbours, own: Neighbours) -> Vectors | None:
    """Vector from the only neighbour to another atom bonded to it.

    The neighbour may be a symmetry copy of the listed atom, whose bonds point elsewhere: then
    torsion angles begin anywhere.
    """
    around = bonded.of(int(own.other[0]))
    back = np.linalg.norm(around.vector + own.vector[0], axis=1)
    if len(back) < 2 or back.min() > 0.1:
        return None
    return np.asarray(around.vector[np.flatnonzero(back > 0.1)[0]])


def _density(
    origin: NDArray[np.float64],
    choices: Vectors,
    difference: DifferenceMap,
    cell: gemmi.UnitCell,
) -> NDArray[np.float64]:
    """(k, m) map at vectors (k, m, 3) from a fractional position."""
    to_frac = np.linalg.inv(orthogonalization(cell)).T
    places = origin + choices.reshape(-1, 3) @ to_frac
    return difference.at(places).reshape(choices.shape[:2])


def _usual_density(
    sites: list[tuple[int, list[Hypothesis]]],
    model: AsymmetricUnit,
    difference: DifferenceMap,
    cell: gemmi.UnitCell,
) -> float:
    """Density of a hydrogen atom in this map: the median of the certain ones."""
    values: list[float] = []
    for row, found in sites:
        for each in found:
            if each.certain and len(each.choices) == 1:
                values += list(_density(model.frac[row], each.choices, difference, cell).ravel())
    usual = float(np.median(values)) if len(values) >= _FEWEST_CERTAIN else _USUAL_DENSITY
    return float(np.clip(usual, 0.1, 1.0))


def _choose(
    origin: NDArray[np.float64],
    found: list[Hypothesis],
    difference: DifferenceMap,
    cell: gemmi.UnitCell,
    usual: float,
    bonded: list[NDArray[np.bool_]] | None = None,
) -> Vectors:
    """(m, 3) vectors of the most likely hypothesis; m = 0 where it is no hydrogen atom.

    `bonded` (k, m) of each hypothesis: places that point to the acceptor of a hydrogen bond.
    """
    rms = difference.rms
    best: list[tuple[Hypothesis, Vectors, NDArray[np.float64]]] = []
    for i, each in enumerate(found):
        density = _density(origin, each.choices, difference, cell)
        if not each.least_density:
            k = int(density.mean(axis=1).argmax()) if each.kind != "none" else 0
            best.append((each, each.choices[k], density[k]))
            continue
        for stretch in _STRETCHED:
            further = _density(origin, stretch * each.choices, difference, cell)
            density = np.maximum(density, further)
        points = bonded[i] if bonded is not None else np.zeros(density.shape, dtype=bool)
        least = np.where(points, min(each.least_density, _LEAST_BONDED), each.least_density)
        # The map must show all atoms of the group: the weakest counts.
        margin = (density / np.maximum(least * rms, _SHARE * usual)).min(axis=1)
        k = int(margin.argmax())
        if margin[k] >= 1:
            prior = each.prior + _BONDED_PRIOR * int(points[k].sum())
            best.append((replace(each, prior=prior), each.choices[k], density[k]))
    if not best:
        return np.zeros((0, 3))
    places = np.concatenate([vectors for _, vectors, _ in best])
    observed = np.concatenate([density for *_, density in best])
    spread = float(np.hypot(1.5 * rms, 0.35 * usual))
    likelihoods = []
    for each, vectors, _ in best:
        expected = np.zeros(len(places))
        if len(vectors):
            apart = np.linalg.norm(places[:, None] - vectors[None], axis=-1).min(axis=1)
            expected = usual * np.exp(-(apart**2) / (2 * _WIDTH**2))
        misfit = float(((observed - expected) ** 2).sum()) / (2 * spread**2)
        likelihoods.append(each.prior - misfit)
    return best[int(np.argmax(likelihoods))][1]


def _with_atoms(
    model: AsymmetricUnit,
    groups: list[tuple[int, Vectors]],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> AsymmetricUnit:
    to_frac = np.linalg.inv(orthogonalization(cell)).T
    frac, parents, occ, labels = [], [], [], []
    taken = set(model.labels)
    for row, vectors in groups:
        kept, share = _independent(model.frac[row], vectors, cell, spacegroup)
        for i, vector in enumerate(kept):
            frac.append(model.frac[row] + vector @ to_frac)
            parents.append(row)
            occ.append(model.occ[row] * share)
            labels.append(_label(model, row, i if len(kept) > 1 else None, taken))
            taken.add(labels[-1])
    n = len(frac)
    if n == 0:
        return model
    joined = AsymmetricUnit(
        labels=(*model.labels, *labels),
        elements=(*model.elements, *["H"] * n),
        frac=np.concatenate([model.frac, np.array(frac)]),
        occ=np.concatenate([model.occ, np.array(occ)]),
        u_iso=np.concatenate([model.u_iso, np.zeros(n)]),
        u_aniso=np.concatenate([model.u_aniso, np.full((n, 6), np.nan)]),
        parent=np.concatenate([model.parent, np.array(parents, dtype=np.int64)]),
        part=np.concatenate([model.part, model.part[parents]]),
    )
    u_iso = joined.u_iso.copy()
    u_iso[joined.parent >= 0] = riding_u(joined, u_iso)
    return replace(joined, u_iso=u_iso)


def _independent(
    origin: NDArray[np.float64],
    vectors: Vectors,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> tuple[Vectors, float]:
    """Atoms that are not images of others by the site symmetry of the parent, and their
    occupancy: below 1 where the images are more than there is room for."""
    rotations, translations = operation_arrays(spacegroup.operations())
    moved = rotations @ origin + translations - origin
    fixing = rotations[np.abs(moved - np.round(moved)).max(axis=1) < 1e-4]
    if len(fixing) == 1:
        return vectors, 1.0
    matrix = orthogonalization(cell)
    cartesian = matrix @ fixing @ np.linalg.inv(matrix)
    kept: list[Vectors] = []
    images = np.zeros((0, 3))
    for vector in vectors:
        if len(images) and np.linalg.norm(images - vector, axis=1).min() < _SAME:
            continue
        own = cartesian @ vector
        mean = own[np.linalg.norm(own - vector, axis=1) < _SAME].mean(axis=0)
        kept.append(mean)
        own = cartesian @ mean
        distinct = [own[0]]
        for image in own[1:]:
            if min(np.linalg.norm(image - other) for other in distinct) > _SAME:
                distinct.append(image)
        images = np.concatenate([images, np.array(distinct)])
    return np.array(kept), min(1.0, len(vectors) / len(images))


def _label(model: AsymmetricUnit, row: int, index: int | None, taken: set[str]) -> str:
    """H and the number of the parent, with a letter where it has several: H12A."""
    parent = model.labels[row]
    number = (
        parent[len(model.elements[row]) :] if parent.startswith(model.elements[row]) else parent
    )
    label = f"H{number}" + ("" if index is None else "ABCDEFGH"[index])
    while label in taken:
        label += "'"
    return label
