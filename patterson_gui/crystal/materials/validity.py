"""Check whether a crystal is plausible: interatomic distances, charges, density.

No energy is calculated: a crystal with possible distances and balanced charges may still be
unstable.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb, prod

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.lattices import reduced_lattice
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import to_standard_axes

NEAREST = 0.6  # least distance, as a share of the sum of covalent radii
_FEWEST_IMAGES = 6.0  # Å around the cell in which neighbours are searched first
# With more elements nearly any numbers of atoms balance, so that it says nothing.
_MOST_ELEMENTS = 6
_MOST_ATOMS = 500  # largest number of atoms of the reduced formula
_MOST_WAYS = 30_000  # combinations of charges; more take long
_NO_CHARGES = "no charges"
_LEAST_REPEAT = 0.3  # Å; no lattice vector of a crystal is shorter
_DALTON = 1.66053907  # g/cm³ of 1 u in 1 Å³
_METALLOIDS = frozenset({5, 6, 14, 32, 33, 34, 51, 52, 85})
_NONMETALS = frozenset({1, 2, 7, 8, 9, 10, 15, 16, 17, 18, 35, 36, 53, 54, 86})


@dataclass(frozen=True, eq=False)
class Validity:
    """Results of the checks of a crystal.

    Attributes
    ----------
    shortest : Å, shortest distance of two atoms, with copies in other cells; infinite for one atom.
    pair : indices of these atoms, equal for an atom and its own copy; None without a second atom.
    closest_ratio : smallest distance over the sum of the two covalent radii, of `closest_pair`.
    distances_ok : whether no ratio is below `NEAREST`.
    neutral : whether known charges of the elements can balance; None: not decided.
    charges : the charges, such as 'Ca²⁺ Ti⁴⁺ O²⁻', or the reason why there are none.
    density : g/cm³; NaN without a lattice.
    sentences : the results in words.
    """

    shortest: float
    pair: tuple[int, int] | None
    closest_ratio: float
    closest_pair: tuple[int, int] | None
    distances_ok: bool
    neutral: bool | None
    charges: str
    density: float
    sentences: tuple[str, ...]


def check(material: Material) -> Validity:
    """Distances, charges and density of a crystal with at least one atom.

    Of 46,381 crystals of the Materials Project 99.82 % have acceptable distances. Of every tenth of
    these, charges can balance (or there are none) in 85.3 %, cannot in 7.8 % (peroxides, hydrides
    and carbides of metals among them), and are not decided in 7.0 %.
    """
    (shortest, pair), (ratio, closest) = _distances(material)
    neutral, charges = balanced(material.numbers)
    density = density_of(material)
    ok = ratio >= NEAREST
    sentences = (
        _of_distances(material, shortest, pair, ratio, closest),
        _of_charges(neutral, charges),
        *(() if np.isnan(density) else (f"Its density is {density:.2f} g/cm³.",)),
        "Stability is not judged: no energy was calculated.",
    )
    return Validity(shortest, pair, ratio, closest, ok, neutral, charges, density, sentences)


def density_of(material: Material) -> float:
    """Density, g/cm³; NaN without a lattice."""
    weight = sum(gemmi.Element(z).weight for z in material.numbers.tolist())
    return float(_DALTON * weight / material.volume) if material.volume else float("inf")


# ---------------------------------------------------------------- distances
_Nearest = tuple[float, tuple[int, int] | None]


def _distances(material: Material) -> tuple[_Nearest, _Nearest]:
    """The shortest distance, Å, and the smallest relative to covalent radii, with their atoms."""
    radii = np.array([gemmi.Element(z).covalent_r for z in material.numbers.tolist()])
    if material.lattice is not None:
        # A random lattice may have very short vectors or no volume, and then too many copies.
        a, b, c = np.linalg.norm(reduced_lattice(material.lattice), axis=1).tolist()
        repeat = min(a, material.volume / max(b * c, 1e-9))
        if repeat < _LEAST_REPEAT:
            large = int(radii.argmax())
            pair = large, large
            return (repeat, pair), (float(repeat / (2 * radii[large])), pair)
        material = replace(material, lattice=reduced_lattice(material.lattice))
    reach = max(_FEWEST_IMAGES, 2 * float(radii.max()))
    while True:
        i, j, apart = _pairs(material, reach)
        if len(apart) or material.lattice is None or reach > 1000:
            break
        reach *= 2
    if not len(apart):
        return (float("inf"), None), (float("inf"), None)
    near, ratios = int(apart.argmin()), apart / (radii[i] + radii[j])
    close = int(ratios.argmin())
    return (
        (float(apart[near]), (int(i[near]), int(j[near]))),
        (float(ratios[close]), (int(i[close]), int(j[close]))),
    )


def _pairs(
    material: Material, reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Each atom with its nearest neighbours, copies included: atoms, atoms and distances, Å."""
    n = len(material)
    if material.lattice is None:
        positions, copies, of = material.positions, material.positions, np.arange(n)
        reach = np.inf
    else:
        turned = to_standard_axes(material)
        lattice = turned.lattice
        assert lattice is not None
        frac = turned.frac
        frac -= np.floor(frac)
        margin = reach * np.linalg.norm(np.linalg.inv(lattice), axis=0)
        steps = np.stack(
            np.meshgrid(
                *[np.arange(-int(np.ceil(m)), int(np.ceil(m)) + 1) for m in margin], indexing="ij"
            ),
            axis=-1,
        ).reshape(-1, 3)
        every = frac[:, None] + steps
        inside = ((every >= -margin) & (every <= 1 + margin)).all(-1)
        of = np.nonzero(inside)[0]
        positions, copies = frac @ lattice, every[inside] @ lattice
    # A distance of 0 counts between two atoms, but not between an atom and itself.
    k = min(24, len(copies))
    apart, found = cKDTree(copies).query(positions, k=k, distance_upper_bound=reach)
    apart, found = apart.reshape(n, k), found.reshape(n, k)
    own = np.repeat(np.arange(n), k).reshape(n, k)
    known = np.isfinite(apart)
    j = np.where(known, of[np.minimum(found, len(of) - 1)], -1)
    itself = known & (j == own) & (apart < 1e-6)
    kept = known & ~itself
    return own[kept], j[kept], apart[kept]


