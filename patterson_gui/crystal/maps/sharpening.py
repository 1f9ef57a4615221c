"""Methods to sharpen a Patterson map, for the window, the command line and the API."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.wilson import normalised
from patterson_gui.errors import UserError

B_REMOVED = 10.0  # Å², the usual B of sharpenings that take one
_STEEPEST = 25.0  # largest exponent of a sharpening; above, few reflections dominate

# From the data and B (Å²) to sharpened squared amplitudes, (n,) float64.
Sharpen = Callable[[Amplitudes, float], NDArray[np.float64]]


@dataclass(frozen=True)
class Sharpening:
    """One method to sharpen.

    Attributes
    ----------
    title : name in the window.
    help : description on the command line.
    squared : function that calculates the coefficients of the map.
    takes_b : whether it uses B.
    keeps_scale : whether the map of absolute amplitudes is in e²/Å³.
    short : short name, for scripts and the command line.
    """

    title: str
    help: str
    squared: Sharpen
    takes_b: bool = False
    keeps_scale: bool = True
    short: str | None = None


def intensities(data: Amplitudes, b: float) -> NDArray[np.float64]:
    """(n,) |F|², in the squared units of the amplitudes."""
    return data.f.astype(np.float64) ** 2


def squared_e_values(data: Amplitudes, b: float) -> NDArray[np.float64]:
    """(n,) |E|², without a unit."""
    return np.asarray(normalised(data), dtype=np.float64) ** 2


def with_lower_b(data: Amplitudes, b: float) -> NDArray[np.float64]:
    """(n,) |F|² exp(2 b s²), s² = 1/(4d²), as if the B of every atom were lower by `b` Å².

    Raises
    ------
    UserError : so large a `b` would leave only the reflections of highest resolution.
    """
    exponent = b * data.d**-2.0 / 2.0
    if np.ptp(exponent) > _STEEPEST:
        raise UserError(
            f"Sharpening by {b:g} Å² is too much for data to {data.d_min:.2f} Å: "
            "only noise would remain. Choose a smaller B."
        )
    return np.asarray(intensities(data, b) * np.exp(exponent))


SHARPENINGS = {
    "none": Sharpening("None", "no sharpening", intensities),
    "e_values": Sharpening(
        "E values", "use normalised amplitudes |E|", squared_e_values, keeps_scale=False, short="E"
    ),
    "b_factor": Sharpening(
        "By B factor", "lower the B of all atoms by --b", with_lower_b, takes_b=True, short="B"
    ),
}
"""All methods to sharpen, by name. To add one, add an entry."""

SHARPENING_NAMES = {name: name for name in SHARPENINGS} | {
    sharpening.short: name for name, sharpening in SHARPENINGS.items() if sharpening.short
}
"""The name of each sharpening by its name and by its short name."""

WITH_B = " or ".join(name for name, sharpening in SHARPENINGS.items() if sharpening.takes_b)
"""The names of the sharpenings that take B, for help and messages."""
