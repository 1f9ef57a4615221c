"""Sites from Harker peaks: what is open, other sites, and what cannot be."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.patterson_maps import difference_patterson
from patterson_gui.app.sites.from_peaks import peak_solutions
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.maps.peaks import find_peaks
from patterson_gui.crystal.sections.peak_sections import with_harker_sections
from patterson_gui.crystal.sites.permissible_origins import inverted_origins, permissible_origins
from patterson_gui.errors import UserError
from patterson_gui.io.opening.differences import read_differences
from tests.app.workbench_driver import WorkbenchDriver
from tests.crystal.vectors.test_common_origin import (
    CELL,
    FIRST,
    MONOCLINIC,
    SECOND,
    least_distance,
    map_of,
)

GROUP = gemmi.SpaceGroup("P 21 21 21")


def harker(site: np.ndarray, operation: int) -> tuple[float, float, float]:
    """The vector from a site to its image."""
    u, v, w = site - GROUP.operations().sym_ops[operation].apply_to_xyz(site.tolist())
    return float(u), float(v), float(w)


def test_one_peak_leaves_a_coordinate_open() -> None:
    density = map_of(CELL, "P 21 21 21", FIRST)
    for operation in (1, 2, 3):
        (first, *_) = peak_solutions([harker(FIRST, operation)], density, GROUP, ())
        (name,) = (n for n, u in zip("xyz", harker(FIRST, operation), strict=True)
                   if abs(abs(u) - 0.5) < 1e-6)  # fmt: skip
        # The screw axis along x makes u = ½, and tells y and z.
        assert first.open.startswith(f"{name} open")
        assert first.how == f"Harker peaks, {name} open"
        assert first.lowest is None


def test_two_peaks_give_the_whole_site() -> None:
    density = map_of(CELL, "P 21 21 21", FIRST)
    solutions = peak_solutions([harker(FIRST, 1), harker(FIRST, 2)], density, GROUP, ())
    assert solutions[0].open == ""
    assert solutions[0].misfit < 0.01


def test_a_second_site_is_on_the_origin_of_the_first() -> None:
    density = map_of(CELL, "P 21 21 21", FIRST, SECOND)
    first = tuple(FIRST.tolist())
    peaks = [harker(SECOND, 1), harker(SECOND, 2)]
    best = peak_solutions(peaks, density, GROUP, (first,))[0]
    assert best.lowest is not None
    assert best.lowest > 2
    assert least_distance(CELL, "P 21 21 21", np.array(best.frac), SECOND) < 0.05
    best = peak_solutions(peaks[:1], density, GROUP, (first,))[0]
    assert "by cross vectors" in best.how
    assert least_distance(CELL, "P 21 21 21", np.array(best.frac), SECOND) < 0.6


def test_a_polar_axis_leaves_the_origin_free() -> None:
    group = gemmi.SpaceGroup("P 1 21 1")
    density = map_of(MONOCLINIC, "P 1 21 1", FIRST)
    u = (2 * FIRST[0], 0.5, 2 * FIRST[2])
    (solution, *_) = peak_solutions([u], density, group, ())
    assert solution.open == "y: any value, the origin is free along it."


def test_a_peak_on_no_harker_section_is_refused() -> None:
    density = map_of(CELL, "P 21 21 21", FIRST)
    with pytest.raises(UserError, match="choose a peak on one of them"):
        peak_solutions([(0.21, 0.17, 0.13)], density, GROUP, ())


def test_the_workbench_tells_that_a_group_has_no_harker_sections(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    from_peaks = driver.workbench.sites_from_peaks
    assert from_peaks.blocked(1) == "Open a file first."
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert "tab Peaks" in str(from_peaks.blocked(0))
    assert from_peaks.blocked(1) is None
    from_peaks.solve([(0.1, 0.2, 0.3)], lambda _: None)
    driver.wait_until_idle()
    assert "has no Harker sections" in driver.errors()[0]


@pytest.fixture(scope="module")
def heavy(shared_data: Path) -> Path:
    folder = shared_data / "heavy" / "toxd"
    if not folder.is_dir():
        pytest.skip("the derivatives of toxd (../shared/data/heavy/toxd) are not here")
    return folder / "toxd.mtz"


def measured_map(path: Path, derivative: str) -> DensityMap:
    read = read_differences(path, "isomorphous", derivative=derivative, native="FTOXD3")
    return difference_patterson(read, PattersonSettings())


def equivalent_distance(density: DensityMap, one: np.ndarray, other: np.ndarray) -> float:
    """Å between two sites, whatever origin and hand they have."""
    places = [*(one + permissible_origins(GROUP)), *(inverted_origins(GROUP) - one)]
    return min(least_distance(density.cell, GROUP.xhm(), x, other) for x in places)


def test_two_measured_peaks_give_the_known_site(heavy: Path) -> None:
    density = measured_map(heavy, "FMM11")
    peaks = with_harker_sections(find_peaks(density, 20, 1.0), density, GROUP)
    on_v, on_w = (
        next(p for p in peaks if p.harker == (label,)) for label in ("u, ½, w", "u, v, ½")
    )
    solution = peak_solutions([on_v.frac, on_w.frac], density, GROUP, ())[0]
    assert solution.open == ""
    truth = np.array([0.178, 0.292, 0.100])  # of a difference map with phases of the model
    assert equivalent_distance(density, np.array(solution.frac), truth) < 0.5


def test_a_measured_second_site_is_brought_to_the_origin_of_the_first(heavy: Path) -> None:
    density = measured_map(heavy, "FAU20")
    first, second = np.array([[0.178, 0.104, 0.900], [0.722, 0.354, 0.100]])
    # Harker vectors of the second site, as measured to a hundredth.
    peaks = [tuple(np.round(harker(second, n), 2).tolist()) for n in (1, 2)]
    others = (tuple(first.tolist()),)
    best = peak_solutions(peaks, density, GROUP, others)[0]
    assert least_distance(density.cell, GROUP.xhm(), np.array(best.frac), second) < 0.6
