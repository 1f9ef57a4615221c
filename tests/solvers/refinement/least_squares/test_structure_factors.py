"""Calculated intensities against gemmi's direct summation; derivatives against differences."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.measured.intensities import MergedIntensities, Radiation
from patterson_gui.solvers.refinement.least_squares.reflection_data import TwinLaw, prepare
from patterson_gui.solvers.refinement.least_squares.structure_factors import Atoms, calculate

_WAVELENGTH = 1.54184
_ELEMENTS = ("C", "Fe", "O", "S", "Br", "N")
_CELLS = {
    "P 1": (6, 7, 8, 80, 95, 100),
    "P 1 21 1": (7, 8, 9, 90, 100, 90),
    "P 1 21/c 1": (7, 8, 9, 90, 100, 90),
    "F d d 2": (7, 8, 9, 90, 90, 90),
    "I 41/a:1": (7, 7, 9, 90, 90, 90),
    "P 32": (7, 7, 9, 90, 90, 120),
    "I a -3 d": (9, 9, 9, 90, 90, 90),
}
_GROUPS = tuple(_CELLS)


def _reflections(
    group: str, radiation: Radiation = "xray", wavelength: float | None = _WAVELENGTH
) -> MergedIntensities:
    spacegroup, cell = gemmi.SpaceGroup(group), gemmi.UnitCell(*_CELLS[group])
    hkl = np.array(list(np.ndindex(9, 9, 9)), dtype=np.int32) - 4
    hkl = hkl[(hkl != 0).any(axis=1)]
    hkl = hkl[~spacegroup.operations().systematic_absences(hkl)][::3]
    n = len(hkl)
    return MergedIntensities(
        hkl, np.ones(n), np.ones(n), np.ones(n, int), cell, spacegroup, False, wavelength, radiation
    )


def _atoms(seed: int = 0) -> Atoms:
    random = np.random.default_rng(seed)
    u = random.random((3, 6)) * 0.01
    u[:, :3] += 0.04
    return Atoms(
        _ELEMENTS,
        torch.tensor(random.random((6, 3))),
        torch.tensor(random.random(6)),
        torch.tensor(u),
        torch.tensor(random.random(3) * 0.05 + 0.02),
    )


def _gemmi_factors(atoms: Atoms, merged: MergedIntensities, f_prime: bool = False) -> np.ndarray:
    structure = gemmi.SmallStructure()
    structure.cell, structure.spacegroup = merged.cell, merged.spacegroup
    structure.setup_cell_images()
    for i, element in enumerate(atoms.elements):
        site = gemmi.SmallStructure.Site()
        site.element, site.type_symbol, site.label = gemmi.Element(element), element, f"{i}"
        site.fract = gemmi.Fractional(*atoms.frac[i].tolist())
        site.occ = float(atoms.weight[i])
        if i < len(atoms.u):
            site.aniso = gemmi.SMat33d(*atoms.u[i].tolist())
        else:
            site.u_iso = float(atoms.u_iso[i - len(atoms.u)])
        structure.add_site(site)
    calculators = {
        "xray": gemmi.StructureFactorCalculatorX,
        "electron": gemmi.StructureFactorCalculatorE,
        "neutron": gemmi.StructureFactorCalculatorN,
    }
    calculator = calculators[merged.radiation](structure.cell)
    if f_prime:
        energy = gemmi.hc / _WAVELENGTH
        for element in map(gemmi.Element, atoms.elements):
            calculator.addends.set(element, gemmi.cromer_liberman(element.atomic_number, energy)[0])
    return np.array(
        [
            calculator.calculate_sf_from_small_structure(structure, [int(i) for i in h])
            for h in merged.hkl[:25]
        ]
    )


@pytest.mark.parametrize("group", _GROUPS)
@pytest.mark.parametrize("radiation", ["xray", "electron", "neutron"])
def test_structure_factors_are_those_of_direct_summation(group: str, radiation: Radiation) -> None:
    merged = _reflections(group, radiation, None)
    f = calculate(_atoms(), prepare(merged, dtype=torch.float64)).f.numpy()
    expected = _gemmi_factors(_atoms(), merged)
    assert f[:25] == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("group", ["P 1 21 1", "P 1 21/c 1"])
def test_single_precision_suffices_for_a_refinement(group: str) -> None:
    merged = _reflections(group)
    exact = calculate(_atoms(), prepare(merged, dtype=torch.float64)).intensity
    single = calculate(_atoms(), prepare(merged)).intensity
    assert float((single - exact).abs().max() / exact.max()) < 2e-6


@pytest.mark.parametrize("group", ["P 1 21 1", "P 1 21/c 1", "F d d 2"])
def test_mean_of_friedel_mates_contains_dispersion(group: str) -> None:
    """With atoms of one element F is (f + f′ + if″) G; gemmi gives the part with f + f′."""
    atoms = replace(_atoms(), elements=("Br",) * 6)
    merged = replace(_reflections(group), friedel_merged=True)
    intensity = calculate(atoms, prepare(merged, dtype=torch.float64)).intensity[:25].numpy()
    real = np.abs(_gemmi_factors(atoms, merged, f_prime=True)) ** 2
    assert np.all(intensity >= real * (1 - 1e-6))
    # Br at 1.54 Å: f″ = 1.27; f + f′ is 29.5 at most.
    assert np.all((intensity - real) / real > 1.2**2 / 35**2)


@pytest.mark.parametrize("group", ["P 1", "P 1 21 1", "P 32"])
def test_friedel_mates_differ_by_the_sign_of_the_imaginary_part(group: str) -> None:
    merged = _reflections(group)
    atoms = _atoms()
    data = prepare(merged, dtype=torch.float64)
    mates = prepare(replace(merged, hkl=-merged.hkl), dtype=torch.float64)
    plus, minus = calculate(atoms, data), calculate(atoms, mates)
    assert plus.intensity.numpy() == pytest.approx(plus.f.abs().square().numpy())
    assert float((plus.intensity - minus.intensity).abs().max()) > 1.0
    inverted = calculate(atoms, data, inverted=1.0).intensity
    assert inverted.numpy() == pytest.approx(minus.intensity.numpy())
    mean = calculate(atoms, prepare(replace(merged, friedel_merged=True), dtype=torch.float64))
    assert mean.intensity.numpy() == pytest.approx(((plus.intensity + minus.intensity) / 2).numpy())


@pytest.mark.parametrize("group", _GROUPS)
@pytest.mark.parametrize("friedel_merged", [False, True])
def test_derivatives_are_limits_of_differences(group: str, friedel_merged: bool) -> None:
    merged = replace(_reflections(group), friedel_merged=friedel_merged)
    data, atoms = prepare(merged, dtype=torch.float64), _atoms()
    result = calculate(atoms, data, 0.2, derivatives=True, weights=True)
    assert result.rows is not None
    assert result.weight_rows is not None
    step = 1e-6

    def difference(name: str, index: tuple[int, ...]) -> torch.Tensor:
        ends = []
        for sign in (1, -1):
            values = getattr(atoms, name).clone()
            values[index] += sign * step
            ends.append(calculate(replace(atoms, **{name: values}), data, 0.2).intensity)
        return (ends[0] - ends[1]) / (2 * step)

    for j in range(6):
        first = j if j < 3 else 27 + (j - 3)
        pairs = [(first + 3 * axis, "frac", (j, axis)) for axis in range(3)]
        if j < 3:
            pairs += [(first + 9 + 3 * k, "u", (j, k)) for k in range(6)]
        else:
            pairs += [(first + 9, "u_iso", (j - 3,))]
        for row, name, index in pairs:
            largest = float(result.rows[row].abs().max())
            error = (difference(name, index) - result.rows[row]).abs().max()
            assert float(error) < 1e-6 * largest + 1e-6, (name, index)
        largest = float(result.weight_rows[j].abs().max())
        error = (difference("weight", (j,)) - result.weight_rows[j]).abs().max()
        assert float(error) < 1e-6 * largest


def test_twin_law_adds_the_indices_of_the_second_domain() -> None:
    merged = _reflections("P 32")
    law: TwinLaw = ((0, 1, 0), (1, 0, 0), (0, 0, -1))
    both = calculate(_atoms(), prepare(merged, dtype=torch.float64, twin_law=law)).intensity
    turned = replace(merged, hkl=(merged.hkl @ np.array(law).T).astype(np.int32))
    second = calculate(_atoms(), prepare(turned, dtype=torch.float64)).intensity
    assert both[len(merged) :].numpy() == pytest.approx(second.numpy())
