"""Read Bruker .p4p files: the cell, the wavelength and the formula of a measurement."""

import contextlib
import math
import re

from patterson_gui.crystal.measured.contents import contents_from_formula
from patterson_gui.errors import UserError
from patterson_gui.io.formats.crystallography import Crystallography, contradiction_of_volume
from patterson_gui.io.formats.experiment import Experiment, uncertainties, wavelength_in
from patterson_gui.io.formats.symmetry import Symmetry, sane_cell
from patterson_gui.io.source_file import SourceFile

_CELL = re.compile(r"^CELL\s", re.MULTILINE)
_HEAD = re.compile(r"^(FILEID|SITEID|TITLE|CELLSD|ORT1|SOURCE|BRAVAIS)\s", re.MULTILINE)


def is_p4p(source: SourceFile) -> bool:
    """Whether a file has a CELL record and others of a .p4p file."""
    text = source.head_text
    return bool(_CELL.search(text)) and len(set(_HEAD.findall(text))) >= 3


def crystallography_of_p4p(source: SourceFile) -> Crystallography:
    """Cell, wavelength and formula; a .p4p file states no space group.

    Raises
    ------
    UserError : the cell is missing or impossible.
    """
    records: dict[str, list[str]] = {}
    for line in source.text.splitlines():
        word, _, rest = line.partition(" ")
        records.setdefault(word, rest.split())
    try:
        cell = sane_cell([float(word) for word in records.get("CELL", [])[:6]])
    except ValueError:
        cell = None
    if cell is None:
        raise UserError(f"{source.name} has no usable CELL record: write it again.")
    # The element of the anode, then λ, λ(α1), λ(α2).
    lengths = [wavelength_in(_number(word)) for word in records.get("SOURCE", [])]
    wavelength = next((length for length in lengths if length is not None), None)
    contents = None
    if formula := " ".join(records.get("CHEM", [])).strip("?"):
        with contextlib.suppress(UserError):  # users write anything there
            contents = contents_from_formula(formula, None, cell)
    experiment = Experiment(wavelength, cell_sigma=_numbers(records.get("CELLSD", [])))
    volume = records["CELL"][6:7]
    doubts = contradiction_of_volume(cell, _number(volume[0]) if volume else math.nan)
    return Crystallography(cell, Symmetry(), None, source, experiment, contents, tuple(doubts))


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _numbers(words: list[str]) -> tuple[float, ...] | None:
    return uncertainties([_number(word) for word in words[:6]])
