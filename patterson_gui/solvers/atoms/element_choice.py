"""Choose the element of each atom by its weight, its bonds and the composition."""

from collections.abc import Mapping

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from patterson_gui.solvers.atoms.geometry import Bonds, strain

_LEAST_SPREAD = 0.05  # standard deviation of weights, in carbon atoms, for data without errors
_SPREAD_PER_R1 = 2.0
_PASSES = 4
# Shares of elements in organic molecules and peptides, as −2 ln, used without a composition.
_USUAL = {"C": 0.9, "N": 3.5, "O": 3.2, "S": 8.0, "P": 12.0, "Cl": 12.0}
USUAL_ELEMENTS = tuple(_USUAL)


def assign(
    weights: NDArray[np.float64],
    expected: Mapping[str, float],
    composition: Mapping[str, int] | None,
    bonds: Bonds,
    r1: float,
    before: NDArray[np.str_] | None = None,
) -> NDArray[np.str_]:
    """(n,) element symbols for atoms with these weights, in units of a carbon atom.

    Parameters
    ----------
    expected : weight of each element in the same unit.
    composition : number of atoms of each element; None: the usual elements, in any number.
    r1 : R1 of the atoms; the higher it is, the less the weights count.
    before : (n,) elements to begin with; None: elements by weight alone.
    """
    symbols = list(expected)
    spread = max(_LEAST_SPREAD, _SPREAD_PER_R1 * r1)
    means = np.array([expected[s] for s in symbols])
    by_weight = ((weights[:, None] - means) / spread) ** 2
    numbers = [gemmi.Element(s).atomic_number for s in symbols]
    chosen = _cheapest_assignment(by_weight, symbols, composition) if before is None else before
    for _ in range(_PASSES):
        surroundings = _neighbours(chosen, bonds)
        cost = by_weight.copy()
        for atom, around in enumerate(surroundings):
            for column, number in enumerate(numbers):
                cost[atom, column] += strain(number, around)
        again = _cheapest_assignment(cost, symbols, composition)
        if np.array_equal(again, chosen):
            break
        chosen = again
    return chosen


def _cheapest_assignment(
    cost: NDArray[np.float64], symbols: list[str], composition: Mapping[str, int] | None
) -> NDArray[np.str_]:
    """Elements (n,) of lowest total cost, with the numbers of the composition."""
    if composition is None:
        prior = np.array([_USUAL.get(symbol, 12.0) for symbol in symbols])
        return np.asarray(np.array(symbols)[(cost + prior).argmin(axis=1)])
    columns = [symbols.index(symbol) for symbol, n in composition.items() for _ in range(n)]
    # Atoms in excess of the composition get its commonest element.
    commonest = max(composition, key=lambda symbol: composition[symbol])
    columns += [symbols.index(commonest)] * max(0, len(cost) - len(columns))
    rows, chosen = linear_sum_assignment(cost[:, columns])
    answer = np.empty(len(cost), dtype=object)
    answer[rows] = [symbols[columns[c]] for c in chosen]
    return np.asarray(answer.astype(str))


def _neighbours(chosen: NDArray[np.str_], bonds: Bonds) -> list[list[tuple[int, float]]]:
    numbers = [gemmi.Element(str(s)).atomic_number for s in chosen]
    around: list[list[tuple[int, float]]] = [[] for _ in chosen]
    for i, j, length in zip(bonds.i, bonds.j, bonds.length, strict=True):
        around[i].append((numbers[j], float(length)))
    return around
