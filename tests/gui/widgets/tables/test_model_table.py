"""A table of a model: rows keep their numbers however the user sorts them."""

import pytest
from PyQt6.QtCore import QSortFilterProxyModel, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.gui.widgets.tables.column_model import ColumnModel
from patterson_gui.gui.widgets.tables.model_table import ModelTable

pytestmark = pytest.mark.gui

HEIGHTS = (3.0, 10.0, 2.0)


class Heights(ColumnModel):
    """A name and a height in each row."""

    def __init__(self) -> None:
        super().__init__(2, left={0})

    def count(self) -> int:
        return len(HEIGHTS)

    def heading(self, column: int) -> str:
        return ("name", "height")[column]

    def text(self, row: int, column: int) -> str:
        return f"{HEIGHTS[row]:g}" if column else f"peak {row}"

    def order(self, row: int, column: int) -> float | str:
        return HEIGHTS[row] if column else f"peak {row}"


@pytest.fixture
def table(qtbot: QtBot) -> ModelTable:
    rows = QSortFilterProxyModel()
    rows.setSourceModel(Heights())
    rows.model = rows.sourceModel()  # Qt does not keep it
    table = ModelTable(rows, "Heights", lambda chosen: " ".join(map(str, chosen)))
    table.rows = rows
    qtbot.addWidget(table)
    table.show()
    return table


def lines(table: ModelTable) -> list[str]:
    model = table.model()
    return [model.index(line, 1).data() for line in range(model.rowCount())]


def test_rows_are_sorted_by_number_not_by_text(table: ModelTable) -> None:
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert lines(table) == ["2", "3", "10"]


def test_a_click_tells_the_row_of_the_model(qtbot: QtBot, table: ModelTable) -> None:
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    place = table.visualRect(table.model().index(0, 0)).center()
    with qtbot.waitSignal(table.row_chosen) as chosen:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [1]


def test_chosen_rows_are_copied_from_the_top_of_the_table(table: ModelTable) -> None:
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    table.selectAll()
    assert table.chosen() == [1, 0, 2]
    table.copy_rows()
    assert QApplication.clipboard().text() == "1 0 2"


def test_a_row_is_chosen_from_outside_and_none_as_well(table: ModelTable) -> None:
    table.choose_row(2)
    assert table.chosen() == [2]
    table.choose_row(None)
    assert table.chosen() == []


def test_columns_of_numbers_are_aligned_to_the_right(table: ModelTable) -> None:
    model, role = table.model(), Qt.ItemDataRole.TextAlignmentRole
    assert model.index(0, 0).data(role) & Qt.AlignmentFlag.AlignLeft
    assert model.index(0, 1).data(role) & Qt.AlignmentFlag.AlignRight
    assert model.headerData(1, Qt.Orientation.Horizontal) == "height"
