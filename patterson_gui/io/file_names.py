"""File names made from the names of crystals and maps."""

from patterson_gui.crystal.maps.density_map import MapKind


def file_stem(name: str) -> str:
    """`name` as the stem of a file name that is valid on every system."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.strip())
    while "--" in kept:
        kept = kept.replace("--", "-")
    return kept.strip("-.") or "untitled"


def map_stem(crystal_name: str, kind: MapKind, aligned: bool) -> str:
    """The file name of a map without ending; "aligned" marks a map aligned to the truth."""
    words = [file_stem(crystal_name), "map" if kind is MapKind.DENSITY else kind.value]
    if kind is MapKind.PREDICTED and aligned:
        words.append("aligned")
    return "-".join(words)
