"""Which part of the crystal the views draw: bounds of the map, a radius about the cursor, copies
of the model, and the slab between a near and a far plane."""

from dataclasses import dataclass, replace

from patterson_gui.errors import UserError

LEAST_BOUND, LARGEST_BOUND = -1.0, 2.0
LEAST_WIDTH = 0.05  # of a cell edge
RADII = (4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0)  # Å
FIRST_RADIUS = 15.0
THICKNESSES = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 60.0)  # Å
_FIRST_THICKNESS = 20.0
FARTHEST_SLAB = 1000.0  # Å from the middle of the view

Bounds = tuple[float, float, float]
Slab = tuple[float, float]


@dataclass(frozen=True)
class ShownPart:
    """The part of the crystal that is drawn.

    Attributes
    ----------
    lower, upper : bounds of the maps along a, b, c, fractional, −1 … 2.
    radius : Å about the cursor within which maps are drawn; None: everywhere in the bounds.
    copies : whether every symmetry copy of the model whose middle lies in the bounds is drawn.
    slab : how far the near plane lies in front of the middle of the view, and the far one behind
        it, Å; negative on the other side. Only what is between them is drawn; None: everything.

    Raises
    ------
    UserError : a bound lies outside −1 … 2, or a lower one is not below its upper one; the far
        plane is not behind the near one.
    """

    lower: Bounds = (0.0, 0.0, 0.0)
    upper: Bounds = (1.0, 1.0, 1.0)
    radius: float | None = None
    copies: bool = False
    slab: Slab | None = None

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

        if self.slab is not None:
            front, back = self.slab
            in_range = abs(front) <= FARTHEST_SLAB and abs(back) <= FARTHEST_SLAB
            if not (in_range and front + back >= THICKNESSES[0] - 1e-6):
                raise UserError(
                    f"A slab from {front:g} Å in front of the middle to {back:g} Å behind it is "
                    f"not possible: make it at least {THICKNESSES[0]:g} Å thick."
                )

    @property
    def is_cell(self) -> bool:
        """Whether the bounds are those of one cell."""
        return self.lower == (0.0, 0.0, 0.0) and self.upper == (1.0, 1.0, 1.0)

    def with_radius_changed(self, steps: int, first: float = FIRST_RADIUS) -> "ShownPart":
        """With a larger (`steps` > 0) or a smaller radius. Beyond the largest one maps are drawn
        everywhere again; the `first` one, where there is none yet, is in Å."""
        if self.radius is None:
            return self if steps > 0 else replace(self, radius=first)
        if steps > 0:
            larger = [radius for radius in RADII if radius > self.radius + 1e-6]
            return replace(self, radius=larger[0] if larger else None)
        smaller = [radius for radius in RADII if radius < self.radius - 1e-6]
        return replace(self, radius=smaller[-1]) if smaller else self

    def with_slab_changed(self, steps: int) -> "ShownPart":
        """With a thicker (`steps` > 0) or a thinner slab, its middle in place. Thicker than the
        largest, everything is drawn again; the first thinner one is 20 Å about the middle."""
        if self.slab is None:
            half = _FIRST_THICKNESS / 2
            return self if steps > 0 else replace(self, slab=(half, half))
        front, back = self.slab
        thickness = front + back
        if steps > 0:
            others = [one for one in THICKNESSES if one > thickness + 1e-6]
        else:
            others = [one for one in reversed(THICKNESSES) if one < thickness - 1e-6]
        if not others:
            return replace(self, slab=None) if steps > 0 else self
        more = (others[0] - thickness) / 2
        return replace(self, slab=(front + more, back + more))

    def with_slab_moved(self, steps: int) -> "ShownPart":
        """With the slab a quarter of its thickness nearer to the viewer (`steps` > 0) or farther
        away."""
        if self.slab is None:
            return self
        front, back = self.slab
        shift = steps * (front + back) / 4
        if max(abs(front + shift), abs(back - shift)) > FARTHEST_SLAB:
            return self
        return replace(self, slab=(front + shift, back - shift))
