"""The head of SHELX instructions: cell, wavelength, symmetry, elements, and how to read the .hkl.

After the SHELX-97 manual (Sheldrick, Acta Cryst. A64, 112, 2008, and references there).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.formats.experiment import (
    Experiment,
    radiation_of_factors,
    uncertainties,
    wavelength_in,
)
from patterson_gui.io.formats.sites import element_of
from patterson_gui.io.formats.symmetry import (
    StatedSymmetry,
    Symmetry,
    sane_cell,
    symmetry_of,
)
from patterson_gui.io.source_file import SourceFile

NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_CENTRINGS = {
    1: (),
    2: ("x+1/2,y+1/2,z+1/2",),
    3: ("x+2/3,y+1/3,z+1/3", "x+1/3,y+2/3,z+2/3"),
    4: ("x,y+1/2,z+1/2", "x+1/2,y,z+1/2", "x+1/2,y+1/2,z"),
    5: ("x,y+1/2,z+1/2",),
    6: ("x+1/2,y,z+1/2",),
    7: ("x+1/2,y+1/2,z",),
}
# Instructions by the first four letters of their names, each as the words that follow.
Words = dict[str, list[list[str]]]


_BASF = re.compile(r"^BASF\b", re.MULTILINE | re.IGNORECASE)
_TWIN = re.compile(r"^TWIN\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class HklFormat:
    """The HKLF instruction: 3 amplitudes, 4 intensities, 5 twinned; scale and index matrix.

    `scaled_batches`: BASF without a twin, the scale factors of batches.
    """

    code: int = 4
    scale: float = 1.0
    matrix: NDArray[np.float64] | None = None
    scaled_batches: bool = False


@dataclass(frozen=True)
class ShelxHeader:
    """What instructions say before the atoms.

    Attributes
    ----------
    symmetry : by LATT and SYMM.
    symmetry_stated : whether there is a LATT or a SYMM instruction. Without any, SHELX
        assumes P-1.
    elements : in the order of SFAC, each once.
    unknown : what SFAC names that is no element.
    counts : atoms of each element in the cell, hydrogen included; None without UNIT.
    is_twin : whether there is a TWIN instruction.
    """

    cell: gemmi.UnitCell
    experiment: Experiment
    symmetry: Symmetry
    symmetry_stated: bool
    hkl_format: HklFormat | None
    elements: tuple[str, ...]
    unknown: tuple[str, ...]
    counts: Mapping[str, float] | None
    is_twin: bool

    @property
    def composition(self) -> dict[str, int]:
        """Whole numbers of non-hydrogen atoms in the cell; empty without UNIT."""
        return {
            element: round(count)
            for element, count in (self.counts or {}).items()
            if element not in ("H", "D") and count >= 0.5
        }


def header_of(source: SourceFile) -> ShelxHeader:
    """The head of the instructions in a file. Raises as `parse_header` does."""
    return parse_header(source.text, source.name)


def parse_header(text: str, name: str) -> ShelxHeader:
    """Read the head of instructions.

    Raises
    ------
    UserError : the cell is missing or impossible, or LATT or SYMM are not understood.
    """
    by_word = by_first_word(joined_lines(text))
    cell = _cell(by_word)
    if cell is None:
        raise UserError(
            f"{name} has no usable CELL line (wavelength a b c α β γ): add it to the file."
        )
    try:
        symmetry = _symmetry(by_word, cell, name)
    except (ValueError, RuntimeError, IndexError) as error:
        raise UserError(
            f"{name} cannot be read as SHELX instructions ({error}): correct it."
        ) from error
    named = _named_by_sfac(by_word)
    found = [element for element in map(element_of, named) if element]
    return ShelxHeader(
        cell=cell,
        experiment=_experiment(by_word, name),
        symmetry=symmetry,
        symmetry_stated="LATT" in by_word or "SYMM" in by_word,
        hkl_format=hkl_format_of(text),
        elements=tuple(dict.fromkeys(found)),
        unknown=tuple(name for name in named if element_of(name) is None),
        counts=_counts(by_word),
        is_twin="TWIN" in by_word,
    )


def _experiment(by_word: Words, name: str) -> Experiment:
    """Wavelength of CELL, uncertainties of ZERR, radiation of NEUT or of factors in SFAC."""
    word = by_word["CELL"][0][0]
    wavelength = wavelength_in(float(word)) if is_number(word) else None
    zerr = [float(word) for words in by_word.get("ZERR", [])[:1] for word in words[1:7]
            if is_number(word)]  # fmt: skip
    cell_sigma = uncertainties(zerr)
    if "NEUT" in by_word:
        return Experiment(wavelength, "neutron", f"NEUT in {name}", cell_sigma)
    factors = {}
    for words in by_word.get("SFAC", []):
        element = element_of(words[0].lstrip("$")) if words else None
        if element and len(words) >= 10 and all(is_number(word) for word in words[1:10]):
            factors[element] = [float(word) for word in words[1:10]]
    radiation = radiation_of_factors(factors)
    evidence = f"scattering factors of SFAC in {name}"
    return Experiment(wavelength, radiation, evidence, cell_sigma)


def hkl_format_of(text: str) -> HklFormat | None:
    """The HKLF instruction in `text`; None where there is none."""
    match = re.search(r"^HKLF[ \t]*(-?\d+)([^\n]*)", text, re.MULTILINE | re.IGNORECASE)
    if match is None:
        return None
    numbers = []
    for word in match[2].split("!")[0].split():
        try:
            numbers.append(float(word))
        except ValueError:
            break
    scale = numbers[0] if numbers and numbers[0] > 0 else 1.0
    matrix = np.array(numbers[1:10]).reshape(3, 3) if len(numbers) >= 10 else None
    if matrix is not None and abs(np.linalg.det(matrix)) < 1e-6:
        matrix = None
    code = abs(int(match[1]))
    batches = code != 5 and bool(_BASF.search(text)) and not _TWIN.search(text)
    return HklFormat(code, scale, matrix, batches)


def joined_lines(text: str) -> list[list[str]]:
    """Words of each instruction; comments dropped, '=' continuations joined."""
    joined: list[list[str]] = []
    continued = False
    for raw in text.splitlines():
        line = raw.split("!")[0].rstrip()
        words = line.removesuffix("=").split()
        # SHELX continues no title: "TITL compound 5, x=y=".
        more = line.endswith("=") and words[:1] != [] and words[0].upper() != "TITL"
        if continued and joined:
            joined[-1] += words
        elif words and not line.startswith((" ", "+")) and words[0].upper() != "REM":
            joined.append(words)
        else:
            more = False
        continued = more
    return joined


def by_first_word(lines: list[list[str]]) -> Words:
    """The words after each instruction up to END, by the first four letters of its name."""
    found: Words = {}
    for words in lines:
        found.setdefault(words[0].upper()[:4], []).append(words[1:])
        if words[0].upper() == "END":
            break
    return found


def _cell(by_word: Words) -> gemmi.UnitCell | None:
    for words in by_word.get("CELL", []):
        try:
            return sane_cell([float(word) for word in words[1:7]])
        except ValueError:
            return None
    return None


def _symmetry(by_word: Words, cell: gemmi.UnitCell, name: str) -> Symmetry:
    latt = int(by_word["LATT"][0][0]) if by_word.get("LATT") else 1
    if abs(latt) not in _CENTRINGS:
        raise ValueError(f"LATT {latt} does not exist")
    given = ["".join(words) for words in by_word.get("SYMM", [])]
    listed = ["x,y,z", *(triplet for triplet in given if not _is_identity(triplet))]
    try:
        operations = [gemmi.Op(triplet) for triplet in listed]
        if latt > 0:
            operations += [gemmi.Op("-x,-y,-z") * op for op in operations]
        moves = [gemmi.Op(move) for move in ("x,y,z", *_CENTRINGS[abs(latt)])]
        listed = [(move * op).wrap().triplet() for move in moves for op in operations]
    except (RuntimeError, ValueError):
        pass  # `symmetry_of` says that they cannot be read
    return symmetry_of(StatedSymmetry(triplets=tuple(listed)), cell, name)


def _is_identity(triplet: str) -> bool:
    return triplet.replace("+", "").lower() == "x,y,z"


def elements_of(by_word: Words) -> list[str | None]:
    """Elements in SFAC order; None for what is no element."""
    return [element_of(name) for name in _named_by_sfac(by_word)]


def _named_by_sfac(by_word: Words) -> list[str]:
    """The names in SFAC instructions. One with a name and numbers defines one element."""
    names: list[str] = []
    for words in by_word.get("SFAC", []):
        long_form = len(words) > 1 and is_number(words[1])
        names += [name.lstrip("$") for name in (words[:1] if long_form else words)]
    return names


def is_number(word: str) -> bool:
    """Whether a word is a number that instructions can have."""
    try:
        return abs(float(word)) < 1e6  # which leaves out 'nan' and 'inf' as well
    except ValueError:
        return False


def _counts(by_word: Words) -> dict[str, float] | None:
    """Atoms of each element in the cell; None where UNIT is missing or gives nothing."""
    counts: dict[str, float] = {}
    numbers = [word for words in by_word.get("UNIT", []) for word in words]
    for element, word in zip(elements_of(by_word), numbers, strict=False):
        if element and is_number(word) and float(word) > 0:
            counts[element] = counts.get(element, 0.0) + float(word)
    return counts or None
