"""Write all files of a solution into a folder, and never over files of somebody else."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.maps.p1_map import p1_map
from patterson_gui.crystal.maps.peaks import find_peaks
from patterson_gui.crystal.models.bonds import Bonds, find_bonds
from patterson_gui.crystal.models.model_maps import density_of, difference_of, map_terms
from patterson_gui.crystal.models.molecules import connected
from patterson_gui.crystal.solution import RefinedStructure, Solution
from patterson_gui.errors import UserError
from patterson_gui.io.file_names import file_stem
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.own_files import SOLUTION, digest, move_result, refuse_changed
from patterson_gui.io.report.tables import write_figures
from patterson_gui.io.solution.core_cif import write_cif
from patterson_gui.io.solution.map_coefficients import write_map_coefficients
from patterson_gui.io.solution.reflection_lists import hkl_text, write_fcf
from patterson_gui.io.solution.report.figures import figures_of
from patterson_gui.io.solution.report.html_page import report_html
from patterson_gui.io.solution.report.molecule_picture import cell_svg, molecule_svg
from patterson_gui.io.solution.report.plots import observed_against_calculated_svg, shells_svg
from patterson_gui.io.solution.report.text import report_text
from patterson_gui.io.solution.shelx_res import DifferencePeak, compact_name, res_text
from patterson_gui.io.solution.solution_model import write_pdb
from patterson_gui.io.temporary_files import temporary_folder

_REPORTS = ("report.html", SOLUTION.report, "report.txt")
_ENDINGS = {
    ".res": "SHELX instructions: copy to .ins and refine on",
    ".hkl": "reflections for them (HKLF 4)",
    ".cif": "structure with uncertainties and geometry, instructions and reflections embedded",
    ".fcf": "measured and calculated F² (LIST 4)",
    "_list6.fcf": "measured F², calculated F and phases (LIST 6)",
    ".mtz": "amplitudes and map coefficients, for Coot",
    ".pdb": "model, for Coot and molecular viewers",
    "_density.ccp4": "density 2Fo − Fc, e/Å³",
    "_difference.ccp4": "difference density Fo − Fc, e/Å³",
}
_P1_MAP = "_p1.ccp4"
_LARGEST_EMBEDDED = 30_000_000  # characters of a reflection list in a CIF
_PEAKS = 20


@dataclass(frozen=True, eq=False)
class Presented:
    """A solution as files show it: its molecules in one piece, with their bonds."""

    solution: Solution
    structure: RefinedStructure | None
    bonds: Bonds | None

    @classmethod
    def of(cls, solution: Solution) -> "Presented":
        """Join the molecules of the solution, which leaves structure factors as they are."""
        structure = solution.structure
        if structure is None:
            return cls(solution, None, None)
        structure, bonds = joined(structure)
        return cls(replace(solution, structure=structure), structure, bonds)


def joined(structure: RefinedStructure) -> tuple[RefinedStructure, Bonds]:
    """The structure with each molecule in one piece, and the bonds of that model."""
    cell, group = structure.merged.cell, structure.spacegroup
    model = connected(structure.model, cell, find_bonds(structure.model, cell, group))
    return replace(structure, model=model), find_bonds(model, cell, group)


def refuse_foreign_files(folder: Path, name: str) -> None:
    """Raise `UserError` where a file that `write_solution` would write is not of an earlier one.

    Files that were changed since this program wrote them, such as a .res refined on, count as
    foreign, and so do the reflections that a solution starts from.
    """
    if folder.is_dir():
        stem = file_stem(name)
        targets = [path.name for path in folder.iterdir() if _is_target(path.name, stem)]
        refuse_changed(folder, targets, SOLUTION)


def _is_target(file: str, stem: str) -> bool:
    if file in _REPORTS:
        return True
    rest = file.removeprefix(stem)
    others = rest.startswith("_in_") and rest.endswith(".res")
    return file.startswith(stem) and (rest in _ENDINGS or rest == _P1_MAP or others)


def write_solution(folder: Path, solution: Solution, name: str) -> dict[str, Any]:
    """Write every file of a solution; see the keys of `_ENDINGS`, and the three reports.

    A solution without a structure gets the reports, the reflections and the density of its best
    phases in P1. Files of an earlier solution that this one does not have are removed. Call
    `refuse_foreign_files` first.

    Returns
    -------
    The figures, as they stand in report.json.

    Raises
    ------
    UserError : a file cannot be written.
    """
    make_folder(folder)
    # First beside their places: a full disk or a kill leaves an earlier solution whole.
    with temporary_folder(folder) as staging:
        try:
            figures = _write_all(staging, solution, name)
        except UserError as error:
            raise UserError(str(error).replace(f"{staging.name}{os.sep}", "")) from error
        move_result(staging, folder, SOLUTION)
    return figures


def _write_all(folder: Path, solution: Solution, name: str) -> dict[str, Any]:
    """Write every file of a solution into an empty folder; return the figures."""
    stem = file_stem(name)
    shown = Presented.of(solution)
    figures = figures_of(shown.solution, name, shown.bonds)
    written: dict[str, str] = {}

    def write(ending: str, what: str, writer: Callable[[Path], object]) -> None:
        path = folder / f"{stem}{ending}"
        writer(path)
        written[path.name] = what

    axes = None if shown.structure is None else shown.structure.change_of_axes
    hkl, factor = hkl_text(solution.intensities, axes)
    write(".hkl", _ENDINGS[".hkl"], _text_writer(hkl))
    if shown.structure is not None:
        _write_structure(write, shown, name, hkl, factor)
        for group, other in solution.others.items():
            if not np.array_equal(other.change_of_axes, shown.structure.change_of_axes):
                continue  # the reflections are in other axes
            ending = f"_in_{file_stem(compact_name(other.spacegroup))}.res"
            whole, _ = joined(other)
            text = res_text(whole, shown.solution, name, hkl_factor=factor)
            write(ending, f"the structure in {group} instead", _text_writer(text))
    elif len(solution.phases_f):
        what = "density of the best phases in P1"
        write(_P1_MAP, what, lambda path: write_map(path, phases_map(solution)))
    page = html_of(shown, figures, files=list(written.items()))
    _write_text(folder / "report.html", page, "utf-8")
    _write_text(folder / "report.txt", report_text(figures), "utf-8")
    every = [*written, "report.html", "report.txt"]
    figures["files"] = {file: digest(folder / file) for file in every}
    write_figures(folder / SOLUTION.report, figures)
    return figures


def _write_structure(
    write: Callable[[str, str, Callable[[Path], object]], None],
    shown: Presented,
    name: str,
    hkl: str,
    factor: float,
) -> None:
    solution, structure, bonds = shown.solution, shown.structure, shown.bonds
    assert structure is not None
    assert bonds is not None
    terms = map_terms(structure)
    density, difference = density_of(structure, terms), difference_of(structure, terms)
    peaks = [
        DifferencePeak(peak.frac, peak.height)
        for peak in find_peaks(difference, _PEAKS, min_rmsd=3.0)
    ]
    res = res_text(structure, solution, name, peaks, hkl_factor=factor)
    embedded = hkl if len(hkl) <= _LARGEST_EMBEDDED else ""
    wavelength = structure.merged.wavelength
    writers: dict[str, Callable[[Path], object]] = {
        ".res": _text_writer(res),
        ".cif": lambda path: write_cif(
            path, structure, solution, name, bonds, res=res, hkl=embedded
        ),
        ".fcf": lambda path: write_fcf(path, structure, name),
        "_list6.fcf": lambda path: write_fcf(path, structure, name, phases=True),
        ".mtz": lambda path: write_map_coefficients(path, terms, name, wavelength),
        ".pdb": lambda path: write_pdb(path, structure, solution, name, bonds),
        "_density.ccp4": lambda path: write_map(path, density),
        "_difference.ccp4": lambda path: write_map(path, difference),
    }
    for ending, writer in writers.items():
        write(ending, _ENDINGS[ending], writer)


def html_of(
    shown: Presented, figures: Mapping[str, Any], *, files: list[tuple[str, str]] | None = None
) -> str:
    """The HTML report with pictures of the molecule and the cell, and plots."""
    pictures, plots = [], []
    structure, bonds = shown.structure, shown.bonds
    if structure is not None and bonds is not None:
        model, cell = structure.model, structure.merged.cell
        if len(model):
            pictures = [
                (molecule_svg(model, cell, bonds, width=480), "Ellipsoids of 50 % probability"),
                (cell_svg(model, cell, bonds, width=480), "The unit cell"),
            ]
        terms = map_terms(structure)
        plots.append(observed_against_calculated_svg(terms.fo, np.abs(terms.fc)))
    shells = figures["data"].get("shells") or []
    plots.append(shells_svg(shells, "completeness", "Completeness", "%"))
    plots.append(shells_svg(shells, "i_over_sigma", "Mean I/σ", ""))
    return report_html(figures, pictures, plots, files or [])


def phases_map(solution: Solution) -> DensityMap:
    """The density of the best phases in P1, arbitrary scale."""
    cell = solution.intensities.cell
    return p1_map(solution.phases_hkl, solution.phases_f, cell, "phases in P1")


def _text_writer(text: str) -> Callable[[Path], None]:
    """A function that writes ASCII text to a path."""
    return lambda path: _write_text(path, text, "ascii")


def _write_text(path: Path, text: str, encoding: str) -> None:
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding=encoding, newline="\n")
