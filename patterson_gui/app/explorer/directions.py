"""Moves the present latent along the principal directions of the known crystals."""

from dataclasses import replace

from patterson_gui.app.explorer.decoding import Decoding, Source
from patterson_gui.app.explorer.known_crystals import KnownCrystals


class Directions:
    """Coordinates are in standard deviations of the known crystals, from their mean."""

    def __init__(self, decoding: Decoding, known_crystals: KnownCrystals) -> None:
        self._decoding = decoding
        self._known_crystals = known_crystals

    def set_coordinate(self, direction: int, value: float) -> None:
        """Move the present latent to a coordinate along one direction."""
        known = self._known_crystals.map
        latent, base = self._decoding.latent, self._decoding.base
        if known is None or latent is None or base is None:
            return
        coordinates = known.place(latent.vector)
        coordinates[direction] = value
        name = f"{base.name.removesuffix(', moved')}, moved"
        moved = replace(latent, vector=known.moved(latent.vector, coordinates), name=name)
        self._decoding.go_to(moved, Source.MOVED, base=False)

    def reset(self, direction: int | None = None) -> None:
        """Bring one direction back to where it began; None: all of them."""
        base = self._decoding.base
        if base is None:
            return
        start = self._known_crystals.coordinates(base)
        if direction is None or start is None:
            self._decoding.go_back_to(base)
        else:
            self.set_coordinate(direction, float(start[direction]))
        self._decoding.find_atoms()
