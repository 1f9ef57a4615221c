"""Check models after reading: correct impossible values, and note what is unusual."""

import math

import gemmi
import numpy as np

from patterson_gui.crystal.cells import refuse_impossible_edges
from patterson_gui.errors import UserError
from patterson_gui.io.formats.symmetry import sane_cell
from patterson_gui.io.models.residue_elements import fill_elements_by_residue
from patterson_gui.io.models.symmetry_copies import drop_symmetry_copies

_FARTHEST = 1e5  # Å from the origin
_LARGEST_B = 2000.0  # Å², beyond what any refinement writes
_USUAL_B = 20.0
# Å² along any direction: F of an atom with a lower one grows without limit towards high resolution.
_LOWEST_U = -0.1


def checked_model(
    structure: gemmi.Structure, file_name: str
) -> tuple[gemmi.Structure, tuple[str, ...]]:
    """A corrected copy of a model, and notes on what was changed and on what is unusual.

    Atoms of unknown elements are left out. Impossible occupancies and displacement parameters
    are replaced.

    Raises
    ------
    UserError
        an atom has impossible coordinates, no atom has a known element, or the cell is larger than
        any crystal's.
    """
    copy = structure.clone()
    notes = list(_in_standard_frame(copy))
    notes += _joined_parts(copy)
    notes += fill_elements_by_residue(copy)
    unknown = _drop_unknown_elements(copy)
    _check_coordinates(copy, file_name)
    refuse_impossible_edges(copy.cell, file_name)
    copies = drop_symmetry_copies(copy)
    atoms = [cra.atom for cra in copy[0].all()] if len(copy) else []
    if not atoms:
        raise UserError(
            f"{file_name} has no atom of a known element: fill in its element column "
            "(77-78 of a PDB file)."
        )
    notes += _alternatives(copy)
    if unknown:
        notes.append(f"{_atoms(unknown)} of no known element were left out.")
    if copies:
        notes.append(
            f"{_atoms(len(copies))} ({_listed(copies)}) repeat others by symmetry: each place was "
            "counted once."
        )
    if not any(atom.occ > 0 for atom in atoms):
        notes.append("All occupancies are zero in the file: they were set to one.")
        for atom in atoms:
            atom.occ = 1.0
    if all(atom.b_iso == 0 and not atom.aniso.nonzero() for atom in atoms):
        notes.append("All displacement parameters of the file are zero: its atoms are at rest.")
    if corrected := sum([_correct(atom) for atom in atoms]):
        notes.append(
            f"{_atoms(corrected)} {'has' if corrected == 1 else 'have'} an impossible occupancy or "
            "displacement parameter: usual values replace it."
        )
    return copy, tuple(notes)


def _atoms(n: int) -> str:
    return "1 atom" if n == 1 else f"{n} atoms"


def _listed(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _in_standard_frame(structure: gemmi.Structure) -> tuple[str, ...]:
    """Rotate coordinates into the frame of the PDB convention (a along x, c* along z), which
    all maps use, where the SCALE records give another frame. Return notes for the user."""
    given = structure.cell
    if sane_cell(given.parameters) is None:
        structure.cell = gemmi.UnitCell()  # gemmi's placeholder for "no cell"
        return ()
    standard = gemmi.UnitCell(*given.parameters)
    matrix = np.array(standard.orth.mat.tolist()) @ np.array(given.frac.mat.tolist())
    shift = np.array(standard.orth.mat.tolist()) @ np.array(given.frac.vec.tolist())
    if np.abs(matrix - np.eye(3)).max() < 1e-3 and np.abs(shift).max() < 1e-2:
        structure.cell = standard
        structure.setup_cell_images()
        return ()
    is_rotation = np.abs(matrix @ matrix.T - np.eye(3)).max() < 0.01
    if is_rotation:
        turn = gemmi.Transform(gemmi.Mat33(matrix.tolist()), gemmi.Vec3(*shift))
        for model in structure:
            model.transform_pos_and_adp(turn)
    structure.cell = standard
    structure.setup_cell_images()
    if is_rotation:
        return ("The SCALE records orient the cell differently: the model was rotated.",)
    return ("The SCALE records do not fit the unit cell: they were not used.",)


def _joined_parts(structure: gemmi.Structure) -> tuple[str, ...]:
    """Join models of a crystal that repeat no atom of one another: some programs number the parts
    of one structure as models. Return notes for the user."""
    if len(structure) < 2 or not structure.cell.is_crystal():
        return ()
    seen: set[tuple[str, ...]] = set()
    for model in structure:
        names = {_name_of(cra) for cra in model.all()}
        if seen & names:
            return ()
        seen |= names
    n = len(structure)
    for model in list(structure)[1:]:
        for chain in model:
            structure[0].add_chain(chain)
    while len(structure) > 1:
        del structure[len(structure) - 1]
    structure.merge_chain_parts()
    return (f"The {n} models of the file repeat no atom: they were joined as parts of one model.",)


def _name_of(cra: gemmi.CRA) -> tuple[str, ...]:
    atom = cra.atom
    return cra.chain.name, str(cra.residue.seqid), cra.residue.name, atom.name, atom.altloc


def _drop_unknown_elements(structure: gemmi.Structure) -> int:
    """Remove atoms of unknown elements; return how many the first model had."""
    dropped = 0
    for number, model in enumerate(structure):
        for chain in model:
            for residue in chain:
                for i in reversed(range(len(residue))):
                    if residue[i].element.atomic_number == 0:
                        del residue[i]
                        dropped += number == 0
    structure.remove_empty_chains()
    return dropped


def _check_coordinates(structure: gemmi.Structure, file_name: str) -> None:
    for atom in (cra.atom for model in structure for cra in model.all()):
        if not all(math.isfinite(x) and abs(x) < _FARTHEST for x in atom.pos.tolist()):
            raise UserError(
                f"{file_name} puts atom {atom.name} at impossible coordinates "
                f"({', '.join(f'{x:g}' for x in atom.pos.tolist())}): correct its line."
            )


def _correct(atom: gemmi.Atom) -> bool:
    """Replace impossible values of an atom; return whether there were any."""
    wrong = False
    if not (math.isfinite(atom.occ) and abs(atom.occ) <= 100.0):
        atom.occ, wrong = 1.0, True
    if not _possible(atom.aniso):
        atom.aniso, wrong = gemmi.SMat33f(0, 0, 0, 0, 0, 0), True
    if not (math.isfinite(atom.b_iso) and -100.0 <= atom.b_iso <= _LARGEST_B):
        atom.b_iso, wrong = _USUAL_B, True
    return wrong


def _possible(u: gemmi.SMat33f) -> bool:
    """Whether an atom can have these U_ij, Å². Refinements leave slightly negative ones."""
    if not all(
        math.isfinite(x) and abs(x) * 8 * math.pi**2 <= _LARGEST_B for x in u.elements_pdb()
    ):
        return False
    return not u.nonzero() or min(u.calculate_eigenvalues()) >= _LOWEST_U


def _alternatives(structure: gemmi.Structure) -> tuple[str, ...]:
    residues = [residue for chain in structure[0] for residue in chain]
    split = sum(1 for residue in residues if any(atom.has_altloc() for atom in residue))
    if not split:
        return ()
    where = f" in {split} of {len(residues)} residues" if len(residues) > 1 else ""
    return (f"Some atoms{where} have alternative positions; all count with their occupancies.",)
