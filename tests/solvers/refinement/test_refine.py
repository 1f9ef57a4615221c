"""Refinement recovers models from intensities that were calculated independently."""

from collections.abc import Sequence
from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.displacements import isotropic_as_u
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.refinement.extinction import extinction_estimate
from patterson_gui.solvers.refinement.least_squares import reflection_data
from patterson_gui.solvers.refinement.least_squares.minimise import least_squares
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters, State
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.refinement.trial import refine_trial
from patterson_gui.solvers.refinement.twins import best_twin_law


def simulated(
    group: str,
    parameters: Sequence[float],
    model: AsymmetricUnit,
    orders: Sequence[int],
    d_min: float = 0.9,
    noise: float = 0.0,
) -> MergedIntensities:
    """Intensities by gemmi's summation; `orders` of the site symmetries."""
    cell, spacegroup = gemmi.UnitCell(*parameters), gemmi.SpaceGroup(group)
    structure = gemmi.SmallStructure()
    structure.cell, structure.spacegroup = cell, spacegroup
    structure.setup_cell_images()
    for i, element in enumerate(model.elements):
        site = gemmi.SmallStructure.Site()
        site.element, site.label = gemmi.Element(element), model.labels[i]
        site.fract = gemmi.Fractional(*model.frac[i])
        site.occ = model.occ[i] / orders[i]
        if model.is_anisotropic[i]:
            site.aniso = gemmi.SMat33d(*model.u_aniso[i])
        else:
            site.u_iso = model.u_iso[i]
        structure.add_site(site)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    hkl = gemmi.make_miller_array(cell, spacegroup, d_min)
    f = np.array([calculator.calculate_sf_from_small_structure(structure, h) for h in hkl.tolist()])
    value = 3.7 * np.abs(f) ** 2
    sigma = 0.02 * value + 0.002 * value.mean()
    if noise:
        value = value + noise * sigma * np.random.default_rng(1).normal(size=len(value))
    return MergedIntensities(
        hkl.astype(np.int32), value, sigma, np.ones(len(hkl), int), cell, spacegroup, True, None
    )


def _general_model(n: int, seed: int, cell: gemmi.UnitCell) -> AsymmetricUnit:
    random = np.random.default_rng(seed)
    elements = tuple(random.choice(["C", "N", "O", "S"], n))
    model = AsymmetricUnit.isotropic(elements, random.random((n, 3)), random.uniform(0.02, 0.05, n))
    u = isotropic_as_u(model.u_iso, cell) * random.uniform(0.8, 1.3, (n, 6))
    return replace(model, u_aniso=u)


def _shaken(model: AsymmetricUnit, cell: gemmi.UnitCell, by: float) -> AsymmetricUnit:
    move = np.random.default_rng(5).normal(size=(len(model), 3)) * by
    return AsymmetricUnit.isotropic(
        model.elements, model.frac + move / [cell.a, cell.b, cell.c], 0.03, model.labels
    )


@pytest.mark.parametrize(
    ("group", "parameters"),
    [
        ("P -1", (6, 7, 8, 80, 95, 100)),
        ("P 1 21 1", (7, 8, 9, 90, 100, 90)),
        ("P 1", (6, 7, 8, 80, 95, 100)),
        ("P 31", (8, 8, 7, 90, 90, 120)),
        ("I 41/a:1", (10, 10, 9, 90, 90, 90)),
    ],
)
def test_recovers_an_anisotropic_model(group: str, parameters: tuple[float, ...]) -> None:
    cell = gemmi.UnitCell(*parameters)
    true = _general_model(6, 2, cell)
    merged = simulated(group, parameters, true, [1] * 6)
    result = refine(merged, _shaken(true, cell, 0.03), RefinementOptions(weights=Weights(0.0, 0.0)))
    assert result.figures.r1 < 1e-3
    assert result.figures.scale == pytest.approx(3.7, rel=1e-3)
    drift = (result.model.frac - true.frac).mean(axis=0)  # along polar axes
    assert result.model.frac - drift == pytest.approx(true.frac, abs=1e-4)
    assert result.model.u_aniso == pytest.approx(true.u_aniso, abs=3e-4)


