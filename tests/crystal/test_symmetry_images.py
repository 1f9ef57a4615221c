"""Images of positions against gemmi."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.symmetry_images import symmetry_images, unique_images


@pytest.mark.parametrize("name", ["P 1", "P 21 21 21", "C 1 2 1", "P 31 2 1", "R 3 :R", "F d -3 m"])
def test_images_are_those_of_gemmi(name: str) -> None:
    operations = gemmi.SpaceGroup(name).operations()
    frac = np.random.default_rng(0).uniform(-2, 2, (5, 3))
    expected = [[op.apply_to_xyz(list(x)) for x in frac] for op in operations]
    images = symmetry_images(frac, operations)
    np.testing.assert_allclose(images, expected, atol=1e-12)
    np.testing.assert_array_equal(images[0], frac)


def test_each_image_of_a_special_position_is_there_once():
    group = gemmi.SpaceGroup("P m m m")
    assert len(unique_images(np.array([0.1, 0.2, 0.3]), group)) == 8
    assert len(unique_images(np.array([0.5, 0.2, 0.3]), group)) == 4
    assert unique_images(np.array([0.0, 0.0, 0.0]), group).tolist() == [[0.0, 0.0, 0.0]]
