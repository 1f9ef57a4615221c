"""Find the elements of atoms of PDB and mmCIF files by their residues, where the file lacks them.

The column of elements came into PDB files in 1996. Without it, the columns of the name tell CA of
a residue (" CA ") from calcium ("CA  "), unless a program has moved all names to the left. In amino
acids and nucleotides the name is enough: CA is carbon.
"""

import re

import gemmi

_ALSO_POLYMERS = {"MSE", "SEC"}  # beside the residues that gemmi calls standard
_IN_POLYMERS = {"C", "N", "O", "S", "P", "H", "D", "Se"}
# In other residues names that begin with these letters are rarely those of organic atoms.
_IN_LIGANDS = {"Cl", "Br", "Fe", "Zn", "Mg", "Mn", "Cu", "Ni", "Si", "Ru", "Al", "Li", "Au", "Ag"}

_ORGANIC = {"H", "D", "B", "C", "N", "O", "F", "P", "S", "I"}
_NO_ELEMENTS = {"UNX", "DUM"}  # residues of unknown atoms and of points that are no atoms


def fill_elements_by_residue(structure: gemmi.Structure) -> list[str]:
    """Correct elements that contradict the residue, and fill in missing ones, in place.

    Returns notes for the user. Elements of residues that are in no table are left as the reader
    found them, unless names elsewhere in the file are moved to the left.
    """
    corrected: list[str] = []
    filled: list[str] = []
    others: list[tuple[gemmi.Residue, gemmi.Atom]] = []
    for model in structure:
        for chain in model:
            for residue in chain:
                kind = gemmi.find_tabulated_residue(residue.name)
                in_polymer = kind.is_standard() or residue.name in _ALSO_POLYMERS
                if residue.name in _NO_ELEMENTS:
                    continue
                for atom in residue:
                    if not in_polymer:
                        others.append((residue, atom))
                    elif (element := _in_polymer(atom)) and not _agrees(atom, element):
                        missing = atom.element.atomic_number == 0
                        (filled if missing else corrected).append(f"{atom.name} of {residue.name}")
                        atom.element = gemmi.Element(element)
    left_aligned = bool(corrected)
    for residue, atom in others:
        missing = atom.element.atomic_number == 0
        if not missing and not left_aligned:
            continue
        element = _elsewhere(residue, atom)
        if element and not _agrees(atom, element):
            (filled if missing else corrected).append(f"{atom.name} of {residue.name}")
            atom.element = gemmi.Element(element)
    both = filled + corrected
    if not both:
        return []
    named = f"{', '.join(both[:4])}{', …' if len(both) > 4 else ''}"
    what = "The elements of {n} atoms were" if len(both) > 1 else "The element of 1 atom was"
    return [
        f"{what.format(n=len(both))} taken from residue and name, because the file gives none or a "
        f"wrong one ({named})."
    ]


def _in_polymer(atom: gemmi.Atom) -> str | None:
    """The element of an atom of an amino acid, a nucleotide or water, by its name."""
    letters = re.sub(r"^[^A-Za-z]+", "", atom.name).upper()
    if letters.startswith("SE"):
        return "Se"
    return letters[:1] if letters[:1] in _IN_POLYMERS else None


def _elsewhere(residue: gemmi.Residue, atom: gemmi.Atom) -> str | None:
    """The element of an atom of an ion or a ligand, by its name; None: the name tells nothing."""
    name = re.sub(r"^[^A-Za-z]+", "", atom.name)
    letters = re.match(r"[A-Za-z]*", name)
    word = (letters[0] if letters else "").capitalize()
    ion = re.sub(r"[^A-Za-z]", "", residue.name).capitalize()
    if word and word == ion and gemmi.Element(word).atomic_number > 0:
        return word
    if word[:2] in _IN_LIGANDS:
        return word[:2]
    return word[:1] if word[:1] in _ORGANIC else None


def _agrees(atom: gemmi.Atom, element: str) -> bool:
    """Whether an atom has the element; deuterium and hydrogen have the same names."""
    return atom.element.name == element or {atom.element.name, element} == {"H", "D"}
