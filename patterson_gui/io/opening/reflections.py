"""Measured reflections of any file as amplitudes. Phases are never read."""

from dataclasses import dataclass
from pathlib import Path

import gemmi
from gemmi import cif

from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.files import as_text, plain_stem, read_content
from patterson_gui.io.formats.cif_blocks import cell_of, parse_cif, spacegroup_of, text_value
from patterson_gui.io.formats.shelx_instructions import HklFormat, hkl_format_of, parse_instructions
from patterson_gui.io.opening.registry import FileKind, kind_of
from patterson_gui.io.reflections import cif as cif_reflections
from patterson_gui.io.reflections import mtz
from patterson_gui.io.reflections import xds_scalepack as other_reflections
from patterson_gui.io.reflections.columns import ColumnChoice, amplitudes_of
from patterson_gui.io.reflections.hkl import parse_hkl
from patterson_gui.io.siblings import siblings

__all__ = ["ColumnChoice", "Reflections", "list_columns", "read_amplitudes", "read_reflections"]

REFLECTION_KINDS = (
    FileKind.MTZ,
    FileKind.CIF,
    FileKind.SHELX_REFLECTIONS,
    FileKind.XDS,
    FileKind.SCALEPACK,
)
_INSTRUCTION_ENDINGS = (".res", ".ins", ".cif", ".fcf", ".cfx", ".lst")


@dataclass(frozen=True, eq=False)
class Reflections:
    """Amplitudes with what their reader should be told, and where cell and symmetry of a
    file without its own were found."""

    amplitudes: Amplitudes
    notes: tuple[str, ...]
    companion: Path | None = None


@dataclass(frozen=True, eq=False)
class _Crystallography:
    """Cell, symmetry and format that another file gives to a bare list of reflections."""

    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    form: HklFormat | None
    source: Path | None


def list_columns(path: Path) -> list[ColumnChoice]:
    """What in the file can become amplitudes, the likeliest first (never empty).

    Raises
    ------
    UserError
        where the file holds no reflections, or is damaged.
    """
    path = Path(path)
    kind = _reflection_kind(path)
    if kind is FileKind.MTZ:
        choices = mtz.list_choices(mtz.read_mtz(path))
    elif kind is FileKind.CIF:
        choices = cif_reflections.list_choices(_document(path))
    elif kind is FileKind.SHELX_REFLECTIONS:
        data = parse_hkl(as_text(read_content(path)), _hkl_format(path), path.name)
        sigma = None if data.sigma is None else "σ"
        label = "F" if data.kind == "amplitude" else "I"
        choices = [ColumnChoice(label, data.kind, sigma, plain_stem(path), data.n)]
    else:
        data = _processed(path, kind)[0]
        choices = [other_reflections.choice_of(data, plain_stem(path))]
    if not choices:
        raise _nothing_measured(path, kind)
    return choices


def read_amplitudes(path: Path, choice: ColumnChoice | None = None) -> Amplitudes:
    """Unique amplitudes of the chosen column; None: of the likeliest.

    Friedel mates and symmetry equivalents are merged; intensities go through French &
    Wilson. See `read_reflections` for what there is to tell about them.
    """
    return read_reflections(path, choice).amplitudes


def read_reflections(path: Path, choice: ColumnChoice | None = None) -> Reflections:
    """Amplitudes of the chosen column (None: the likeliest) with notes.

    Raises
    ------
    UserError
        where the file is damaged, holds no reflections, or neither it nor a file of the
        same name beside it gives cell and space group.
    """
    path = Path(path)
    kind = _reflection_kind(path)
    if kind is FileKind.MTZ:
        return _from_mtz(path, choice)
    if kind is FileKind.CIF:
        return _from_cif(path, choice)
    if kind is FileKind.SHELX_REFLECTIONS:
        return _from_shelx(path)
    data, cell, group = _processed(path, kind)
    amplitudes, notes = amplitudes_of(data, cell, group, f"I of {path.name}", path.name)
    return Reflections(amplitudes, notes)


def _reflection_kind(path: Path) -> FileKind:
    kind = kind_of(path)
    if kind not in REFLECTION_KINDS:
        raise UserError(
            f"{path.name} holds no reflections (it is of the kind “{kind}”): choose an MTZ, "
            "mmCIF or SHELX .hkl file."
        )
    return kind


def _nothing_measured(path: Path, kind: FileKind) -> UserError:
    return UserError(
        f"{path.name} holds neither amplitudes nor intensities: choose a file with "
        f"{'F or I columns' if kind is FileKind.MTZ else 'a list of reflections (_refln)'}."
    )


def _processed(path: Path, kind: FileKind) -> other_reflections.Found:
    read = other_reflections.read_xds if kind is FileKind.XDS else other_reflections.read_scalepack
    return read(path)