def test_refines_atoms_on_special_positions() -> None:
    """Rutile: Ti at mmm, O at m.2m; one free coordinate, U11 = U22 and U13 = U23 = 0."""
    parameters = (4.594, 4.594, 2.959, 90.0, 90.0, 90.0)
    model = AsymmetricUnit.isotropic(("Ti", "O"), np.array([[0, 0, 0], [0.305, 0.305, 0]]))
    u = np.array([[0.006, 0.006, 0.004, 0.001, 0, 0], [0.007, 0.007, 0.005, -0.002, 0, 0]])
    true = replace(model, u_aniso=u)
    merged = simulated("P 42/m n m", parameters, true, [8, 4], d_min=0.5)
    start = AsymmetricUnit.isotropic(("Ti", "O"), np.array([[0.01, 0, 0], [0.30, 0.315, 0.01]]))
    result = refine(merged, start, RefinementOptions(weights=Weights(0.0, 0.0)))
    assert result.figures.r1 < 1e-3
    assert result.figures.n_parameters == 1 + 1 + 3 + 3
    assert result.model.frac == pytest.approx(true.frac, abs=1e-5)
    assert result.model.u_aniso == pytest.approx(true.u_aniso, abs=1e-5)
    assert result.model.occ == pytest.approx([1, 1])
    sigma = result.model.sigma_frac
    assert sigma is not None
    assert sigma[0] == pytest.approx([0, 0, 0])
    assert sigma[1, 0] == pytest.approx(sigma[1, 1])
    assert sigma[1, 2] == 0


def test_u_of_special_positions_is_made_to_fit() -> None:
    """In rutile U13 and U23 are zero, and U11 = U22."""
    parameters = (4.594, 4.594, 2.959, 90.0, 90.0, 90.0)
    true = AsymmetricUnit.isotropic(("Ti", "O"), np.array([[0, 0, 0], [0.305, 0.305, 0]]), 0.006)
    merged = simulated("P 42/m n m", parameters, true, [8, 4], d_min=0.5)
    u = np.array([[0.004, 0.008, 0.006, 0, 0.002, 0.001], [0.005, 0.007, 0.006, 0, 0.001, 0.0]])
    result = refine(merged, replace(true, u_aniso=u), RefinementOptions(weights=Weights(0.0, 0.0)))
    allowed = [0.006, 0.006, 0.006, 0, 0, 0]
    assert result.model.u_aniso == pytest.approx(np.array([allowed, allowed]), abs=1e-5)


def test_uncertainties_are_those_of_repeated_measurements() -> None:
    """Errors of refined coordinates divided by their esds have a variance of 1."""
    parameters = (6, 7, 8, 80, 95, 100)
    cell = gemmi.UnitCell(*parameters)
    true = _general_model(8, 3, cell)
    merged = simulated("P -1", parameters, true, [1] * 8, noise=1.0)
    result = refine(merged, _shaken(true, cell, 0.02), RefinementOptions(weights=Weights(0.0, 0.0)))
    assert result.figures.goof == pytest.approx(1.0, abs=0.1)
    assert result.model.sigma_frac is not None
    ratio = (result.model.frac - true.frac) / result.model.sigma_frac
    assert float(np.sqrt((ratio**2).mean())) == pytest.approx(1.0, abs=0.35)


def test_uncertainties_do_not_depend_on_the_scale_of_the_sigmas() -> None:
    """They are multiplied by the goodness of fit, which tells how wrong the sigmas are."""
    parameters = (6, 7, 8, 80, 95, 100)
    cell = gemmi.UnitCell(*parameters)
    true = _general_model(4, 3, cell)
    merged = simulated("P -1", parameters, true, [1] * 4, noise=1.0)
    options = RefinementOptions(weights=Weights(0.0, 0.0))
    one = refine(merged, _shaken(true, cell, 0.02), options)
    other = refine(replace(merged, sigma=2 * merged.sigma), one.model, options)
    assert other.figures.goof == pytest.approx(one.figures.goof / 2, rel=1e-3)
    assert one.model.sigma_frac is not None
    assert other.model.sigma_frac == pytest.approx(one.model.sigma_frac, rel=1e-3)
    misfit = (((merged.value - one.calculated) / merged.sigma) ** 2).sum()
    freedom = len(merged) - (4 * 9 + 1)
    assert one.figures.goof == pytest.approx(np.sqrt(misfit / freedom))


