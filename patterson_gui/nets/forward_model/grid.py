"""The grid on which a network works in a given cell."""

import math

from torch import Tensor

from patterson_gui.crystal.cells import smooth_multiple
from patterson_gui.nets.forward_model.synthesis import Shape


def grid_for(edges: Tensor, spacing: float, multiple: int) -> Shape:
    """The coarsest grid (nu, nv, nw) whose points lie at most `spacing` Å apart along each axis.

    Every side is even, a multiple of `multiple`, and a product of 2, 3 and 5.

    Parameters
    ----------
    edges : (3,) a, b, c, Å.
    multiple : `Network.multiple`; itself a product of 2, 3 and 5.
    """
    factor = math.lcm(2, multiple)
    nu, nv, nw = (
        smooth_multiple(max(1, math.ceil(edge / spacing - 1e-6)), factor) for edge in edges.tolist()
    )
    return nu, nv, nw
