"""Crystals as materials, from files of any kind and into files.

Of a file with thousands only those asked for are built.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import gemmi
from gemmi import cif

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import material_of, standard, structure_of
from patterson_gui.errors import UserError
from patterson_gui.io.datasets.crystals import MaterialDataSet, read_material_dataset
from patterson_gui.io.files import as_text, plain_stem, read_content, replace_file
from patterson_gui.io.formats.cif_blocks import parse_cif, text_value
from patterson_gui.io.models.ase_formats import materials_by_ase
from patterson_gui.io.models.checks import checked_model
from patterson_gui.io.models.extended_xyz import Frames, extended_xyz
from patterson_gui.io.models.write import pdb_text
from patterson_gui.io.opening.models import has_atoms, read_model, structure_of_cif
from patterson_gui.io.opening.registry import FileKind, kind_of

WRITTEN = "CIF (.cif), extended XYZ (.extxyz, .xyz), PDB (.pdb) or POSCAR (.vasp)"
_TEXT_LIMIT = 2_000  # letters of an element list in a POSCAR's first line
_CODES = (
    ("_cod_database_code", "COD"),
    ("_database_code_ICSD", "ICSD"),
    ("_database_code_CSD", "CSD"),
    ("_database_code_depnum_ccdc_archive", ""),
)
_NAMES = ("_chemical_name_mineral", "_chemical_name_common", "_chemical_formula_structural")
# Names that every such file has tell nothing of the crystal.
_GENERIC = ("poscar", "contcar", "xdatcar", "geometry", "coord")


class MaterialFile(Protocol):
    """The crystals of a file, built one by one."""

    @property
    def damage(self) -> UserError | None:
        """Why there are no more, where the file is cut short; None where it is whole."""
        ...

    def __len__(self) -> int: ...

    def fields(self, i: int) -> Mapping[str, str]:
        """What the file says of crystal i without its being built, as `split`; often nothing."""
        ...

    def material(self, i: int) -> Material:
        """Crystal i; `UserError` where it can be none."""
        ...


def open_materials(path: Path | str) -> MaterialFile:
    """The crystals of a file, of whatever format; the content decides.

    Raises
    ------
    UserError : it cannot be read, or is of no kind that has atoms.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind is FileKind.XYZ:
        return Frames(as_text(read_content(path)), path.name)
    if kind is FileKind.CIF:
        return _Listed(_blocks(path))
    if kind is FileKind.ATOMS:
        materials = materials_by_ase(as_text(read_content(path)), path.name)
        return _Listed([lambda m=m: _named(m, path) for m in materials])  # type: ignore[misc]
    if kind is FileKind.DATASET:
        return _OfDataSet(read_material_dataset(path))
    if kind in (FileKind.PDB, FileKind.SHELX_INSTRUCTIONS):
        return _Listed([lambda: _named(material_of(read_model(path)), path)])
    raise UserError(
        f"{path.name} holds no crystal but is of the kind “{kind}”: choose CIF, extended XYZ, "
        "POSCAR or another file with atoms."
    )


def read_materials(path: Path | str) -> list[Material]:
    """All crystals of a file.

    Raises
    ------
    UserError : any of them cannot be read; the sentence names which.
    """
    return list(iterate_materials(path))


def iterate_materials(
    path: Path | str, skipped: Callable[[UserError], None] | None = None
) -> Iterator[Material]:
    """The crystals of a file one after the other.

    skipped : is told of each that cannot be read, in place of ending there.
    """
    file = open_materials(path)
    for i in range(len(file)):
        try:
            material = file.material(i)
        except UserError as error:
            if skipped is None:
                raise
            skipped(error)
            continue
        yield material
    if file.damage is not None:
        if skipped is None:
            raise file.damage
        skipped(file.damage)


def choose_materials(path: Path | str, indices: Iterable[int]) -> list[Material]:
    """The crystals with these numbers (from 0), in this order; no others are built.

    Raises
    ------
    UserError : there is none of that number, or it cannot be read.
    """
    file = open_materials(path)
    chosen = []
    for i in indices:
        if not 0 <= i < len(file):
            raise file.damage or UserError(
                f"{Path(path).name} has no crystal number {i + 1} but only {len(file)}: choose a "
                "smaller number."
            )
        chosen.append(file.material(i))
    return chosen


