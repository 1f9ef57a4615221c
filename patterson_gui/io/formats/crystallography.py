"""What one file gives for the reflections of another: cell, space group, radiation, contents."""

from dataclasses import dataclass, field

import gemmi
from gemmi import cif

from patterson_gui.crystal.measured.contents import Contents, contents_from_formula
from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import (
    both_dialects,
    cell_of,
    cif_document,
    column,
    number,
    symmetry_of_block,
    text_value,
)
from patterson_gui.io.formats.experiment import Experiment, experiment_of_block
from patterson_gui.io.formats.shelx_header import HklFormat, ShelxHeader, header_of, hkl_format_of
from patterson_gui.io.formats.symmetry import Symmetry
from patterson_gui.io.source_file import SourceFile

_CELL_VOLUME_DIFFERS = 0.02  # rounding of a cell changes its volume by far less


@dataclass(frozen=True, eq=False)
class Crystallography:
    """What is needed to use a list of reflections without a header.

    Attributes
    ----------
    symmetry : what the file states about it, perhaps nothing.
    hkl_format : the HKLF instruction; None where there is none.
    source : the file that gives them; None: the reflection file itself.
    contents : what the cell is said to contain; None where the file says nothing.
    notes : doubts about what the file says, in sentences for the user.
    """

    cell: gemmi.UnitCell
    symmetry: Symmetry
    hkl_format: HklFormat | None
    source: SourceFile | None
    experiment: Experiment = field(default_factory=Experiment)
    contents: Contents | None = None
    notes: tuple[str, ...] = ()


def crystallography_of_instructions(source: SourceFile) -> Crystallography:
    """Read SHELX instructions. Raises `UserError` if they cannot be read."""
    return crystallography_of_header(source.parsed(header_of), source.name, source)


def crystallography_of_header(
    header: ShelxHeader, name: str, source: SourceFile | None
) -> Crystallography:
    """What the head of SHELX instructions says."""
    notes = []
    if header.is_twin:
        notes.append(f"{name} has a TWIN instruction: the data are of a twinned crystal.")
    if header.unknown:
        notes.append(
            f"SFAC of {name} names {', '.join(header.unknown)}, which is not an element: it is "
            "left out."
        )
    contents = None
    if header.elements:
        what = "SFAC and UNIT" if header.counts else "SFAC"
        contents = Contents(header.elements, header.counts, f"{what} of {name}")
    return Crystallography(
        header.cell,
        header.symmetry if header.symmetry_stated else Symmetry(),
        header.hkl_format,
        source,
        header.experiment,
        contents,
        tuple(notes),
    )


def crystallography_of_cif(source: SourceFile) -> Crystallography | None:
    """Read the first block of a CIF with both cell and space group, or else the first with a
    cell; None: there is none.

    Raises `UserError` where the file is not a valid CIF.
    """
    blocks = (crystallography_of_block(block, source) for block in source.parsed(cif_document))
    found = [each for each in blocks if each is not None]
    return next((each for each in found if each.symmetry.known), next(iter(found), None))


def crystallography_of_block(block: cif.Block, source: SourceFile | None) -> Crystallography | None:
    """Read a CIF block; None where it lacks the cell."""
    cell = cell_of(block)
    if cell is None:
        return None
    return Crystallography(
        cell,
        symmetry_of_block(block, cell, block.name if source is None else source.name),
        hkl_format_of(text_value(block, "_shelx_res_file")),
        source,
        experiment_of_block(block),
        contents_of_block(block, cell),
        tuple(doubts_of_block(block, cell)),
    )


def contents_of_block(block: cif.Block, cell: gemmi.UnitCell) -> Contents | None:
    """What a core CIF says of the contents by formula and Z; None where it gives no formula."""
    formula = text_value(block, "_chemical_formula_sum")
    if not formula:
        return None
    z = number(text_value(block, "_cell_formula_units_Z") or "?")
    try:
        return contents_from_formula(formula, z if z > 0 else None, cell)
    except UserError:
        return None  # programs write the formula of an unknown crystal in many ways


def doubts_of_block(block: cif.Block, cell: gemmi.UnitCell) -> list[str]:
    """Doubts where the cell has not the volume that a CIF block states, and where it states
    several domains of a twin."""
    doubts = contradiction_of_volume(
        cell, number(text_value(block, *both_dialects("_cell", "volume")))
    )
    domains = column(block, "_twin_individual", "id")
    if domains is not None and len(domains) > 1:
        doubts.append(f"The crystal is a twin of {len(domains)} domains (_twin_individual).")
    return doubts


def contradiction_of_volume(cell: gemmi.UnitCell, stated: float) -> list[str]:
    """A doubt where the cell has not the stated volume (Å³); NaN: nothing is stated."""
    if stated > 0 and abs(stated - cell.volume) > _CELL_VOLUME_DIFFERS * stated:
        return [
            f"The cell has a volume of {cell.volume:.0f} Å³, but the file states {stated:.0f} Å³: "
            "check the cell."
        ]
    return []
