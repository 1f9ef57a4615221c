"""Refinement of sites that a user has."""

import math
from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.heavy_atoms.refine_given import refine_given_sites

EDGES = (36.0, 42.0, 48.0, 90.0, 90.0, 90.0)


def given(frac: np.ndarray) -> list[HeavySite]:
    return [HeavySite("Hg", tuple(each), 1.0, 0.0, math.nan) for each in frac.tolist()]


def test_sites_move_to_their_places_and_keep_their_order(simulate) -> None:
    differences, truth = simulate("P 21 21 21", EDGES, 2, d_min=3.5)
    start = truth[::-1] + 0.4 / np.array(EDGES[:3])
    refined = refine_given_sites(differences, given(start))
    frac = np.array([site.frac for site in refined.sites])
    apart = frac - truth[::-1]
    lengths = np.linalg.norm(
        (apart - np.round(apart)) @ orthogonalization(differences.cell).T, axis=1
    )
    assert lengths.max() < 0.25
    assert refined.moved == pytest.approx((0.7, 0.7), abs=0.3)
    assert refined.sites[0].occupancy < refined.sites[1].occupancy == 1.0
    assert all(site.score > 10.0 for site in refined.sites)
    assert refined.score > 20.0


def test_a_site_that_explains_nothing_has_a_low_score(simulate) -> None:
    differences, truth = simulate("P 21 21 21", EDGES, 1, d_min=3.5)
    wrong = (truth[0] + [0.21, 0.13, 0.17]) % 1.0
    refined = refine_given_sites(differences, given(np.stack([truth[0], wrong])))
    assert refined.sites[0].score > 20.0
    assert refined.sites[1].score < 5.0


def test_stops_when_cancelled(simulate) -> None:
    differences, truth = simulate("P 21 21 21", EDGES, 1, d_min=3.5)
    with pytest.raises(Cancelled):
        refine_given_sites(differences, given(truth), lambda: True)


def test_refuses_a_list_without_an_occupied_site(simulate) -> None:
    differences, truth = simulate("P 21 21 21", EDGES, 1, d_min=3.5)
    empty = [replace(site, occupancy=0.0) for site in given(truth)]
    for sites in ([], empty):
        with pytest.raises(UserError, match="no site with an occupancy above 0"):
            refine_given_sites(differences, sites)
