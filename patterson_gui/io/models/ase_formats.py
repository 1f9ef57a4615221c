"""Crystal formats of other programs, read by ASE: POSCAR, XSF, GEN, geometry.in and the like.

The content identifies the format. Only formats that ASE reads from their text alone are listed
here: none that it unpickles (.traj, .db), that need other files, or for which it starts a program
(.cell of CASTEP). ASE takes half a second to load, so it is imported where it is used.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gemmi
import numpy as np

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import refuse_impossible, structure_of
from patterson_gui.errors import UserError
from patterson_gui.io.guards import refuse_declared_count
from patterson_gui.io.models.material_file import ListedMaterials, named_after
from patterson_gui.io.models.simulation_inputs.abinit import with_plain_numbers
from patterson_gui.io.models.simulation_inputs.poscar import atoms_alone
from patterson_gui.io.models.simulation_inputs.quantum_espresso import with_cell_vectors
from patterson_gui.io.source_file import SourceFile
from patterson_gui.io.temporary_files import temporary_folder

_N = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][-+]?\d+)?"
_VECTOR = rf"[ \t]*{_N}[ \t]+{_N}[ \t]+{_N}[^\n]*\n"
_POSCAR = (
    rf"\A[^\n]*\n[ \t]*{_N}(?:[ \t]+{_N}[ \t]+{_N})?[ \t]*\n(?:{_VECTOR}){{3}}"
    r"(?:[ \t]*[A-Z]\S*(?:[ \t]+[A-Z]\S*)*[ \t]*(?:[!#][^\n]*)?\n)?"
    r"[ \t]*\d+(?:[ \t]+\d+)*[ \t]*(?:[!#][^\n]*)?\n"
)
# The name for messages, the name in ASE, and the pattern that identifies the format.
_FORMATS = (
    ("XDATCAR", "vasp-xdatcar", re.compile(rf"{_POSCAR}[ \t]*Direct configuration", re.I)),
    ("POSCAR", "vasp", re.compile(_POSCAR)),
    (
        "XSF",
        "xsf",
        re.compile(
            r"\A(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:CRYSTAL|MOLECULE|POLYMER|SLAB|ATOMS|DIM-GROUP"
            r"|ANIMSTEPS\s+\d+|PRIMVEC)[ \t]*\n"
        ),
    ),
    ("GEN", "gen", re.compile(r"\A\s*\d+[ \t]+[CSFcsf][ \t]*\n\s*[A-Z][a-z]?(?:[ \t]+[A-Z])?")),
    ("geometry.in of FHI-aims", "aims", re.compile(rf"^[ \t]*(?:lattice_vector|atom(?:_frac)?)"
                                                   rf"(?:[ \t]+{_N}){{3}}", re.M)),
    ("input of Quantum ESPRESSO", "espresso-in", re.compile(r"^[ \t]*&SYSTEM\b", re.M | re.I)),
    ("AtomEye CFG", "cfg", re.compile(r"^Number of particles[ \t]*=[ \t]*\d+", re.M)),
    ("input of ABINIT", "abinit-in", re.compile(r"^[ \t]*znucl\b", re.M)),
    ("coord of TURBOMOLE", "turbomole", re.compile(r"\A\s*\$coord\b")),
)  # fmt: skip


# Where these formats declare how many atoms follow.
_DECLARED = {
    "vasp": re.compile(r"\A(?:[^\n]*\n){5,6}[ \t]*(\d+(?:[ \t]+\d+)*)[ \t]*\n"),
    "vasp-xdatcar": re.compile(r"\A(?:[^\n]*\n){5,6}[ \t]*(\d+(?:[ \t]+\d+)*)[ \t]*\n"),
    "xsf": re.compile(r"^[ \t]*(?:PRIM|CONV)COORD[^\n]*\n[ \t]*(\d+)", re.M),
    "gen": re.compile(r"\A\s*(\d+)"),
    "cfg": re.compile(r"^Number of particles[ \t]*=[ \t]*(\d+)", re.M),
    "espresso-in": re.compile(r"\bnat[ \t]*=[ \t]*(\d+)", re.I),
    "abinit-in": re.compile(r"^[ \t]*natom[ \t]+(\d+)", re.M),
}


# Numbers of each atom in a CFG file, which stand in one line.
_ENTRIES = re.compile(r"^entry_count[ \t]*=[ \t]*(\d+)", re.M)


def ase_format_of(text: str) -> str | None:
    """The format of a text, by its name in ASE; None: none of these formats."""
    return next((name for _, name, found in _FORMATS if found.search(text)), None)


def is_ase_format(source: SourceFile) -> bool:
    """Whether a file is in one of these formats, by its first bytes."""
    return ase_format_of(source.head_text) is not None


def ase_structures(source: SourceFile) -> Iterator[gemmi.Structure]:
    """The structure of each frame."""
    for material in materials_by_ase(source.text, source.name):
        yield structure_of(material)


def ase_materials(source: SourceFile) -> ListedMaterials:
    """The crystal of each frame."""
    materials = materials_by_ase(source.text, source.name)
    _, notes = _rewritten(source.text, ase_format_of(source.text) or "", source.name)
    named = [replace(named_after(material, source), notes=notes) for material in materials]
    return ListedMaterials([lambda m=m: m for m in named])  # type: ignore[misc]


def materials_by_ase(text: str, name: str) -> list[Material]:
    """All frames of a text in one of these formats. `name` : name of the file, for errors.

    Raises
    ------
    UserError : none of these formats, damaged, no atoms, or an atom of an unknown element.
    """
    format_ = ase_format_of(text)
    if format_ is None:
        raise UserError(f"{name} is not in a known format of crystals: convert it to CIF.")
    called = next(called for called, known, _ in _FORMATS if known == format_)
    if format_ in _DECLARED:
        for match in _DECLARED[format_].finditer(text):
            declared = sum(float(number) for number in match[1].split())
            refuse_declared_count(name, "atoms", declared, text.count("\n") + 1)
    if format_ == "cfg" and (entries := _ENTRIES.search(text)):
        refuse_declared_count(name, "values of an atom", float(entries[1]), len(text.split()))
    import ase.io

    text, _ = _rewritten(text, format_, name)
    try:
        # In an empty folder, because some readers of ASE open other files of the same folder.
        with temporary_folder() as folder:
            copy = folder / "atoms"
            copy.write_text(text, encoding="utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # warnings of ASE about deprecations and defaults
                read = ase.io.read(copy, index=":", format=format_, do_not_split_by_at_sign=True)
    except UserError:  # there is no room for the copy
        raise
    except Exception as error:  # the readers of ASE raise errors of many types
        raise UserError(
            f"{name} cannot be read as {called} ({_first_line(error)}): it uses a form that is not "
            "supported, or is cut short; convert it to CIF or get it again."
        ) from error
    frames = read if isinstance(read, list) else [read]
    if not frames:
        raise UserError(f"{name} holds no atoms: choose another file.")
    many = len(frames) > 1
    return [
        _material(atoms, f"Frame {i} of {name}" if many else name)
        for i, atoms in enumerate(frames, start=1)
    ]


def _rewritten(text: str, format_: str, name: str) -> tuple[str, tuple[str, ...]]:
    """The text in forms that ASE reads, and notes on what is not read. `format_` : as in ASE."""
    if format_ == "vasp":
        return atoms_alone(text)
    if format_ == "espresso-in":
        return with_cell_vectors(text, name), ()
    if format_ == "abinit-in":
        return with_plain_numbers(text), ()
    return text, ()


def _material(atoms: Any, where: str) -> Material:
    numbers = np.asarray(atoms.numbers, np.int64)
    if (numbers < 1).any():
        raise UserError(f"{where} has an atom of an unknown element: correct it.")
    cell = np.asarray(atoms.cell, np.float64)
    repeats = atoms.cell.rank == 3 and bool(atoms.pbc.any())
    positions = np.asarray(atoms.positions, np.float64)
    return refuse_impossible(Material(positions, numbers, cell if repeats else None), where)


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:120] if text else type(error).__name__
