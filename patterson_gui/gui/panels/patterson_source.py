"""Choose what the Patterson map is of: the native data, anomalous or isomorphous differences."""

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import QObject, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import QComboBox, QFormLayout, QSizePolicy, QWidget

from patterson_gui.app.document.patterson_source import (
    NATIVE,
    PattersonKind,
    PattersonSource,
    SourceChoices,
)
from patterson_gui.gui.widgets.labels import text_label

KINDS: dict[PattersonKind, tuple[str, str]] = {
    "native": ("Native", "The Patterson map of the amplitudes that are open"),
    "anomalous": (
        "Anomalous ΔF",
        "The Patterson map of F(+) − F(−), which shows the anomalous scatterers",
    ),
    "isomorphous": (
        "Isomorphous ΔF",
        "The Patterson map of a derivative minus the native, which shows the heavy atoms",
    ),
}
_OTHER_FILE = "Another file…"
_NO_MATES = "The file keeps no Friedel mates apart."


class PattersonSourceRows(QObject):
    """Rows of a form that emit a `PattersonSource` when the user chooses one.

    They are hidden for files without data sets.
    """

    chosen = pyqtSignal(object)  # PattersonSource
    native_file_wanted = pyqtSignal(object)  # PattersonSource without its native

    def __init__(self, form: QFormLayout, parent: QWidget) -> None:
        """Add the rows to the end of `form`, the layout of `parent`."""
        super().__init__(parent)
        self._form = form
        self.kind, self.data_set, self.native = QComboBox(), QComboBox(), QComboBox()
        for box in (self.kind, self.data_set, self.native):
            # A long name of a data set must not make the panel wider.
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(8)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for kind, (title, tip) in KINDS.items():
            self.kind.addItem(title, kind)
            self.kind.setItemData(self.kind.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.kind.setToolTip("What the Patterson map is of")
        self.native.setToolTip("The data set without heavy atoms")
        self.result = text_label("", dim=True)
        form.addRow("Map of", self.kind)
        form.addRow("Data set", self.data_set)
        form.addRow("Native", self.native)
        form.addRow(self.result)
        self._choices = SourceChoices()
        self._source = NATIVE
        self.kind.activated.connect(self._kind_chosen)
        self.data_set.activated.connect(self._set_chosen)
        self.native.activated.connect(self._native_chosen)
        self.show_source(NATIVE, SourceChoices(), "")

    def show_source(self, source: PattersonSource, choices: SourceChoices, result: str) -> None:
        """Show what the map is of, what the file offers, and what was found, in a sentence."""
        self._source, self._choices = source, choices
        blockers = [QSignalBlocker(box) for box in (self.kind, self.data_set, self.native)]
        model = self.kind.model()
        if isinstance(model, QStandardItemModel):
            item = model.item(self.kind.findData("anomalous"))
            if item is not None:
                item.setEnabled(bool(choices.with_mates))
                item.setToolTip(KINDS["anomalous"][1] if choices.with_mates else _NO_MATES)
        self.kind.setCurrentIndex(self.kind.findData(source.kind))
        self._fill(source)
        self._show_rows(source.kind, result)
        del blockers

    def _fill(self, source: PattersonSource) -> None:
        """Fill the boxes of data sets for the kind of `source`."""
        choices = self._choices
        sets = choices.with_mates if source.kind == "anomalous" else choices.sets
        _refill(self.data_set, sets, source.data_set)
        tip = "with Friedel mates" if source.kind == "anomalous" else "of the derivative"
        self.data_set.setToolTip(f"The data set {tip}")
        self.native.clear()
        for name in choices.sets:
            if name != source.data_set:
                self.native.addItem(name, PattersonSource(native=name))
        if choices.other_file is not None:
            for name in choices.other_sets:
                title = f"{name} of {choices.other_file.name}"
                chosen = PattersonSource(native=name, native_file=choices.other_file)
                self.native.addItem(title, chosen)
        self.native.addItem(_OTHER_FILE)
        natives = (self.native.itemData(i) for i in range(self.native.count() - 1))
        here = (source.native, source.native_file)
        places = [i for i, each in enumerate(natives) if (each.native, each.native_file) == here]
        self.native.setCurrentIndex(places[0] if places else -1)
        self.native.setPlaceholderText("Choose…")

    def ask_for_native(self, source: PattersonSource) -> None:
        """Show what is wanted, and that its native is to be chosen."""
        self._source = source
        self.kind.setCurrentIndex(self.kind.findData(source.kind))
        self._fill(source)
        self._show_rows(source.kind, "Choose the native: another data set or another file.")

    def _show_rows(self, kind: PattersonKind, result: str) -> None:
        offered = bool(self._choices.sets)
        self._form.setRowVisible(self.kind, offered)
        self._form.setRowVisible(self.data_set, kind != "native")
        self._form.setRowVisible(self.native, kind == "isomorphous")
        self.result.setText(result)
        self._form.setRowVisible(self.result, bool(result))

    def _kind_chosen(self) -> None:
        kind: PattersonKind = self.kind.currentData()
        choices = self._choices
        if kind == "native":
            self._source = NATIVE
        elif kind == "anomalous":
            self._source = PattersonSource(kind, choices.with_mates[0])
        else:
            self._source = choices.first_isomorphous()
        self._fill(self._source)
        self._show_rows(kind, "")
        self._emit()

    def _set_chosen(self) -> None:
        source = self._source
        name = self.data_set.currentData()
        same = source.native == name and source.native_file is None
        native = "" if same else source.native
        self._source = PattersonSource(source.kind, name, native, source.native_file)
        self._fill(self._source)
        self._emit()

    def _native_chosen(self) -> None:
        chosen, source = self.native.currentData(), self._source
        if chosen is None:
            self._fill(source)  # until a file is chosen
            self.native_file_wanted.emit(source)
            return
        self._source = replace(source, native=chosen.native, native_file=chosen.native_file)
        self._emit()

    def _emit(self) -> None:
        source = self._source
        if source.kind == "isomorphous" and not source.native:
            self.ask_for_native(source)
        else:
            self.chosen.emit(source)


def _refill(box: QComboBox, names: Sequence[str], current: str) -> None:
    """Put these names into a box, of which `current` is shown; none where it is not there."""
    box.clear()
    for name in names:
        box.addItem(name, name)
    box.setCurrentIndex(box.findData(current))
    box.setPlaceholderText("Choose…")
