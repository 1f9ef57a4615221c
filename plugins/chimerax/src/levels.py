"""What the panel needs without Qt: slider steps and contour levels, our maps and models."""

import math

from .opening import TAG

STEPS = 1000
HIGHEST_SHARE = 0.98  # of the map's maximum: nothing is contoured above it


class LevelScale:
    """Converts a slider's steps to levels on a logarithmic scale.

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
    """Our open maps in the order of their numbers: those of bundles, and those that patterson_gui
    sent. They are known by name, which a session file keeps."""
    from chimerax.map import Volume

    volumes = [
        model
        for model in session.models.list()
        if isinstance(model, Volume) and model.name.endswith(TAG)
    ]
    return sorted(volumes, key=lambda model: model.id or ())


def model_to_predict(models):
    """Of the models that are shown the one opened last: of the user, else of patterson_gui, built
    atoms only where there is no other."""
    theirs = [model for model in models if not model.name.endswith(TAG)]
    given = [model for model in models if "built atoms" not in model.name]
    return (theirs or given or models)[-1]


def level_of(volume):
    """The level of a map's contour, of a difference map the positive one; None without contour."""
    return max((surface.level for surface in volume.surfaces), default=None)


def set_level(volume, level):
    """Contour a map at a level in its own units; a difference map also at minus the level."""
    signs = [math.copysign(1.0, surface.level) for surface in volume.surfaces]
    volume.set_parameters(surface_levels=[sign * level for sign in signs] or [level])


def rms_of(volume):
    """The rms in which levels are shown: the bundle's, which leaves out the origin peak of a
    Patterson map; else that of all points, as for a map from a session file."""
    known = getattr(volume, "patterson_rmsd", None)
    return float(volume.full_matrix().std()) if known is None else known


def colour_of(volume):
    """'#rrggbb' of a map's contour; grey without contour."""
    surface = max(volume.surfaces, key=lambda surface: surface.level, default=None)
    return "#888888" if surface is None else "#{:02x}{:02x}{:02x}".format(*surface.color[:3])
