import re
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPixmap
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.gui.widgets.plain_text import PlainLabel, plain_tip

GUI = Path(__file__).resolve().parents[3] / "patterson_gui" / "gui"


def test_a_label_shows_tags_as_they_are_and_loads_no_picture(qtbot: QtBot, tmp_path: Path) -> None:
    picture = tmp_path / "large.png"
    wide = QPixmap(4000, 10)
    wide.fill(Qt.GlobalColor.red)
    assert wide.save(str(picture))
    label = PlainLabel(f'<img src="{picture}"><b>name</b>')
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.sizeHint().width() < 4000
    assert label.text().endswith("<b>name</b>")


def test_a_label_takes_a_parent_without_text(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    assert PlainLabel(parent).parent() is parent
    assert PlainLabel("text", parent).parent() is parent


def test_a_tooltip_escapes_tags_and_leaves_other_text_alone() -> None:
    assert plain_tip("R 0.07, 5 Å") == "R 0.07, 5 Å"
    assert (
        plain_tip("<img src='x'>\nof a.pdb") == "<qt>&lt;img src=&#x27;x&#x27;&gt;<br>of a.pdb</qt>"
    )


def test_every_label_of_the_window_is_plain_unless_it_says_otherwise() -> None:
    bare = [
        path.name
        for path in GUI.rglob("*.py")
        if path.name != "plain_text.py"
        and re.search(r"\bQLabel\(|class \w+\(QLabel\)", path.read_text(encoding="utf-8"))
    ]
    assert bare == []
