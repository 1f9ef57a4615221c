"""Read reflection files of XDS: XDS_ASCII.HKL and INTEGRATE.HKL."""

import re

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.formats.experiment import Experiment, wavelength_in
from patterson_gui.io.formats.symmetry import StatedSymmetry, sane_cell, symmetry_of
from patterson_gui.io.reflections.columns import Measurements, whole_indices
from patterson_gui.io.reflections.reflection_file import OneColumnFile
from patterson_gui.io.source_file import SourceFile, first_line

_ITEM = re.compile(
    r"(ITEM_\S+?|SPACE_GROUP_NUMBER|UNIT_CELL_CONSTANTS|X-RAY_WAVELENGTH)=\s*([-\d. ]+)"
)


# In files of XSCALE each of several input files has a number.
_WAVELENGTH_OF_SET = re.compile(
    r"!\s*ISET=\s*(\d{1,6})\s+X-RAY_WAVELENGTH\D*=\s*(\d{1,4}\.?\d{0,9})"
)
_SAME_WAVELENGTH = 1e-3  # Å


def is_xds(source: SourceFile) -> bool:
    """Whether a file begins with a header line of XDS."""
    start = first_line(source.head_text)
    return start.startswith(("!FORMAT=XDS_ASCII", "!OUTPUT_FILE="))


def read_xds(source: SourceFile) -> OneColumnFile:
    """Intensities of XDS_ASCII.HKL (merged or not) or INTEGRATE.HKL.

    XDS marks rejected measurements by a negative σ: they are left out. `gemmi.read_xds_ascii`
    gives the same values, but refuses unmerged files whose columns are not those of a recent
    CORRECT, INTEGRATE or XSCALE, such as those of 2005, which have no MAXC.

    Raises
    ------
    UserError : cell or reflections are missing, or a number cannot be read.
    """
    header, wavelengths, rows, ended = _header_and_rows(source.text)
    # INTEGRATE.HKL does not number its columns; they begin like those of XDS_ASCII.HKL.
    is_short = len(rows) > 1 and len(rows[-1]) < len(rows[-2])
    if not ended and (is_short or not source.text.endswith("\n")):
        del rows[-1:]  # cut within the line, perhaps within its last number
    names = ("H", "K", "L", "IOBS", "SIGMA(IOBS)")
    try:
        places = [int(header.get(f"ITEM_{name}", n)) - 1 for n, name in enumerate(names, start=1)]
        if min(places) < 0 or len(set(places)) < len(places):
            raise ValueError("impossible numbers of columns (ITEM_H and the others)")
        cell = sane_cell(float(word) for word in header["UNIT_CELL_CONSTANTS"].split())
        number = int(header["SPACE_GROUP_NUMBER"])
        table = np.array([[float(row[i]) for i in places] for row in rows])
    except (KeyError, IndexError, ValueError) as error:
        raise UserError(
            f"{source.name} is an incomplete or damaged XDS file ({error}): write it again."
        ) from error
    # XDS writes the number 0 where the space group is not known yet.
    stated = StatedSymmetry(number=number or None, number_gives_setting=True)
    symmetry = symmetry_of(stated, cell, source.name)
    if cell is None or len(table) == 0 or not (np.abs(table[:, :3]) < 1e6).all():
        raise UserError(f"{source.name} lacks a usable cell or reflections: write it again.")
    value, sigma = table[:, 3], table[:, 4]
    rejected = sigma < 0
    value[rejected] = np.nan
    notes = []
    if n := int(np.count_nonzero(rejected)):
        notes.append(f"{n:,} measurements that XDS rejected (negative σ) are left out.")
    if not ended:
        notes.append(f"{source.name} has no !END_OF_DATA: it is cut short, and data are missing.")
    hkl = whole_indices(table[:, :3])
    data = Measurements(hkl, value, np.abs(sigma), "intensity", tuple(notes))
    sets = _sets(rows, header, wavelengths, value)
    known = Experiment(_wavelength(header))
    if len(sets) == 1:
        known, sets = sets[0][2], ()
    return OneColumnFile(source, data, cell, symmetry, known, sets)


def _header_and_rows(
    text: str,
) -> tuple[dict[str, str], dict[int, float], list[list[str]], bool]:
    """The items of the header, the wavelength of each set, the rows, and whether the end is
    marked."""
    header: dict[str, str] = {}
    wavelengths: dict[int, float] = {}
    rows: list[list[str]] = []
    for line in text.splitlines():
        if not line.startswith("!"):
            if line.strip():
                rows.append(line.split())
        elif of_set := _WAVELENGTH_OF_SET.match(line):
            wavelengths[int(of_set[1])] = float(of_set[2])
        elif line.startswith("!END_OF_DATA"):
            return header, wavelengths, rows, True
        else:
            for match in _ITEM.finditer(line):
                header.setdefault(match[1], match[2])
    return header, wavelengths, rows, False


def _sets(
    rows: list[list[str]],
    header: dict[str, str],
    wavelengths: dict[int, float],
    value: NDArray[np.float64],
) -> tuple[tuple[str, NDArray[np.bool_], Experiment], ...]:
    """Rows of each wavelength, the most first; none where rows have no number of a set."""
    try:
        place = int(header["ITEM_ISET"]) - 1
        of_row = np.array([abs(int(row[place])) for row in rows])
    except (KeyError, IndexError, ValueError):
        return ()
    of_row = np.array([wavelengths.get(int(number), 0.0) for number in of_row])
    found: list[tuple[int, NDArray[np.bool_], float]] = []
    for wavelength in sorted(set(wavelengths.values())):
        if any(abs(wavelength - other) < _SAME_WAVELENGTH for _, _, other in found):
            continue
        mine = np.abs(of_row - wavelength) < _SAME_WAVELENGTH
        if n := int(np.count_nonzero(mine & np.isfinite(value))):
            found.append((n, mine, wavelength))
    found.sort(key=lambda each: -each[0])
    return tuple(
        (f"{wavelength:.4f} Å", mine, Experiment(wavelength_in(wavelength)))
        for _, mine, wavelength in found
    )


def _wavelength(header: dict[str, str]) -> float | None:
    words = header.get("X-RAY_WAVELENGTH", "").split()
    try:
        return wavelength_in(float(words[0])) if words else None
    except ValueError:
        return None