def test_uncertainties_of_coordinates_that_depend_on_each_other() -> None:
    """On a mirror plane of P-3m1 an atom is at x, 2x, z, or at x, −x, z."""
    parameters = (7, 7, 6, 90, 90, 120)
    frac = np.array([[0.15, 0.3, 0.2], [0.4, 0.8, 0.7]])
    true = AsymmetricUnit.isotropic(("S", "O"), frac, 0.03)
    merged = simulated("P -3 m 1", parameters, true, [2, 2], noise=1.0)
    result = refine(merged, true, RefinementOptions(weights=Weights(0.0, 0.0)))
    sigma = result.model.sigma_frac
    assert sigma is not None
    assert sigma[:, 1] == pytest.approx(2 * sigma[:, 0])
    assert (sigma[:, 2] > 0).all()


def test_leaves_atoms_isotropic_where_data_do_not_suffice() -> None:
    parameters = (6, 7, 8, 80, 95, 100)
    cell = gemmi.UnitCell(*parameters)
    true = _general_model(10, 4, cell)
    merged = simulated("P -1", parameters, true, [1] * 10, d_min=1.5)
    result = refine(merged, _shaken(true, cell, 0.02))
    assert not result.model.is_anisotropic.any()


def test_hydrogen_moves_with_its_parent() -> None:
    parameters = (6, 7, 8, 80, 95, 100)
    cell = gemmi.UnitCell(*parameters)
    true = _general_model(5, 6, cell)
    start = _shaken(true, cell, 0.02)
    hydrogen = start.frac[0] + [0.1, 0.0, 0.0]
    start = AsymmetricUnit.isotropic((*start.elements, "H"), [*start.frac, hydrogen], 0.03)
    start.parent[5] = 0
    merged = simulated("P -1", parameters, true, [1] * 5)
    result = refine(merged, start)
    assert result.model.frac[5] - result.model.frac[0] == pytest.approx([0.1, 0, 0])
    assert result.model.u_iso[5] == pytest.approx(1.2 * result.model.u_iso[0])


def test_trial_of_carbon_atoms_ranks_sites_by_their_electrons() -> None:
    parameters = (7, 8, 9, 90, 100, 90)
    cell = gemmi.UnitCell(*parameters)
    elements = ("C", "S", "O", "C", "N", "Cl")
    true = AsymmetricUnit.isotropic(elements, np.random.default_rng(7).random((6, 3)), 0.03)
    merged = simulated("P 1 21/c 1", parameters, true, [1] * 6)
    data = prepare(merged)
    start = _shaken(true, cell, 0.05).frac
    trial = refine_trial(data, ["C"] * 6, start, cycles=12, occupancies=True, scale=3.7)
    assert sorted(np.argsort(trial.electrons)[-2:]) == [1, 5]
    assert list(np.argsort(trial.electrons[[0, 2, 4]])) == [0, 2, 1]  # C, N, O
    assert trial.r1 < 0.1
    assert refine_trial(data, elements, start, cycles=12).r1 < 0.005
    assert refine_trial(data, elements, start, cycles=12, on_amplitudes=True).r1 < 0.005


def test_trial_stays_finite_when_most_atoms_are_wrong() -> None:
    parameters = (7, 8, 9, 90, 100, 90)
    true = _general_model(8, 8, gemmi.UnitCell(*parameters))
    merged = simulated("P 1 21/c 1", parameters, true, [1] * 8)
    wrong = np.random.default_rng(9).random((16, 3))
    trial = refine_trial(prepare(merged), ["S"] * 16, wrong, cycles=10, occupancies=True)
    assert np.isfinite(trial.model.frac).all()
    assert 0.2 < trial.r1 < 0.8
    assert np.all(trial.model.u_iso > 0)


def _perovskite() -> AsymmetricUnit:
    """CsSnCl3, whose chlorine atoms move most across Sn-Cl bonds."""
    sites = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.0, 0.5, 0.5))
    model = AsymmetricUnit.isotropic(("Cs", "Sn", "Cl"), sites, (0.085, 0.035, 0.14))
    u = np.array([[0.085] * 3 + [0.0] * 3, [0.035] * 3 + [0.0] * 3, [0.1, 0.16, 0.16, 0, 0, 0]])
    return replace(model, u_aniso=u)


def _with_extinction(merged: MergedIntensities, x: float, wavelength: float) -> MergedIntensities:
    """Intensities reduced by SHELXL's formula: Fc² / √(1 + 0.001 x Fc² λ³ / sin 2θ)."""
    theta = np.arcsin(wavelength / 2 / merged.d)
    per_x = 0.001 * merged.value / 3.7 * wavelength**3 / np.sin(2 * theta)
    factor = 1 / np.sqrt(1 + x * per_x)
    value, sigma = merged.value * factor, merged.sigma * factor
    return replace(merged, value=value, sigma=sigma, wavelength=wavelength)


