"""Write sites of heavy atoms: sites.pdb, sites.csv and sites.json."""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gemmi

from patterson_gui.crystal.differences.heavy_atoms import FoundSites, HeavySite
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.text.csv_text import csv_text

COLUMNS = ("element", "x", "y", "z", "occupancy", "score")
OF_SEARCH = ("uncertainty", "doubt")  # further columns of sites that a search has found
PDB, CSV, JSON = "sites.pdb", "sites.csv", "sites.json"
_B = 30.0  # Å²: the differences tell no absolute displacement


def write_sites(folder: Path, found: FoundSites, *, as_json: bool = False) -> None:
    """Write the sites into a folder, which is made if it does not exist.

    sites.csv always, with a header alone where there are no sites; sites.pdb where there are some
    (occupancies relative to the strongest site, B 30 Å² for all), else an earlier one is removed.

    Raises
    ------
    UserError : a file cannot be written.
    """
    make_folder(folder)
    with replace_file(folder / CSV) as temporary:
        temporary.write_text(sites_csv(found.sites), encoding="utf-8", newline="\n")
    if as_json:
        with replace_file(folder / JSON) as temporary:
            text = json.dumps(site_table(found), indent=2) + "\n"
            temporary.write_text(text, encoding="ascii")
    if not found.sites:
        (folder / PDB).unlink(missing_ok=True)
        return
    with replace_file(folder / PDB) as temporary:
        text = sites_structure(found).make_pdb_string()
        temporary.write_text(text, encoding="ascii", newline="\n")


def site_table(found: FoundSites) -> list[dict[str, Any]]:
    """One row for each site: element, x, y, z (fractional), occupancy, score, and a reason to doubt
    it where there is one."""
    return [
        {
            "element": site.element,
            **{name: round(value, 5) for name, value in zip("xyz", site.frac, strict=True)},
            "occupancy": round(site.occupancy, 4),
            "score": round(site.score, 2),
            **({"doubt": site.doubt} if site.doubt else {}),
        }
        for site in found.sites
    ]


def sites_csv(sites: Iterable[HeavySite]) -> str:
    """The sites as CSV: `COLUMNS` with five decimals, and `OF_SEARCH` where a search has found
    some. A number that is NaN is an empty cell."""
    every = list(sites)
    searched = any(math.isfinite(site.uncertainty) for site in every)
    rows: list[list[object]] = [[*COLUMNS, *(OF_SEARCH if searched else ())]]
    for site in every:
        values = [*site.frac, site.occupancy, site.score] + [site.uncertainty] * searched
        numbers = [f"{value:.5f}" if math.isfinite(value) else None for value in values]
        rows.append([site.element, *numbers, *([site.doubt] if searched else [])])
    return csv_text(rows)


def sites_structure(found: FoundSites) -> gemmi.Structure:
    """The sites as atoms, each a residue of its own in chain A."""
    rows = [(site.element, site.frac, site.occupancy) for site in found.sites]
    return atoms_structure(found.cell, found.spacegroup, rows)


def atoms_structure(
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    rows: Iterable[tuple[str, tuple[float, float, float], float]],
) -> gemmi.Structure:
    """Atoms, each a residue of its own in chain A; rows are element, position, occupancy."""
    structure = gemmi.Structure()
    structure.cell, structure.spacegroup_hm = cell, spacegroup.xhm()
    chain = gemmi.Chain("A")
    for number, (element, frac, occupancy) in enumerate(rows, start=1):
        atom = gemmi.Atom()
        atom.name = element.upper()
        atom.element = gemmi.Element(element)
        atom.pos = cell.orthogonalize(gemmi.Fractional(*frac))
        atom.occ, atom.b_iso = min(occupancy, 1.0), _B
        residue = gemmi.Residue()
        residue.name, residue.seqid = element.upper(), gemmi.SeqId(number, " ")
        residue.het_flag = "H"
        residue.add_atom(atom)
        chain.add_residue(residue)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    return structure
