"""Doubts about sites: the scatter of refined positions, open coordinates, the other differences."""

from collections.abc import Callable

import numpy as np

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.solvers.heavy_atoms.doubts import doubts, uncertainties
from patterson_gui.solvers.heavy_atoms.expected_variance import (
    DifferenceSquares,
    difference_squares,
)
from patterson_gui.solvers.heavy_atoms.growth import losses
from patterson_gui.solvers.heavy_atoms.likelihood import refine
from patterson_gui.solvers.heavy_atoms.substructure import Substructure

EDGES = (40.0, 44.0, 50.0, 90.0, 90.0, 90.0)
SITES = np.array([[0.11, 0.23, 0.37], [0.31, 0.05, 0.12], [0.45, 0.33, 0.21], [0.2, 0.41, 0.08]])


def refined(data: DifferenceSquares, sites: np.ndarray) -> Substructure:
    n = len(sites)
    return refine(data, Substructure(sites.copy(), np.full(n, 0.2), np.ones(n), 10.0), 12)


def test_positions_scatter_as_their_uncertainty_says(simulate: Callable[..., tuple]) -> None:
    found, expected = [], []
    for seed in range(12):
        differences, _ = simulate("P 21 21 21", EDGES, 2, seed=seed, noise=0.8, sites=SITES[:2])
        data = difference_squares(differences)
        sites = refined(data, SITES[:2])
        shift = (sites.frac - SITES[:2]) @ orthogonalization(data.cell).T
        found.append((shift**2).max(axis=1))
        expected.append(uncertainties(data, sites) ** 2)
    # The largest of three squares is about twice the mean one.
    ratio = np.sqrt(np.mean(found, axis=0) / np.mean(expected, axis=0))
    assert (ratio > 0.6).all()
    assert (ratio < 1.8).all()


def test_a_polar_origin_does_not_make_positions_uncertain(simulate: Callable[..., tuple]) -> None:
    differences, _ = simulate("P 1 21 1", EDGES, 3, sites=SITES[:3])
    data = difference_squares(differences)
    assert uncertainties(data, refined(data, SITES[:3])).max() < 0.5


def test_a_coordinate_that_vectors_hardly_depend_on_is_uncertain(
    simulate: Callable[..., tuple],
) -> None:
    place = np.array([[0.25, 0.14, 0.5]])
    differences, _ = simulate("P 21 21 21", EDGES, 1, noise=0.8, sites=place)
    data = difference_squares(differences)
    sites = Substructure(place, np.array([0.3]), np.ones(1), 10.0)
    assert doubts(data, sites, np.array([50.0]), None) == (
        "Its position is hardly determined in one direction.",
    )


def test_a_site_that_the_anomalous_differences_do_not_show_is_doubtful(
    simulate: Callable[..., tuple],
) -> None:
    isomorphous, _ = simulate("P 21 21 21", EDGES, 4, sites=SITES)
    anomalous, _ = simulate("P 21 21 21", EDGES, 3, "anomalous", sites=SITES[:3])
    data, other = difference_squares(isomorphous), difference_squares(anomalous)
    sites = refined(data, SITES)
    reasons = doubts(data, sites, losses(data, sites), other)
    assert reasons[:3] == ("", "", "")
    assert "anomalous differences, which show the other sites, do not show it" in reasons[3]


def test_weak_differences_of_the_other_kind_raise_no_doubt(simulate: Callable[..., tuple]) -> None:
    isomorphous, _ = simulate("P 21 21 21", EDGES, 4, sites=SITES)
    noise, _ = simulate("P 21 21 21", EDGES, 4, "anomalous", sites=SITES, noise=20.0)
    data, other = difference_squares(isomorphous), difference_squares(noise)
    sites = refined(data, SITES)
    assert doubts(data, sites, losses(data, sites), other) == ("", "", "", "")
