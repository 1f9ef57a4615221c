"""Write peaks as CSV or PDB, and figures of merit as CSV or JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gemmi

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.nearest_atoms import NearestAtom
from patterson_gui.crystal.maps.peak_columns import PEAK_COLUMNS, numbers
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.io.files import replace_file
from patterson_gui.io.text.csv_text import csv_text
from patterson_gui.io.text.plain_json import without_nan


def write_peaks(
    path: Path,
    peaks: Sequence[Peak],
    density: DensityMap,
    near: Sequence[NearestAtom | None] | None = None,
) -> None:
    """Write CSV with a header: the number of each peak, the columns of `PEAK_COLUMNS`, and the
    Harker sections where they are known; or PDB if the path ends in '.pdb'.

    Peaks are numbered as in the window: an origin peak is 0.

    Parameters
    ----------
    near : of the peaks of a density, the nearest atoms: they take the place of the length of
        vectors and of Harker sections.
    """
    if Path(path).suffix.lower() == ".pdb":
        _write(Path(path), peaks_structure(peaks, density).make_pdb_string())
        return
    if near is not None:
        _write(Path(path), _density_peaks_csv(peaks, density, near))
        return
    rows: list[list[object]] = [["peak", *(c.key_in(density.units) for c in PEAK_COLUMNS)]]
    known = any(peak.harker for peak in peaks)
    rows[0] += ["harker_sections"] if known else []
    for number, peak in zip(numbers(peaks), peaks, strict=True):
        row = [number, *(column.exact_text(peak) for column in PEAK_COLUMNS)]
        rows.append([*row, "; ".join(peak.harker)] if known else row)
    _write(Path(path), csv_text(rows))


def _density_peaks_csv(
    peaks: Sequence[Peak], density: DensityMap, near: Sequence[NearestAtom | None]
) -> str:
    columns = [column for column in PEAK_COLUMNS if column.key != "length_A"]
    names = [column.key_in(density.units) for column in columns]
    rows: list[list[object]] = [["peak", *names, "nearest_atom", "distance_A"]]
    for number, peak, atom in zip(numbers(peaks), peaks, near, strict=True):
        row: list[object] = [number, *(column.exact_text(peak) for column in columns)]
        rows.append([*row, *(("", "") if atom is None else (atom.label, f"{atom.distance:.3f}"))])
    return csv_text(rows)


def peaks_structure(peaks: Sequence[Peak], density: DensityMap) -> gemmi.Structure:
    """Peaks as atoms in the cell and space group of their map, for other programs.

    Each is a residue PK with the number of the peak, and its height in rmsd as B (−99 to 999).
    """
    structure = gemmi.Structure()
    structure.cell, structure.spacegroup_hm = density.cell, density.spacegroup.xhm()
    chain = gemmi.Chain("A")
    for number, peak in zip(numbers(peaks), peaks, strict=True):
        atom = gemmi.Atom()
        atom.name, atom.element = "PK", gemmi.Element("X")
        atom.pos = density.cell.orthogonalize(gemmi.Fractional(*peak.frac))
        atom.occ, atom.b_iso = 1.0, min(max(peak.rmsd, -99.0), 999.0)
        residue = gemmi.Residue()
        residue.name, residue.seqid, residue.het_flag = "PK", gemmi.SeqId(number, " "), "H"
        residue.add_atom(atom)
        chain.add_residue(residue)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    return structure


def write_figures(path: Path, figures: Mapping[str, Any]) -> None:
    """Write JSON, or CSV (name, value) if the path ends in '.csv'.

    In CSV, nested names are joined by dots. NaN becomes null in JSON and empty in CSV.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        rows = [["figure", "value"], *([name, _cell(v)] for name, v in flattened(figures))]
        _write(path, csv_text(rows))
        return
    text = json.dumps(without_nan(figures), indent=2, ensure_ascii=False, allow_nan=False)
    _write(path, text + "\n")


def flattened(value: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Nested values as (name, value): [('aligned.r', 0.99), ('aligned.shells.0.n', 12), …]."""
    if isinstance(value, Mapping):
        items = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list | tuple):
        items = [(str(i), inner) for i, inner in enumerate(value)]
    else:
        return [(prefix, value)]
    joined = ((f"{prefix}.{key}" if prefix else key, inner) for key, inner in items)
    return [pair for key, inner in joined for pair in flattened(inner, key)]


def _cell(value: Any) -> str:
    value = without_nan(value)
    return "" if value is None else str(value)


def _write(path: Path, text: str) -> None:
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
