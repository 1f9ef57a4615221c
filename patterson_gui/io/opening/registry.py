"""All readers of files, and which of them reads a given file. A new format is one entry here."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.archive import is_zip
from patterson_gui.io.bundle.pgz import bundle_crystal
from patterson_gui.io.formats.cif_blocks import headless_cif, is_cif
from patterson_gui.io.formats.crystallography import (
    crystallography_of_cif,
    crystallography_of_instructions,
)
from patterson_gui.io.formats.p4p import crystallography_of_p4p, is_p4p
from patterson_gui.io.formats.shelx_instructions import is_instructions
from patterson_gui.io.guards import faults_as_sentences
from patterson_gui.io.maps.ccp4 import is_map, read_map_contents
from patterson_gui.io.maps.vasp_density import is_vasp_density, read_vasp_density
from patterson_gui.io.models.ase_formats import ase_materials, ase_structures, is_ase_format
from patterson_gui.io.models.cif import (
    cif_compositions,
    cif_has_models,
    cif_materials,
    cif_structures,
)
from patterson_gui.io.models.extended_xyz import is_xyz, xyz_materials, xyz_structures
from patterson_gui.io.models.material_file import MaterialFile
from patterson_gui.io.models.pdb import crystallography_of_pdb, is_pdb, pdb_structures
from patterson_gui.io.models.shelx import shelx_compositions, shelx_has_model, shelx_structures
from patterson_gui.io.opening.plugins import plugin_readers
from patterson_gui.io.opening.reader import Contents, FileKind, Reader
from patterson_gui.io.reflections.cif import CifReflections
from patterson_gui.io.reflections.mtz import MtzReflections, is_mtz
from patterson_gui.io.reflections.scalepack import is_scalepack, read_scalepack
from patterson_gui.io.reflections.scalepack_unmerged import (
    UnmergedScalepack,
    is_unmerged_scalepack,
)
from patterson_gui.io.reflections.shelx.hkl import HklReflections, is_hkl
from patterson_gui.io.reflections.xds import is_xds, read_xds
from patterson_gui.io.source_file import SourceFile

_PACKED = ("*.gz", "*.bz2", "*.xz")
_NEVER_PACKED = {Contents.BUNDLES, Contents.DATA_SETS}
# Files of other kinds that users try to open: the error names the kind.
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x9d", "packed with 'compress' (.Z); unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"version https://", "the pointer of Git LFS, not the file itself; fetch it with git lfs"),
    (b"<?xml", "an XML file"),
    (b"<!DOCTYPE", "a web page (perhaps an error page instead of a download)"),
    (b"<html", "a web page (perhaps an error page instead of a download)"),
)
# Texts of other programs that hold what is wanted, in a form that is not read.
_FOREIGN_TEXTS = (
    (
        rb"\bINDE[XZ]?\s+-?\d+\s+-?\d+\s+-?\d+\s+\w+\s*=",
        "reflections of CNS or X-PLOR; convert them to MTZ",
    ),
    (rb"\AENTR|^\s*NREFlection", "reflections of CNS or X-PLOR; convert them to MTZ"),
    (rb"\A.*\n.*\n\s*-?\d+(?:\s+-?\d+\.\d+){3}", "a map as a Gaussian cube; convert it to CCP4"),
)


def _is_hdf5(source: SourceFile) -> bool:
    return source.head[:8] == b"\x89HDF\r\n\x1a\n"


def _dataset_materials(source: SourceFile) -> MaterialFile:
    from patterson_gui.io.datasets.crystals import dataset_materials  # loads h5py

    return dataset_materials(source.path)


def _refuse_dataset(source: SourceFile) -> Crystal:
    raise UserError(
        f"{source.name} is an HDF5 file, perhaps a data set, and not one crystal: open a data set "
        "in the window ('patterson-gui FILE.h5')."
    )


# The first reader that recognises a file reads it. Binary formats and those with a fixed beginning
# come before those that are recognised by a line anywhere in the head.
BUILT_IN = (
    Reader(
        FileKind.BUNDLE, is_zip, ("*.pgz",), {Contents.BUNDLES: ".pgz"},
        crystal=bundle_crystal,
    ),
    Reader(
        FileKind.DATASET, _is_hdf5, ("*.h5", "*.hdf5"), {Contents.DATA_SETS: ".h5"},
        crystal=_refuse_dataset, materials=_dataset_materials,
    ),
    Reader(FileKind.MTZ, is_mtz, ("*.mtz",), reflections=lambda source, _: MtzReflections(source)),
    Reader(
        FileKind.MAP, is_map, ("*.ccp4", "*.map", "*.mrc"), {Contents.MAPS: "CCP4, MRC"},
        density=read_map_contents,
    ),
    Reader(
        FileKind.XDS, is_xds, ("*.hkl",), {Contents.REFLECTIONS: "XDS"},
        reflections=lambda source, _: read_xds(source),
    ),
    Reader(
        FileKind.CIF, is_cif, ("*.cif", "*.mmcif", "*.mcif", "*.fcf"),
        {Contents.MODELS: "mmCIF, CIF", Contents.REFLECTIONS: "mmCIF"},
        models=cif_structures, has_models=cif_has_models, reflections=CifReflections,
        materials=cif_materials, crystallography=crystallography_of_cif,
        compositions=cif_compositions,
    ),
    Reader(
        FileKind.XYZ, is_xyz, ("*.xyz", "*.extxyz"), {Contents.MODELS: "extended XYZ"},
        models=xyz_structures, materials=xyz_materials,
    ),
    Reader(
        FileKind.SCALEPACK, is_scalepack, ("*.sca",), {Contents.REFLECTIONS: "Scalepack"},
        reflections=lambda source, _: read_scalepack(source),
    ),
    Reader(
        FileKind.UNMERGED_SCALEPACK, is_unmerged_scalepack, ("*.sca",),
        {Contents.REFLECTIONS: "Scalepack"}, reflections=UnmergedScalepack,
    ),
    Reader(
        FileKind.SHELX_REFLECTIONS, is_hkl, ("*.hkl",), {Contents.REFLECTIONS: "SHELX .hkl"},
        reflections=HklReflections,
    ),
    Reader(
        FileKind.P4P, is_p4p, ("*.p4p",), {Contents.REFLECTIONS: "Bruker .p4p with .hkl"},
        has_models=lambda _: False, crystallography=crystallography_of_p4p,
        reflections_beside=(".hkl",),
    ),
    Reader(
        FileKind.SHELX_INSTRUCTIONS, is_instructions, ("*.res", "*.ins"),
        {Contents.MODELS: "SHELX .res"},
        models=shelx_structures, has_models=shelx_has_model,
        crystallography=crystallography_of_instructions, compositions=shelx_compositions,
        reflections_beside=(".hkl",),
    ),
    Reader(
        FileKind.PDB, is_pdb, ("*.pdb", "*.ent"),
        models=pdb_structures, crystallography=crystallography_of_pdb,
    ),
    Reader(
        FileKind.CHARGE_DENSITY, is_vasp_density, ("*CHGCAR*", "*CHG*", "*AECCAR*", "*PARCHG*"),
        {Contents.MAPS: "CHGCAR", Contents.MODELS: "CHGCAR"},
        density=read_vasp_density, models=ase_structures, materials=ase_materials,
    ),
    Reader(
        FileKind.ATOMS, is_ase_format,
        ("*.vasp", "*.poscar", "*POSCAR*", "*CONTCAR*", "*.xsf", "*.gen", "*.in", "*.cfg"),
        {Contents.MODELS: "POSCAR"},
        models=ase_structures, materials=ase_materials,
    ),
)  # fmt: skip


def all_readers() -> tuple[Reader, ...]:
    """The readers of this program, then those of other packages."""
    return (*BUILT_IN, *plugin_readers().readers)


def reader_of(source: SourceFile) -> Reader:
    """The reader of a file, found by its content.

    Raises
    ------
    UserError : there is no such file, it is empty, or no reader recognises it.
    """
    return source.parsed(_find_reader)


def _find_reader(source: SourceFile) -> Reader:
    for reader in BUILT_IN:
        if reader.sniff(source):
            return reader
    plugins = plugin_readers()
    problems = list(plugins.problems)
    for reader in plugins.readers:
        try:
            if reader.sniff(source):
                return reader
        except Exception as error:  # an error of another package must not prevent opening a file
            problems.append(f"the reader “{reader.kind}” of {reader.provider} failed ({error})")
    if headless_cif(source.head):
        raise UserError(
            f"{source.name} is a CIF that does not begin with data_: remove the text before its "
            "first data_ line or, if it has none, write the line 'data_x' at its head."
        )
    also = "".join(f", and {problem}" for problem in problems)
    raise UserError(
        f"{source.name} cannot be opened: {_why_not(source.head)}{also}; open {readable()}."
    )


def kind_of(file: Path | SourceFile) -> str:
    """The kind of a file: a `FileKind`, or the kind of another package's reader.

    Raises
    ------
    UserError : there is no such file, it is empty, or no reader recognises it.
    """
    return reader_of(SourceFile.of(file)).kind


@contextmanager
def faults_of(reader: Reader, source: SourceFile) -> Iterator[None]:
    """Turn errors that a reader did not foresee into a `UserError` that names the file and, for a
    reader of another package, this package. Refuse files that change while they are read."""
    with source.unchanged(), faults_as_sentences(source.name, reader.kind, reader.provider):
        yield


def readable() -> str:
    """The formats that can be opened: "a model (PDB, …), reflections (…), a map (…) …"."""

    def named(*contents: Contents) -> str:
        names = [r.name_for(c) for r in all_readers() for c in contents if c in r.contents]
        return ", ".join(dict.fromkeys(names))

    return (
        f"a model ({named(Contents.MODELS)}), reflections ({named(Contents.REFLECTIONS)}), "
        f"a map ({named(Contents.MAPS)}), a {named(Contents.BUNDLES)} bundle or a data set "
        f"({named(Contents.DATA_SETS)})"
    )


def name_filters(*contents: Contents) -> tuple[str, ...]:
    """Filters for a file dialog: "Maps (*.ccp4 *.map)", …, "All files (*)".

    Without `contents`, the first filter is for all formats, followed by one for each contents.
    """
    chosen = contents or tuple(Contents)
    filters = [_filter(each.value, each) for each in chosen]
    if not contents:
        filters.insert(0, _filter("All that can be opened", *chosen))
    return (*filters, "All files (*)")


def _filter(name: str, *contents: Contents) -> str:
    patterns = itertools.chain.from_iterable(
        reader.patterns for reader in all_readers() if set(reader.contents) & set(contents)
    )
    packed = _PACKED if set(contents) - _NEVER_PACKED else ()
    return f"{name} ({' '.join(dict.fromkeys((*patterns, *packed)))})"


def _why_not(head: bytes) -> str:
    start = head.lstrip()[:16]
    for magic, name in _FOREIGN:
        if start.lower().startswith(magic.lower()):
            return f"it is {name}"
    for pattern, name in _FOREIGN_TEXTS:
        if re.search(pattern, head[:4096], re.IGNORECASE | re.MULTILINE):
            return f"it holds {name}"
    if b"\x00" in head:
        return "its binary content is of an unknown kind"
    return "its text is of an unknown kind"
