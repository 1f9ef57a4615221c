"""The table of encoded atoms, where elements and coordinates can be edited."""

import gemmi
from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPixmap
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from patterson_gui.crystal.colours import element_colour
from patterson_gui.crystal.material import Material
from patterson_gui.gui.widgets.not_none import not_none

Index = QModelIndex
ROLE = Qt.ItemDataRole
ELEMENT = 1  # column; x, y, z follow


class AtomsModel(QAbstractTableModel):
    """The atoms of a material.

    An edit is only emitted: the table keeps the old value until the new crystal is encoded.
    """

    element_typed = pyqtSignal(int, str)
    coordinate_typed = pyqtSignal(int, int, str)

    def __init__(self) -> None:
        super().__init__()
        self.material: Material | None = None
        self.frac = True
        self._dots: dict[str, QPixmap] = {}

    def set_material(self, material: Material | None) -> None:
        """Show the atoms of a crystal."""
        same = material is not None and self.material is not None
        if same and len(material) == len(self.material):  # type: ignore[arg-type]
            self.material = material
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.material) - 1, 4))  # type: ignore[arg-type]
            return
        self.beginResetModel()
        self.material = material
        self.endResetModel()

    def set_frac(self, frac: bool) -> None:
        """Fractional coordinates, or Å."""
        self.beginResetModel()
        self.frac = frac
        self.endResetModel()

    def rowCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.material is None else len(self.material)

    def columnCount(self, parent: Index = Index()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 5

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == ROLE.TextAlignmentRole:
            return self._alignment(section)
        if role != ROLE.DisplayRole:
            return None
        unit = "" if self.frac else ", Å"
        return ("#", "Atom", f"x{unit}", f"y{unit}", f"z{unit}")[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        own = super().flags(index)
        return own | Qt.ItemFlag.ItemIsEditable if index.column() >= ELEMENT else own

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> object:
        if role == ROLE.TextAlignmentRole:
            return self._alignment(index.column())
        if role in (ROLE.DisplayRole, ROLE.EditRole):
            return self.text(index.row(), index.column())
        if role == ROLE.DecorationRole and index.column() == ELEMENT:
            return self._dot(self.text(index.row(), ELEMENT))
        if role == ROLE.ToolTipRole:
            if index.column() == ELEMENT:
                return "Double-click to type another element, or use the button below"
            return "Double-click to type another coordinate" if index.column() > ELEMENT else None
        return None

    def setData(self, index: Index, value: object, role: int = ROLE.EditRole) -> bool:
        text = str(value).strip()
        if role != ROLE.EditRole or text == self.text(index.row(), index.column()):
            return False
        if index.column() == ELEMENT:
            self.element_typed.emit(index.row(), text)
        else:
            self.coordinate_typed.emit(index.row(), index.column() - ELEMENT - 1, text)
        return False

    def text(self, row: int, column: int) -> str:
        """The text of a cell."""
        material = self.material
        if material is None or row >= len(material):
            return ""
        if column == 0:
            return str(row + 1)
        if column == ELEMENT:
            return str(gemmi.Element(int(material.numbers[row])).name)
        frac = self.frac and material.lattice is not None
        places = material.frac if frac else material.positions
        return f"{places[row, column - ELEMENT - 1] + 0.0:.{4 if frac else 3}f}"

    @staticmethod
    def _alignment(column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column == ELEMENT else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def _dot(self, symbol: str) -> QPixmap:
        """A dot in the colour of the element's atoms in the views."""
        if symbol not in self._dots:
            dot = QPixmap(12, 12)
            dot.fill(Qt.GlobalColor.transparent)
            with QPainter(dot) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(element_colour(symbol)))
                painter.drawEllipse(1, 1, 10, 10)
            self._dots[symbol] = dot
        return self._dots[symbol]


class AtomsTable(QTableView):
    """The view of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.atoms = AtomsModel()
        self.setModel(self.atoms)
        self.setAccessibleName("Atoms of the crystal")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setIconSize(QSize(12, 12))
        rows = not_none(self.verticalHeader())
        rows.hide()
        rows.setDefaultSectionSize(24)
        header = not_none(self.horizontalHeader())
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column, width in ((0, 32), (ELEMENT, 64)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        # A coordinate of four digits fits beside the scroll bar.
        bar = not_none(self.verticalScrollBar()).sizeHint().width()
        coordinate = self.fontMetrics().horizontalAdvance("-0.0000") + 16
        self.setMinimumWidth(32 + 64 + 3 * coordinate + bar)

    def chosen(self) -> list[int]:
        """Selected rows, in order."""
        selection = not_none(self.selectionModel())
        return sorted(index.row() for index in selection.selectedRows())
