"""Which part of the crystal the views draw: bounds of the map, a radius about the cursor, copies
of the model."""

from dataclasses import dataclass, replace

from patterson_gui.errors import UserError

LEAST_BOUND, LARGEST_BOUND = -1.0, 2.0
LEAST_WIDTH = 0.05  # of a cell edge
RADII = (4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0)  # Å
_FIRST_RADIUS = 15.0

Bounds = tuple[float, float, float]


@dataclass(frozen=True)
class ShownPart:
    """The part of the crystal that is drawn.

    Attributes
    ----------
    lower, upper : bounds of the maps along a, b, c, fractional, −1 … 2.
    radius : Å about the cursor within which maps are drawn; None: everywhere in the bounds.
    copies : whether every symmetry copy of the model whose middle lies in the bounds is drawn.

    Raises
    ------
    UserError : a bound lies outside −1 … 2, or a lower one is not below its upper one.
    """

    lower: Bounds = (0.0, 0.0, 0.0)
    upper: Bounds = (1.0, 1.0, 1.0)
    radius: float | None = None
    copies: bool = False

    def __post_init__(self) -> None:
        for axis, low, high in zip("abc", self.lower, self.upper, strict=True):
            if not (low >= LEAST_BOUND and high <= LARGEST_BOUND):
                raise UserError(
                    f"The bounds along {axis}, {low:g} to {high:g}, reach beyond −1 … 2: "
                    "choose bounds in this range."
                )
            if high - low < LEAST_WIDTH:
                raise UserError(
                    f"The lower bound along {axis}, {low:g}, is not below the upper one, "
                    f"{high:g}: choose a smaller one."
                )

    @property
    def is_cell(self) -> bool:
        """Whether the bounds are those of one cell."""
        return self.lower == (0.0, 0.0, 0.0) and self.upper == (1.0, 1.0, 1.0)

    def with_radius_changed(self, steps: int) -> "ShownPart":
        """With a larger (`steps` > 0) or a smaller radius. Beyond the largest one maps are drawn
        everywhere again; the first smaller one is 15 Å."""
        if self.radius is None:
            return self if steps > 0 else replace(self, radius=_FIRST_RADIUS)
        if steps > 0:
            larger = [radius for radius in RADII if radius > self.radius + 1e-6]
            return replace(self, radius=larger[0] if larger else None)
        smaller = [radius for radius in RADII if radius < self.radius - 1e-6]
        return replace(self, radius=smaller[-1]) if smaller else self
