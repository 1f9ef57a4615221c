"""Find the model files in folders, and the entry that each belongs to."""

from collections.abc import Iterable
from pathlib import Path

from patterson_gui.errors import UserError

_MODEL_ENDINGS = (".pdb", ".ent", ".cif", ".mmcif")


def models_below(folders: Iterable[Path]) -> list[Path]:
    """PDB and mmCIF files, also packed ones, in folders and their subfolders; sorted.

    Raises
    ------
    UserError : a path is not a folder, or the folder holds no model.
    """
    found: set[Path] = set()
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} is not a folder: give the folder that holds the models.")
        models = {path for path in folder.rglob("*") if _is_model(path)}
        if not models:
            raise UserError(
                f"There is no model (PDB or mmCIF) in {folder}: give the folder that holds them."
            )
        found |= models
    return sorted(found)


def entry_of(path: Path) -> str:
    """The entry of a file: its name up to the first dot, in lower case."""
    return printable_name(path).split(".")[0].lower().replace(":", "_")


def printable_name(path: Path) -> str:
    """The name of a file as valid Unicode text."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


def _is_model(path: Path) -> bool:
    name = path.name.lower()
    for packing in (".gz", ".bz2", ".xz"):
        name = name.removesuffix(packing)
    return name.endswith(_MODEL_ENDINGS) and not name.startswith(".") and path.is_file()
