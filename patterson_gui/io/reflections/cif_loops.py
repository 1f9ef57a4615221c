"""The lists of reflections in CIF blocks: their columns, and what of them is used."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.io.formats.cif_blocks import cell_of, column, numbers
from patterson_gui.io.reflections.columns import ColumnKind, Measurements
from patterson_gui.io.reflections.scale_groups import on_one_scale
from patterson_gui.io.reflections.stated_scales import on_stated_scale, stated_factors


@dataclass(frozen=True)
class Pattern:
    """Items of one category that belong together."""

    value: str
    sigma: str | None
    kind: ColumnKind
    minus: str | None = None
    minus_sigma: str | None = None
    category: str = "_refln"


PATTERNS = (
    Pattern("F_meas_au", "F_meas_sigma_au", "amplitude"),
    Pattern("F_meas", "F_meas_sigma", "amplitude"),
    Pattern("F_meas", "F_sigma", "amplitude"),
    Pattern("F_meas", "F_meas_su", "amplitude"),
    Pattern("F_meas_au", None, "amplitude"),
    Pattern("F_meas", None, "amplitude"),
    Pattern("intensity_meas", "intensity_sigma", "intensity"),
    Pattern("intensity_meas", "intensity_meas_su", "intensity"),
    Pattern("intensity_meas", None, "intensity"),
    Pattern("F_squared_meas", "F_squared_sigma", "intensity"),
    Pattern("F_squared_meas", "F_squared_meas_su", "intensity"),
    Pattern("F_squared_meas", None, "intensity"),
    Pattern("pdbx_F_plus", "pdbx_F_plus_sigma", "amplitude", "pdbx_F_minus", "pdbx_F_minus_sigma"),
    Pattern("pdbx_I_plus", "pdbx_I_plus_sigma", "intensity", "pdbx_I_minus", "pdbx_I_minus_sigma"),
    Pattern("pdbx_F_plus", None, "amplitude", "pdbx_F_minus"),
    Pattern("pdbx_I_plus", None, "intensity", "pdbx_I_minus"),
    Pattern("F_calc_au", None, "amplitude"),
    Pattern("F_calc", None, "amplitude"),
    Pattern("F_squared_calc", None, "intensity"),
    Pattern("intensity_net", "intensity_sigma", "intensity", category="_diffrn_refln"),
    Pattern("intensity_net", "intensity_u", "intensity", category="_diffrn_refln"),
    Pattern("intensity_net", "intensity_net_su", "intensity", category="_diffrn_refln"),
    Pattern("intensity_net", None, "intensity", category="_diffrn_refln"),
)
# F(+) − F(−) beside the mean of both, and its σ.
ANOMALOUS_DIFFERENCE = ("pdbx_anom_difference", "pdbx_anom_difference_sigma")
# mmCIF: not to be used, systematically absent. The core dictionary uses the same letters.
_UNUSED = frozenset("x-")
_SETS = ("crystal_id", "wavelength_id")
_SCALE_GROUP = "scale_group_code"


class ReflectionLoop:
    """The reflections of one category of a block. Each column is converted to numbers once.

    Attributes
    ----------
    sets : the names of the sets of data where a loop holds several, of other crystals or
        wavelengths, the largest first: "wavelength_id=2"; otherwise ("",).
    """

    def __init__(self, block: cif.Block, category: str) -> None:
        self._block, self._category = block, category
        self._numbers: dict[str, NDArray[np.float64] | None] = {}
        self._wrong: dict[str, NDArray[np.bool_]] = {}
        self._notes: tuple[str, ...] = ()
        axes = [self._column(f"index_{axis}") for axis in "hkl"]
        present = [axis for axis in axes if axis is not None]
        if len(present) < 3 or len({len(axis) for axis in present}) > 1:
            self.hkl = np.empty((0, 3), dtype=np.int32)
            self._used = self._marked = np.empty(0, dtype=bool)
            self._set_of_row = np.empty(0, dtype=object)
            self.sets: tuple[str, ...] = ("",)
            return
        values = np.stack(present, axis=1)
        valid = np.asarray((np.abs(values) < 1e6).all(axis=1))  # false for NaN
        self.hkl = np.where(valid[:, None], values, 0.0).astype(np.int32)
        self._marked = self._flagged(len(values))
        self._used = np.asarray(valid & ~self._marked)
        self._notes = tuple(self._leave_satellites_out())
        self._set_of_row, self.sets = self._sets()

    def _column(self, item: str) -> NDArray[np.float64] | None:
        if item not in self._numbers:
            values = column(self._block, self._category, item)
            self._numbers[item] = found = None if values is None else numbers(values)
            if values is not None and found is not None:
                self._wrong[item] = _not_numbers(values, found)
        return self._numbers[item]

    def _flagged(self, n: int) -> NDArray[np.bool_]:
        for item in ("status", "observed_status", "include_status"):
            flags = column(self._block, self._category, item)
            if flags is not None and len(flags) == n:
                return np.array([cif.as_string(flag) in _UNUSED for flag in flags], dtype=bool)
        return np.zeros(n, dtype=bool)

    def _leave_satellites_out(self) -> Iterator[str]:
        """Keep the main reflections of a modulated crystal, whose further indices are 0."""
        satellite = np.zeros(len(self.hkl), dtype=bool)
        for item in ("index_m", *(f"index_m_{number}" for number in range(1, 9))):
            order = self._column(item)
            if order is not None and len(order) == len(satellite):
                satellite |= order != 0
        if satellite.any():
            yield (
                f"The crystal is modulated: {np.count_nonzero(satellite):,} satellite reflections "
                "(index m not 0) are left out."
            )
            self._used &= ~satellite

    def _sets(self) -> tuple[NDArray[np.object_], tuple[str, ...]]:
        """The set of data that each row belongs to, and all sets with values."""
        n = len(self.hkl)
        names = np.full(n, "", dtype=object)
        for item in _SETS:
            codes = self._codes(item)
            if codes is not None and len(set(codes[self._used])) > 1:
                joint = np.where(names == "", "", names + ",")
                names = joint + f"{item}=" + codes
        found, counts = np.unique(names[self._used].astype(str), return_counts=True)
        if len(found) < 2:
            return np.full(n, "", dtype=object), ("",)
        return names, tuple(str(found[i]) for i in np.argsort(-counts, kind="stable"))

    def _codes(self, item: str) -> NDArray[np.object_] | None:
        """(n,) the texts of a column; None: there is none."""
        codes = column(self._block, self._category, item)
        if codes is None or len(codes) != len(self.hkl):
            return None
        return np.array([cif.as_string(code) for code in codes], dtype=object)

    def values(self, item: str | None, of_set: str) -> NDArray[np.float64] | None:
        """(n,) NaN where not measured, flagged as unused or of another set; None: there is no
        such column."""
        values = self._column(item) if item else None
        if values is None or len(values) != len(self.hkl):
            return None
        return np.where(self._used & (self._set_of_row == of_set), values, np.nan)

    def measurements(self, pattern: Pattern, of_set: str = "") -> Measurements | None:
        """The values of the pattern's columns; None: one of them is missing or empty.

        Groups of reflections on scales of their own are put on one scale: by the factors that the
        file states, else by their reflections in common.

        Parameters
        ----------
        of_set : one of `sets`; "": the first.
        """
        of_set = of_set or self.sets[0]
        value, sigma = self.values(pattern.value, of_set), self.values(pattern.sigma, of_set)
        if value is None or not _holds(sigma, pattern.sigma):
            return None
        value, notes = self._without_wrong(pattern, value)
        if len(self.sets) > 1:
            notes.insert(
                0,
                f"The list holds {len(self.sets)} sets of data ({', '.join(self.sets[:6])}): only "
                f"{of_set} is used.",
            )
        difference, difference_sigma = self._given_differences(pattern, of_set)
        data = Measurements(
            self.hkl,
            value,
            sigma,
            pattern.kind,
            (*self._notes, *notes),
            difference,
            difference_sigma,
        )
        if pattern.minus is not None:
            minus = self.values(pattern.minus, of_set)
            minus_sigma = self.values(pattern.minus_sigma, of_set)
            if minus is None or not _holds(minus_sigma, pattern.minus_sigma):
                return None
            data = data.with_mates(Measurements(self.hkl, minus, minus_sigma, pattern.kind))
        if not data.n:
            return None
        # Scale groups of original measurements are often single frames, and the values are scaled.
        codes = self._codes(_SCALE_GROUP) if self._category == "_refln" else None
        if codes is None:
            return data
        times = len(data.value) // len(codes)  # with the Friedel mates
        factor = stated_factors(self._block, codes.astype(str))
        scaled = None if factor is None else on_stated_scale(data, np.tile(factor, times))
        if scaled is not None:
            return scaled
        groups = np.unique(codes.astype(str), return_inverse=True)[1]
        every = np.tile(groups, times)
        return on_one_scale(data, every, cell_of(self._block))

    def _given_differences(
        self, pattern: Pattern, of_set: str
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
        """F(+) − F(−) and its σ where the loop gives both beside the amplitudes of a pattern."""
        if not (pattern.value.startswith("F_meas") and pattern.sigma):
            return None, None
        given, sigma = (self.values(item, of_set) for item in ANOMALOUS_DIFFERENCE)
        if given is None or sigma is None or not np.isfinite(given).any():
            return None, None
        return given, sigma

    def _without_wrong(
        self, pattern: Pattern, value: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], list[str]]:
        """The values without those whose row has a text in place of a number, and notes on what is
        left out."""
        items = ["index_h", "index_k", "index_l", pattern.value, pattern.sigma]
        wrong = np.zeros(len(value), dtype=bool)
        for item in items:
            if item in self._wrong and len(self._wrong[item]) == len(value):
                wrong |= self._wrong[item]
        notes = []
        if n := int(np.count_nonzero(wrong)):
            notes.append(f"{n:,} rows with a text in place of a number are left out.")
        unused = self._numbers[pattern.value]
        if unused is not None and (n := int(np.count_nonzero(self._marked & np.isfinite(unused)))):
            notes.append(
                f"{n:,} reflections that the file marks as not to be used (status x or -) are left "
                "out."
            )
        return np.where(wrong, np.nan, value), notes


def _holds(values: NDArray[np.float64] | None, item: str | None) -> bool:
    """Whether a column is present and has numbers. True where no column is asked for."""
    return item is None or (values is not None and bool(np.isfinite(values).any()))


def _not_numbers(values: cif.Column, found: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) where a column has a text that is neither a number nor '?' or '.'."""
    wrong = np.isnan(found)
    for i in np.flatnonzero(wrong):
        wrong[i] = not cif.is_null(values[int(i)])
    return np.asarray(wrong)
