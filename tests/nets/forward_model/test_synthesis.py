"""Structure factors and maps in batches, compared with gemmi."""

import gemmi
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.nets.forward_model.synthesis import (
    AtomBatch,
    Shape,
    density_from,
    form_factors,
    inverse_d2,
    patterson_from,
    structure_factors,
)

CELLS = [(12.0, 12.0, 12.0, 90.0, 90.0, 90.0), (11.0, 13.0, 14.5, 75.0, 98.0, 112.0)]
NUMBERS = [[6, 7, 8, 6, 16, 6, 0], [8, 6, 6, 34, 7, 15, 6]]
SHAPE: Shape = (24, 28, 30)


def batch(b_iso: float = 20.0) -> AtomBatch:
    generator = torch.Generator().manual_seed(4)
    return AtomBatch(
        positions=3.0 * torch.randn(2, 7, 3, generator=generator),
        numbers=torch.tensor(NUMBERS),
        cells=torch.tensor(CELLS),
        b_iso=torch.full((2,), b_iso),
    )


def as_gemmi(atoms: AtomBatch, i: int) -> gemmi.Structure:
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(*atoms.cells[i].tolist())
    structure.spacegroup_hm = "P 1"
    middle = structure.cell.orthogonalize(gemmi.Fractional(0.5, 0.5, 0.5))
    residue = gemmi.Residue()
    for position, number in zip(atoms.positions[i], atoms.numbers[i], strict=True):
        if number == 0:
            continue
        atom = gemmi.Atom()
        atom.element = gemmi.Element(int(number))
        atom.pos = gemmi.Position(*position.tolist()) + middle
        atom.b_iso = float(atoms.b_iso[i])
        residue.add_atom(atom)
    chain, model = gemmi.Chain("A"), gemmi.Model(1)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    return structure


def half_spectrum_hkl(shape: Shape) -> NDArray[np.int32]:
    h, k = (np.fft.fftfreq(n, 1 / n).astype(np.int32) for n in shape[:2])
    mesh = np.meshgrid(h, k, np.arange(shape[2] // 2 + 1, dtype=np.int32), indexing="ij")
    return np.stack(mesh, axis=-1)


@pytest.mark.parametrize("i", [0, 1])
def test_structure_factors_equal_the_direct_sum_in_a_cube_and_in_a_triclinic_cell(i: int) -> None:
    atoms = batch()
    ours = structure_factors(atoms, SHAPE, 1.5)[i].numpy()
    structure = as_gemmi(atoms, i)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    hkl = half_spectrum_hkl(SHAPE)
    d = structure.cell.calculate_d_array(hkl.reshape(-1, 3)).reshape(hkl.shape[:-1])
    kept = np.isfinite(d) & (d >= 1.5)
    theirs = np.array(
        [calculator.calculate_sf_from_model(structure[0], h.tolist()) for h in hkl[kept]]
    )
    assert np.abs(ours[kept] - theirs).max() < 1e-4 * np.abs(theirs).max()
    assert not ours[~kept].any()


def test_inverse_d2_equals_that_of_gemmi() -> None:
    atoms = batch()
    ours = inverse_d2(atoms.cells, SHAPE)[1].numpy()
    hkl = half_spectrum_hkl(SHAPE).reshape(-1, 3)
    theirs = gemmi.UnitCell(*CELLS[1]).calculate_1_d2_array(hkl)
    np.testing.assert_allclose(ours.ravel(), theirs, rtol=2e-5, atol=1e-7)


def test_density_equals_the_transform_of_gemmi() -> None:
    atoms = batch()
    f = structure_factors(atoms, SHAPE, 1.5)
    ours = density_from(f, atoms.volume, SHAPE)[1].numpy()
    hkl = half_spectrum_hkl(SHAPE)
    data = gemmi.ComplexAsuData(
        gemmi.UnitCell(*CELLS[1]),
        gemmi.SpaceGroup("P 1"),
        hkl.reshape(-1, 3),
        f[1].numpy().reshape(-1).astype(np.complex64),
    )
    theirs = data.transform_f_phi_to_map(exact_size=SHAPE).array
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_density_of_one_atom_peaks_at_the_atom() -> None:
    atoms = AtomBatch(
        positions=torch.tensor([[[1.5, -2.0, 3.0]]]),
        numbers=torch.tensor([[8]]),
        cells=torch.tensor([CELLS[0]]),
        b_iso=torch.tensor([10.0]),
    )
    shape: Shape = (24, 24, 24)
    rho = density_from(structure_factors(atoms, shape, 1.5), atoms.volume, shape)[0]
    peak = np.unravel_index(int(rho.argmax()), shape)
    assert peak == (12 + 3, 12 - 4, 12 + 6)


def test_patterson_is_the_autocorrelation_of_the_density() -> None:
    atoms = batch()
    f = structure_factors(atoms, SHAPE, 1.5)
    rho = density_from(f, atoms.volume, SHAPE)[1].numpy().astype(np.float64)
    ours = patterson_from(f.abs(), atoms.volume, SHAPE)[1].numpy()
    voxel = float(atoms.volume[1]) / rho.size
    for shift in ((0, 0, 0), (3, 5, 1), (20, 2, 9)):
        by_hand = (rho * np.roll(rho, [-s for s in shift], axis=(0, 1, 2))).sum() * voxel
        assert ours[shift] == pytest.approx(by_hand, abs=1e-4 * float(ours.max()))


@pytest.mark.parametrize("name", ["H", "C", "N", "O", "P", "S", "Fe", "Se"])
def test_form_factors_match_gemmi_and_equal_the_atomic_number_at_zero_angle(name: str) -> None:
    element = gemmi.Element(name)
    s2 = torch.linspace(0.0, 0.4, 9)
    ours = form_factors(torch.tensor([element.atomic_number]), s2)[0].numpy()
    theirs = [element.it92.calculate_sf(float(s)) for s in s2]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert ours[0] == pytest.approx(element.atomic_number, rel=2e-3)


def test_rejects_an_element_without_a_tabulated_form_factor() -> None:
    with pytest.raises(UserError, match="Es \\(atomic number 99\\)"):
        form_factors(torch.tensor([6, 99]), torch.zeros(1))
