import gemmi
import numpy as np

from patterson_gui.crystal.maps.masks import ball_mask


def test_ball_mask_holds_exactly_the_points_within_the_radius():
    cell, shape = gemmi.UnitCell(9, 10, 11, 70, 110, 100), (18, 20, 24)
    centres = np.random.default_rng(0).random((5, 3))
    mask = ball_mask(cell, shape, centres, 2.0)
    for i, j, k in np.random.default_rng(1).integers(0, 18, (300, 3)):
        frac = gemmi.Fractional(i / 18, j / 20, k / 24)
        near = min(
            cell.find_nearest_pbc_image(frac, gemmi.Fractional(*c), 0).dist() for c in centres
        )
        if abs(near - 2.0) > 1e-6:
            assert mask[i, j, k] == (near < 2.0)
