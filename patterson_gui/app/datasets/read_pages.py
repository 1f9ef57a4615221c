"""Reads a data set of either kind as pages. Loads h5py: import it where a data set is read."""

from pathlib import Path

from patterson_gui.app.datasets.crystal_pages import CrystalPages
from patterson_gui.app.datasets.pages import Pages
from patterson_gui.app.datasets.protein_pages import ProteinPages
from patterson_gui.io.datasets.crystals import is_material_dataset, read_material_dataset
from patterson_gui.io.datasets.proteins import read_dataset


def read_pages(path: Path) -> Pages:
    """A data set of proteins or of crystals.

    Raises
    ------
    UserError : the file is no data set, is damaged, or of another version.
    """
    if is_material_dataset(path):
        return CrystalPages(read_material_dataset(path))
    return ProteinPages(read_dataset(path))