def _from_mtz(path: Path, choice: ColumnChoice | None) -> Reflections:
    file = mtz.read_mtz(path)
    if choice is None:
        choices = mtz.list_choices(file)
        if not choices:
            raise _nothing_measured(path, FileKind.MTZ)
        choice = choices[0]
    cell, group = mtz.cell_and_symmetry(file, choice, path.name)
    data = mtz.measurements(file, choice)
    amplitudes, notes = amplitudes_of(data, cell, group, _label(choice, path), path.name)
    return Reflections(amplitudes, mtz.notes_of(file) + notes)


def _label(choice: ColumnChoice, path: Path) -> str:
    labels = [choice.label, choice.minus, choice.sigma]
    return f"{', '.join(label for label in labels if label)} of {path.name}"


def _document(path: Path) -> cif.Document:
    document = parse_cif(read_content(path), path.name)
    return cif_reflections.unpacked_document(document, path.name)


def _from_cif(path: Path, choice: ColumnChoice | None) -> Reflections:
    document = _document(path)
    if choice is None:
        choices = cif_reflections.list_choices(document)
        if not choices:
            raise _nothing_measured(path, FileKind.CIF)
        choice = choices[0]
    cell, group = cif_reflections.cell_and_symmetry(document, choice)
    companion, notes = None, []
    if cell is None or group is None:
        found = _from_siblings(path)
        if found is None:
            missing = "unit cell" if cell is None else "space group"
            raise UserError(
                f"{path.name} gives no {missing} that is known, and no model or instruction file "
                f"of the same name lies beside it: put {plain_stem(path)}.pdb or .res there."
            )
        cell, group, companion = cell or found.cell, group or found.spacegroup, found.source
        notes.append(_told_source(found))
    data = cif_reflections.measurements(document, choice)
    amplitudes, more = amplitudes_of(data, cell, group, _label(choice, path), path.name)
    return Reflections(amplitudes, (*notes, *more), companion)


def _from_shelx(path: Path) -> Reflections:
    text = as_text(read_content(path))
    found = _in_the_text(text, path) or _from_siblings(path)
    if found is None:
        stem = plain_stem(path)
        raise UserError(
            f"{path.name} has no unit cell in it and none beside it: "
            f"put {stem}.ins, {stem}.res or {stem}.cif of this crystal into the same folder."
        )
    data = parse_hkl(text, found.form, path.name)
    notes = [_told_source(found)] if found.source else []
    if found.form is None:
        notes.append("No HKLF instruction was found: the values are taken for intensities.")
    elif found.form.code == 5:
        notes.append("Of the twin, only reflections of the first domain alone are used.")
    label = f"{'F' if data.kind == 'amplitude' else 'F²'} of {path.name}"
    amplitudes, more = amplitudes_of(data, found.cell, found.spacegroup, label, path.name)
    return Reflections(amplitudes, (*notes, *more), found.source)


def _told_source(found: _Crystallography) -> str:
    name = found.source.name if found.source else "the file"
    return f"Unit cell and space group are those of {name}."


def _hkl_format(path: Path) -> HklFormat | None:
    found = _in_the_text(as_text(read_content(path)), path) or _from_siblings(path)
    return found.form if found else None


def _in_the_text(text: str, path: Path) -> _Crystallography | None:
    """Instructions or CIF items that some programs append after the reflections."""
    try:
        start = next(
            i for word in ("\nTITL", "\nCELL ", "\ntitl", "\ncell ") if (i := text.find(word)) >= 0
        )
        read = parse_instructions(text[start:], path.name)
    except (StopIteration, UserError):
        start = text.find("\n_")
        if start < 0:
            return None
        try:
            block = parse_cif("data_appended\n" + text[start:], path.name).sole_block()
        except (UserError, RuntimeError):
            return None
        return _of_block(block, None)
    return _Crystallography(read.cell, read.spacegroup, read.hkl_format, None)


def _from_siblings(path: Path) -> _Crystallography | None:
    """Cell and symmetry of the first companion that gives both."""
    for companion in siblings(path, (*_INSTRUCTION_ENDINGS, ".pdb", ".ent", ".mmcif")):
        try:
            found = _read_companion(companion)
        except UserError:
            continue
        if found is not None:
            return found
    return None


def _read_companion(path: Path) -> _Crystallography | None:
    kind = kind_of(path)
    content = read_content(path)
    if kind is FileKind.SHELX_INSTRUCTIONS:
        read = parse_instructions(as_text(content), path.name)
        return _Crystallography(read.cell, read.spacegroup, read.hkl_format, path)
    if kind is FileKind.CIF:
        for block in parse_cif(content, path.name):
            if found := _of_block(block, path):
                return found
    if kind is FileKind.PDB:
        structure = gemmi.read_pdb_string(content)
        group = structure.find_spacegroup()
        if structure.cell.is_crystal() and group is not None:
            return _Crystallography(structure.cell, group, None, path)
    return None


def _of_block(block: cif.Block, source: Path | None) -> _Crystallography | None:
    cell = cell_of(block)
    group = spacegroup_of(block, cell)
    if cell is None or group is None:
        return None
    form = hkl_format_of(text_value(block, "_shelx_res_file"))
    return _Crystallography(cell, group, form, source)
