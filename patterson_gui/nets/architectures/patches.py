"""Split a grid into cubes of points that become channels (space to depth), and the reverse."""

from torch import Tensor


def to_patches(x: Tensor, side: int) -> Tensor:
    """(B, C, nu, nv, nw) → (nu / side, nv / side, nw / side, B, C side³)."""
    batch, channels, nu, nv, nw = x.shape
    x = x.reshape(batch, channels, nu // side, side, nv // side, side, nw // side, side)
    x = x.permute(2, 4, 6, 0, 1, 3, 5, 7)
    return x.reshape(*x.shape[:4], channels * side**3)


def from_patches(x: Tensor, side: int) -> Tensor:
    """(mu, mv, mw, B, C side³) → (B, C, mu side, mv side, mw side)."""
    mu, mv, mw, batch, _ = x.shape
    x = x.reshape(mu, mv, mw, batch, -1, side, side, side)
    x = x.permute(3, 4, 0, 5, 1, 6, 2, 7)
    return x.reshape(batch, -1, mu * side, mv * side, mw * side)


def space_to_depth(x: Tensor) -> Tensor:
    """(B, C, nu, nv, nw) → (B, 8 C, nu / 2, nv / 2, nw / 2): each 2³ cube becomes 8 channels."""
    b, c, nu, nv, nw = x.shape
    x = x.reshape(b, c, nu // 2, 2, nv // 2, 2, nw // 2, 2)
    return x.permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(b, 8 * c, nu // 2, nv // 2, nw // 2)


def depth_to_space(x: Tensor) -> Tensor:
    """The inverse of `space_to_depth`."""
    b, c, nu, nv, nw = x.shape
    x = x.reshape(b, c // 8, 2, 2, 2, nu, nv, nw)
    return x.permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(b, c // 8, 2 * nu, 2 * nv, 2 * nw)
