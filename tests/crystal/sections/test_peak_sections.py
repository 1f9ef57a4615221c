import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.patterson import patterson_group
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.harker import harker_sections
from patterson_gui.crystal.sections.peak_sections import harker_distances, with_harker_sections

CELLS = {"P 21 21 21": (30, 40, 50, 90, 90, 90), "P 43 21 2": (40, 40, 70, 90, 90, 90),
         "P 1 21/c 1": (20, 30, 40, 90, 110, 90), "R 3:H": (60, 60, 80, 90, 90, 120)}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_the_vectors_of_an_atom_to_its_images_lie_on_harker_sections(name: str) -> None:
    group, cell = gemmi.SpaceGroup(name), gemmi.UnitCell(*CELLS[name])
    x = np.array([0.123, 0.217, 0.331])
    images = [np.array(op.apply_to_xyz(x.tolist())) for op in group.operations().sym_ops][1:]
    vectors = np.array([x - image for image in images])
    distance = harker_distances(vectors, cell, group)
    # The inversion of a centrosymmetric group puts its vectors anywhere.
    general = [(np.array(op.rot) == -24 * np.eye(3)).all() for op in group.operations().sym_ops][1:]
    assert distance.min(axis=1)[~np.array(general)] == pytest.approx(0.0, abs=1e-6)
    assert harker_distances(np.array([[0.11, 0.23, 0.31]]), cell, group).min() > 0.5


def test_the_distance_to_a_plane_is_in_angstroms() -> None:
    group, cell = gemmi.SpaceGroup("P 1 21 1"), gemmi.UnitCell(20, 30, 40, 90, 110, 90)
    distance = harker_distances(np.array([[0.2, 0.52, 0.3], [0.2, -0.48, 0.3]]), cell, group)
    assert distance == pytest.approx(np.full((2, 1), 0.6))


def test_the_distance_to_a_line_is_across_it() -> None:
    group, cell = gemmi.SpaceGroup("P 1 2/m 1"), gemmi.UnitCell(20, 30, 40, 90, 90, 90)
    labels = [s.label for s in harker_sections(group)]
    line = labels.index("0, v, 0")
    distance = harker_distances(np.array([[0.05, 0.3, 0.0], [0.0, 0.7, 0.95]]), cell, group)
    assert distance[:, line] == pytest.approx([1.0, 2.0])


def test_peaks_are_labelled_and_the_origin_is_not() -> None:
    group, cell = gemmi.SpaceGroup("P 21 21 21"), gemmi.UnitCell(30, 40, 50, 90, 90, 90)
    grid = np.zeros((12, 16, 20), dtype=np.float32)
    density = DensityMap(grid, cell, patterson_group(group), MapKind.PATTERSON, 2.0)
    peaks = [
        Peak(9.0, 30.0, (0.0, 0.0, 0.0), 0.0, 1, is_origin=True),
        Peak(2.0, 9.0, (0.5, 0.2, 0.3), 20.0, 4),
        Peak(1.0, 5.0, (0.51, 0.5, 0.3), 25.0, 4),
        Peak(1.0, 5.0, (0.2, 0.3, 0.1), 15.0, 8),
    ]
    labelled = with_harker_sections(peaks, density, group)
    assert [p.harker for p in labelled] == [(), ("½, v, w",), ("½, v, w", "u, ½, w"), ()]
