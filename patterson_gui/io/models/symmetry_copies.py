"""Find atoms that a file lists although symmetry generates them from atoms it lists too.

Some databases list whole molecules that lie on symmetry elements, and some programs the whole cell.
Counted with their images, such atoms would be in one place several times.
"""

import gemmi

_SAME_PLACE = 0.2  # Å; copies differ by the rounding of their coordinates
# Occupancy of one place. Refined occupancies of disordered atoms exceed 1 by less.
_FULL = 1.1
_SAME_OCCUPANCY = 0.05


def drop_symmetry_copies(structure: gemmi.Structure) -> list[str]:
    """Remove atoms of the first model that repeat an earlier one; return their names.

    An atom repeats another if both are of one element, have the same occupancy, occupy the same
    place (themselves or an image of them), and the occupancies of all atoms at this place add up
    to more than one. Atoms that share a place, such as a hydrogen atom of occupancy ⅓ listed three
    times, stay. So do alternatives with different letters.
    """
    if not len(structure) or not structure.cell.is_crystal():
        return []
    structure.setup_cell_images()
    model = structure[0]
    starts, atoms = _numbered(model)
    search = gemmi.NeighborSearch(model, structure.cell, 1.0).populate()
    dropped: set[int] = set()
    for number, atom in enumerate(atoms):
        if number in dropped:
            continue
        marks = search.find_atoms(atom.pos, "\0", radius=_SAME_PLACE)
        if len(marks) < 2:
            continue
        numbers = [starts[mark.chain_idx, mark.residue_idx] + mark.atom_idx for mark in marks]
        here = [n for n in numbers if n not in dropped]
        copies = {n for n in here if n > number and _alike(atoms[n], atom)}
        if copies and sum(atoms[n].occ for n in here) > _FULL:
            dropped |= copies
    names = [atoms[n].name for n in sorted(dropped)]
    for (chain, residue), start in starts.items():
        for i in reversed(range(len(model[chain][residue]))):
            if start + i in dropped:
                del model[chain][residue][i]
    structure.remove_empty_chains()
    return names


def _numbered(model: gemmi.Model) -> tuple[dict[tuple[int, int], int], list[gemmi.Atom]]:
    """The number of the first atom of each residue, by chain and residue, and all atoms."""
    starts: dict[tuple[int, int], int] = {}
    atoms: list[gemmi.Atom] = []
    for i, chain in enumerate(model):
        for j, residue in enumerate(chain):
            starts[i, j] = len(atoms)
            atoms += residue
    return starts, atoms


def _alike(one: gemmi.Atom, other: gemmi.Atom) -> bool:
    return bool(
        one.element == other.element
        and one.altloc == other.altloc
        and abs(one.occ - other.occ) <= _SAME_OCCUPANCY * max(one.occ, other.occ)
    )
