import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
from patterson_gui.crystal.maps.peaks import Peak, find_peaks
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.vectors.interatomic import InteratomicVectors, interatomic_vectors
from patterson_gui.crystal.vectors.matching import Matches, match_peaks
from patterson_gui.errors import UserError

CELL = gemmi.UnitCell(21, 26, 31, 90, 104, 90)
GROUP = gemmi.SpaceGroup("P 1 21 1")
SITES = np.array([[0.11, 0.0, 0.23], [0.34, 0.21, 0.71]])


@pytest.fixture(scope="module")
def example() -> tuple[DensityMap, tuple[Peak, ...], InteratomicVectors, Matches]:
    """Two equal atoms: the map from the sum of their waves, its peaks and the vectors."""
    hkl = gemmi.make_miller_array(CELL, GROUP, 2.0)
    images = [op.apply_to_xyz(x.tolist()) for op in GROUP.operations() for x in SITES]
    waves = np.exp(2j * np.pi * hkl @ np.array(images).T).sum(axis=1)
    f = np.abs(waves) * np.exp(-8.0 * CELL.calculate_1_d2_array(hkl) / 4)
    data = Amplitudes(hkl=hkl, f=f.astype(np.float32), cell=CELL, spacegroup=GROUP)
    density = patterson(data, PattersonSettings(spacing=0.5))
    atoms = AsymmetricUnit.isotropic(("Au", "Au"), SITES)
    vectors = interatomic_vectors(atoms, CELL, GROUP)
    peaks = find_peaks(density, 10)
    return density, peaks, vectors, match_peaks(density, peaks, vectors)


def test_every_high_peak_is_explained_and_every_vector_has_its_peak(example) -> None:
    _density, peaks, vectors, matches = example
    assert len(vectors) == 4  # two Harker vectors, two between the atoms
    assert sorted(matches.peak.tolist()) == [1, 2, 3, 4]  # 0 is the origin
    assert matches.residual.max() < 0.15
    places = np.array([p.frac for p in peaks])[matches.peak]
    apart = (matches.place - places) @ np.array(CELL.orth.mat.tolist()).T
    assert np.linalg.norm(apart, axis=1) == pytest.approx(matches.residual, abs=1e-6)
    assert matches.explained[1:5].all()
    assert not matches.explained[5:].any()
    assert not matches.explained[0]
    assert all(matches.peak[matches.of_peak(i)].tolist() == [i] for i in (1, 2, 3, 4))


def test_the_height_of_a_peak_is_the_weight_of_its_vectors(example) -> None:
    """All atoms are alike, so P(u) / P(0) is the weight over the sum of Z² in the cell."""
    _density, peaks, _vectors, matches = example
    of_origin = 4 * 79.0**2
    ratios = [p.height / peaks[0].height for p in peaks[1:5]]
    assert ratios == pytest.approx((matches.weight[1:5] / of_origin).tolist(), abs=0.06)
    assert (matches.value > 5).all()


def test_a_peak_across_the_border_of_the_cell_is_near(example) -> None:
    density, _peaks, vectors, _matches = example
    u = vectors.frac[0].copy()
    moved = vectors.select(np.array([0]))
    near = Peak(1.0, 9.0, tuple((u - 0.01 / np.array(CELL.parameters[:3])) % 1.0), 1.0, 2)
    matches = match_peaks(density, [near], moved)
    assert matches.peak.tolist() == [0]
    assert matches.residual[0] == pytest.approx(0.0155, abs=0.003)


def test_a_distance_that_is_none_is_a_sentence(example) -> None:
    density, peaks, vectors, _matches = example
    with pytest.raises(UserError, match="no distance for a match"):
        match_peaks(density, peaks, vectors, within=0.0)
