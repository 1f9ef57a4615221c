"""Contour levels as a slider shows them; no Qt."""

import math

from .opening import TAG

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
    """The maps of ours that are open, in the order of their numbers: of bundles, and those sent
    from the program itself. They are known by name, which a session keeps."""
    from chimerax.map import Volume

    ours = [
        model
        for model in session.models.list()
        if isinstance(model, Volume) and model.name.endswith(TAG)
    ]
    return sorted(ours, key=lambda model: model.id or ())


def level_of(volume):
    """The level at which a map is contoured now, of a difference map the one above zero; None
    where no contour is shown."""
    return max((surface.level for surface in volume.surfaces), default=None)


def set_level(volume, level):
    """Contour a map at a level, in its own units; a difference map below zero, too."""
    signs = [math.copysign(1.0, surface.level) for surface in volume.surfaces]
    volume.set_parameters(surface_levels=[sign * level for sign in signs] or [level])


def rms_of(volume):
    """The rms that levels are told in: as the bundle says, for a Patterson map without the peak
    at the origin; of all points where it is not known, as of a map out of a session."""
    known = getattr(volume, "patterson_rmsd", None)
    return float(volume.full_matrix().std()) if known is None else known


def colour_of(volume):
    """'#rrggbb' of a map's contour; grey where none is shown."""
    surface = max(volume.surfaces, key=lambda surface: surface.level, default=None)
    return "#888888" if surface is None else "#{:02x}{:02x}{:02x}".format(*surface.color[:3])
