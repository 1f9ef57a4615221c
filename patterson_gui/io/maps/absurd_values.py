"""Values of maps that no map has: what is damaged is refused before anything is calculated."""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError

_LARGEST = 1e15  # in any units: squares of such values still fit into 32 bits


def refuse_absurd_values(values: NDArray[np.float32] | NDArray[np.float64], name: str) -> None:
    """Refuse a map, called `name`, with values of any shape beyond ±10¹⁵.

    Raises
    ------
    UserError : it has such values.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest > _LARGEST:
        raise UserError(
            f"{name} contains absurd values (up to {largest:.1g}): it is damaged; get it again."
        )
