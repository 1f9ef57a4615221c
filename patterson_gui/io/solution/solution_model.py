"""A solved structure as a gemmi structure, and as PDB for Coot."""

from pathlib import Path

import gemmi
import numpy as np

import patterson_gui
from patterson_gui.crystal.displacements import u_of
from patterson_gui.crystal.models.bonds import Bonds
from patterson_gui.crystal.solution import RefinedStructure, Solution
from patterson_gui.io.formats.sites import Site, structure_of_sites
from patterson_gui.io.models.writers.models import write_model


def structure_of(structure: RefinedStructure, name: str, bonds: Bonds) -> gemmi.Structure:
    """The model as a structure of one residue, in its space group and setting.

    Occupancies on special positions are divided by the order of the site symmetry.
    """
    model, cell = structure.model, structure.merged.cell
    u_iso = u_of(model, cell)
    anisotropic = model.is_anisotropic
    sites = [
        Site(
            label=model.labels[i],
            element=model.elements[i],
            frac=(float(model.frac[i, 0]), float(model.frac[i, 1]), float(model.frac[i, 2])),
            occ=float(model.occ[i] * bonds.images.share[i]),
            u_iso=float(u_iso[i]),
            u_aniso=tuple(model.u_aniso[i].tolist()) if anisotropic[i] else None,
            part=int(model.part[i]),
        )
        for i in range(len(model))
    ]
    made = structure_of_sites(name, cell, structure.spacegroup, sites)
    made.spacegroup_hm = pdb_name(structure.spacegroup)
    return made


def pdb_name(spacegroup: gemmi.SpaceGroup) -> str:
    """The name for CRYST1: hexagonal axes of rhombohedral groups are lattice H there."""
    if spacegroup.ext == "H":
        return "H" + spacegroup.hm[1:]
    return spacegroup.xhm()


def write_pdb(
    path: Path, structure: RefinedStructure, solution: Solution, name: str, bonds: Bonds
) -> None:
    """Write the model as PDB with its anisotropic displacements."""
    figures = structure.figures
    remarks = (
        f"Solved by patterson_gui {patterson_gui.__version__} from measured intensities.",
        f"Verdict: {solution.verdict}. {solution.reason}",
        f"R1 {figures.r1:.4f} for {figures.n_observed} reflections with I > 2 sigma(I), "
        f"wR2 {figures.wr2:.4f}.",
    )
    made = structure_of(structure, name, bonds)
    d_min = float(np.asarray(structure.merged.d).min()) if len(structure.merged) else 0.0
    made.resolution = d_min
    write_model(path, made, remarks)
