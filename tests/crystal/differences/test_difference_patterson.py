"""Difference Patterson maps have their peaks at the vectors between known heavy atoms."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.differences.anomalous import anomalous_differences
from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.friedel_pairs import friedel_pairs
from patterson_gui.crystal.differences.isomorphous import (
    isomorphous_differences,
    scaled_derivative,
)
from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
from patterson_gui.crystal.maps.peaks import find_peaks
from patterson_gui.errors import UserError
from tests.crystal.differences.simulated import (
    CELL,
    GROUP,
    simulated,
    structure,
    structure_factors,
)


def harker_vectors(site: np.ndarray) -> np.ndarray:
    """(3, 3) vectors between a site and its images by the three screw axes."""
    images = [
        np.array(op.apply_to_xyz(site.tolist())) for op in list(GROUP.operations().sym_ops)[1:]
    ]
    return np.array([(site - image) % 1.0 for image in images])


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Å between two vectors, as near as the symmetry m m m of the map brings them."""
    signs = np.array([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)])
    offset = one * signs - other
    offset -= np.rint(offset)
    return float(np.linalg.norm(offset @ orthogonalization(CELL).T, axis=1).min())


def anomalous() -> tuple[Differences, np.ndarray]:
    truth = simulated(d_min=2.8, n_light=150, n_heavy=1)
    hkl = np.concatenate([truth.hkl, -truth.hkl])
    f = np.abs(np.concatenate([truth.plus, truth.minus]))
    found = anomalous_differences(friedel_pairs(hkl, f, 0 * f + 0.2, "amplitude", CELL, GROUP))
    return found, truth.sites[0]


def isomorphous() -> tuple[Differences, np.ndarray]:
    hkl = np.array(gemmi.make_miller_array(CELL, GROUP, 2.8), dtype=np.int32)
    derivative = structure(n_light=200, n_heavy=1)
    site = np.array(derivative.sites[0].fract.tolist())
    native = structure(n_light=200, n_heavy=1)
    native.sites = native.sites[1:]
    native.setup_cell_images()
    pairs = [
        friedel_pairs(hkl, f, 0 * f + 0.2, "amplitude", CELL, GROUP)
        for f in (np.abs(structure_factors(crystal, hkl, 0.0)) for crystal in (native, derivative))
    ]
    return isomorphous_differences(scaled_derivative(*pairs)), site


@pytest.mark.parametrize("make", [anomalous, isomorphous])
@pytest.mark.parametrize("sharpen", ["none", "e_values"])
def test_the_highest_peaks_are_the_harker_vectors(make, sharpen: str):
    found, site = make()
    settings = PattersonSettings(remove_origin=True, sharpen=sharpen)
    density = patterson(found.amplitudes(), settings)
    peaks = [peak for peak in find_peaks(density, 4, 1.0) if peak.length_A > 3.0][:3]
    vectors = harker_vectors(site)
    for peak in peaks:
        assert min(distance(peak.frac, vector) for vector in vectors) < 0.7


def test_a_low_resolution_limit_leaves_reflections_out():
    found, _ = isomorphous()
    data = found.amplitudes()
    whole = patterson(data, PattersonSettings())
    cut = patterson(data, PattersonSettings(d_min=3.0, d_max=8.0))
    kept = data.select((data.d >= 3.0) & (data.d <= 8.0))
    np.testing.assert_allclose(
        cut.value_at(np.array([[0.0, 0.0, 0.0], [0.1, 0.2, 0.3]])),
        patterson(kept, PattersonSettings()).value_at(np.array([[0.0, 0.0, 0.0], [0.1, 0.2, 0.3]])),
        rtol=1e-3,
    )
    assert cut.grid[0, 0, 0] < whole.grid[0, 0, 0]
    with pytest.raises(UserError, match="No reflection lies within the resolution limits"):
        patterson(data, PattersonSettings(d_min=9.0, d_max=8.0))
