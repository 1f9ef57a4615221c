"""The line between two latents, A and B, and the place on it."""

from psygnal import Signal

from patterson_gui.app.explorer.decoding import Decoding, Source
from patterson_gui.crystal.materials.latent import Latent, between


class Line:
    """Attributes are read freely and set by the methods alone.

    Attributes
    ----------
    ends : the latents A and B; None where an end is not set.
    fraction : place on the line, from A (0) to B (1).
    """

    changed = Signal()

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding
        self.ends: tuple[Latent | None, Latent | None] = (None, None)
        self.fraction = 0.0

    def clear(self) -> None:
        """Remove both ends."""
        self.ends, self.fraction = (None, None), 0.0
        self.changed.emit()

    @property
    def has_current(self) -> bool:
        """Whether the present latent lies on the line."""
        decoding = self._decoding
        return decoding.source is Source.BETWEEN or decoding.latent in self.ends

    def set_end(self, end: int) -> None:
        """Make the present latent one end of the line: 0 for A, 1 for B."""
        latent = self._decoding.latent
        if latent is None:
            return
        first, last = self.ends
        self.ends = (latent, last) if end == 0 else (first, latent)
        self.fraction = float(end)
        self.changed.emit()

    def swap_ends(self) -> None:
        first, last = self.ends
        self.ends, self.fraction = (last, first), 1.0 - self.fraction
        self.changed.emit()

    def move_to(self, fraction: float) -> None:
        """Go to a place on the line, from A (0) to B (1)."""
        first, last = self.ends
        if first is None or last is None:
            return
        self.fraction = min(max(fraction, 0.0), 1.0)
        end = {0.0: first, 1.0: last}.get(self.fraction)
        if end is not None:
            self._decoding.go_back_to(end)
        else:
            self._decoding.go_to(between(first, last, self.fraction), Source.BETWEEN)
