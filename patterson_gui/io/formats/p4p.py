"""Read Bruker .p4p files: the cell, the wavelength and the formula of a measurement."""

import contextlib
import re

from patterson_gui.crystal.measured.contents import contents_from_formula
from patterson_gui.errors import UserError
from patterson_gui.io.formats.crystallography import Crystallography
from patterson_gui.io.formats.experiment import Experiment, uncertainties, wavelength_in
from patterson_gui.io.formats.symmetry import sane_cell
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
    wavelength = None
    for word in records.get("SOURCE", []):  # the element of the anode, then λ, λ(α1), λ(α2)
        try:
            wavelength = wavelength_in(float(word))
            break
        except ValueError:
            continue
    contents = None
    if formula := " ".join(records.get("CHEM", [])).strip("?"):
        with contextlib.suppress(UserError):  # users write anything there
            contents = contents_from_formula(formula, None, cell)
    experiment = Experiment(wavelength, cell_sigma=_numbers(records.get("CELLSD", [])))
    return Crystallography(cell, None, None, source, experiment, contents)


def _numbers(words: list[str]) -> tuple[float, ...] | None:
    try:
        return uncertainties([float(word) for word in words[:6]])
    except ValueError:
        return None
