"""The menu of the Predict button."""

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, QObject
from PyQt6.QtGui import QAction
from pytestqt.qtbot import QtBot

from patterson_gui.app.networks.choices import NetworkChoice
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.gui.prediction.predict_choices import NO_NETWORKS, NONE_SUITS, choices_words
from patterson_gui.gui.prediction.predict_menu import PredictMenu

pytestmark = pytest.mark.gui

SUITS = NetworkChoice("twelve", "Trained for dipeptides.")
SUITS_NOT = NetworkChoice("twenty", "Trained for dialanines.", "the cell is too small")


@pytest.fixture
def menu(qtbot: QtBot) -> PredictMenu:
    menu = PredictMenu()
    qtbot.addWidget(menu)
    return menu


def chosen_by(qtbot: QtBot, menu: PredictMenu, words: str) -> PredictionChoices:
    with qtbot.waitSignal(menu.chosen) as signal:
        menu.entry(words).trigger()
    (choices,) = signal.args
    return choices


def checked(menu: PredictMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isChecked()]


def test_all_choices_are_automatic_at_first(menu: PredictMenu):
    menu.show_choices(PredictionChoices(), (SUITS,), 1.5)
    assert checked(menu) == ["Automatic", "Best for these data", "Build atoms"]
    menu.show_choices(PredictionChoices(), (SUITS,), 2.5)
    assert checked(menu) == ["Automatic", "Best for these data"]


def test_the_resolution_limit_decides_whether_atoms_are_built(menu: PredictMenu):
    menu.show_choices(PredictionChoices(d_min=2.0), (), 1.5)
    assert not menu.entry("Build atoms").isChecked()


def test_a_click_emits_the_new_choices(qtbot: QtBot, menu: PredictMenu):
    menu.show_choices(PredictionChoices(seed=7), (SUITS,), 1.5)
    choices = chosen_by(qtbot, menu, "Network alone")
    assert (choices.method, choices.seed) == ("network", 7)
    assert chosen_by(qtbot, menu, "twelve").model == "twelve"


def test_a_choice_that_equals_the_default_stays_automatic(qtbot: QtBot, menu: PredictMenu):
    menu.show_choices(PredictionChoices(), (), 1.5)
    without = chosen_by(qtbot, menu, "Build atoms")
    assert without.atoms is False
    menu.show_choices(without, (), 1.5)
    assert chosen_by(qtbot, menu, "Build atoms").atoms is None
    menu.show_choices(PredictionChoices(), (), 2.5)
    assert chosen_by(qtbot, menu, "Build atoms").atoms is True


def test_disables_unsuitable_networks_and_says_why(menu: PredictMenu):
    menu.show_choices(PredictionChoices(), (SUITS, SUITS_NOT), 1.5)
    assert menu.entry("twelve").isEnabled()
    assert menu.entry("twelve").toolTip() == "Trained for dipeptides."
    assert not menu.entry("twenty").isEnabled()
    assert "the cell is too small" in menu.entry("twenty").toolTip()


@pytest.mark.parametrize(("networks", "why"), [((), NO_NETWORKS), ((SUITS_NOT,), NONE_SUITS)])
def test_disables_methods_that_lack_a_suitable_network(
    menu: PredictMenu, networks: tuple[NetworkChoice, ...], why: str
):
    menu.show_choices(PredictionChoices(), networks, 1.5)
    for words in ("Network alone", "Network, then retrieval"):
        assert not menu.entry(words).isEnabled()
        assert menu.entry(words).toolTip() == why
    assert menu.entry("Automatic").isEnabled()
    assert menu.entry("Phase retrieval").isEnabled()


def test_retrieval_disables_the_choice_of_networks(menu: PredictMenu):
    menu.show_choices(PredictionChoices(method="retrieval"), (SUITS,), 1.5)
    assert not menu.entry("twelve").isEnabled()


def test_keeps_the_last_entry_when_it_is_filled_again(qtbot: QtBot, menu: PredictMenu):
    last = QAction("Settings")
    menu.add_last(last)
    for d_min in (1.5, 2.5, 1.5):
        menu.show_choices(PredictionChoices(), (), d_min)
        assert menu.actions()[-1] is last


def test_describes_the_choices_in_one_line():
    assert choices_words(PredictionChoices(), 1.5) == "Automatic, atoms are built"
    both = PredictionChoices(method="hybrid", model="twelve", atoms=False)
    assert choices_words(both, 1.5) == (
        "Network, then retrieval, network “twelve”, no atoms are built"
    )
    assert choices_words(PredictionChoices(method="retrieval", model="x"), None) == (
        "Phase retrieval"
    )


def test_filling_the_menu_again_leaves_nothing_behind(qtbot: QtBot, menu: PredictMenu):
    def children():
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return len(menu.findChildren(QObject))

    menu.show_choices(PredictionChoices(), (SUITS, SUITS_NOT), 2.0)
    before = children()
    for d_min in (1.0, 3.0) * 4:
        menu.show_choices(PredictionChoices(), (SUITS, SUITS_NOT), d_min)
    assert children() == before


def test_a_hopeless_network_is_offered_with_its_reason(qtbot: QtBot, menu: PredictMenu):
    reason = "it was hardly better than chance on unseen structures (median r 0.01)"
    hopeless = NetworkChoice("two epochs", "Trained for dipeptides.", None, reason)
    best = NetworkChoice("twelve", "Trained for dipeptides.", best=True)
    menu.show_choices(PredictionChoices(), (best, hopeless), 1.5)
    assert "for the open data: twelve" in menu.entry("Best for these data").toolTip()
    entry = menu.entry("two epochs (hopeless)")
    assert entry.isEnabled()
    assert entry.toolTip().startswith(f"Expect nothing of it: {reason}.")
    assert chosen_by(qtbot, menu, "two epochs (hopeless)").model == "two epochs"
