"""The contour level that a map is first shown at."""

from patterson_gui.crystal.maps.density_map import MapKind

_DENSITY = 2.5  # rmsd; atoms of a mostly empty cell are clearly visible at this level
_DIFFERENCE = 3.5  # rmsd; of a good model little is higher


def first_level(kind: MapKind, is_fragment: bool = False) -> float:
    """Contour level of a map, rmsd, until the user chooses another.

    In the Patterson map of a fragment, a few atoms in a mostly empty cell, single vectors are
    resolved and hardly higher than the surroundings of the origin peak, so its level is low. In
    that of a whole crystal only the highest peaks are meaningful.
    """
    if kind is MapKind.DIFFERENCE:
        return _DIFFERENCE
    return 1.4 if kind is MapKind.PATTERSON and is_fragment else _DENSITY
