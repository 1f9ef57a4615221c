"""Lets the user choose a crystal to encode: of the known ones, or of a file with several."""

from collections.abc import Callable
from functools import partial

from PyQt6.QtWidgets import QWidget

from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.explorer.known_crystals import search_texts
from patterson_gui.crystal.material import Material
from patterson_gui.gui.explorer.crystal_list import ChooseCrystalDialog, Row


class CrystalChooser:
    """Opens the dialog over `parent`; at most one is open."""

    def __init__(self, explorer: Explorer, parent: QWidget) -> None:
        self._explorer = explorer
        self._parent = parent
        self._dialog: ChooseCrystalDialog | None = None

    def choose_known(self) -> None:
        """Choose one of the known crystals, once they are read."""
        known = self._explorer.known_crystals.table
        if known is None:
            return

        def row(number: int) -> Row:
            name = known.identifiers[number]
            return known.formulas[number], name, str(known.atoms[number])

        self._choose("Known crystals", row, known.search, self._explorer.open_known)

    def choose_of_file(self, file_name: str, materials: list[Material]) -> None:
        """Choose one of the crystals in a file."""

        def row(number: int) -> Row:
            material = materials[number]
            return material.formula, material.identifier or material.name, str(len(material))

        texts = [f"{m.formula} {m.label}" for m in materials]
        self._choose(
            f"Crystals of {file_name}",
            row,
            partial(search_texts, texts),
            lambda number: self._explorer.encoding.open_material(materials[number]),
        )

    def _choose(
        self,
        title: str,
        row: Callable[[int], Row],
        search: Callable[[str], list[int]],
        chosen: Callable[[int], object],
    ) -> None:
        if self._dialog is not None:
            self._dialog.close()
        dialog = ChooseCrystalDialog(title, row, search, self._parent)
        dialog.chosen.connect(chosen)
        dialog.finished.connect(partial(self._closed, dialog))
        self._dialog = dialog
        dialog.show()

    def _closed(self, dialog: ChooseCrystalDialog, _result: int) -> None:
        if self._dialog is dialog:
            self._dialog = None
