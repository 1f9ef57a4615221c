"""All figures of a solution as plain values: the content of report.json and of other reports."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

import patterson_gui
from patterson_gui.crystal.displacements import u_of
from patterson_gui.crystal.models.bonds import Bonds, find_bonds
from patterson_gui.crystal.models.formula import contents_of
from patterson_gui.crystal.solution import RefinedStructure, Solution
from patterson_gui.io.solution.cell_uncertainties import cell_sigma_of
from patterson_gui.io.text.plain_json import without_nan


def figures_of(solution: Solution, name: str, bonds: Bonds | None = None) -> dict[str, Any]:
    """The figures of a solution; None for everything that is not known.

    Parameters
    ----------
    bonds : of the model of the solution, where they are known already.

    Returns
    -------
    dictionary with at least
        verdict, reason, advice, notes : "solved", "probably" or "not solved", and sentences.
        space_group, space_groups : Hermann-Mauguin symbol of the solution; a row for each
            candidate, as `SpaceGroupCandidate` describes it.
        formula, z, density, volume_per_atom : one formula unit and their number in the cell,
            g/cm³, Å³ for each non-hydrogen atom.
        r1, r1_all, wr2, goof, and more : as `RefinementFigures` describes them.
        n_atoms, n_hydrogen : atoms in the asymmetric unit that are not hydrogen, and that are.
        starts, tries : their number; a row for each, as `Start` describes it.
        atoms : a row for each atom.
        data : statistics of the measurements.
        seconds_phases, seconds : CPU seconds.
    """
    structure = solution.structure
    chosen = next((row for row in solution.candidates if row.chosen), None)
    group = structure.spacegroup.xhm() if structure else chosen.name if chosen else None
    figures: dict[str, Any] = {
        "name": name,
        "program": f"patterson_gui {patterson_gui.__version__}",
        "verdict": solution.verdict,
        "reason": solution.reason,
        "advice": solution.advice,
        "notes": list(solution.notes),
        "space_group": group,
        **_structure(solution, bonds),
        "starts": len(solution.starts),
        "tries": [asdict(start) for start in solution.starts],
        "space_groups": [asdict(row) for row in solution.candidates],
        "data": plain_values(solution.data),
        "contents": None if solution.contents is None else plain_values(asdict(solution.contents)),
        "settings": asdict(solution.settings),
        "label": solution.intensities.label,
        "seconds_phases": round(solution.seconds_phases, 3),
        "seconds": round(solution.seconds, 3),
    }
    return dict(without_nan(figures))


def _structure(solution: Solution, bonds: Bonds | None) -> dict[str, Any]:
    structure = solution.structure
    names = (
        "formula", "z", "density", "volume_per_atom", "f000", "weight", "cell", "cell_sigma",
        "volume", "n_atoms", "n_hydrogen", "atoms", "change_of_axes",
    )  # fmt: skip
    if structure is None:
        cell = [round(float(x), 5) for x in solution.intensities.cell.parameters]
        none: dict[str, Any] = dict.fromkeys((*names, *_NO_FIGURES))
        return none | {"cell": cell, "n_atoms": 0, "n_hydrogen": 0, "atoms": []}
    model, cell_ = structure.model, structure.merged.cell
    bonds = bonds or find_bonds(model, cell_, structure.spacegroup)
    contents = contents_of(model, cell_, bonds)
    heavy = contents.n_non_hydrogen
    sigma = cell_sigma_of(structure, solution.intensities)
    hydrogen = int(model.is_hydrogen.sum())
    values = (
        contents.formula or None, contents.z, round(contents.density, 4),
        round(cell_.volume / heavy, 2) if heavy else None, round(contents.f000, 3),
        round(contents.weight, 3), [round(float(x), 5) for x in cell_.parameters],
        None if sigma is None else [round(float(x), 6) for x in sigma], round(cell_.volume, 3),
        len(model) - hydrogen, hydrogen, atom_rows(structure, bonds),
        np.asarray(structure.change_of_axes).tolist(),
    )  # fmt: skip
    refined: dict[str, Any] = plain_values(asdict(structure.figures))
    return dict(zip(names, values, strict=True)) | refined


_NO_FIGURES = ("r1", "r1_all", "wr2", "goof", "flack", "highest_peak", "deepest_hole")


def atom_rows(structure: RefinedStructure, bonds: Bonds) -> list[dict[str, Any]]:
    """A row for each atom: label, element, coordinates, U, occupancy, and why this element."""
    model = structure.model
    choices = {choice.label: choice for choice in structure.elements}
    u_eq = u_of(model, structure.merged.cell)
    rows: list[dict[str, Any]] = []
    for i, label in enumerate(model.labels):
        choice = choices.get(label)
        row = {
            "label": label,
            "element": model.elements[i],
            "x": round(float(model.frac[i, 0]), 5),
            "y": round(float(model.frac[i, 1]), 5),
            "z": round(float(model.frac[i, 2]), 5),
            "u_eq": round(float(u_eq[i]), 5),
            "occupancy": round(float(model.occ[i]), 4),
            "site_symmetry_order": round(1.0 / float(bonds.images.share[i])),
            "rides_on": None if model.parent[i] < 0 else model.labels[model.parent[i]],
            "part": int(model.part[i]),
            "effective_z": None if choice is None else _rounded(choice.effective_z, 2),
            "second": choice.second or None if choice else None,
            "margin": None if choice is None else _rounded(choice.margin, 4),
            "because": choice.because or None if choice else None,
        }
        rows.append(row)
    return rows


def _rounded(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def plain_values(value: Any) -> Any:
    """Numbers of numpy, arrays and tuples as plain numbers and lists, for JSON."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return plain_values(value.tolist())
    if isinstance(value, list | tuple):
        return [plain_values(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value
