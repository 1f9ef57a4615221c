"""Read heavy-atom sites from a file: PDB, mmCIF, SHELX instructions, or a table as text."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import gemmi

from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.errors import UserError
from patterson_gui.io.formats.sites import element_of
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.source_file import SourceFile

_TABLES = (".csv", ".tsv", ".txt")
_NEEDED = ("element", "x", "y", "z")
_COLUMNS = (*_NEEDED, "occupancy", "score")
_LARGEST = 10.0  # fractional coordinates; those in Å are larger
_SAME_EDGE, _SAME_ANGLE = 0.03, 3.0
_MOST_SITES = 1000


@dataclass(frozen=True, eq=False)
class SiteFile:
    """Sites of a file.

    Attributes
    ----------
    name : of the file.
    cell : None where the file has none.
    notes : what was assumed, for the user.
    """

    name: str
    sites: tuple[HeavySite, ...]
    cell: gemmi.UnitCell | None = None
    notes: tuple[str, ...] = ()

    def of_element(self, element: str) -> tuple[HeavySite, ...]:
        """The sites of one element."""
        return tuple(site for site in self.sites if site.element == element)


def read_site_file(file: Path | SourceFile) -> SiteFile:
    """Sites of a model, or of a table (.csv, .tsv, .txt).

    A table has a row for each site: element, fractional x, y, z, and perhaps the occupancy, set
    apart by commas, semicolons, tabs or spaces. The first row may name the columns.

    Raises
    ------
    UserError : the file cannot be read, or has no sites.
    """
    source = SourceFile.of(file)
    notes: tuple[str, ...] = ()
    if source.name.lower().endswith(_TABLES):
        sites = _table(source)
        cell = None
    else:
        model = read_model(source)
        cell = model.cell if model.cell.is_crystal() else None
        if cell is None:
            raise UserError(
                f"{source.name} has no unit cell, so that its sites have no fractional "
                "coordinates: use a file with one, or a table with x, y, z."
            )
        atoms = [cra.atom for cra in model[0].all()]
        if n := sum(not atom.occ > 0.0 for atom in atoms):
            of = "1 site has" if n == 1 else f"{n} sites have"
            notes = (f"{of} no occupancy above 0 and {'gets' if n == 1 else 'get'} 1.",)
        sites = tuple(
            HeavySite(
                atom.element.name,
                tuple(cell.fractionalize(atom.pos).tolist()),  # type: ignore[arg-type]
                max(float(atom.occ), 0.0) or 1.0,
                0.0,
                math.nan,
            )
            for atom in atoms[: _MOST_SITES + 1]
        )
    if not sites:
        raise UserError(f"{source.name} has no sites: give a file with heavy atoms.")
    if len(sites) > _MOST_SITES:
        raise UserError(
            f"{source.name} has more than {_MOST_SITES:,} atoms: give a file with the heavy atoms "
            "alone."
        )
    return SiteFile(source.name, sites, cell, notes)


def check_cell(found: SiteFile, cell: gemmi.UnitCell) -> None:
    """Check that sites belong to a crystal with this cell.

    Raises
    ------
    UserError : the cell of the file differs by more than 3 % or 3°.
    """
    if found.cell is None:
        return
    ours, theirs = cell.parameters, found.cell.parameters
    edges = all(
        abs(a - b) <= _SAME_EDGE * a for a, b in zip(ours[:3], theirs[:3], strict=True)
    )  # fmt: skip
    angles = all(abs(a - b) <= _SAME_ANGLE for a, b in zip(ours[3:], theirs[3:], strict=True))
    if not (edges and angles):
        shown = " ".join(f"{value:.1f}" for value in theirs)
        wanted = " ".join(f"{value:.1f}" for value in ours)
        raise UserError(
            f"The sites of {found.name} have the cell {shown}, the data {wanted}: use sites of "
            "this crystal."
        )


def _table(source: SourceFile) -> tuple[HeavySite, ...]:
    text = source.content.decode("utf-8-sig", errors="replace")
    sites: list[HeavySite] = []
    columns: tuple[str, ...] = _COLUMNS[:5]
    first = True
    for number, line in enumerate(text.splitlines(), start=1):
        fields = [field.strip(" \t\"'") for field in re.split(r" *[,;\t] *| +", line.strip())]
        if not any(fields) or line.lstrip().startswith("#"):
            continue
        names = tuple(field.lower() for field in fields)
        if first and "x" in names:
            missing = [name for name in _NEEDED if name not in names]
            if missing:
                raise UserError(
                    f"{source.name} has no column {missing[0]}: name the columns element, x, y, z "
                    "and perhaps occupancy."
                )
            columns, first = names, False
            continue
        first = False
        sites.append(_row(dict(zip(columns, fields, strict=False)), number, source.name))
        if len(sites) > _MOST_SITES:
            break
    return tuple(sites)


def _row(row: dict[str, str], number: int, file: str) -> HeavySite:
    element = element_of(row.get("element", ""))
    try:
        x, y, z = (float(row[name]) for name in "xyz")
        occupancy = float(row.get("occupancy") or 1.0)
    except (KeyError, ValueError):
        element = None
        x = y = z = occupancy = math.nan
    if element is None or not all(map(math.isfinite, (x, y, z, occupancy))) or occupancy <= 0:
        raise UserError(
            f"Row {number} of {file} is no site: write the element, x, y, z and perhaps the "
            "occupancy, such as AU, 0.178, 0.104, 0.900, 1.0."
        )
    if max(abs(x), abs(y), abs(z)) > _LARGEST:
        raise UserError(
            f"Row {number} of {file} has coordinates beyond {_LARGEST:.0f} cell edges: write "
            "fractional coordinates, not Å."
        )
    return HeavySite(element, (x, y, z), occupancy, 0.0, math.nan)
