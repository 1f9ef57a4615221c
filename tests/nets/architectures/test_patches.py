"""Conversion between cubes of grid points and channels."""

import torch

from patterson_gui.nets.architectures.patches import (
    depth_to_space,
    from_patches,
    space_to_depth,
    to_patches,
)


def test_eight_channels_hold_the_points_of_each_cube() -> None:
    maps = torch.randn(2, 3, 8, 12, 10)
    deep = space_to_depth(maps)
    assert deep.shape == (2, 24, 4, 6, 5)
    assert torch.equal(deep[:, 1], maps[:, 0, ::2, ::2, 1::2])
    assert torch.equal(deep[:, 8 + 6], maps[:, 1, 1::2, 1::2, ::2])
    assert torch.equal(depth_to_space(deep), maps)


def test_channels_of_patches_come_last() -> None:
    maps = torch.randn(2, 3, 9, 12, 6)
    patches = to_patches(maps, 3)
    assert patches.shape == (3, 4, 2, 2, 3 * 27)
    assert torch.equal(patches[1, 2, 0, 1, 27 + 5], maps[1, 1, 3, 6 + 1, 2])
    assert torch.equal(from_patches(patches, 3), maps)
