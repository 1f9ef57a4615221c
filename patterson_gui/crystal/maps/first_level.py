"""The contour level that a map is first shown at."""

from patterson_gui.crystal.maps.density_map import MapKind

_DENSITY = 2.5  # rmsd; atoms of a sparse cell stand well out at this level


def first_level(kind: MapKind, is_fragment: bool = False) -> float:
    """Contour level of a map, rmsd, until the user chooses another.

    In the Patterson map of a fragment, a few atoms in an empty cell, every vector can be told
    from the next, and they are hardly higher than the halo of the origin peak; of a whole crystal
    only the highest peaks count.
    """
    return 1.4 if kind is MapKind.PATTERSON and is_fragment else _DENSITY
