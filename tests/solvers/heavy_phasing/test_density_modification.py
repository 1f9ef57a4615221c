"""Transforms, solvent mask, flipping and the improvement of phases."""

import gemmi
import numpy as np

from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.solvers.heavy_phasing.density_modification import (
    Maps,
    PhaseProblem,
    modify,
    solvent_mask,
    with_flipped_solvent,
)
from patterson_gui.solvers.heavy_phasing.phase_probability import allowed_phases

CELL, GROUP = gemmi.UnitCell(30, 36, 44, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
HKL = np.asarray(gemmi.make_miller_array(CELL, GROUP, 3.0), dtype=np.int32)


def globule() -> np.ndarray:
    """F of atoms in one ball of the asymmetric unit, by gemmi; the rest of the cell is solvent."""
    random = np.random.default_rng(3)
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = CELL, GROUP
    while len(crystal.sites) < 420:
        shift = random.uniform(-8.5, 8.5, 3)
        if np.linalg.norm(shift) > 8.5:
            continue
        site = gemmi.SmallStructure.Site()
        site.element, site.u_iso, site.occ = gemmi.Element("N"), 0.2, 1.0
        centre = np.array([0.25, 0.0, 0.25]) * [30, 36, 44]
        site.fract = CELL.fractionalize(gemmi.Position(*(centre + shift)))
        crystal.add_site(site)
    crystal.setup_cell_images()
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    return np.array(
        [calculator.calculate_sf_from_small_structure(crystal, h) for h in HKL.tolist()]
    )


def test_density_agrees_with_the_fourier_map_of_the_program() -> None:
    random = np.random.default_rng(0)
    f = random.normal(size=len(HKL)) + 1j * random.normal(size=len(HKL))
    f = np.where(np.asarray(GROUP.operations().centric_flag_array(HKL), dtype=bool), 0.0, f)
    maps = Maps(HKL, CELL, GROUP, 3.0)
    other = map_from_coefficients(
        Coefficients(HKL, f.astype(np.complex64), CELL, GROUP), maps.shape
    )
    density = maps.density(f)
    np.testing.assert_allclose(density, other, atol=1e-4 * np.abs(other).max())
    np.testing.assert_allclose(maps.factors(density), f, atol=1e-9)


def test_the_mask_is_where_the_density_is_flat() -> None:
    maps = Maps(HKL, CELL, GROUP, 3.0)
    density = maps.density(globule())
    mask, contrast = solvent_mask(density, maps.ball(5.0), 0.5)
    assert density[~mask].std() > 2.0 * density[mask].std()
    noise = np.random.default_rng(0).normal(size=density.shape)
    assert contrast > 2.0 * solvent_mask(noise, maps.ball(5.0), 0.5)[1]


def test_flipping_keeps_the_mean_of_the_solvent_and_turns_its_sign() -> None:
    density = np.arange(24.0).reshape(2, 3, 4)
    mask = density < 12
    changed = with_flipped_solvent(density, mask, 0.5)
    np.testing.assert_allclose(changed[mask], density[mask].mean() * 2 - density[mask])


def test_phases_with_errors_become_better() -> None:
    f = globule()
    random = np.random.default_rng(1)
    centric = np.asarray(GROUP.operations().centric_flag_array(HKL), dtype=bool)
    allowed = allowed_phases(HKL, *operation_arrays(GROUP.operations().sym_ops))
    turned = np.angle(f) + np.where(centric, 0.0, random.normal(size=len(f)) * 1.1)
    weight = np.where(centric, 0.3, 1.0)
    heavy = np.stack([weight * np.cos(turned), weight * np.sin(turned)] + [0 * turned] * 2, axis=1)
    problem = PhaseProblem(
        np.abs(f), heavy, centric, allowed, np.zeros(len(f), dtype=np.int64),
        np.asarray(GROUP.operations().epsilon_factor_array(HKL), dtype=np.float64),
    )  # fmt: skip

    def error(phases: np.ndarray) -> float:
        return float(
            np.degrees(np.average(np.abs(np.angle(phases * np.conj(f))), weights=np.abs(f)))
        )

    found = modify(Maps(HKL, CELL, GROUP, 3.0), problem, 0.6, cycles=12)
    assert error(found.phases) < error(problem.best(heavy)) - 4.0
