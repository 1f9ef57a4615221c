"""The atoms of a VASP file that goes on after them: velocities, or a density on a grid (CHGCAR)."""

from patterson_gui.io.formats.poscar_layout import poscar_layout


def atoms_alone(text: str) -> tuple[str, tuple[str, ...]]:
    """The lines up to the last atom, and a note where values on a grid follow."""
    layout = poscar_layout(text)
    if layout is None:
        return text, ()
    told = "The file has values on a grid after its atoms, which are not used here."
    atoms = "\n".join(text.split("\n", layout.atoms_end)[: layout.atoms_end]) + "\n"
    return atoms, (told,) if layout.grid_line is not None else ()
