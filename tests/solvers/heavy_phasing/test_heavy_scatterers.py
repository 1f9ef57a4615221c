"""Structure factors of heavy atoms, and their refinement with phases."""

from dataclasses import replace

import gemmi
import numpy as np

from patterson_gui.solvers.heavy_phasing.heavy_scatterers import (
    Geometry,
    Scatterers,
    imaginary_factors,
    normal_factors,
    refined,
    refined_anomalous,
)
from patterson_gui.solvers.heavy_phasing.lack_of_closure import Observations, log_probability
from patterson_gui.solvers.heavy_phasing.phase_probability import (
    ANGLES,
    best_phases,
    coefficients_of,
)

CELL, GROUP = gemmi.UnitCell(40, 50, 60, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
HKL = np.asarray(gemmi.make_miller_array(CELL, GROUP, 4.0), dtype=np.int32)
GEOMETRY = Geometry(HKL, CELL, GROUP)
CENTRIC = np.asarray(GROUP.operations().centric_flag_array(HKL), dtype=bool)
ATOMS = Scatterers("Hg", np.array([[0.12, 0.2, 0.31], [0.4, 0.05, 0.77]]), np.array([1.0, 0.6]),
                   np.ones(2), 25.0)  # fmt: skip


def protein() -> np.ndarray:
    random = np.random.default_rng(0)
    return 700.0 * (random.normal(size=len(HKL)) + 1j * random.normal(size=len(HKL)))


def test_normal_factors_agree_with_those_of_gemmi() -> None:
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = CELL, GROUP
    for frac, occ in zip(ATOMS.frac, ATOMS.occ, strict=True):
        site = gemmi.SmallStructure.Site()
        site.element, site.fract = gemmi.Element("Hg"), gemmi.Fractional(*frac)
        site.u_iso, site.occ = ATOMS.b / (8 * np.pi**2), float(occ)
        crystal.add_site(site)
    crystal.setup_cell_images()
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    wanted = [calculator.calculate_sf_from_small_structure(crystal, h) for h in HKL.tolist()]
    np.testing.assert_allclose(normal_factors(GEOMETRY, ATOMS), wanted, rtol=1e-6, atol=1e-6)


def test_refinement_with_known_phases_moves_sites_back() -> None:
    f_p = protein()
    derivative = np.abs(f_p + normal_factors(GEOMETRY, ATOMS))
    moved = replace(ATOMS, frac=ATOMS.frac + 0.3 / 50.0, occ=ATOMS.occ * 0.8, b=30.0)
    probability = np.ones((len(HKL), 1))
    for _ in range(12):
        moved = refined(
            GEOMETRY, moved, f_p[:, None], probability, derivative, np.full(len(HKL), 100.0)
        )
    np.testing.assert_allclose(moved.frac, ATOMS.frac, atol=1e-3)
    np.testing.assert_allclose(moved.occ, ATOMS.occ, rtol=0.02)
    assert abs(moved.b - ATOMS.b) < 1.0


def test_isomorphous_and_anomalous_differences_together_tell_the_phase() -> None:
    f_p, f_h = protein(), normal_factors(GEOMETRY, ATOMS)
    imaginary = 0.15 * f_h
    plus, minus = np.abs(f_p + f_h + 1j * imaginary), np.abs(f_p + f_h - 1j * imaginary)
    sigma = np.full(len(HKL), 3.0)
    none = np.zeros(len(HKL), dtype=np.int64)
    observed = Observations(
        np.abs(f_p), (plus + minus) / 2, sigma, plus - minus, sigma, f_h, imaginary, none, CENTRIC
    )

    def error(data: Observations) -> float:
        coefficients = coefficients_of(log_probability(data))
        found = best_phases(coefficients, CENTRIC, np.angle(f_p) % np.pi)
        return float(np.degrees(np.abs(np.angle(found * np.conj(f_p)))[~CENTRIC].mean()))

    alone = replace(observed, anomalous=np.full(len(HKL), np.nan))
    assert error(observed) < 25.0 < error(alone)
    wrong = replace(observed, anomalous=-observed.anomalous)
    assert error(wrong) > error(alone)


def test_probabilities_have_all_angles() -> None:
    data = Observations(
        np.array([100.0]), np.array([112.0]), np.array([5.0]), np.array([np.nan]),
        np.array([1.0]), np.array([20 + 10j]), np.array([0j]), np.zeros(1, dtype=np.int64),
        np.zeros(1, dtype=bool),
    )  # fmt: skip
    assert log_probability(data).shape == (1, len(ANGLES))


def test_anomalous_differences_with_known_phases_move_sites_back() -> None:
    f_p = protein()
    true = replace(ATOMS, imaginary=8.0)
    f = f_p + normal_factors(GEOMETRY, true)
    imaginary = imaginary_factors(GEOMETRY, true)
    anomalous = np.abs(f + 1j * imaginary) - np.abs(f - 1j * imaginary)
    anomalous = np.where(CENTRIC, np.nan, anomalous)
    moved = replace(true, frac=true.frac + 0.3 / 50.0, occ=true.occ * 0.8, b=30.0)
    probability = np.ones((len(HKL), 1))
    for _ in range(12):
        moved = refined_anomalous(
            GEOMETRY, moved, f[:, None], probability, anomalous, np.full(len(HKL), 4.0)
        )
    np.testing.assert_allclose(moved.frac, true.frac, atol=1e-3)
    np.testing.assert_allclose(moved.occ, true.occ, rtol=0.02)
    assert abs(moved.b - true.b) < 1.0
