"""Contours as the views show them."""

import gc
import weakref

import numpy as np
import pytest

from patterson_gui.crystal.surfaces import isosurface
from patterson_gui.gui.contouring import Wish, contoured

from .scenes import TRICLINIC, blob


def test_a_contour_knows_what_was_asked_and_the_scale_of_its_map() -> None:
    density = blob()
    wish = Wish(density, 2.0, 5)
    answer = contoured(wish)
    assert answer.wish is wish
    assert answer.rmsd == density.rmsd
    assert answer.highest == pytest.approx(density.grid.max() / density.rmsd)
    assert answer.spacing == pytest.approx(12 / 32)
    assert answer.ball.centre == pytest.approx((6.0, 6.0, 6.0), abs=0.1)


def test_contours_are_finer_than_the_grid_and_at_the_same_level() -> None:
    density = blob(cell=TRICLINIC, width=1.5)
    mesh = contoured(Wish(density, 2.0, 1)).mesh
    assert len(mesh.vertices) > 1.3 * len(isosurface(density, 2.0 * density.rmsd).vertices)
    to_frac = np.linalg.inv(np.array(TRICLINIC.orth.mat.tolist()))
    values = density.value_at(mesh.vertices.astype(float) @ to_frac.T)
    assert values == pytest.approx(np.full(len(values), 2.0 * density.rmsd), abs=0.02)


def test_maps_no_longer_shown_are_let_go() -> None:
    density = blob()
    contoured(Wish(density, 2.0, 1))
    gone = weakref.ref(density)
    del density
    gc.collect()
    assert gone() is None
