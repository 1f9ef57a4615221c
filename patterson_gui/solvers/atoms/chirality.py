"""Determine the hand of built atoms from the chiral centres of L amino acids.

The centres are Cα, and Cβ of Thr and Ile. Seen from the hydrogen of Cα, CO, R and N of an L amino
acid follow one another clockwise: the triple product (N − Cα)·[(C − Cα) × (Cβ − Cα)] is positive. A
real centre has about 2.5 Å³.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.prediction import HandEvidence
from patterson_gui.solvers.atoms.geometry import Bonds

_CARBON, _NITROGEN, _OXYGEN, _SULPHUR = 6, 7, 8, 16
_IDEAL = 2.5  # Å³
_LONGEST_CARBONYL = 1.33  # Å; a hydroxyl's bond is 1.42
_LEAST = 0.4  # of the ideal volume; flatter atoms are not counted as centres
_LEAST_SUM = 0.4  # least sum, in ideal centres, that determines the hand


@dataclass(frozen=True)
class Centre:
    """One chiral centre.

    Attributes
    ----------
    atom : index of the atom.
    what : "Cα", "Cβ of Thr" or "Cβ of Ile".
    volume : triple product over that of an ideal L centre; positive for the natural hand.
    """

    atom: int
    what: str
    volume: float


def hand_of_atoms(numbers: NDArray[np.int64], bonds: Bonds) -> tuple[HandEvidence | None, bool]:
    """Evidence for the hand from chiral centres, and whether the atoms (n,) must be inverted.

    The triple products of all centres are added, each limited to that of an ideal centre. Without
    a centre, or if centres cancel, there is no evidence.
    """
    found = centres(numbers, bonds)
    total = float(sum(np.clip(c.volume, -1.0, 1.0) for c in found))
    if abs(total) < _LEAST_SUM:
        return None, False
    names = ", ".join(f"{n} × {what}" for what, n in Counter(c.what for c in found).items())
    return HandEvidence(abs(total), -abs(total), f"chiral centres of the built atoms ({names})"), (
        total < 0
    )


Partner = tuple[int, NDArray[np.float64]]


def centres(numbers: NDArray[np.int64], bonds: Bonds) -> list[Centre]:
    """All chiral centres of a peptide with these elements (n,) and bonds."""
    found = []
    partners: list[list[Partner]] = [[] for _ in numbers]
    for i, j, step in zip(bonds.i, bonds.j, bonds.step, strict=True):
        partners[i].append((int(j), step))
    alphas = {}
    for atom in range(len(numbers)):
        triple = _alpha(atom, numbers, partners)
        if triple is not None:
            alphas[atom] = triple
            found.append(Centre(atom, "Cα", _volume(triple)))
    for alpha, (_, _, (beta, _)) in alphas.items():
        centre = _beta(beta, alpha, numbers, partners)
        if centre is not None:
            found.append(centre)
    return [c for c in found if abs(c.volume) > _LEAST]


def _alpha(
    atom: int, numbers: NDArray[np.int64], partners: list[list[Partner]]
) -> tuple[Partner, Partner, Partner] | None:
    """N, C and Cβ of a Cα: a carbon bonded to one nitrogen, to one carbonyl carbon and to
    one other carbon."""
    if numbers[atom] != _CARBON or len(partners[atom]) != 3:
        return None
    nitrogens = [p for p in partners[atom] if numbers[p[0]] == _NITROGEN]
    carbons = [p for p in partners[atom] if numbers[p[0]] == _CARBON]
    if len(nitrogens) != 1 or len(carbons) != 2:
        return None
    carbonyl = [_is_carbonyl(p[0], atom, numbers, partners) for p in carbons]
    if carbonyl[0] == carbonyl[1]:
        return None
    c, beta = carbons if carbonyl[0] else carbons[::-1]
    return nitrogens[0], c, beta


def _is_carbonyl(
    atom: int, alpha: int, numbers: NDArray[np.int64], partners: list[list[Partner]]
) -> bool:
    """Whether a carbon has a C=O bond, and besides Cα only nitrogen or oxygen as neighbours."""
    others = [p for p in partners[atom] if p[0] != alpha]
    short = [
        p for p in others if numbers[p[0]] == _OXYGEN and np.linalg.norm(p[1]) < _LONGEST_CARBONYL
    ]
    hetero = all(numbers[p[0]] in (_NITROGEN, _OXYGEN) for p in others)
    return bool(short) and hetero and len(others) <= 2


def _beta(
    atom: int, alpha: int, numbers: NDArray[np.int64], partners: list[list[Partner]]
) -> Centre | None:
    """The second centre of threonine (2S,3R) or isoleucine (2S,3S)."""
    around = partners[atom]
    if numbers[atom] != _CARBON or len(around) != 3:
        return None
    back = next(p for p in around if p[0] == alpha)
    others = [p for p in around if p[0] != alpha]
    kinds = sorted(int(numbers[p[0]]) for p in others)
    if kinds == [_CARBON, _OXYGEN]:
        oxygen, methyl = sorted(others, key=lambda p: -numbers[p[0]])
        if len(partners[oxygen[0]]) > 1 or len(partners[methyl[0]]) > 1:
            return None
        return Centre(atom, "Cβ of Thr", _volume((back, oxygen, methyl)))
    if kinds == [_CARBON, _CARBON]:
        longer, shorter = sorted(others, key=lambda p: -len(partners[p[0]]))
        ends = (len(partners[longer[0]]), len(partners[shorter[0]]))
        if ends != (2, 1):
            return None
        return Centre(atom, "Cβ of Ile", _volume((back, longer, shorter)))
    return None


def _volume(partners: tuple[Partner, Partner, Partner]) -> float:
    one, two, three = (p[1] for p in partners)
    return float(one @ np.cross(two, three)) / _IDEAL
