"""File dialogs that do not block: the chosen path is passed to a call."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QWidget

OPEN_FILTERS = (
    "All that can be opened (*.pdb *.ent *.cif *.mmcif *.gz *.mtz *.hkl *.ins *.res *.ccp4 *.map "
    "*.mrc *.pgz *.h5 *.hdf5 *.xyz *.extxyz *.xz *.bz2 *.vasp *.poscar *POSCAR* *CONTCAR* *.xsf "
    "*.gen)",
    "Models (*.pdb *.ent *.cif *.mmcif *.pdb.gz *.cif.gz *.ent.gz *.ins *.res)",
    "Crystals (*.cif *.cif.gz *.xyz *.extxyz *.extxyz.xz *.extxyz.gz *.vasp *.poscar *POSCAR* "
    "*CONTCAR* *.xsf *.gen *.res)",
    "Reflections (*.mtz *.hkl *.cif *.cif.gz)",
    "Maps (*.ccp4 *.map *.mrc *.ccp4.gz *.map.gz *.mrc.gz)",
    "Prediction bundles (*.pgz)",
    "Data sets (*.h5 *.hdf5)",
    "All files (*)",
)
MODEL_FILTERS = (OPEN_FILTERS[1], OPEN_FILTERS[-1])
CRYSTAL_FILTERS = (
    "Crystals (*.cif *.mcif *.xyz *.extxyz *.vasp *.poscar POSCAR* CONTCAR* *.pdb *.res *.ins "
    "*.xsf *.gen *.in *.cfg *.gz *.xz)",
    OPEN_FILTERS[-1],
)
DATASET_FILTERS = (OPEN_FILTERS[-2], OPEN_FILTERS[-1])


def ask_open(
    parent: QWidget,
    title: str,
    folder: str,
    filters: tuple[str, ...],
    chosen: Callable[[Path], object],
) -> QFileDialog:
    """Ask for a file that exists."""
    dialog = QFileDialog(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(list(filters))
    return _open(dialog, chosen)


def ask_save(
    parent: QWidget,
    title: str,
    folder: str,
    name: str,
    filters: tuple[str, ...],
    chosen: Callable[[Path], object],
) -> QFileDialog:
    """Ask where to save; the name's ending is added where none is typed."""
    dialog = QFileDialog(parent, title, folder)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(Path(name).suffix.lstrip("."))
    dialog.selectFile(name)
    return _open(dialog, chosen)


def _open(dialog: QFileDialog, chosen: Callable[[Path], object]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
    return dialog
