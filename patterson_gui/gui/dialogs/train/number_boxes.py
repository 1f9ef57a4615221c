"""Spin boxes for numbers of any size and for times with a unit."""

import math
import re

from PyQt6.QtGui import QValidator
from PyQt6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox

DECIMALS = 10
HUGE = 1e9
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_TIME = re.compile(r"(?P<number>[\d.,]+)\s*(?P<unit>s|sec|min|m|h|d)?$", re.IGNORECASE)


class NumberBox(QDoubleSpinBox):
    """A number of any size, in its shortest form; steps follow its size."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(DECIMALS)
        self.setRange(-HUGE, HUGE)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    def valueFromText(self, text: str | None) -> float:
        return _number(self._bare(text))

    def validate(self, text: str | None, place: int) -> tuple[QValidator.State, str, int]:
        given = text or ""
        bare = self._bare(given)
        special = self.specialValueText()
        if (special and bare == special) or math.isfinite(_number(bare)):
            return QValidator.State.Acceptable, given, place
        return QValidator.State.Intermediate, given, place

    def fixup(self, text: str | None) -> str:
        return self.text()

    def _bare(self, text: str | None) -> str:
        return (text or "").removesuffix(self.suffix()).strip()


class TimeBox(NumberBox):
    """A time in seconds, shown and typed with a unit: s, min, h or d."""

    def textFromValue(self, value: float) -> str:
        for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
            if value >= 2 * size or value == size:
                return f"{value / size:.4g} {unit}"
        return f"{value:.4g} s"

    def valueFromText(self, text: str | None) -> float:
        return _seconds((text or "").strip())

    def validate(self, text: str | None, place: int) -> tuple[QValidator.State, str, int]:
        given = text or ""
        special = self.specialValueText()
        if (special and given.strip() == special) or math.isfinite(_seconds(given.strip())):
            return QValidator.State.Acceptable, given, place
        return QValidator.State.Intermediate, given, place

    def stepBy(self, steps: int) -> None:
        unit = next((s for s in (86400, 3600, 60) if self.value() >= 2 * s), 60)
        self.setValue(max(self.minimum(), self.value() + steps * unit))


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan


def _seconds(text: str) -> float:
    """Seconds from '90 min', '2h', '1.5 d' or a bare number; NaN from other text."""
    found = _TIME.match(text)
    if found is None:
        return math.nan
    unit = (found["unit"] or "s").lower()
    return _number(found["number"]) * _SECONDS[{"sec": "s", "m": "min"}.get(unit, unit)]