def write_materials(path: Path | str, materials: Sequence[Material], provenance: str = "") -> None:
    """Write crystals, in the format that the ending names; the file that was there is replaced.

    Parameters
    ----------
    provenance : a sentence that goes into the file: where they come from.

    Raises
    ------
    UserError
        where the ending is none of `WRITTEN`, there are more than the format holds, or one lacks
        the lattice that the format needs.
    """
    path = Path(path)
    if not materials:
        raise UserError(f"There is no crystal to write to {path.name}: choose some first.")
    text = _writer(path)(path, materials, provenance)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------- reading
class _Listed:
    """What reads each of a few crystals."""

    damage = None

    def __init__(self, readers: Sequence[Callable[[], Material]]) -> None:
        self._readers = readers

    def __len__(self) -> int:
        return len(self._readers)

    def fields(self, i: int) -> dict[str, str]:
        return {}

    def material(self, i: int) -> Material:
        return self._readers[i]()


class _OfDataSet:
    """The crystals of a data set."""

    damage = None

    def __init__(self, data: MaterialDataSet) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def fields(self, i: int) -> dict[str, str]:
        material = self._data.material(i)
        return {"split": material.split, "material_id": material.identifier}

    def material(self, i: int) -> Material:
        return self._data.material(i)


def _named(material: Material, path: Path) -> Material:
    """With the file's name as its identifier, where that tells anything."""
    stem = plain_stem(path)
    generic = any(word in stem.lower() for word in _GENERIC)
    return replace(material, name="", identifier="" if generic else stem)


def _blocks(path: Path) -> list[Callable[[], Material]]:
    document = parse_cif(read_content(path), path.name)
    blocks = [block for block in document if has_atoms(block)]
    if not blocks:
        raise UserError(f"{path.name} is a CIF without atoms: choose a file with coordinates.")
    many = len(blocks) > 1

    def reader(block: cif.Block) -> Callable[[], Material]:
        # The document has to live as long as its blocks.
        return lambda: _of_block(document, block, path, many)

    return [reader(block) for block in blocks]


def _of_block(_document: cif.Document, block: cif.Block, path: Path, many: bool) -> Material:
    where = f"Block {block.name} of {path.name}" if many else path.name
    structure, _ = checked_model(structure_of_cif(block, where), where)
    structure.name = where
    stem = plain_stem(path)
    code = next(
        (f"{of} {its}".strip() for tag, of in _CODES if (its := text_value(block, tag))), ""
    )
    return replace(
        material_of(structure),
        name=text_value(block, *_NAMES),
        identifier=code or (f"{stem}:{block.name}" if many else stem),
    )


# ---------------------------------------------------------------- writing
def _writer(path: Path) -> Callable[[Path, Sequence[Material], str], str]:
    name, ending = path.name.lower(), path.suffix.lower()
    if ending in (".vasp", ".poscar") or name.startswith(("poscar", "contcar")):
        return _poscar
    writers = {".cif": _cif, ".extxyz": _xyz, ".xyz": _xyz, ".pdb": _pdb}
    if ending not in writers:
        raise UserError(
            f"Crystals cannot be written as '{path.name}': give a name that ends as {WRITTEN} does."
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
    told = " ".join(" ".join((material.label, provenance)).split())[:_TEXT_LIMIT]
    rows = [[*row] for row in lattice.tolist()]
    return "\n".join(
        [
            told,
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
        _fill(block, standard(_lattice_of(path, material)), provenance)
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
            f"{path.name} has room for one crystal and not for {len(materials)}: write them as "
            "extended XYZ (.extxyz) or CIF (.cif)."
        )
    return materials[0]


def _lattice_of(path: Path, material: Material) -> Material:
    if material.lattice is None:
        raise UserError(
            f"{material.label} has no lattice, which {path.name} would need: write it as extended "
            "XYZ (.extxyz) or PDB (.pdb)."
        )
    return material
