"""Sites from Harker peaks: what is open, other sites, and what cannot be."""

import gemmi
import numpy as np
import pytest

from patterson_gui.app.sites.from_peaks import peak_solutions
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.errors import UserError
from tests.app.conftest import WorkbenchDriver
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