def _of_distances(
    material: Material,
    shortest: float,
    pair: tuple[int, int] | None,
    ratio: float,
    closest: tuple[int, int] | None,
) -> str:
    if pair is None or closest is None:
        return "It is one atom, which has no neighbour."

    def named(atoms: tuple[int, int]) -> str:
        first, second = (gemmi.Element(int(material.numbers[k])).name for k in atoms)
        return f"{first}–{second}"

    if ratio >= NEAREST:
        return f"Its shortest distance is {shortest:.2f} Å ({named(pair)}): no atoms overlap."
    radii = sum(gemmi.Element(int(material.numbers[k])).covalent_r for k in closest)
    return (
        f"Atoms overlap: {named(closest)} are {ratio * radii:.2f} Å apart, {ratio:.0%} of the sum "
        f"of their covalent radii ({radii:.2f} Å)."
    )


# ---------------------------------------------------------------- charges
def balanced(numbers: NDArray[np.int64]) -> tuple[bool | None, str]:
    """Whether the charges of atoms (n,) can balance; the charges, or the reason for no answer."""
    counts = Counter(numbers.tolist())
    divisor = int(np.gcd.reduce(list(counts.values())))
    return _balanced(tuple(sorted((z, n // divisor) for z, n in counts.items())))


@lru_cache(maxsize=4096)
def _balanced(reduced: tuple[tuple[int, int], ...]) -> tuple[bool | None, str]:
    elements = {z for z, _ in reduced}
    if len(elements) == 1:
        return True, f"elemental, {_NO_CHARGES}"
    if not elements & (_NONMETALS | _METALLOIDS):
        return True, f"metallic, {_NO_CHARGES}"
    states = {z: _states_of(z) for z in elements}
    if why := _why_undecided(reduced, states):
        return None, f"not decided, because {why}"
    if _can_balance(reduced, states):
        charges = _likeliest(reduced, states)
        order = sorted(charges, key=lambda symbol: -charges[symbol])
        named = " ".join(_with_charge(symbol, charges[symbol]) for symbol in order)
        return True, named or "in too many ways to name one"
    if not elements & _NONMETALS:
        # Silicides and antimonides are often metals, without charges on atoms.
        return None, "not decided, because it may be metallic"
    return False, "no known charges balance"


def _why_undecided(
    reduced: tuple[tuple[int, int], ...], states: dict[int, tuple[int, ...]]
) -> str | None:
    unknown = [gemmi.Element(z).name for z, _ in reduced if not states[z]]
    if unknown:
        return f"no charges of {unknown[0]} are known"
    if len(reduced) > _MOST_ELEMENTS:
        return f"with {len(reduced)} elements nearly any numbers of atoms balance"
    if sum(n for _, n in reduced) > _MOST_ATOMS:
        return "its formula is too long"
    return None


def _can_balance(reduced: tuple[tuple[int, int], ...], states: dict[int, tuple[int, ...]]) -> bool:
    """Whether charges of these states, mixed within an element too, can sum to zero."""
    sums = {0}
    for z, n in reduced:
        for _ in range(n):
            sums = {total + state for total in sums for state in states[z]}
    return 0 in sums


def _likeliest(
    reduced: tuple[tuple[int, int], ...], states: dict[int, tuple[int, ...]]
) -> dict[str, float]:
    """The most likely mean charge of each element, from the frequencies of states in the ICSD.

    Empty if there are too many combinations.
    """
    from pymatgen.core import Composition

    ways = [comb(n + len(states[z]) - 1, n) for z, n in reduced]
    spans = [n * (max(states[z]) - min(states[z])) + 1 for z, n in reduced]
    together = prod(min(w, span) for w, span in zip(ways, spans, strict=True))
    if sum(w * n for w, (_, n) in zip(ways, reduced, strict=True)) + together > _MOST_WAYS:
        return {}
    symbols = {gemmi.Element(z).name: n for z, n in reduced}
    found = Composition(symbols).oxi_state_guesses()
    return {str(symbol): float(charge) for symbol, charge in found[0].items()} if found else {}


def _states_of(number: int) -> tuple[int, ...]:
    """Charges of an element in known crystals (ICSD), otherwise its common oxidation states."""
    from pymatgen.core import Element

    element = Element.from_Z(number)
    return tuple(element.icsd_oxidation_states or element.common_oxidation_states)


def _with_charge(symbol: str, charge: float) -> str:
    rounded = round(charge, 2)
    if rounded == 0:
        return f"{symbol}⁰"
    size = f"{abs(rounded):g}"
    raised = ("" if size == "1" else size).translate(str.maketrans("0123456789.", "⁰¹²³⁴⁵⁶⁷⁸⁹·"))
    return f"{symbol}{raised}{'⁺' if rounded > 0 else '⁻'}"


def _of_charges(neutral: bool | None, charges: str) -> str:
    if neutral is None:
        return f"Whether its charges balance is {charges}."
    if not neutral:
        return "No charges that its elements are known with balance."
    if charges.endswith(_NO_CHARGES):
        return f"It is {charges.partition(',')[0]}: there are no charges to balance."
    return f"Its charges can balance: {charges}."
