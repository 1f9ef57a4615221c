"""File dialogs that do not block: the chosen path is passed to a call."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QWidget

from patterson_gui.io.opening.reader import Contents
from patterson_gui.io.opening.registry import name_filters


def open_filters() -> tuple[str, ...]:
    """Name filters for all files that can be opened."""
    return name_filters()


def model_filters() -> tuple[str, ...]:
    """Name filters for files of a model."""
    return name_filters(Contents.MODELS)


def crystal_filters() -> tuple[str, ...]:
    """Name filters for files of crystals for the Explorer."""
    return name_filters(Contents.CRYSTALS)


def dataset_filters() -> tuple[str, ...]:
    """Name filters for data sets."""
    return name_filters(Contents.DATA_SETS)


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


def ask_folder(
    parent: QWidget, title: str, folder: str, name: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    """Ask for a folder to save into; `name` is proposed and made where it does not exist."""
    dialog = QFileDialog(parent, title, folder)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.setLabelText(QFileDialog.DialogLabel.FileName, "Folder")
    dialog.setNameFilter("Folders")
    dialog.selectFile(name)
    return _open(dialog, chosen)


def ask_existing_folder(
    parent: QWidget, title: str, folder: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    """Ask for a folder that exists."""
    dialog = QFileDialog(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    return _open(dialog, chosen)


def _open(dialog: QFileDialog, chosen: Callable[[Path], object]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
    return dialog
