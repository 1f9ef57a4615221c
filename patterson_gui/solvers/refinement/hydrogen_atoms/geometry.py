"""Where hydrogen atoms may be, judged by the bonds of their parent atom.

For each atom there are a few hypotheses: no hydrogen, or hydrogen atoms of one kind at calculated
places, which the difference map may choose from. Distances are those of SHELXL at low
temperature, to the maximum of the density of the bond rather than to the nucleus.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]

_SHOWN, _EXPECTED = 3.0, 2.0  # rms of the difference map
_TETRAHEDRAL = np.deg2rad(109.47)
_TORSIONS = np.deg2rad(np.arange(0, 360, 10))
# Å; a bond of carbon shorter than this is rather sp2, a longer one rather sp3.
_SP2_LIMIT = {"C": 1.45, "N": 1.405, "O": 1.38, "S": 1.77, "P": 1.81, "Si": 1.86, "B": 1.575}


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """Hydrogen atoms of one kind on one atom.

    Attributes
    ----------
    kind : "none", "CH", "CH2", ...; kinds with a free torsion angle have several `choices`.
    choices : (k, m, 3) vectors from the parent to the m hydrogen atoms, Å, of k torsion angles.
    prior : natural logarithm of how likely the geometry makes it, up to a constant.
    certain : whether bond lengths and angles leave no other choice.
    least_density : of each atom in the difference map, in rms, without which it is not accepted;
        0 where the geometry suffices.
    """

    kind: str
    choices: Vectors
    prior: float = 0.0
    certain: bool = False
    least_density: float = 0.0


def none(prior: float = 0.0) -> Hypothesis:
    """No hydrogen atom."""
    return Hypothesis("none", np.zeros((1, 0, 3)), prior)


def hypotheses(
    element: str, elements: Sequence[str], vectors: Vectors, torsion_from: Vectors | None
) -> list[Hypothesis]:
    """What may be bonded to an atom.

    Parameters
    ----------
    elements, vectors : (n,), (n, 3) its neighbours other than hydrogen, Å.
    torsion_from : (3,) vector from its only neighbour to an atom bonded to that, the zero of
        torsion angles; None where there is none.
    """
    rule = _RULES.get(element)
    if rule is None:
        return [none()]
    return rule(_Environment(tuple(elements), np.asarray(vectors).reshape(-1, 3), torsion_from))


@dataclass(frozen=True, eq=False)
class _Environment:
    elements: tuple[str, ...]
    vectors: Vectors
    torsion_from: Vectors | None

    @property
    def lengths(self) -> Vectors:
        return np.asarray(np.linalg.norm(self.vectors, axis=1))

    @property
    def units(self) -> Vectors:
        return np.asarray(self.vectors / self.lengths[:, None])

    @property
    def metals(self) -> NDArray[np.bool_]:
        return np.array([gemmi.Element(element).is_metal for element in self.elements], dtype=bool)

    def without_metals(self) -> "_Environment":
        keep = ~self.metals
        names = tuple(e for e, k in zip(self.elements, keep, strict=True) if k)
        return _Environment(names, self.vectors[keep], self.torsion_from)

    def sum_of_angles(self) -> float:
        """Degrees, of three neighbours: 360 where the atom lies in their plane."""
        u = self.units
        cosines = [u[0] @ u[1], u[0] @ u[2], u[1] @ u[2]]
        return float(np.rad2deg(np.arccos(np.clip(cosines, -1, 1))).sum())

    def angle(self) -> float:
        """Degrees, of the first two neighbours."""
        u = self.units
        return float(np.rad2deg(np.arccos(np.clip(u[0] @ u[1], -1, 1))))

    def single_bonds(self) -> float:
        """How much bonds of carbon are longer than halfway between sp2 and sp3, in 0.03 Å."""
        excess = [
            length - _SP2_LIMIT[element]
            for element, length in zip(self.elements, self.lengths, strict=True)
            if element in _SP2_LIMIT
        ]
        return float(np.sum(excess)) / 0.03 if excess else 0.0


def _carbon(all_neighbours: _Environment) -> list[Hypothesis]:
    around = all_neighbours.without_metals()
    n_metals = len(all_neighbours.elements) - len(around.elements)
    n = len(around.elements)
    if n >= 4:
        return [_cage(around)] if _on_one_side(around) else [none()]
    if n == 3 and not n_metals:
        return _carbon_of_three(around)
    if n == 2:
        return _carbon_of_two(around, n_metals)
    if n == 1:
        return _carbon_of_one(around, all_neighbours, n_metals)
    if n == 0 and n_metals == 1:
        return [Hypothesis("CH3", _on_cone(all_neighbours, 0.98, 3)), none(-2.0)]
    return [none()]


def _carbon_of_three(around: _Environment) -> list[Hypothesis]:
    flat = (around.sum_of_angles() - 345.0) / 3.0
    if flat > 3:
        return [none()]
    return [none(flat), Hypothesis("CH", _opposite(around, 1.00), 0.0, certain=flat < -3)]


def _carbon_of_two(around: _Environment, n_metals: int) -> list[Hypothesis]:
    if around.angle() > 155:
        return [none()]
    # Single bonds and a small angle speak for sp3.
    single = around.single_bonds() + (116.0 - around.angle()) / 6.0
    in_plane = Hypothesis("CH", _opposite(around, 0.95), 0.0, certain=single < -4)
    if n_metals:
        return [in_plane, none(-3.0)]
    two = Hypothesis("CH2", _pair(around, 0.99), single, certain=single > 4)
    return [in_plane, two, none(-6.0 + min(0.0, single))]


def _carbon_of_one(
    around: _Environment, everything: _Environment, n_metals: int
) -> list[Hypothesis]:
    element, length = around.elements[0], float(around.lengths[0])
    triple, double = {"N": (1.21, 1.33), "O": (1.22, 1.29)}.get(element, (1.27, 1.40))
    if element in ("S", "P", "Si"):
        triple, double = 1.0, 1.62 if element == "S" else 1.0
    if n_metals:
        if length < double:
            return [none()]
        if n_metals == 1:
            return [Hypothesis("CH2", _pair(everything, 0.99)), none(-3.0)]
        return [none()]
    if length < triple:
        linear = Hypothesis("CH", _opposite(around, 0.95), 0.0)
        return [linear, none(-2.0)] if element == "C" else [none()]
    if element == "O" and length < double:
        return [none()]
    single = (length - double) / 0.02
    planar = Hypothesis("CH2=", _planar_pair(around, 0.95), 0.0, certain=single < -4)
    methyl = Hypothesis("CH3", _on_cone(around, 0.98, 3), single, certain=single > 3)
    return [methyl, planar, none(-6.0 + min(0.0, single))]


def _nitrogen(around: _Environment) -> list[Hypothesis]:
    n = len(around.elements)
    found = [none()]
    if n == 3 and around.sum_of_angles() < 350:
        found.append(Hypothesis("NH", _opposite(around, 1.00), 0.0, least_density=_SHOWN))
    elif n == 2 and around.angle() < 155:
        found += [
            Hypothesis("NH", _opposite(around, 0.88), 0.0, least_density=_SHOWN),
            Hypothesis("NH2", _pair(around, 0.91), 0.0, least_density=_SHOWN),
        ]
    if n != 1 or float(around.lengths[0]) < 1.22:
        return found
    found.append(Hypothesis("NH3", _on_cone(around, 0.91, 3), 0.0, least_density=_SHOWN))
    if not around.metals[0]:
        found += [
            Hypothesis("NH2=", _planar_pair(around, 0.88), 0.0, least_density=_SHOWN),
            Hypothesis("NH2", _on_cone(around, 0.90, 2), -1.0, least_density=_SHOWN),
            Hypothesis(
                "NH", _on_cone(around, 0.88, 1, np.deg2rad(115)), -1.0, least_density=_SHOWN
            ),
        ]
    return found


def _oxygen(everything: _Environment) -> list[Hypothesis]:
    around = everything.without_metals()
    n_metals = len(everything.elements) - len(around.elements)
    n = len(around.elements)
    if n >= 2 or n + n_metals > 3:
        return [none()]
    if n == 1:
        shortest = {"C": 1.26, "N": 1.28, "S": 1.50, "P": 1.50, "Cl": 9.0}
        if float(around.lengths[0]) < shortest.get(around.elements[0], 1.0):
            return [none()]
        choices = _on_cone(around, 0.84, 1)
        if n_metals:
            choices = _away_from(choices, everything.units[everything.metals])
            if not len(choices):
                return [none()]
        # Oxygen at the end of a single bond to carbon is nearly always an alcohol.
        alcohol = around.elements[0] == "C" and float(around.lengths[0]) > 1.37 and not n_metals
        least, prior = (_EXPECTED, 2.0) if alcohol else (_SHOWN, 0.0)
        return [none(), Hypothesis("OH", choices, prior, least_density=least)]
    if n_metals == 0:
        return [none(), Hypothesis("H2O", _waters(np.zeros((0, 3))), 0.0, least_density=_SHOWN)]
    found = [none()]
    if n_metals < 3:
        choices = _waters(everything.units)
        if len(choices):
            found.append(Hypothesis("H2O", choices, 0.0, least_density=_SHOWN))
    choices = _away_from(0.84 * _SPHERE[:, None], everything.units)
    if len(choices):
        found.append(Hypothesis("OH", choices, -2.0, least_density=_SHOWN))
    return found


def _boron(around: _Environment) -> list[Hypothesis]:
    return [_cage(around)] if _on_one_side(around) else _HYDRIDES["B"](around)


def _hydride(element: str, length: float) -> Callable[[_Environment], list[Hypothesis]]:
    """Tetrahedral atoms of the third and fourth main group, with as many bonds to hydrogen as are
    left; only where the map shows all."""

    def rule(around: _Environment) -> list[Hypothesis]:
        n = len(around.elements)
        if n == 3 and around.sum_of_angles() < 345:
            choices = _opposite(around, length)
        elif n == 2 and around.angle() < 150:
            choices = _pair(around, length)
        elif n == 1:
            choices = _on_cone(around, length, 3)
        else:
            return [none()]
        kind = f"{element}H{4 - n if n < 3 else ''}"
        return [none(), Hypothesis(kind, choices, 0.0, least_density=_SHOWN)]

    return rule


_HYDRIDES = {
    element: _hydride(element, length)
    for element, length in {"B": 1.12, "Al": 1.55, "Ga": 1.50, "Si": 1.42, "Ge": 1.48}.items()
}


def _phosphorus(around: _Environment) -> list[Hypothesis]:
    return _hydride("P", 1.32)(around) if len(around.elements) == 3 else [none()]


def _sulfur(around: _Environment) -> list[Hypothesis]:
    if len(around.elements) != 1 or around.elements[0] != "C" or float(around.lengths[0]) < 1.74:
        return [none()]
    choices = _on_cone(around, 1.20, 1, np.deg2rad(97))
    return [none(), Hypothesis("SH", choices, -1.0, least_density=_SHOWN)]


_RULES: dict[str, Callable[[_Environment], list[Hypothesis]]] = {
    "B": _boron,
    "C": _carbon,
    "N": _nitrogen,
    "O": _oxygen,
    "S": _sulfur,
    "P": _phosphorus,
    **{element: rule for element, rule in _HYDRIDES.items() if element != "B"},
}


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


def _opposite(around: _Environment, length: float) -> Vectors:
    """One atom opposite to the mean direction of the neighbours."""
    return -length * _unit(around.units.sum(axis=0))[None, None]


def _on_one_side(around: _Environment) -> bool:
    """Whether five neighbours or so leave a free side, as in boranes and carboranes."""
    return len(around.elements) in (4, 5) and float(np.linalg.norm(around.units.sum(axis=0))) > 1.5


def _cage(around: _Environment) -> Hypothesis:
    return Hypothesis("BH", _opposite(around, 1.10))


def _pair(around: _Environment, length: float) -> Vectors:
    """Two atoms of a tetrahedral CH2 or NH2 between two neighbours."""
    u = around.units
    back = -_unit(u[0] + u[1])
    across = _unit(np.cross(u[0], u[1]))
    half = np.deg2rad(54.0)  # H–C–H is about 108°
    return np.asarray(
        [[length * (np.cos(half) * back + sign * np.sin(half) * across) for sign in (1, -1)]]
    )


def _axes(around: _Environment) -> tuple[Vectors, Vectors, Vectors]:
    """Unit vector away from the only neighbour, and two across it; the first of them points
    along the zero of torsion angles."""
    away = -around.units[0]
    reference = around.torsion_from
    if reference is None or np.linalg.norm(np.cross(reference, away)) < 0.1:
        reference = np.eye(3)[int(np.abs(away).argmin())]
    first = _unit(reference - (reference @ away) * away)
    return away, first, np.cross(away, first)


def _on_cone(
    around: _Environment, length: float, count: int, angle: float = _TETRAHEDRAL
) -> Vectors:
    """(k, count, 3) atoms 120° apart on a cone around the only bond; `angle` X–A–H."""
    away, first, second = _axes(around)
    torsions = _TORSIONS[: 12 if count == 3 else None]
    turns = torsions[:, None] + np.arange(count) * (2 * np.pi / 3)
    ring = np.cos(turns)[..., None] * first + np.sin(turns)[..., None] * second
    return np.asarray(length * (-np.cos(angle) * away + np.sin(angle) * ring))


def _planar_pair(around: _Environment, length: float) -> Vectors:
    """Two atoms at 120° in the plane of the neighbour's other bonds; all planes where it has
    none."""
    away, first, second = _axes(around)
    turns = np.array([0.0]) if around.torsion_from is not None else _TORSIONS[:18]
    ring = np.cos(turns)[:, None] * first + np.sin(turns)[:, None] * second
    return np.asarray(
        length * np.stack([0.5 * away + sign * np.sqrt(0.75) * ring for sign in (1, -1)], axis=1)
    )


def _fibonacci_sphere(n: int) -> Vectors:
    i = np.arange(n) + 0.5
    height = 1 - 2 * i / n
    turn = np.pi * (1 + 5**0.5) * i
    ring = np.sqrt(1 - height**2)
    return np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])


_SPHERE = _fibonacci_sphere(150)


def _away_from(choices: Vectors, units: Vectors) -> Vectors:
    """The choices of which every atom is more than 95° from each of `units` (n, 3)."""
    directions = choices / np.linalg.norm(choices, axis=-1, keepdims=True)
    near = (directions @ units.T > np.cos(np.deg2rad(95))).any(axis=(1, 2))
    return np.asarray(choices[~near])


def _waters(units: Vectors) -> Vectors:
    """(k, 2, 3) pairs of directions with H–O–H of 95 to 118°, away from `units`."""
    one, other = np.triu_indices(len(_SPHERE), 1)
    angle = np.arccos(np.clip((_SPHERE[one] * _SPHERE[other]).sum(axis=1), -1, 1))
    fits = (angle > np.deg2rad(95)) & (angle < np.deg2rad(118))
    choices = 0.84 * np.stack([_SPHERE[one[fits]], _SPHERE[other[fits]]], axis=1)
    return _away_from(choices, units) if len(units) else np.asarray(choices)
