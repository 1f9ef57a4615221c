"""Contour levels of a section and the lines at them."""

from dataclasses import dataclass
from math import floor, isfinite
from typing import Literal

import contourpy
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.first_level import first_level
from patterson_gui.crystal.sections.sampling import Section
from patterson_gui.errors import UserError

LevelUnit = Literal["rmsd", "absolute"]
MOST_LEVELS = 100  # of one sign
_WITHOUT_NUMBER = 25  # levels of one sign; more would fill the origin peak of a Patterson map


@dataclass(frozen=True)
class ContourLevels:
    """Levels at start, start + step, ... and at their negatives.

    Attributes
    ----------
    start, step : in rmsd of the map, above its mean, or in its own units.
    n : number of levels of one sign; None: up to the highest value, at most 25.
    unit : "rmsd" or "absolute".
    negative : whether the negative levels are drawn, dashed.
    """

    start: float = 2.0
    step: float = 1.0
    n: int | None = None
    unit: LevelUnit = "rmsd"
    negative: bool = True

    def __post_init__(self) -> None:
        if not (isfinite(self.start) and isfinite(self.step) and self.start > 0 and self.step > 0):
            raise UserError(
                "Contour levels begin above 0 and rise by a step above 0: write 2:1 for 2, 3, 4 …"
            )
        if self.n is not None and not 1 <= self.n <= MOST_LEVELS:
            raise UserError(f"Choose from 1 to {MOST_LEVELS} contour levels, not {self.n}.")

    def values(self, section: Section) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The positive levels that the section reaches, rising, and the negative ones, falling;
        in the units of the map."""
        density = section.density
        scale = density.rmsd if self.unit == "rmsd" else 1.0
        mean = density.mean if self.unit == "rmsd" else 0.0
        high = self._multiples((float(section.values.max()) - mean) / scale) if scale > 0 else []
        low = self._multiples((mean - float(section.values.min())) / scale) if scale > 0 else []
        return mean + scale * np.array(high), mean - scale * np.array(low if self.negative else [])

    def lowest(self, density: DensityMap) -> float:
        """The first positive level, in the units of the map."""
        return self.start if self.unit == "absolute" else density.mean + self.start * density.rmsd

    def _multiples(self, highest: float) -> list[float]:
        reached = floor((highest - self.start) / self.step + 1e-9) + 1
        count = min(max(reached, 0), self.n or _WITHOUT_NUMBER)
        return [self.start + i * self.step for i in range(count)]

    def words(self, density: DensityMap) -> str:
        """The levels as text: "2, 3, 4 … rmsd"."""
        first = ", ".join(f"{self.start + i * self.step:.4g}" for i in range(min(self.n or 3, 3)))
        if self.n is None:
            first += " …"
        elif self.n > 3:
            first += f" … {self.start + (self.n - 1) * self.step:.4g}"
        return f"{first} {'rmsd' if self.unit == 'rmsd' else density.units}"


def default_levels(density: DensityMap, is_fragment: bool = False) -> ContourLevels:
    """Levels for a map until the user chooses others: in steps of half the first level of its
    kind."""
    start = first_level(density.kind, is_fragment)
    if density.kind is MapKind.PATTERSON:
        start = min(start, 2.0)
    return ContourLevels(start, 1.0)


def contour_lines(section: Section, level: float) -> list[NDArray[np.float64]]:
    """The lines at one level: each (k, 2) Å, x to the right and y up; closed ones end where they
    begin.

    The lines are found in fractions of the axes, where the points make a rectangular grid; the
    sheared geometry of the cell is applied to the lines.
    """
    return [section.on_paper(line) for line in _Lines(section).at(level)]


def all_contour_lines(
    section: Section, levels: ContourLevels
) -> tuple[list[list[NDArray[np.float64]]], list[list[NDArray[np.float64]]]]:
    """The lines at all positive and at all negative levels that the section reaches."""
    lines = _Lines(section)
    positive, negative = levels.values(section)
    return (
        [[section.on_paper(line) for line in lines.at(level)] for level in positive],
        [[section.on_paper(line) for line in lines.at(level)] for level in negative],
    )


class _Lines:
    """Contour lines of one section in fractions s, t."""

    def __init__(self, section: Section) -> None:
        self._generator = contourpy.contour_generator(
            section.s, section.t, np.asarray(section.values.T, dtype=np.float64)
        )

    def at(self, level: float) -> list[NDArray[np.float64]]:
        return [np.asarray(line, dtype=np.float64) for line in self._generator.lines(float(level))]
