"""A field for the symbol of an element, with a line below that says what is wrong with it."""

from PyQt6.QtWidgets import QLineEdit

from patterson_gui.crystal.elements import known_element
from patterson_gui.errors import UserError
from patterson_gui.gui.widgets.labels import text_label


class ElementField(QLineEdit):
    """The field; `error` is the line, which is hidden while there is nothing to say."""

    def __init__(self, element: str) -> None:
        """`element` : the one that is proposed."""
        super().__init__(element)
        self.setPlaceholderText("such as Se, Hg or I")
        self.setToolTip("Symbol of the heavy element")
        self.error = text_label("")
        self.error.setProperty("error", True)
        self.error.hide()

    def symbol(self) -> str | None:
        """The element; None where there is no such one, which the line then says."""
        try:
            return known_element(self.text())
        except UserError as error:
            self.error.setText(str(error))
            self.error.show()
            self.setFocus()
            return None
