"""Read reflections in CIF: macromolecular (mmCIF-sf), core (.fcf, .hkl of the databases), and
SHELX reflections embedded as text. Phases are never read."""

from dataclasses import dataclass
from functools import cached_property

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import (
    cell_of,
    cif_document,
    column,
    numbers,
    parse_cif,
    spacegroup_of,
    text_value,
)
from patterson_gui.io.formats.crystallography import contents_of_block, volume_notes
from patterson_gui.io.formats.experiment import Experiment, experiment_of_block
from patterson_gui.io.formats.shelx_header import hkl_format_of
from patterson_gui.io.reflections.columns import ColumnChoice, ColumnKind, Measurements, in_order
from patterson_gui.io.reflections.hkl import parse_hkl
from patterson_gui.io.reflections.reflection_file import Beside, Measured, label_of, source_note
from patterson_gui.io.source_file import SourceFile

EMBEDDED_HKL = "_shelx_hkl_file"
_EMBEDDED_CIF = ("_shelx_fcf_file", "_iucr_refine_fcf_details")


@dataclass(frozen=True)
class _Pattern:
    """Items of one category that belong together."""

    value: str
    sigma: str | None
    kind: ColumnKind
    minus: str | None = None
    minus_sigma: str | None = None
    category: str = "_refln"


_PATTERNS = (
    _Pattern("F_meas_au", "F_meas_sigma_au", "amplitude"),
    _Pattern("F_meas", "F_meas_sigma", "amplitude"),
    _Pattern("F_meas", "F_sigma", "amplitude"),
    _Pattern("F_meas_au", None, "amplitude"),
    _Pattern("F_meas", None, "amplitude"),
    _Pattern("intensity_meas", "intensity_sigma", "intensity"),
    _Pattern("intensity_meas", None, "intensity"),
    _Pattern("F_squared_meas", "F_squared_sigma", "intensity"),
    _Pattern("F_squared_meas", None, "intensity"),
    _Pattern("pdbx_F_plus", "pdbx_F_plus_sigma", "amplitude", "pdbx_F_minus", "pdbx_F_minus_sigma"),
    _Pattern("pdbx_I_plus", "pdbx_I_plus_sigma", "intensity", "pdbx_I_minus", "pdbx_I_minus_sigma"),
    _Pattern("pdbx_F_plus", None, "amplitude", "pdbx_F_minus"),
    _Pattern("pdbx_I_plus", None, "intensity", "pdbx_I_minus"),
    _Pattern("F_calc_au", None, "amplitude"),
    _Pattern("F_calc", None, "amplitude"),
    _Pattern("F_squared_calc", None, "intensity"),
    _Pattern("intensity_net", "intensity_sigma", "intensity", category="_diffrn_refln"),
    _Pattern("intensity_net", "intensity_u", "intensity", category="_diffrn_refln"),
    _Pattern("intensity_net", None, "intensity", category="_diffrn_refln"),
)
# mmCIF: not to be used, systematically absent. The core dictionary uses the same letters.
_UNUSED = frozenset("x-")


class _Loop:
    """The reflections of one category of a block. Each column is converted to numbers once."""

    def __init__(self, block: cif.Block, category: str) -> None:
        self._block, self._category = block, category
        self._numbers: dict[str, NDArray[np.float64] | None] = {}
        axes = [self._column(f"index_{axis}") for axis in "hkl"]
        present = [axis for axis in axes if axis is not None]
        if len(present) < 3 or len({len(axis) for axis in present}) > 1:
            self.hkl = np.empty((0, 3), dtype=np.int32)
            self._used = np.empty(0, dtype=bool)
            return
        values = np.stack(present, axis=1)
        valid = np.asarray((np.abs(values) < 1e6).all(axis=1))  # false for NaN
        self.hkl = np.where(valid[:, None], values, 0.0).astype(np.int32)
        self._used = np.asarray(valid & ~self._flagged(len(values)))

    def _column(self, item: str) -> NDArray[np.float64] | None:
        if item not in self._numbers:
            values = column(self._block, self._category, item)
            self._numbers[item] = None if values is None else numbers(values)
        return self._numbers[item]

    def _flagged(self, n: int) -> NDArray[np.bool_]:
        for item in ("status", "observed_status", "include_status"):
            flags = column(self._block, self._category, item)
            if flags is not None and len(flags) == n:
                return np.array([cif.as_string(flag) in _UNUSED for flag in flags], dtype=bool)
        return np.zeros(n, dtype=bool)

    def values(self, item: str | None) -> NDArray[np.float64] | None:
        """(n,) NaN where not measured or flagged as unused; None: there is no such column."""
        values = self._column(item) if item else None
        if values is None or len(values) != len(self.hkl):
            return None
        return np.where(self._used, values, np.nan)

    def measurements(self, pattern: _Pattern) -> Measurements | None:
        """The values of the pattern's columns; None: one of them is missing or empty."""
        value, sigma = self.values(pattern.value), self.values(pattern.sigma)
        if value is None or not _holds(sigma, pattern.sigma):
            return None
        data = Measurements(self.hkl, value, sigma, pattern.kind)
        if pattern.minus is not None:
            minus, minus_sigma = self.values(pattern.minus), self.values(pattern.minus_sigma)
            if minus is None or not _holds(minus_sigma, pattern.minus_sigma):
                return None
            data = data.with_mates(Measurements(self.hkl, minus, minus_sigma, pattern.kind))
        return data if data.n else None


def _holds(values: NDArray[np.float64] | None, item: str | None) -> bool:
    """Whether a column is present and has numbers. True where no column is asked for."""
    return item is None or (values is not None and bool(np.isfinite(values).any()))


