"""Qt's own file dialog: icons that can be seen, and columns that hold their texts."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QFileDialog, QHeaderView, QToolButton, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.file_dialogs import ask_open, open_filters

pytestmark = pytest.mark.gui


def test_icons_have_the_colour_of_texts_and_columns_their_width(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "open", lambda _: None)
    parent = QWidget()
    qtbot.addWidget(parent)
    app = QApplication.instance()
    theme.apply_theme(app, "dark")
    dialog = ask_open(parent, "Open", str(tmp_path), ("All files (*)",), print)
    buttons = {b.objectName(): b for b in dialog.findChildren(QToolButton)}
    for name in ("toParentButton", "newFolderButton", "detailModeButton"):
        picture = buttons[name].icon().pixmap(16, 16).toImage()
        pixels = [picture.pixelColor(x, y) for x in range(16) for y in range(16)]
        assert max(pixel.lightness() for pixel in pixels if pixel.alpha() > 128) > 128
    (tree,) = dialog.findChildren(QTreeView, "treeView")
    assert tree.header().sectionResizeMode(3) is QHeaderView.ResizeMode.ResizeToContents
    dialog.deleteLater()


def test_sessions_are_among_the_files_that_can_be_opened() -> None:
    first, *others = open_filters()
    assert "*.pgsession" in first
    assert "*.mtz" in first
    assert others[-2:] == ["Sessions (*.pgsession)", "All files (*)"]
