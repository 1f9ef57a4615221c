import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.io.resources import resources_folder

MODEL = resources_folder() / "examples" / "1yjp.pdb"


def test_amplitudes_of_a_fragment_agree_with_gemmi():
    crystal = pg.fragment(MODEL, "A:2-3", d_min=2.0)
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    for hkl, f in list(zip(crystal.amplitudes.hkl, crystal.amplitudes.f, strict=True))[::50]:
        expected = calculator.calculate_sf_from_model(crystal.model[0], hkl.tolist())
        assert f == pytest.approx(abs(expected), abs=0.05)


def test_takes_a_file_a_crystal_or_a_structure():
    of_file = pg.fragment(MODEL, "A:2-3")
    of_crystal = pg.fragment(pg.open(MODEL), "A:2-3")
    of_structure = pg.fragment(gemmi.read_structure(str(MODEL)), "A:2-3")
    np.testing.assert_array_equal(of_file.amplitudes.f, of_crystal.amplitudes.f)
    np.testing.assert_array_equal(of_file.amplitudes.f, of_structure.amplitudes.f)


def test_an_automatic_cell_is_the_extent_plus_a_margin():
    crystal = pg.fragment(MODEL, "A:2-4", cell="auto", margin=4.0)
    positions = np.array([cra.atom.pos.tolist() for cra in crystal.model[0].all()])
    edges = np.ceil(np.ptp(positions, axis=0) + 4.0)
    assert crystal.cell.parameters[:3] == pytest.approx(tuple(edges))


def test_a_b_factor_of_zero_gives_the_scattering_of_atoms_at_rest():
    crystal = pg.fragment(MODEL, "A:2-3", b=0, d_min=2.0)
    assert {cra.atom.b_iso for cra in crystal.model[0].all()} == {0.0}
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    expected = [
        abs(calculator.calculate_sf_from_model(crystal.model[0], hkl.tolist()))
        for hkl in crystal.amplitudes.hkl[::50]
    ]
    np.testing.assert_allclose(crystal.amplitudes.f[::50], expected, atol=0.05)
    assert np.all(crystal.amplitudes.f[::50] > 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"cell": "small"}, "cell must be an edge in Å or 'auto'"),
        ({"cell": 0}, "cell must be larger than 0 Å"),
        ({"b": -1}, "b must be at least 0 Å²"),
        ({"residues": 10}, "residues must be text"),
        ({"residues": "A:700-701"}, "700"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(arguments, words):
    with pytest.raises(pg.UserError, match=words):
        pg.fragment(MODEL, **arguments)
