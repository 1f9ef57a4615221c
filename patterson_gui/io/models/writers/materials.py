"""Write crystals as CIF, extended XYZ, PDB or POSCAR."""

from collections.abc import Callable, Sequence
from pathlib import Path

import gemmi
from gemmi import cif

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import structure_of, to_standard_axes
from patterson_gui.errors import UserError
from patterson_gui.io.files import replace_file
from patterson_gui.io.models.extended_xyz import extended_xyz
from patterson_gui.io.models.writers.models import pdb_text

WRITTEN = "CIF (.cif), extended XYZ (.extxyz, .xyz), PDB (.pdb) or POSCAR (.vasp)"
_TEXT_LIMIT = 2_000  # letters of the first line of a POSCAR


def write_materials(path: Path | str, materials: Sequence[Material], provenance: str = "") -> None:
    """Write crystals in the format of the file name's ending. An existing file is replaced.

    Parameters
    ----------
    provenance : a sentence on where the crystals come from; it is written into the file.

    Raises
    ------
    UserError : the ending is not in `WRITTEN`, the format holds only one crystal, or a crystal has
        no lattice and the format needs one.
    """
    path = Path(path)
    if not materials:
        raise UserError(f"There is no crystal to write to {path.name}: choose one first.")
    text = _writer(path)(path, materials, provenance)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _writer(path: Path) -> Callable[[Path, Sequence[Material], str], str]:
    name, ending = path.name.lower(), path.suffix.lower()
    if ending in (".vasp", ".poscar") or name.startswith(("poscar", "contcar")):
        return _poscar
    writers = {".cif": _cif, ".extxyz": _xyz, ".xyz": _xyz, ".pdb": _pdb}
    if ending not in writers:
        raise UserError(
            f"Crystals cannot be written as '{path.name}': choose a name for {WRITTEN}."
        )
    return writers[ending]


def _xyz(path: Path, materials: Sequence[Material], provenance: str) -> str:
    return extended_xyz(materials, provenance)


def _pdb(path: Path, materials: Sequence[Material], provenance: str) -> str:
    return pdb_text(structure_of(_only(path, materials)), [provenance] if provenance else [])


def _poscar(path: Path, materials: Sequence[Material], provenance: str) -> str:
    material = _only(path, materials)
    lattice = _lattice_of(path, material).lattice
    assert lattice is not None
    order = sorted(range(len(material)), key=lambda i: int(material.numbers[i]))
    elements = sorted(set(material.numbers.tolist()))
    title = " ".join(" ".join((material.label, provenance)).split())[:_TEXT_LIMIT]
    rows = [[*row] for row in lattice.tolist()]
    return "\n".join(
        [
            title,
            "1.0",
            *("  ".join(f"{x:.9f}" for x in row) for row in rows),
            "  ".join(gemmi.Element(z).name for z in elements),
            "  ".join(str(int((material.numbers == z).sum())) for z in elements),
            "Direct",
            *("  ".join(f"{x:.9f}" for x in material.frac[i]) for i in order),
            "",
        ]
    )


def _cif(path: Path, materials: Sequence[Material], provenance: str) -> str:
    document = cif.Document()
    names: set[str] = set()
    for material in materials:
        block = document.add_new_block(_block_name(material, names))
        _fill(block, to_standard_axes(_lattice_of(path, material)), provenance)
    return document.as_string()


def _fill(block: cif.Block, material: Material, provenance: str) -> None:
    cell = material.cell
    assert cell is not None
    if provenance:
        block.set_pair("_audit_creation_method", cif.quote(provenance))
    if material.name:
        block.set_pair("_chemical_name_common", cif.quote(material.name))
    counts = {z: int((material.numbers == z).sum()) for z in material.numbers.tolist()}
    formula = " ".join(f"{gemmi.Element(z).name}{n}" for z, n in sorted(counts.items()))
    block.set_pair("_chemical_formula_sum", cif.quote(formula))
    for item, value in zip(
        ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"),
        cell.parameters, strict=True,
    ):  # fmt: skip
        block.set_pair(f"_cell_{item}", f"{value:.6f}")
    block.set_pair("_cell_volume", f"{material.volume:.4f}")
    block.set_pair("_cell_formula_units_Z", "1")
    block.set_pair("_space_group_name_H-M_alt", "'P 1'")
    block.set_pair("_space_group_IT_number", "1")
    block.init_loop("_space_group_symop_", ["operation_xyz"]).add_row(["'x, y, z'"])
    items = ["label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy"]
    loop = block.init_loop("_atom_site_", items)
    atoms = structure_of(material)[0][0][0]
    for atom, frac in zip(atoms, material.frac.tolist(), strict=True):
        loop.add_row([atom.name, atom.element.name, *(f"{x:.7f}" for x in frac), "1"])


def _block_name(material: Material, taken: set[str]) -> str:
    wanted = material.identifier or material.name or material.formula
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in wanted)[:60]
    name, i = plain or "crystal", 1
    while name.lower() in taken:
        i += 1
        name = f"{plain}_{i}"
    taken.add(name.lower())
    return name


def _only(path: Path, materials: Sequence[Material]) -> Material:
    if len(materials) > 1:
        raise UserError(
            f"{path.name} can hold only one crystal, not {len(materials)}: write them as "
            "extended XYZ (.extxyz) or CIF (.cif)."
        )
    return materials[0]


def _lattice_of(path: Path, material: Material) -> Material:
    if material.lattice is None:
        raise UserError(
            f"{material.label} has no lattice, but {path.name} needs one: write it as extended "
            "XYZ (.extxyz) or PDB (.pdb)."
        )
    return material