class CifReflections:
    """The reflections of a CIF (a `ReflectionFile`). Many CIFs have none."""

    expected = "a list of reflections (_refln)"

    def __init__(self, source: SourceFile, beside: Beside) -> None:
        self._source, self._beside = source, beside
        self._outer = source.parsed(cif_document)
        self._document = unpacked_document(self._outer, source.name)

    @cached_property
    def choices(self) -> list[ColumnChoice]:
        """The columns that can become amplitudes, the most likely first."""
        choices = list_choices(self._document)
        if self._document is not self._outer:
            # SHELXL writes its list of reflections beside the original ones.
            choices += [c for c in list_choices(self._outer) if c.label == EMBEDDED_HKL]
        return choices

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of a column. A cell or space group that the file lacks is taken from a
        file of the same name in the same folder."""
        document = self._document_of(choice)
        blocks = [block_of(document, choice), *document, *self._outer]
        cell, group = cell_and_symmetry(blocks)
        experiment = _experiment(blocks)
        companion, notes = None, []
        found = self._beside() if cell is None or group is None else None
        if found is not None:
            of_cell, of_group = cell is None, group is None and found.spacegroup is not None
            if of_cell or of_group:
                notes.append(source_note(found, cell=of_cell, spacegroup=of_group))
            cell, group = cell or found.cell, group or found.spacegroup
            companion = found.source
            experiment = experiment.completed_by(found.experiment)
        if cell is None:
            raise UserError(
                f"{self._source.name} gives no known unit cell, and its folder has no model "
                f"or instruction file of the same name: put {self._source.stem}.pdb or .res there."
            )
        stated = [contents for b in blocks if (contents := contents_of_block(b, cell)) is not None]
        if not stated and found is not None and found.contents is not None:
            stated = [found.contents]
        data = measurements(document, choice)
        doubts = dict.fromkeys(note for block in blocks for note in volume_notes(block, cell))
        return Measured(
            data,
            cell,
            group,
            label_of(choice, self._source),
            (*notes, *data.notes, *doubts),
            companion,
            experiment,
            next(iter(stated), None),
        )

    def _document_of(self, choice: ColumnChoice) -> cif.Document:
        """The document that has a column: the one in the file, or the one embedded in it."""
        return self._outer if choice.label == EMBEDDED_HKL else self._document


def _experiment(blocks: list[cif.Block]) -> Experiment:
    """Each of wavelength, radiation and uncertainties of the first block that states it."""
    found = Experiment()
    for block in blocks:
        found = found.completed_by(experiment_of_block(block))
    return found


def list_choices(document: cif.Document) -> list[ColumnChoice]:
    """The columns that can become amplitudes, the most likely first.

    Columns that are equally likely keep the order of their blocks in the file.
    """
    found: list[ColumnChoice] = []
    for block in document:
        loops = {category: _Loop(block, category) for category in ("_refln", "_diffrn_refln")}
        of_block: dict[tuple[str, str], ColumnChoice] = {}
        for pattern in _PATTERNS:
            place = (pattern.category, pattern.value)
            if place in of_block:
                continue
            if data := loops[pattern.category].measurements(pattern):
                of_block[place] = ColumnChoice(
                    pattern.value, pattern.kind, pattern.sigma, block.name, data.n,
                    pattern.minus, pattern.minus_sigma,
                )  # fmt: skip
        found += of_block.values()
        if embedded := _embedded(block):
            found.append(ColumnChoice(EMBEDDED_HKL, embedded.kind, "σ", block.name, embedded.n))
    return in_order(found)


def _embedded(block: cif.Block) -> Measurements | None:
    """The SHELX reflections that SHELXL writes into its CIF; None where there are none."""
    # Do not strip the text: the columns of the first line are counted from its start.
    text = cif.as_string(block.find_value(EMBEDDED_HKL) or "?")
    if not text.strip():
        return None
    form = hkl_format_of(text_value(block, "_shelx_res_file"))
    try:
        return parse_hkl(text, form, block.name)
    except UserError:
        return None  # the file may still hold a model


def measurements(document: cif.Document, choice: ColumnChoice) -> Measurements:
    """The values of a column. Raises `UserError` where the file has no such column."""
    block = block_of(document, choice)
    if choice.label == EMBEDDED_HKL and (embedded := _embedded(block)):
        return embedded
    for pattern in _PATTERNS:
        is_wanted = (pattern.value, pattern.sigma, pattern.minus) == (
            choice.label, choice.sigma, choice.minus,
        )  # fmt: skip
        if is_wanted and (data := _Loop(block, pattern.category).measurements(pattern)):
            return data
    raise UserError(f"The file has no reflections called {choice.label}: choose another column.")


def block_of(document: cif.Document, choice: ColumnChoice) -> cif.Block:
    """The block of a column; the first block where no block has that name."""
    return next((block for block in document if block.name == choice.dataset), document[0])


def cell_and_symmetry(
    blocks: list[cif.Block],
) -> tuple[gemmi.UnitCell | None, gemmi.SpaceGroup | None]:
    """Cell and space group, each None where no block gives it.

    The first block that gives one counts: files of several blocks often give the cell only once.
    """
    cell = next((c for block in blocks if (c := cell_of(block)) is not None), None)
    group = next((g for block in blocks if (g := spacegroup_of(block, cell)) is not None), None)
    return cell, group


def unpacked_document(document: cif.Document, name: str) -> cif.Document:
    """The document itself, or a CIF with reflections that is embedded in it as text."""
    if any(column(b, c, "index_h") for b in document for c in ("_refln", "_diffrn_refln")):
        return document
    for block in document:
        if text := text_value(block, *_EMBEDDED_CIF):
            inner = parse_cif(text, name)
            if list_choices(inner):
                return inner
    return document
