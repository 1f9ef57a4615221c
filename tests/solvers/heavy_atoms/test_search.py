"""Sites of heavy atoms in several space groups, and no sites where there are none."""

import gemmi
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.differences.heavy_atoms import FoundSites, SiteSearchSettings
from patterson_gui.crystal.sites.other_origins import other_hand
from patterson_gui.crystal.sites.permissible_origins import permissible_origins
from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.heavy_atoms.search import find_sites

SETTINGS = SiteSearchSettings("Hg")


def errors(found: FoundSites, truth: np.ndarray) -> np.ndarray:
    """Å from each site to the true one, for the origin and the hand that fit best."""
    group, metric = found.spacegroup, orthogonalization(found.cell)
    images = symmetry_images(truth, group.operations())
    polar = polar_directions(group)
    best = np.full(len(found), np.inf)
    for sites in (found.frac, other_hand(found.frac, group)):
        for shift in permissible_origins(group):
            moves = [np.zeros(3)]
            if len(polar):
                first = (images.reshape(-1, 3) - (sites + shift)[0]) @ np.linalg.pinv(polar)
                moves = list(first @ polar)
            for move in moves:
                apart = (sites + shift + move)[:, None, None] - images[None]
                apart -= np.round(apart)
                length = np.linalg.norm(apart @ metric.T, axis=-1).min(axis=1)
                rows, columns = linear_sum_assignment(length)
                if length[rows, columns].sum() < best.sum():
                    best = length[rows, columns]
    return best


@pytest.mark.parametrize(
    ("group", "edges", "n", "kind"),
    [
        ("P 1", (30, 34, 38, 80, 85, 95), 2, "isomorphous"),
        ("C 1 2 1", (60, 40, 45, 90, 105, 90), 2, "anomalous"),
        ("P 21 21 21", (36, 42, 48, 90, 90, 90), 2, "anomalous"),
        ("R 3:H", (60, 60, 45, 90, 90, 120), 2, "anomalous"),
        ("P 43 21 2", (42, 42, 40, 90, 90, 90), 1, "isomorphous"),
    ],
)
def test_finds_all_sites(simulate, group, edges, n, kind) -> None:
    differences, truth = simulate(group, edges, n, kind, d_min=3.5)
    found = find_sites(differences, SETTINGS)
    assert len(found) == n
    assert errors(found, truth).max() < 0.5


def test_finds_no_sites_in_shuffled_differences(simulate) -> None:
    differences, _ = simulate("P 21 21 21", (30, 34, 40, 90, 90, 90), 2, d_min=3.5)
    order = np.random.default_rng(1).permutation(len(differences))
    mixed = type(differences)(
        differences.kind, differences.hkl, differences.value[order], differences.sigma,
        differences.cell, differences.spacegroup,
    )  # fmt: skip
    found = find_sites(mixed, SETTINGS)
    assert len(found) == 0
    assert "No site stands out" in found.reason


def test_finds_no_more_sites_than_asked_for(simulate) -> None:
    differences, _ = simulate("P 21 21 21", (30, 34, 40, 90, 90, 90), 2, d_min=3.5)
    assert len(find_sites(differences, SiteSearchSettings("Hg", n=1))) == 1


def test_stops_when_cancelled(simulate) -> None:
    differences, _ = simulate("P 21 21 21", (30, 34, 40, 90, 90, 90), 1, d_min=3.5)
    with pytest.raises(Cancelled):
        find_sites(differences, SETTINGS, cancelled=lambda: True)


def test_rejects_too_few_differences(simulate) -> None:
    differences, _ = simulate("P 21 21 21", (40, 50, 60, 90, 90, 90), 1)
    few = differences.select(np.arange(len(differences)) < 20)
    with pytest.raises(UserError, match="too few"):
        find_sites(few, SETTINGS)


def test_enantiomorphic_groups_have_each_other_as_the_other_hand() -> None:
    from patterson_gui.crystal.sites.other_origins import enantiomorph

    pairs = {"P 41": "P 43", "P 61 2 2": "P 65 2 2", "P 21 21 21": "P 21 21 21", "I 41": "I 41"}
    for name, other in pairs.items():
        assert enantiomorph(gemmi.SpaceGroup(name)).hm == other
