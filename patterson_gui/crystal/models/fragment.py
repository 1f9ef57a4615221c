"""Cut a few residues out of a protein model and put them alone into a P1 cell.

Pan, Jin, Miller, Kyrillidis & Phillips, IUCrJ 10, 487–496 (2023): standard residues
only, heavy atoms, first conformer, every B 20 Å², centre of mass at the cell centre.
"""

import math
from collections import Counter
from itertools import pairwise

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.models.clash import NEAREST_COPY, comes_too_near, nearest_copy
from patterson_gui.crystal.models.residues import (
    AtomsOf,
    ResidueRange,
    chains_of,
    heavy_atoms,
    residue_choices,
    select_range,
)
from patterson_gui.crystal.problem_kinds import B_ISO, CELL_EDGE, D_MIN, MARGIN
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.errors import UserError

SPACING = 0.5  # Å, grid spacing of the papers


def default_range(
    structure: gemmi.Structure, cell_edge: float | None = CELL_EDGE
) -> tuple[str, str, str]:
    """(chain, first, last) of two bonded complete residues: the first pair that fits a
    cube of `cell_edge` Å, or the first pair at all."""
    chains = chains_of(structure)
    first_pair: tuple[str, str, str] | None = None
    for run in residue_choices(structure):
        for a, b in pairwise(run.residues):
            if not (a.complete and b.complete):
                continue
            pair = (run.chain, a.seqid, b.seqid)
            first_pair = first_pair or pair
            if cell_edge is None:
                return pair
            chosen = [r for r in chains[run.chain] if str(r.seqid) in (a.seqid, b.seqid)]
            positions = np.array([at.pos.tolist() for r in chosen for at in heavy_atoms(r)])
            if not comes_too_near(positions, _box(np.full(3, cell_edge))):
                return pair
    if first_pair is None:
        raise UserError(
            "The model has no two bonded, complete standard residues: choose a protein model."
        )
    return first_pair


def make_fragment(
    structure: gemmi.Structure,
    chain: str,
    first: str | int,
    last: str | int,
    *,
    cell_edge: float | None = CELL_EDGE,
    margin: float = MARGIN,
    b_iso: float = B_ISO,
    d_min: float = D_MIN,
    atoms_of: AtomsOf = heavy_atoms,
) -> Crystal:
    """Residues `first` to `last` (with insertion codes) of a chain, alone in P1.

    Parameters
    ----------
    cell_edge : Å, a cube; None: the fragment's extent plus `margin` along each axis,
        rounded up to whole Å so that a 0.5 Å grid has an even number of points.
    b_iso : Å², of every atom.
    d_min : Å, resolution of the amplitudes and of the true density.
    atoms_of : selects atoms of a residue; `atoms_to_cb` makes the dialanines of paper 1.

    Raises
    ------
    UserError
        where a residue is missing, not standard or incomplete, the chain is broken, or
        an atom comes within 3 Å of the copy in the next cell of a cube.
    """
    wanted = ResidueRange(chain, str(first), str(last))
    residues = select_range(structure, wanted)
    atoms = [atom for residue in residues for atom in atoms_of(residue)]
    positions = np.array([atom.pos.tolist() for atom in atoms])
    edges = _edges(positions, cell_edge, margin)
    if cell_edge is not None and (near := nearest_copy(positions, _box(edges))) < NEAREST_COPY:
        raise UserError(
            f"The fragment is too large for a cube of {cell_edge:g} Å (it comes within "
            f"{near:.1f} Å of its copy in the next cell): choose a larger cell or one that "
            "fits its extent."
        )
    numbers = np.array([atom.element.atomic_number for atom in atoms], dtype=np.float64)
    centre_of_mass = numbers @ positions / numbers.sum()
    model = _alone(structure.name, wanted.chain, residues, atoms_of, edges, centre_of_mass, b_iso)
    coefficients = structure_factors(model, model.cell, p1(), d_min)
    names = "-".join(residue.name for residue in residues)
    label = f"{wanted.chain}:{first}-{last}"
    origin = f" of {structure.name}" if structure.name else ""
    box = " × ".join(f"{edge:g}" for edge in edges)
    return Crystal(
        name=f"{structure.name} {label}".strip(),
        cell=model.cell,
        spacegroup=p1(),
        amplitudes=coefficients.amplitudes(f"calculated to {d_min:g} Å"),
        model=model,
        composition=Composition(dict(Counter(atom.element.name for atom in atoms))),
        truth=true_density(model, d_min, min(SPACING, d_min / 3.0), coefficients=coefficients),
        provenance=(
            f"Residues {label} ({_short(names)}){origin} alone in P1, {box} Å, "
            f"{len(atoms)} atoms, B {b_iso:g} Å², calculated to {d_min:g} Å."
        ),
        is_fragment=True,
    )


def _short(names: str) -> str:
    return names if len(names) <= 40 else f"{names[:18]}…{names[-18:]}"


def _edges(
    positions: NDArray[np.float64], cell_edge: float | None, margin: float
) -> NDArray[np.float64]:
    if cell_edge is None:
        if not margin > 0:
            raise UserError("The margin around the fragment must be positive.")
        return np.array([math.ceil(edge) for edge in np.ptp(positions, axis=0) + margin], float)
    if not cell_edge > 0:
        raise UserError("The cell edge must be positive.")
    return np.full(3, float(cell_edge))


def _box(edges: NDArray[np.float64]) -> gemmi.UnitCell:
    return gemmi.UnitCell(edges[0], edges[1], edges[2], 90, 90, 90)


def _alone(
    name: str,
    chain_name: str,
    residues: list[gemmi.Residue],
    atoms_of: AtomsOf,
    edges: NDArray[np.float64],
    centre: NDArray[np.float64],
    b_iso: float,
) -> gemmi.Structure:
    """A P1 structure of these residues, `centre` (Å) moved to the middle of the cell."""
    structure = gemmi.Structure()
    structure.name = name
    structure.cell = _box(edges)
    structure.spacegroup_hm = "P 1"
    shift = gemmi.Position(*(edges / 2 - centre))
    chain = gemmi.Chain(chain_name)
    for residue in residues:
        copy = gemmi.Residue()
        copy.name, copy.seqid = residue.name, residue.seqid
        copy.het_flag = "A"
        for atom in atoms_of(residue):
            new = gemmi.Atom()
            new.name, new.element, new.charge = atom.name, atom.element, atom.charge
            new.pos, new.b_iso, new.occ = atom.pos + shift, b_iso, 1.0
            copy.add_atom(new)
        chain.add_residue(copy)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    structure.setup_cell_images()
    return structure
