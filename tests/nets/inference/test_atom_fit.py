"""The fit of atoms to clean and to noisy maps."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, direct
from patterson_gui.nets.inference import atom_fit
from patterson_gui.nets.inference.atom_fit import Terms, fit_to_terms

CELL = gemmi.UnitCell(9, 10, 11, 85, 95, 100)
SYMBOLS = ["C", "N", "O", "C", "S"]
TRUE = np.array(
    [[0.1, 0.2, 0.3], [0.25, 0.2, 0.3], [0.5, 0.6, 0.4], [0.6, 0.7, 0.45], [0.9, 0.9, 0.9]]
)


def terms(d_min: float, b: float = 12.0, noise: float = 0.0) -> Terms:
    hkl = unique_reflections(CELL, p1(), d_min)
    atoms = Scatterers(tuple(SYMBOLS), TRUE, np.full(5, b), np.ones(5))
    f = 37.0 * direct(atoms, CELL, p1(), hkl)
    rng = np.random.default_rng(0)
    size = noise * np.abs(f).mean()
    f = f + size * (rng.normal(size=len(f)) + 1j * rng.normal(size=len(f)))
    return Terms(hkl, f.astype(np.complex64))


def near(spread: float) -> np.ndarray:
    return TRUE + np.random.default_rng(1).normal(scale=spread / 10.0, size=TRUE.shape)


def off(frac: np.ndarray) -> float:
    """Root mean square distance from the truth, Å."""
    step = (frac - TRUE) @ np.array(CELL.orth.mat.tolist()).T
    return float(np.sqrt((step**2).sum(axis=1).mean()))


@pytest.mark.parametrize("d_min", [1.2, 2.0])
def test_atoms_move_to_their_true_positions_in_a_clean_map(d_min: float) -> None:
    best = fit_to_terms(near(0.12), SYMBOLS, CELL, terms(d_min))
    assert off(near(0.12)) > 0.1
    assert off(best.frac) < 0.01
    assert best.weights == pytest.approx(np.ones(5), abs=0.1)
    assert best.b == pytest.approx(12.0, abs=3.1)


def test_atoms_stay_near_their_start_in_a_noisy_map() -> None:
    start = near(0.05)
    best = fit_to_terms(start, SYMBOLS, CELL, terms(2.0, noise=3.0))
    assert off(best.frac) < 0.25


def test_scale_of_the_map_does_not_matter() -> None:
    given = terms(1.5)
    other = Terms(given.hkl, (1e-3 * given.f).astype(np.complex64))
    one, two = (fit_to_terms(near(0.1), SYMBOLS, CELL, t).frac for t in (given, other))
    assert one == pytest.approx(two, abs=1e-5)


def test_fit_without_atoms_is_empty() -> None:
    assert len(fit_to_terms(np.zeros((0, 3)), [], CELL, terms(2.0)).frac) == 0
    empty = Terms(np.zeros((0, 3), np.int32), np.zeros(0, np.complex64))
    assert fit_to_terms(TRUE, SYMBOLS, CELL, empty).frac == pytest.approx(TRUE)


def test_only_b_is_fitted_in_a_large_crystal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atom_fit, "_MOST_WORK", 0.0)
    monkeypatch.setattr(atom_fit, "_MOST_WAVES", 500)
    best = fit_to_terms(near(0.05), SYMBOLS, CELL, terms(1.2, b=20.0))
    assert best.frac == pytest.approx(near(0.05))
    assert best.b == pytest.approx(20.0, abs=7.1)
