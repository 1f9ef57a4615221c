"""Steps of the contour level by the wheel, and the texts of a level."""

import math

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind

LOWEST_LEVEL = 0.2  # rmsd; below it a wire fills the cell with noise
HIGHEST_SHARE = 0.98  # of the map's maximum: the highest level
_BANDS = ((5.0, 0.1), (10.0, 0.2), (25.0, 0.5), (math.inf, 1.0))  # rmsd up to which, step


def stepped(level: float, steps: float, highest: float) -> float:
    """The level after some steps of the wheel, rmsd: a round number, not above the map's
    maximum.

    The steps grow with the level, because a map has fewer peaks at high levels.
    """
    downwards = 1e-9 if steps < 0 else 0.0  # at a limit the finer step is used downwards
    size = next(step for limit, step in _BANDS if level < limit + downwards)
    moved = max(round(level / size + steps) * size, LOWEST_LEVEL)
    if steps > 0:
        moved = min(moved, max(level, HIGHEST_SHARE * highest))
    return round(moved, 2)


def level_texts(
    density: DensityMap, level: float, rmsd: float | None, origin: float | None = None
) -> tuple[str, ...]:
    """For example '12.4 e²/Å³ (3.0 rmsd)' and, where that is too long, '12.4 e²/Å³'.

    In rmsd alone until the map's rmsd is known. `origin` : the height of the origin peak of a
    Patterson map, in its own units, of which the longest text gives the percentage.
    """
    sign = "±" if density.kind is MapKind.DIFFERENCE else ""
    relative = (
        f"{level:.1f} rmsd" if abs(level * 10 - round(level * 10)) < 1e-6 else f"{level:.2f} rmsd"
    )
    if rmsd is None:
        return (sign + relative,)
    absolute = f"{sign}{_three_digits(level * rmsd)} {density.units}"
    texts = (f"{absolute} ({relative})", absolute)
    if origin is None:
        return texts
    percent = f"{100 * level * rmsd / origin:.2g} % of origin"
    return (f"{absolute} ({relative}, {percent})", f"{relative} ({percent})", *texts)


def units_text(density: DensityMap, level: float) -> str:
    """A level, rmsd, in the units of the map: '12.4 e²/Å³'; "" until the rmsd is known."""
    rmsd = density.__dict__.get("rmsd")  # computing it takes a while for a large map
    sign = "±" if density.kind is MapKind.DIFFERENCE else ""
    return "" if rmsd is None else f"{sign}{_three_digits(level * rmsd)} {density.units}"


def _three_digits(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value)))
    if -4 < size < 5:
        return f"{value:.{max(0, 2 - size)}f}"
    return f"{value:.2e}"
