"""The dialog of the trained networks: what each is, how it learned, what it is made of."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.app.networks.choices import ListedNetwork
from patterson_gui.app.networks.library import NetworkLibrary
from patterson_gui.app.networks.words import TASK_NAMES, card_rows
from patterson_gui.gui.dialogs.networks.layers import KIND_WORDS, LayersDiagram, colour_of
from patterson_gui.gui.panels.training_plots import TrainingPlots
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.scrolled import scrolled
from patterson_gui.gui.widgets.tables.rows_table import RowsTable
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_parts import NetworkPart
from patterson_gui.io.training.ranking import validated_accuracy

_HEADINGS = ("Network", "For", "Median r", "Weights", "From")
_TIPS = (
    "",
    "What it predicts or encodes",
    "On structures that the network was not trained on: of predicted and true density, or of what "
    "the card says",
    "Trainable numbers",
    "Came with the program, or trained here",
)
_LONGEST_NAME = 24  # letters in the list; all are in the tooltip and above the card
NO_CURVE = "The curve of this training was not kept."
NO_NETWORKS = "There is no trained network yet: train one, and it will appear here."


class NetworksDialog(QDialog):
    """The list on the left, the chosen network on the right.

    Signals
    -------
    remove_clicked(ListedNetwork) : the user wants to remove an own network.
    layers_wanted(ModelCard) : the layers of the chosen network are shown and not known yet.
    """

    remove_clicked = pyqtSignal(object)
    layers_wanted = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Networks")
        self.resize(1200, 660)
        self._listed: tuple[ListedNetwork, ...] = ()
        self.table = RowsTable(_HEADINGS, _TIPS, numbers=(2, 3))
        self.table.setAccessibleName("Trained networks")
        self.table.row_clicked.connect(lambda _row: self._show_chosen())
        self.title = text_label("")
        self.title.setObjectName("view-title")
        self.verdict = text_label("", dim=True)
        self.tabs = QTabWidget()
        self.card = QWidget()
        self._card_area = scrolled(self.card)
        self.tabs.addTab(self._card_area, "Card")
        self.tabs.addTab(self._make_curves(), "Learning curve")
        self.layers_page = self._make_layers()
        self.tabs.addTab(self.layers_page, "Layers")
        self.tabs.currentChanged.connect(self._ask_for_layers)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.verdict)
        column.addWidget(self.tabs, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.table)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([400, 760])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(splitter, 1)
        layout.addWidget(self._make_buttons())
        self._show_chosen()

    def _make_curves(self) -> QWidget:
        self.curves = QStackedWidget()
        self.plots = TrainingPlots()
        self.plots.setContentsMargins(8, 8, 8, 0)
        words = PlainLabel(NO_CURVE)
        words.setObjectName("dim")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.curves.addWidget(self.plots)
        self.curves.addWidget(words)
        return self.curves

    def _make_layers(self) -> QWidget:
        page = QWidget()
        self.layers = LayersDiagram()
        self.trouble = text_label("", dim=True)
        self._layers_of: ModelCard | None = None
        self._keys = [PlainLabel() for _ in KIND_WORDS]
        legend = QHBoxLayout()
        legend.setSpacing(16)
        for label in self._keys:
            label.setTextFormat(Qt.TextFormat.RichText)
            legend.addWidget(label)
        legend.addStretch(1)
        words = PlainLabel("weights; bars: share of all")
        words.setObjectName("dim")
        legend.addWidget(words)
        content = QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.trouble)
        inside.addWidget(self.layers)
        inside.addStretch(1)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addLayout(legend)
        column.addWidget(scrolled(content), 1)
        return page

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.remove = QPushButton("Remove…")
        self.remove.setAutoDefault(False)
        buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.ActionRole)
        self.remove.clicked.connect(lambda: self.remove_clicked.emit(self.chosen()))
        not_none(buttons.button(QDialogButtonBox.StandardButton.Close)).setDefault(True)
        buttons.rejected.connect(self.reject)
        return buttons

    # ------------------------------------------------------------------ showing
    def set_networks(self, listed: Sequence[ListedNetwork]) -> None:
        """List these; the chosen one stays chosen while it is there."""
        before = self.chosen()
        self._listed = tuple(listed)
        best = [i for i, network in enumerate(listed) if network.choice and network.choice.best]
        names = [network.card.name for network in listed]
        self.table.set_rows([_row(network) for network in listed], marked=best, tips=names)
        kept = names.index(before.card.name) if before and before.card.name in names else 0
        self.table.choose_row(kept if names else None)
        self.table.dim_rows(
            [i for i, network in enumerate(listed) if network.choice and _doubtful(network)]
        )
        self._show_chosen()

    def chosen(self) -> ListedNetwork | None:
        """The network of the chosen row."""
        rows = self.table.chosen_rows()
        return self._listed[rows[0]] if rows and rows[0] < len(self._listed) else None

    def set_layers(self, card: ModelCard, parts: Sequence[NetworkPart], trouble: str = "") -> None:
        """Show the layers, or why they are not known, unless another network was chosen
        meanwhile."""
        chosen = self.chosen()
        if chosen is not None and chosen.card.weights_sha256 == card.weights_sha256:
            self._layers_of = card
            self.layers.set_parts(parts)
            self._show_trouble(trouble)

    def _show_chosen(self) -> None:
        listed = self.chosen()
        kept = NetworkLibrary.why_kept(listed)
        self.remove.setEnabled(kept is None)
        self.remove.setToolTip(kept or "Remove this network from the folder of your own networks")
        self.title.setText("" if listed is None else listed.card.name)
        self.verdict.setVisible(listed is None or verdict_of(listed) != "")
        self.verdict.setText(NO_NETWORKS if listed is None else verdict_of(listed))
        self._show_card([] if listed is None else card_rows(listed.card))
        curve = () if listed is None else listed.card.curve
        self.plots.set_records(curve)
        self.curves.setCurrentIndex(0 if curve else 1)
        self._layers_of = None
        self.layers.set_parts(())
        self._show_trouble("")
        self._show_legend()
        self._ask_for_layers()

    def _show_card(self, rows: Sequence[tuple[str, str]]) -> None:
        card = QWidget()
        grid = QGridLayout(card)
        grid.setContentsMargins(8, 8, 8, 8)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for line, (heading, text) in enumerate(rows):
            name = text_label(heading, dim=True)
            name.setWordWrap(False)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(name, line, 0, top)
            grid.addWidget(text_label(text), line, 1, top)
        grid.setRowStretch(len(rows), 1)
        self.card = card
        self._card_area.setWidget(card)  # the area deletes the earlier one

    def _show_trouble(self, trouble: str) -> None:
        """Say why there are no layers; "" where nothing is to be said."""
        self.trouble.setText(trouble and f"The layers are not known. {trouble}")
        self.trouble.setVisible(bool(trouble))

    def _show_legend(self) -> None:
        for label, (kind, words) in zip(self._keys, KIND_WORDS.items(), strict=True):
            label.setText(f'<span style="color:{colour_of(kind).name()}">■</span> {words}')

    def _ask_for_layers(self) -> None:
        listed = self.chosen()
        shown = self.tabs.currentWidget() is self.layers_page
        if shown and listed is not None and self._layers_of is None:
            self.layers_wanted.emit(listed.card)


def _row(listed: ListedNetwork) -> tuple[str, ...]:
    card = listed.card
    r = validated_accuracy(card)
    return (
        card.name if len(card.name) <= _LONGEST_NAME else f"{card.name[:_LONGEST_NAME]}…",
        TASK_NAMES[card.role],
        "–" if r is None else f"{r:.3f}",
        f"{card.parameters:,}" if card.parameters else "–",
        "you" if listed.own else "the program",
    )


def _doubtful(listed: ListedNetwork) -> bool:
    choice = listed.choice
    return choice is not None and bool(choice.why_unsuitable or choice.why_hopeless)


def verdict_of(listed: ListedNetwork) -> str:
    """What can be said of a network for the open data, below its name."""
    choice, words = listed.choice, []
    if choice is None:
        return ""
    if choice.best:
        words.append("It is the best one for the open data.")
    if choice.why_unsuitable is not None:
        words.append(f"It does not suit the open data: {choice.why_unsuitable}.")
    if choice.why_hopeless is not None:
        words.append(f"Expect nothing of it: {choice.why_hopeless}.")
    return " ".join(words)
