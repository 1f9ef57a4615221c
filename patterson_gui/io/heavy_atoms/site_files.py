"""Write a list of heavy-atom sites into one file: PDB, SHELX instructions or CSV."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.sites.site_symmetry import site_symmetries
from patterson_gui.errors import UserError
from patterson_gui.io.files import replace_file
from patterson_gui.io.formats.shelx_symmetry import shelx_symmetry
from patterson_gui.io.heavy_atoms.sites import atoms_structure, sites_csv
from patterson_gui.io.models.writers.models import pdb_text
from patterson_gui.io.text.plain_text import plain

_UNKNOWN_WAVELENGTH = 0.71073  # SHELX wants one; a REM says that it is not known
_U = 0.38  # Å², the B of 30 Å² that the other files have
_LONGEST_LABEL = 4  # letters, in SHELX
_FREE_VARIABLE = 5.0  # SHELX reads 10 m + p as free variable m times p from p = 5 on


def write_site_file(
    path: Path,
    sites: Sequence[HeavySite],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> None:
    """Write sites by the ending of the path: .res or .ins, .csv, otherwise PDB.

    Raises
    ------
    UserError : there are no sites, or the file cannot be written.
    """
    if not sites:
        raise UserError("There are no sites to save: find some, or add one.")
    ending = path.suffix.lower()
    if ending == ".csv":
        text = sites_csv(sites)
    elif ending in (".res", ".ins"):
        text = sites_res(sites, cell, spacegroup, path.stem)
    else:
        rows = [(site.element, site.frac, site.occupancy) for site in sites]
        text = pdb_text(atoms_structure(cell, spacegroup, rows))
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sites_res(
    sites: Sequence[HeavySite], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, name: str
) -> str:
    """The sites as SHELX instructions.

    A site on a special position has its occupancy divided by the order of its symmetry, as SHELX
    counts it. SHELX requires a centre of symmetry, where there is one, at the origin: where the
    group has it elsewhere, the origin is moved, and a REM says so. Occupancies of 5 and more would
    be read as free variables: all are divided by the largest one then, and a REM says so.
    """
    symmetry = shelx_symmetry(spacegroup)
    largest = max(site.occupancy for site in sites)
    unit = largest if largest >= _FREE_VARIABLE else 1.0
    sites = [replace(site, occupancy=site.occupancy / unit) for site in sites]
    special = site_symmetries(np.array([site.frac for site in sites]), cell, spacegroup)
    elements = list(dict.fromkeys(site.element for site in sites))
    n_operations = len(spacegroup.operations())
    counts = [
        sum(
            site.occupancy * n_operations / place.order
            for site, place in zip(sites, special, strict=True)
            if site.element == element
        )
        for element in elements
    ]
    edges = "".join(f"{value:10.4f}" for value in cell.parameters[:3])
    angles = "".join(f"{value:9.3f}" for value in cell.parameters[3:])
    lines = [
        f"TITL {plain(name)}"[:79],
        f"REM Heavy-atom sites in {symmetry.spacegroup.xhm()}",
        "REM The wavelength is not known: correct it in CELL.",
    ]
    if symmetry.origin.any():
        shift = " ".join(f"{x:.5f}" for x in symmetry.origin)
        lines.append(f"REM Origin moved to the centre of symmetry at {shift}")
    if unit != 1.0:
        lines.append(f"REM Occupancies are divided by that of the strongest site, {unit:g}")
    lines += [
        f"CELL {_UNKNOWN_WAVELENGTH:8.5f}{edges}{angles}",
        f"ZERR {n_operations:8d}" + f"{0:10.4f}" * 3 + f"{0:9.3f}" * 3,
        f"LATT {symmetry.latt}",
        *(f"SYMM {operation}" for operation in symmetry.operations),
        "SFAC " + " ".join(elements),
        "UNIT " + " ".join(f"{n:.2f}" for n in counts),
    ]
    labels = _labels(sites)
    for label, site, place in zip(labels, sites, special, strict=True):
        x, y, z = np.array(site.frac) - symmetry.origin
        share = 10.0 + site.occupancy / place.order  # 10 + sof: a fixed occupancy
        kind = elements.index(site.element) + 1
        lines.append(f"{label:<4} {kind:2d} {x:10.6f} {y:10.6f} {z:10.6f} {share:9.5f} {_U:8.5f}")
    return "\n".join([*lines, "HKLF 4", "END", ""])


def _labels(sites: Sequence[HeavySite]) -> list[str]:
    """AU1, AU2, HG1 …: with numbers in base 36 where decimal ones make labels too long."""
    seen: dict[str, int] = {}
    numbered = []
    for site in sites:
        seen[site.element] = seen.get(site.element, 0) + 1
        numbered.append((site.element.upper(), seen[site.element]))
    labels = [f"{element}{n}" for element, n in numbered]
    if max(map(len, labels)) > _LONGEST_LABEL:
        labels = [f"{element}{np.base_repr(n, 36)}" for element, n in numbered]
    return labels
