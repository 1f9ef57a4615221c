"""Write a model as PDB or mmCIF."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import gemmi
from gemmi import cif

from patterson_gui.errors import UserError
from patterson_gui.io.files import replace_file
from patterson_gui.io.text.plain_text import plain


def write_model(path: Path, structure: gemmi.Structure, remarks: Sequence[str] = ()) -> None:
    """Write mmCIF where the path ends in .cif or .mmcif, otherwise PDB.

    Long names of chains and residues are shortened in PDB.
    `remarks` : sentences for the head of the file (REMARK 3, or _database_PDB_remark).
    """
    path = Path(path)
    if path.suffix.lower() in (".cif", ".mmcif"):
        text = mmcif_text(structure, remarks)
    else:
        text = pdb_text(structure, remarks)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def mmcif_text(structure: gemmi.Structure, remarks: Sequence[str] = ()) -> str:
    """The structure as mmCIF."""
    document = structure.make_mmcif_document()
    if remarks:
        loop = document.sole_block().init_loop("_database_PDB_remark.", ["id", "text"])
        loop.add_row(["3", cif.quote("\n".join(map(plain, remarks)))])
    return document.as_string()


def pdb_text(structure: gemmi.Structure, remarks: Sequence[str] = ()) -> str:
    """The structure as PDB. Raises `UserError` if it has too many atoms or too large numbers."""
    short = structure.clone()
    short.shorten_chain_names()
    short.shorten_ccd_codes()
    if remarks:
        short.raw_remarks = [
            f"REMARK   3 {line}" for remark in remarks for line in textwrap.wrap(plain(remark), 69)
        ]
    try:
        return short.make_pdb_string()
    except RuntimeError as error:
        raise UserError(
            f"The model does not fit into a PDB file ({error}): save it as mmCIF (.cif)."
        ) from error
