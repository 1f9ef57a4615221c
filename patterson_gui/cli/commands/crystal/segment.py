"""`crystal segment`: atoms and their elements in a density map."""

import argparse
from collections import Counter
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.cli.options import add_model, add_output
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.materials.cube import EDGE, POINTS, Sample
from patterson_gui.crystal.materials.cube_map import cube_structure
from patterson_gui.crystal.materials.structure import material_of
from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.models.write_materials import write_materials
from patterson_gui.nets.inference.crystal_coder import load_coder
from patterson_gui.nets.inference.segment_atoms import atoms_of_map

HELP = "find atoms and their elements in a density map"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument("input", type=Path, metavar="MAP", help="density map (CCP4/MRC)")
    add_output(parser, "ATOMS.cif", "atoms to write (.cif, .pdb, .extxyz or .vasp)")
    parser.add_argument(
        "--elements", choices=("auto", "organic", "all"), default="auto",
        help="organic: C, N, O and S in an electron density; all: any element, in a cube of 10 Å "
        "with 30 points as 'crystal decode --map' writes it; auto: all for such a cube, else "
        "organic (default: %(default)s)",
    )  # fmt: skip
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the atoms."""
    density = read_map(options.input)
    cube = _is_cube(density)
    if options.elements == "all" and not cube:
        raise UserError(
            f"{options.input.name} is not a cube of 10 Å with {POINTS} points along each edge, "
            "and only in such a cube are all elements recognised: use --elements organic for an "
            "electron density."
        )
    if options.elements == "organic" or not cube:
        _write_structure(options.output, atoms_of_map(density), options.input)
        return
    fit = load_coder("crystal", options.model).atoms_of_density(density.grid)
    sample = Sample(fit.positions, fit.numbers, EDGE * np.eye(3), "crystal")
    _write_structure(options.output, cube_structure(sample, density.name), options.input)
    print(f"They explain {1 - fit.residual:.2%} of what is there.")


def _is_cube(density: DensityMap) -> bool:
    """Whether this is the cube that crystals are encoded from."""
    cell = density.cell
    right = all(abs(angle - 90) < 1e-3 for angle in (cell.alpha, cell.beta, cell.gamma))
    edges = all(abs(edge - EDGE) < 1e-3 for edge in (cell.a, cell.b, cell.c))
    return right and edges and density.shape == (POINTS,) * 3


def _write_structure(path: Path, structure: gemmi.Structure, source: Path) -> None:
    material = material_of(structure)
    if not len(material):
        raise UserError(
            f"No atoms were found in {source.name}: choose a density map that shows atoms."
        )
    write_materials(path, [material], f"Atoms found by patterson_gui in {source.name}.")
    counts = Counter(site.atom.element.name for site in structure[0].all())
    print(f"{sum(counts.values())} atoms: {', '.join(f'{n} {s}' for s, n in counts.most_common())}")
    print(f"→ {path}")