def test_few_data_suffice_for_u_of_atoms_on_special_positions() -> None:
    """They are 4 U and a scale, against 27 parameters of three atoms at general positions."""
    true = _perovskite()
    merged = simulated("P m -3 m", (5.56, 5.56, 5.56, 90, 90, 90), true, [48, 48, 16], d_min=0.8)
    assert 25 < len(merged) < 5 * 27
    start = AsymmetricUnit.isotropic(true.elements, true.frac, 0.05)
    result = refine(merged, start)
    assert result.model.u_aniso == pytest.approx(true.u_aniso, abs=1e-3)


def test_weights_do_not_hide_extinction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflection_data, "dispersion", lambda *_: (0.0, 0.0))
    true = _perovskite()
    parameters = (5.56, 5.56, 5.56, 90, 90, 90)
    exact = simulated("P m -3 m", parameters, true, [48, 48, 16], d_min=0.78, noise=1.0)
    weak = _with_extinction(exact, 0.07, 0.71073)
    result = refine(weak, AsymmetricUnit.isotropic(true.elements, true.frac, 0.05))
    assert result.figures.extinction == pytest.approx(0.07, rel=0.3)
    assert result.figures.extinction_sigma < 0.02
    none = refine(
        replace(exact, wavelength=0.71073),
        AsymmetricUnit.isotropic(true.elements, true.frac, 0.05),
    )
    assert none.figures.extinction == 0


