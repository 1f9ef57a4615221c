"""Contour levels as a slider shows them; no Qt."""

import math

STEPS = 1000
HIGHEST_SHARE = 0.98  # of the map's maximum: above it there is nothing to see


class LevelScale:
    """From a slider's steps to levels, finer where levels are low.

    highest : the map's maximum, in its own units.
    rms : of the map, in the same units.
    """

    def __init__(self, highest, rms):
        self.rms = rms if rms > 0 else 1.0
        self.top = max(HIGHEST_SHARE * highest, 1e-9)
        self.bottom = min(0.05 * self.rms, 0.1 * self.top)

    def level(self, step):
        """The level of a step from 0 to STEPS."""
        share = min(max(step, 0), STEPS) / STEPS
        return self.bottom * (self.top / self.bottom) ** share

    def step(self, level):
        """The step nearest to a level."""
        inside = min(max(level, self.bottom), self.top)
        return round(STEPS * math.log(inside / self.bottom) / math.log(self.top / self.bottom))

    def text(self, level):
        """'0.82 (1.8 rms)'."""
        return f"{level:.3g} ({level / self.rms:.1f} rms)"


def our_volumes(session):
    """The maps of predictions that are open, in the order of their numbers."""
    found = [model for model in session.models.list() if hasattr(model, "patterson_item")]
    return sorted(found, key=lambda model: model.id or ())


def level_of(volume):
    """The level at which a map is contoured now, or None."""
    surfaces = volume.surfaces
    return surfaces[0].level if surfaces else None


def set_level(volume, level):
    """Contour a map at a level, in its own units."""
    volume.set_parameters(surface_levels=[level])
