"""Read the model in a file of any format that can hold one."""

from collections.abc import Iterator
from pathlib import Path

import gemmi

from patterson_gui.errors import UserError
from patterson_gui.io.models.contents import ModelContents, count_atoms, model_contents
from patterson_gui.io.opening.reader import FileKind
from patterson_gui.io.opening.registry import faults_of, reader_of
from patterson_gui.io.source_file import SourceFile

__all__ = ["ModelContents", "count_atoms", "models_in", "read_model", "read_model_contents"]


def read_model(file: Path | SourceFile) -> gemmi.Structure:
    """The model in a file. See `read_model_contents`."""
    return read_model_contents(file).structure


def read_model_contents(file: Path | SourceFile) -> ModelContents:
    """The model in a PDB, mmCIF, small-molecule CIF or SHELX file.

    The content identifies the format. Of several CIF blocks, the first with atoms is used. The
    structure is named after the file; atoms of unknown elements are left out. A model without unit
    cell has gemmi's placeholder, a cube of 1 Å.

    Raises
    ------
    UserError : the file is none of these, is damaged, or has no atoms.
    """
    return next(models_in(file))


def models_in(file: Path | SourceFile) -> Iterator[ModelContents]:
    """Yield the models of a file, at least one: the blocks of a CIF with atoms, the frames of
    extended XYZ. Raises as `read_model_contents` does."""
    source = SourceFile.of(file)
    reader = reader_of(source)
    if reader.models is None:
        bundle = reader.kind == FileKind.BUNDLE
        what = "a prediction bundle" if bundle else f"a file of the kind “{reader.kind}”"
        raise UserError(
            f"{source.name} is not a model but {what}: "
            "choose coordinates (PDB, mmCIF, CIF, SHELX .res, extended XYZ or POSCAR)."
        )
    with faults_of(reader, source):
        models = iter(model_contents(reader.models(source), source))
    while True:
        with faults_of(reader, source):
            model = next(models, None)
        if model is None:
            return
        yield model
