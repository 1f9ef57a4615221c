"""Read reflections in CIF: macromolecular (mmCIF-sf), core (.fcf, .hkl of the databases), and
SHELX reflections embedded as text. Phases are never read."""

import itertools
import re
from dataclasses import replace
from functools import cached_property

import gemmi
from gemmi import cif

from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import (
    cell_of,
    cif_document,
    column,
    parse_cif,
    symmetry_of_block,
    text_value,
)
from patterson_gui.io.formats.crystallography import contents_of_block, doubts_of_block
from patterson_gui.io.formats.experiment import Experiment, experiment_of_block
from patterson_gui.io.formats.shelx_header import hkl_format_of
from patterson_gui.io.formats.symmetry import Symmetry
from patterson_gui.io.reflections.cif_loops import ANOMALOUS_DIFFERENCE, PATTERNS, ReflectionLoop
from patterson_gui.io.reflections.columns import ColumnChoice, Measurements, in_order
from patterson_gui.io.reflections.reflection_file import (
    Beside,
    Measured,
    NoCellGiven,
    label_of,
    source_note,
)
from patterson_gui.io.reflections.shelx.hkl import parse_hkl
from patterson_gui.io.source_file import SourceFile

# SHELX reflections as text, and the instructions that belong to them.
EMBEDDED_HKL = {
    "_shelx_hkl_file": "_shelx_res_file",
    "_iucr_refine_reflections_details": "_iucr_refine_instructions_details",
}
_WAVELENGTH_ID = re.compile(r"/(?:.*,)?wavelength_id=([^,]*)")
_POWDER = tuple(
    f"_pd_{item}"
    for item in (
        "meas_counts_total", "meas_intensity_total", "proc_intensity_net", "proc_point_id",
        "proc_intensity_total", "calc_intensity_net",
    )
)  # fmt: skip
_TWIN = re.compile(r"^TWIN\b", re.MULTILINE | re.IGNORECASE)
_EMBEDDED_CIF = ("_shelx_fcf_file", "_iucr_refine_fcf_details")


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
            choices += [c for c in list_choices(self._outer) if c.label in EMBEDDED_HKL]
        return choices

    @cached_property
    def problem(self) -> str:
        """Why reflections in the file are not read, in a sentence; "" where there are none."""
        return _unread(self._outer, self._source.name)

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of a column. A cell or space group that the file lacks is taken from a
        file of the same name in the same folder."""
        document = self._document_of(choice)
        blocks = [block_of(document, choice), *document, *self._outer]
        cell, symmetry = cell_and_symmetry(blocks, self._source.name)
        experiment = _experiment(blocks, choice)
        companion, notes = None, []
        found = self._beside() if cell is None or not symmetry.known else None
        if found is not None:
            of_cell, of_group = cell is None, not symmetry.known and found.symmetry.known
            if of_cell or of_group:
                notes.append(source_note(found, cell=of_cell, spacegroup=of_group))
            cell = cell or found.cell
            symmetry = found.symmetry if of_group else symmetry
            companion = found.source
            experiment = experiment.completed_by(found.experiment)
        if cell is None:
            raise NoCellGiven(
                f"{self._source.name} gives no known unit cell, and its folder has no model "
                f"or instruction file of the same name: put {self._source.stem}.pdb or .res there, "
                "or give the cell."
            )
        stated = [contents for b in blocks if (contents := contents_of_block(b, cell)) is not None]
        if not stated and found is not None and found.contents is not None:
            stated = [found.contents]
        data = measurements(document, choice)
        if document is self._outer and _ends_in_reflections(self._source.text, document):
            notes.append(
                f"{self._source.name} ends without a line end within its reflections: it may be "
                "cut short."
            )
        with_cell = [block for block in blocks if cell_of(block) is not None]
        doubts = doubts_of_block(with_cell[0], cell) if with_cell else []
        return Measured(
            data,
            cell,
            symmetry,
            label_of(choice, self._source),
            (*notes, *symmetry.notes, *data.notes, *doubts),
            companion,
            experiment,
            next(iter(stated), None),
        )

    def _document_of(self, choice: ColumnChoice) -> cif.Document:
        """The document that has a column: the one in the file, or the one embedded in it."""
        return self._outer if choice.label in EMBEDDED_HKL else self._document


def _ends_in_reflections(text: str, document: cif.Document) -> bool:
    """Whether a text ends in a loop of reflections, without the line end that programs write."""
    if text.endswith(("\n", "\r")) or not len(document):
        return False
    last = next((item.loop for item in reversed(list(document[-1]))), None)
    return last is not None and any("refln" in tag.lower() for tag in last.tags)


def _unread(document: cif.Document, name: str) -> str:
    for block in document:
        if any(len(block.find_values(tag)) for tag in _POWDER):
            return (
                f"{name} holds a powder pattern, which is not read: open a list of single "
                "reflections."
            )
        if any(column(block, "_twin_refln", f"index_{axis}") for axis in "hkl"):
            return (
                f"{name} holds the reflections of a twin (_twin_refln), which are not read: open "
                "the list of the same crystal in HKLF 5 (.hkl)."
            )
        for tag, instructions in EMBEDDED_HKL.items():
            text = cif.as_string(block.find_value(tag) or "?")
            if text.strip(" ?.\n"):
                form = hkl_format_of(text_value(block, instructions))
                try:
                    parse_hkl(text, form, f"The list {tag} in {name}")
                except UserError as error:
                    return str(error)
    return ""


def _experiment(blocks: list[cif.Block], choice: ColumnChoice) -> Experiment:
    """Each of wavelength, radiation and uncertainties of the first block that states it."""
    wavelength_id = _WAVELENGTH_ID.search(choice.dataset)
    found = Experiment()
    for block in blocks:
        found = found.completed_by(
            experiment_of_block(block, wavelength_id[1] if wavelength_id else "")
        )
    return found


def list_choices(document: cif.Document) -> list[ColumnChoice]:
    """The columns that can become amplitudes, the most likely first.

    Columns that are equally likely keep the order of their blocks in the file. Of several sets of
    data in one list (`ReflectionLoop.sets`), each is a column of its own: its `dataset` is
    "BLOCK/wavelength_id=2".
    """
    found: list[ColumnChoice] = []
    for block in document:
        loops = {
            category: ReflectionLoop(block, category) for category in ("_refln", "_diffrn_refln")
        }
        of_block: dict[tuple[str, str], list[ColumnChoice]] = {}
        for pattern in PATTERNS:
            place = (pattern.category, pattern.value)
            if place in of_block:
                continue
            loop = loops[pattern.category]
            sets = ((name, loop.measurements(pattern, name)) for name in loop.sets)
            of_sets = [
                ColumnChoice(
                    pattern.value, pattern.kind, pattern.sigma,
                    f"{block.name}/{name}" if name else block.name, data.n,
                    pattern.minus, pattern.minus_sigma,
                    *(ANOMALOUS_DIFFERENCE if data.difference is not None else (None, None)),
                )
                for name, data in sets if data
            ]  # fmt: skip
            if of_sets:
                of_block[place] = of_sets
        found += itertools.chain.from_iterable(of_block.values())
        for tag in EMBEDDED_HKL:
            if embedded := _embedded(block, tag):
                found.append(ColumnChoice(tag, embedded.kind, "σ", block.name, embedded.n))
                break
    return in_order(found)


def _embedded(block: cif.Block, tag: str) -> Measurements | None:
    """The SHELX reflections that SHELXL writes into its CIF; None where there are none."""
    # Do not strip the text: the columns of the first line are counted from its start.
    text = cif.as_string(block.find_value(tag) or "?")
    if not text.strip():
        return None
    instructions = text_value(block, EMBEDDED_HKL[tag])
    try:
        data = parse_hkl(text, hkl_format_of(instructions), block.name)
    except UserError:
        return None  # the file may still hold a model
    if _TWIN.search(instructions):
        note = "The instructions in the file have TWIN: the data are of a twinned crystal."
        data = replace(data, notes=(*data.notes, note))
    return data


def measurements(document: cif.Document, choice: ColumnChoice) -> Measurements:
    """The values of a column. Raises `UserError` where the file has no such column."""
    block = block_of(document, choice)
    if choice.label in EMBEDDED_HKL and (embedded := _embedded(block, choice.label)):
        return embedded
    for pattern in PATTERNS:
        is_wanted = (pattern.value, pattern.sigma, pattern.minus) == (
            choice.label, choice.sigma, choice.minus,
        )  # fmt: skip
        if not is_wanted:
            continue
        loop = ReflectionLoop(block, pattern.category)
        of_set = choice.dataset.removeprefix(block.name).lstrip("/")
        if data := loop.measurements(pattern, of_set if of_set in loop.sets else ""):
            return data
    raise UserError(f"The file has no reflections called {choice.label}: choose another column.")


def block_of(document: cif.Document, choice: ColumnChoice) -> cif.Block:
    """The block of a column; the first block where no block has that name."""
    named = [block for block in document if block.name == choice.dataset]
    with_sets = [b for b in document if choice.dataset.startswith(f"{b.name}/")]
    return next(iter((*named, *with_sets)), document[0])


def cell_and_symmetry(blocks: list[cif.Block], name: str) -> tuple[gemmi.UnitCell | None, Symmetry]:
    """The cell, None where no block gives it, and the symmetry. `name` : name of the file.

    The first block that gives one counts: files of several blocks often give the cell only once.
    """
    cell = next((c for block in blocks if (c := cell_of(block)) is not None), None)
    unknown = Symmetry()
    for block in blocks:
        symmetry = symmetry_of_block(block, cell, name)
        if symmetry.known:
            return cell, symmetry
        if symmetry.problem and not unknown.problem:
            unknown = symmetry
    return cell, unknown


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
