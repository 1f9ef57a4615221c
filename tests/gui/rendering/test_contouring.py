"""Contours as the views show them."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.maps.boxes import AROUND_ATOMS, Box, box_about
from patterson_gui.crystal.maps.surfaces import isosurface
from patterson_gui.gui.rendering.contouring import ContourRequest, SupersededError, compute_contour
from tests.gui.scenes import TRICLINIC, blob


def test_a_contour_holds_its_request_and_the_rmsd_of_its_map() -> None:
    density = blob()
    request = ContourRequest(density, 2.0, 5)
    answer = compute_contour(request)
    assert answer.request is request
    assert answer.rmsd == density.rmsd
    assert answer.highest == pytest.approx(density.grid.max() / density.rmsd)
    assert answer.spacing == pytest.approx(12 / 32)
    assert answer.bounds.centre == pytest.approx((6.0, 6.0, 6.0), abs=0.1)


def test_contours_are_finer_than_the_grid_and_at_the_same_level() -> None:
    density = blob(cell=TRICLINIC, width=1.5)
    mesh = compute_contour(ContourRequest(density, 2.0, 1)).mesh
    assert len(mesh.vertices) > 1.3 * len(isosurface(density, 2.0 * density.rmsd).vertices)
    to_frac = np.linalg.inv(np.array(TRICLINIC.orth.mat.tolist()))
    values = density.value_at(mesh.vertices.astype(float) @ to_frac.T)
    assert values == pytest.approx(np.full(len(values), 2.0 * density.rmsd), abs=0.02)


def test_draws_the_density_of_a_molecule_across_a_cell_face_in_one_piece() -> None:
    axes = 12.0 * np.eye(3)
    at_face = np.array([[11.5, 6.0, 6.0]])
    box = box_about(at_face, axes)
    assert box.lower == (0.0, 0.0, 0.0)
    assert box.upper == pytest.approx(((11.5 + AROUND_ATOMS) / 12, 1.0, 1.0))
    density = blob(centre=(11.5 / 12, 0.5, 0.5), width=0.4)
    mesh = compute_contour(ContourRequest(density, 6.0, 1, box)).mesh
    near = mesh.vertices[mesh.vertices[:, 0] > 6.0]
    centre = near.min(axis=0) / 2 + near.max(axis=0) / 2
    assert centre == pytest.approx([11.5, 6.0, 6.0], abs=0.1)
    assert near[:, 0].max() > 12.0


def test_resampled_maps_are_freed_with_their_map() -> None:
    density = blob()
    compute_contour(ContourRequest(density, 2.0, 1))
    gone = weakref.ref(density)
    del density
    gc.collect()
    assert gone() is None


def test_density_beyond_the_cell_is_drawn_around_the_atoms_there() -> None:
    density = blob(centre=(0.0, 0.5, 0.5), width=0.8)
    atoms = np.array([[12.0, 6.0, 6.0]])
    cell = compute_contour(ContourRequest(density, 2.0, 1)).mesh
    beyond = compute_contour(
        ContourRequest(density, 2.0, 1, atoms=atoms, reach=3.0, beyond=True)
    ).mesh
    assert cell.vertices[:, 0].max() <= 12.0 + 1e-4
    assert beyond.vertices[beyond.lines.ravel()][:, 0].max() > 13.0
    # The other half of the blob, at the origin, has no atom in front of the cell.
    assert beyond.vertices[beyond.lines.ravel()][:, 0].min() >= -1e-4


def test_a_draft_has_planes_twice_as_far_apart_at_the_same_level() -> None:
    density = blob(cell=TRICLINIC, width=1.5)
    full = ContourRequest(density, 2.0, 1)
    draft = compute_contour(replace(full, is_draft=True))
    assert draft.spacing == pytest.approx(2 * compute_contour(full).spacing)
    to_frac = np.linalg.inv(np.array(TRICLINIC.orth.mat.tolist()))
    values = density.value_at(draft.mesh.vertices.astype(float) @ to_frac.T)
    assert values == pytest.approx(np.full(len(values), 2.0 * density.rmsd), abs=0.05)


def test_only_boxes_with_many_grid_points_have_a_draft() -> None:
    density = blob()  # 32³ points when sampled finely
    assert not ContourRequest(density, 2.0, 1).is_large
    assert ContourRequest(density, 2.0, 1, Box(upper=(2.0, 2.0, 2.0))).is_large


def test_a_request_that_is_not_wanted_any_more_is_given_up() -> None:
    answers = iter([True, True, False])
    request = ContourRequest(blob(), 2.0, 1, is_wanted=lambda: next(answers))
    with pytest.raises(SupersededError):
        compute_contour(request)
    assert not list(answers)
