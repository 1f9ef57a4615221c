"""File dialogs that do not block: the chosen path is passed to a call."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QHeaderView, QToolButton, QTreeView, QWidget

from patterson_gui.gui.widgets.icons import icon
from patterson_gui.io.opening.reader import Contents
from patterson_gui.io.opening.registry import name_filters
from patterson_gui.io.sessions.session import ENDING


def open_filters() -> tuple[str, ...]:
    """Name filters for all files that can be opened, sessions among them."""
    everything, *others, all_files = name_filters()
    pattern = f"*{ENDING}"
    return everything.replace(")", f" {pattern})"), *others, f"Sessions ({pattern})", all_files


def layer_filters() -> tuple[str, ...]:
    """Name filters for files with a map or a model; MTZ files may have map coefficients."""
    maps, models, all_files = name_filters(Contents.MAPS, Contents.MODELS)
    both = f"{maps.split('(')[1].rstrip(')')} *.mtz {models.split('(')[1].rstrip(')')}"
    return (
        f"Maps and models ({both})", maps.replace("(", "(*.mtz "), models, all_files,
    )  # fmt: skip


def model_filters() -> tuple[str, ...]:
    """Name filters for files of a model."""
    return name_filters(Contents.MODELS)


def reflection_filters() -> tuple[str, ...]:
    """Name filters for files of reflections."""
    return name_filters(Contents.REFLECTIONS)


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


_BUTTONS = {
    "backButton": "back",
    "forwardButton": "forward",
    "toParentButton": "parent",
    "newFolderButton": "new-folder",
    "listModeButton": "list",
    "detailModeButton": "details",
}


def _open(dialog: QFileDialog, chosen: Callable[[Path], object]) -> QFileDialog:
    _make_legible(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
    return dialog


def _make_legible(dialog: QFileDialog) -> None:
    """Icons in the colour of the theme, and columns as wide as their texts, where the dialog is
    Qt's own. The icons of Qt are dark, and its columns cut sizes and dates."""
    for button in dialog.findChildren(QToolButton):
        if name := _BUTTONS.get(button.objectName()):
            button.setIcon(icon(name))
            button.setStyleSheet("padding: 2px;")
    for tree in dialog.findChildren(QTreeView, "treeView"):
        header = tree.header()
        if header is None:
            continue
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        if header.count():
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