def test_recovers_extinction(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = (6, 7, 8, 80, 95, 100)
    cell = gemmi.UnitCell(*parameters)
    true = _general_model(6, 2, cell)
    merged = simulated("P -1", parameters, true, [1] * 6, noise=1.0)
    wavelength, x = 1.54184, 0.05
    theta = np.arcsin(wavelength / 2 / merged.d)
    # The simulation has no dispersion.
    monkeypatch.setattr(reflection_data, "dispersion", lambda *_: (0.0, 0.0))
    result = refine(_with_extinction(merged, x, wavelength), _shaken(true, cell, 0.02))
    assert result.figures.extinction == pytest.approx(x, rel=0.2)
    exact = simulated("P -1", parameters, true, [1] * 6)
    per_x = 0.001 * exact.value / 3.7 * wavelength**3 / np.sin(2 * theta)
    slight = 1e-3 / per_x.max()  # to first order
    value = exact.value * (1 - 0.5 * slight * per_x)
    data = prepare(replace(exact, value=value, wavelength=wavelength))
    start = Parameters(true, data, Freedom())
    estimate, _ = extinction_estimate(
        least_squares(State(true), start, Weights(0.0, 0.0), cycles=0), data
    )
    assert estimate == pytest.approx(slight, rel=0.1)
    none = refine(replace(merged, wavelength=wavelength), _shaken(true, cell, 0.02))
    assert none.figures.extinction == 0


def test_recovers_the_fraction_of_a_twin() -> None:
    parameters = (8, 8, 7, 90, 90, 120)
    cell = gemmi.UnitCell(*parameters)
    true = _general_model(5, 11, cell)
    merged = simulated("P 31", parameters, true, [1] * 5)
    law = ((0, 1, 0), (1, 0, 0), (0, 0, -1))
    every = {tuple(h): value for h, value in zip(*_expanded(merged), strict=True)}
    mates = np.array([every[tuple(h)] for h in merged.hkl @ np.array(law).T])
    twinned = replace(merged, value=0.7 * merged.value + 0.3 * mates)
    start = _shaken(true, cell, 0.02)
    options = RefinementOptions(twin_law=law, weights=Weights(0.0, 0.0), extinction=False)
    result = refine(twinned, start, options)
    assert result.figures.twin_fraction == pytest.approx(0.3, abs=1e-3)
    assert result.figures.r1 < 2e-3
    parameters_of_true = Parameters(true, prepare(twinned), Freedom())
    outcome = least_squares(State(true), parameters_of_true, Weights(0.0, 0.0), cycles=0)
    trial = best_twin_law(outcome, [law])
    assert trial is not None
    assert trial.fraction == pytest.approx(0.3, abs=0.02)
    single = replace(options, twin_law=None, twin_laws=())
    assert refine(twinned, start, single).figures.r1 > 0.05
    found = refine(twinned, start, replace(options, twin_law=None))
    assert found.figures.twin_fraction == pytest.approx(0.3, abs=1e-3)
    assert refine(merged, start, replace(options, twin_law=None)).figures.twin_law is None


def _expanded(merged: MergedIntensities) -> tuple[list[tuple[int, ...]], list[float]]:
    """All equivalents with Friedel mates, and their intensities."""
    hkl, value = [], []
    for h, i in zip(merged.hkl, merged.value, strict=True):
        for op in merged.spacegroup.operations().sym_ops:
            image = np.array(op.apply_to_hkl([int(n) for n in h]))
            hkl += [tuple(image.tolist()), tuple((-image).tolist())]
            value += [float(i)] * 2
    return hkl, value


def test_neutron_data_refine_hydrogen_like_other_atoms() -> None:
    parameters = (6, 7, 8, 80, 95, 100)
    cell = gemmi.UnitCell(*parameters)
    heavy = _general_model(4, 12, cell)
    frac = np.concatenate([heavy.frac, np.add(heavy.frac[:2], [0.12, 0.05, 0.0])])
    true = AsymmetricUnit.isotropic((*heavy.elements, "H", "D"), frac, 0.04)
    x_ray = simulated("P -1", parameters, true, [1] * 6)
    f = _neutron_factors(x_ray.hkl, cell, true)
    merged = replace(x_ray, value=f**2, sigma=0.02 * f**2 + 0.01, radiation="neutron")
    result = refine(merged, _shaken(true, cell, 0.02), RefinementOptions(hydrogens=True))
    assert result.figures.r1 < 0.002
    assert result.model.is_anisotropic.all()
    assert result.model.frac == pytest.approx(true.frac, abs=2e-4)


def test_neutrons_show_hydrogen_atoms_as_holes() -> None:
    parameters = (7, 8, 9, 90, 100, 90)
    cell = gemmi.UnitCell(*parameters)
    heavy = AsymmetricUnit.isotropic(
        ("C", "C", "N", "O"),
        [[0.1, 0.1, 0.1], [0.35, 0.4, 0.2], [0.7, 0.2, 0.4], [0.75, 0.75, 0.6]],
        0.02,
    )
    bond = np.linalg.solve(np.array(cell.orth.mat.tolist()), [0.6, 0.8, 0.3])  # 1.04 Å
    hydrogens = heavy.frac[:3] + bond
    elements = (*heavy.elements, *["H"] * 3)
    true = AsymmetricUnit.isotropic(elements, np.concatenate([heavy.frac, hydrogens]), 0.03)
    x_ray = simulated("P -1", parameters, true, [1] * 7, d_min=0.7)
    f = _neutron_factors(x_ray.hkl, cell, true)
    merged = replace(x_ray, value=f**2, sigma=0.02 * f**2 + 0.01, radiation="neutron")
    result = refine(merged, _shaken(heavy, cell, 0.02), RefinementOptions(hydrogens=True))
    assert result.model.elements == elements
    apart = result.model.frac[4:][:, None] - hydrogens[None]
    assert np.abs(apart).max(axis=2).min(axis=0) == pytest.approx([0, 0, 0], abs=1e-3)
    assert result.figures.r1 < 0.002


def _neutron_factors(hkl: np.ndarray, cell: gemmi.UnitCell, model: AsymmetricUnit) -> np.ndarray:
    """|F| in P-1: 2 Σ b T cos 2πh·x."""
    lengths = np.array([gemmi.Element(e).neutron92.get_coefs()[0] for e in model.elements])
    s2 = cell.calculate_1_d2_array(hkl) / 4
    thinning = np.exp(-8 * np.pi**2 * np.outer(s2, model.u_iso))
    waves = np.cos(2 * np.pi * hkl @ model.frac.T)
    return np.abs(2 * (waves * thinning) @ lengths)


def test_stops_soon_after_it_is_cancelled() -> None:
    parameters = (6, 7, 8, 80, 95, 100)
    true = _general_model(6, 2, gemmi.UnitCell(*parameters))
    merged = simulated("P -1", parameters, true, [1] * 6)
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        refine(merged, true, RefinementOptions(), cancelled)
    assert len(asked) == 3
