import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.sites.permissible_origins import inverted_origins, permissible_origins
from patterson_gui.crystal.vectors.harker_sites import sites_from_harker_vectors
from patterson_gui.errors import UserError
from tests.crystal.vectors.test_interatomic import CELLS

SITE = np.array([0.1234, 0.3217, 0.2718])


def harker_vectors(group: gemmi.SpaceGroup) -> list[np.ndarray]:
    """x − (R x + t) for each operation but the identity, by gemmi."""
    every = [np.array(op.apply_to_xyz(SITE.tolist())) for op in group.operations().sym_ops]
    return [SITE - image for image in every[1:]]


def is_the_site(frac: np.ndarray, group: gemmi.SpaceGroup, open_axes: list[int]) -> bool:
    """Whether a position is SITE up to symmetry, origin and hand, without some coordinates."""
    places = [frac + s for s in permissible_origins(group)]
    places += [s - frac for s in inverted_origins(group)]
    for place in places:
        for op in group.operations():
            d = np.array(op.apply_to_xyz(place.tolist())) - SITE
            d = np.delete(d - np.rint(d), open_axes)
            if np.abs(d).max(initial=0.0) < 1e-3:
                return True
    return False


@pytest.mark.parametrize(("name", "cell", "polar"), [
    ("P 1 21 1", "monoclinic", [1]), ("C 1 2 1", "monoclinic", [1]),
    ("P 21 21 21", "orthorhombic", []), ("P 43 21 2", "tetragonal", []),
    ("P 31 2 1", "hexagonal", []), ("R 3:H", "hexagonal", [2]), ("P 61 2 2", "hexagonal", []),
    ("P -1", "triclinic", []), ("P 1 21/c 1", "monoclinic", []), ("I 2 3", "cubic", []),
])  # fmt: skip
def test_all_harker_vectors_of_an_atom_give_its_site(
    name: str, cell: str, polar: list[int]
) -> None:
    group = gemmi.SpaceGroup(name)
    every = harker_vectors(group)  # the first ones may all be of one axis
    vectors = [every[0], every[-1], every[len(every) // 2]]
    sites = sites_from_harker_vectors(vectors, gemmi.UnitCell(*CELLS[cell]), group)
    right = [s for s in sites if s.misfit < 1e-6 and is_the_site(s.frac, group, polar)]
    assert right
    assert right[0].determined == (not polar)


def test_one_vector_of_p212121_leaves_one_coordinate_open() -> None:
    group, cell = gemmi.SpaceGroup("P 21 21 21"), gemmi.UnitCell(*CELLS["orthorhombic"])
    u = np.array([2 * SITE[0], -0.5, 2 * SITE[2] - 0.5])  # of −x, y + 1/2, 1/2 − z
    (site,) = sites_from_harker_vectors(u, cell, group)
    assert site.free == pytest.approx(np.array([[0.0, 1.0, 0.0]])) or site.free == pytest.approx(
        np.array([[0.0, -1.0, 0.0]])
    )


def test_a_peak_near_its_section_gives_the_nearest_site_and_its_misfit() -> None:
    group, cell = gemmi.SpaceGroup("P 1 21 1"), gemmi.UnitCell(30, 40, 50, 90, 100, 90)
    (site,) = sites_from_harker_vectors([0.2, 0.49, 0.6], cell, group)
    assert site.misfit == pytest.approx(0.4, abs=1e-6)  # 0.01 of b = 40 Å
    shifts = permissible_origins(group)
    near = np.array([0.1, 0.0, 0.3]) + shifts - site.frac
    also = -np.array([0.1, 0.0, 0.3]) + shifts - site.frac
    left = np.concatenate([near, also])[:, [0, 2]]
    assert np.abs(left - np.rint(left)).max(axis=1).min() < 1e-6


@pytest.mark.parametrize(("vectors", "name", "says"), [
    ([[0.1, 0.2, 0.3]], "P 1", "has no Harker sections"),
    ([[0.1, 0.2, 0.3]], "P 21 21 21", "from every Harker section"),
    ([[0.5, 0.1, 0.2], [0.31, 0.5, 0.4]], "P 21 21 21", "No site explains these 2 vectors"),
])  # fmt: skip
def test_what_cannot_be_solved_is_a_sentence(
    vectors: list[list[float]], name: str, says: str
) -> None:
    cell = gemmi.UnitCell(30, 40, 50, 90, 90, 90)
    with pytest.raises(UserError, match=says):
        sites_from_harker_vectors(vectors, cell, gemmi.SpaceGroup(name))
