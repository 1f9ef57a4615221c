"""The menu of the Predict button: method, network, atoms. Choices are remembered."""

from collections.abc import Sequence

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QWidget, QWidgetAction

from patterson_gui.app.networks.choices import NetworkChoice
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.gui.prediction.predict_choices import (
    BEST,
    METHODS,
    NO_NETWORKS,
    atoms_by_default,
    atoms_tip,
    best_tip,
    method_blocked,
    network_label,
    network_tip,
)
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel


class PredictMenu(QMenu):
    """Emits `chosen` with the choices as they are after a click."""

    chosen = pyqtSignal(object)  # PredictionChoices

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._choices = PredictionChoices()
        self._networks: tuple[NetworkChoice, ...] = ()
        self._d_min: float | None = None
        self._last: QAction | None = None
        self._groups: list[QActionGroup] = []
        # Emitted in the next turn of the event loop: filling the menu deletes the clicked entry.
        self._picked = PredictionChoices()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(lambda: self.chosen.emit(self._picked))

    def add_last(self, action: QAction) -> None:
        """Add an action below the choices."""
        self._last = action

    def show_choices(
        self,
        choices: PredictionChoices,
        networks: Sequence[NetworkChoice],
        data_d_min: float | None,
    ) -> None:
        """Fill the menu, where anything has changed."""
        said = (choices, tuple(networks), data_d_min)
        if said == (self._choices, self._networks, self._d_min) and not self.isEmpty():
            return
        self._choices, self._networks, self._d_min = said
        self.clear()
        for group in self._groups:
            group.deleteLater()
        self._groups.clear()
        self._add_methods()
        self._add_networks()
        self.addSeparator()
        self._add_atoms()
        if self._last is not None:
            self.addSeparator()
            self.addAction(self._last)

    def entry(self, words: str) -> QAction:
        """The entry of these words."""
        return next(a for a in self.actions() if a.text().replace("&", "") == words)

    def _add_methods(self) -> None:
        self._add_heading("Method")
        group = self._new_group()
        for method in METHODS:
            reason = method_blocked(method, self._networks)
            action = self._add(method.words, reason or method.tip, group)
            action.setChecked(self._choices.method == method.key)
            action.setEnabled(reason is None)
            action.triggered.connect(lambda _on=False, key=method.key: self._choose(method=key))

    def _add_networks(self) -> None:
        self.addSeparator()
        self._add_heading("Network")
        if not self._networks:
            none = not_none(self.addAction("No network yet"))
            none.setToolTip(NO_NETWORKS)
            none.setEnabled(False)
            return
        group = self._new_group()
        best = self._add(BEST, best_tip(self._networks), group)
        best.setChecked(self._choices.model is None)
        best.triggered.connect(lambda _on=False: self._choose(model=None))
        for choice in self._networks:
            action = self._add(network_label(choice), network_tip(choice), group)
            action.setChecked(self._choices.model == choice.name)
            action.setEnabled(choice.why_unsuitable is None)
            action.triggered.connect(lambda _on=False, name=choice.name: self._choose(model=name))
        group.setEnabled(self._choices.method != "retrieval")

    def _add_atoms(self) -> None:
        own = atoms_by_default(self._choices, self._d_min)
        atoms = self._choices.atoms
        action = self._add("Build atoms", atoms_tip(), None)
        action.setChecked(own if atoms is None else atoms)
        # A choice that equals the default is stored as "automatic": other data may need the other.
        action.triggered.connect(lambda on: self._choose(atoms=None if on == own else on))

    def _new_group(self) -> QActionGroup:
        """A group for entries of which one is chosen; it goes when the menu is filled again."""
        group = QActionGroup(self)
        self._groups.append(group)
        return group

    def _add_heading(self, words: str) -> None:
        # Qt does not draw the titles of sections in a menu with a style sheet.
        label = PlainLabel(words)
        label.setObjectName("heading")
        label.setContentsMargins(8, 6, 8, 2)
        heading = QWidgetAction(self)
        heading.setDefaultWidget(label)
        self.addAction(heading)

    def _add(self, words: str, tip: str, group: QActionGroup | None) -> QAction:
        action = not_none(self.addAction(words.replace("&", "&&")))
        action.setCheckable(True)
        action.setToolTip(tip)
        if group is not None:
            group.addAction(action)
        return action

    def _choose(self, **changes: object) -> None:
        self._picked = self._choices.model_copy(update=changes)
        self._soon.start(0)
