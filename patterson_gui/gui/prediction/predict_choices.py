"""Texts of the prediction choices: method, network, whether to build atoms."""

from collections.abc import Sequence
from dataclasses import dataclass

from patterson_gui.app.networks.choices import NetworkChoice
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.crystal.prediction import ATOMS_D_MIN, FOUND_D_MIN

BEST = "Best for these data"
_BEST_TIP = "The suitable network that was most accurate on structures it was not trained on"
NO_NETWORKS = "There is no trained network yet: train one, and it will appear here."
NONE_SUITS = "No trained network suits these data: the tooltip of each network says why."


@dataclass(frozen=True)
class Method:
    """A method and its texts."""

    key: str
    words: str
    tip: str
    needs_network: bool = False


METHODS = (
    Method(
        "auto",
        "Automatic",
        "Random starts first, then a suitable network if they fail or do not determine the hand",
    ),
    Method("retrieval", "Phase retrieval", "From random starts, without a network"),
    Method("network", "Network alone", "The output of a trained network alone", True),
    Method(
        "hybrid",
        "Network, then retrieval",
        "Phase retrieval starts from the network's phases, which also determine the hand",
        True,
    ),
)


def method_blocked(method: Method, networks: Sequence[NetworkChoice]) -> str | None:
    """Why a method cannot be used on the open data; None where it can."""
    if not method.needs_network or any(choice.why_unsuitable is None for choice in networks):
        return None
    return NONE_SUITS if networks else NO_NETWORKS


def best_tip(networks: Sequence[NetworkChoice]) -> str:
    """What the choice of the best network means, and which one that is now."""
    best = next((choice.name for choice in networks if choice.best), None)
    return _BEST_TIP if best is None else f"{_BEST_TIP}; for the open data: {best}"


def network_label(choice: NetworkChoice) -> str:
    """The name of a network, and that nothing is to be expected of it where that is so."""
    return choice.name if choice.why_hopeless is None else f"{choice.name} (hopeless)"


def network_tip(choice: NetworkChoice) -> str:
    """What a network was trained for, or why it does not suit."""
    words = [choice.words]
    if choice.why_hopeless is not None:
        words.insert(0, f"Expect nothing of it: {choice.why_hopeless}.")
    if choice.why_unsuitable is not None:
        words.insert(0, f"It does not suit these data: {choice.why_unsuitable}.")
    return "\n".join(words)


def atoms_by_default(choices: PredictionChoices, data_d_min: float | None) -> bool:
    """Whether atoms are built where the user did not choose."""
    limits = [d for d in (data_d_min, choices.d_min) if d is not None]
    return bool(limits) and max(limits) <= ATOMS_D_MIN


def atoms_tip() -> str:
    """Tooltip of the choice to build atoms."""
    return (
        "Build atoms into the predicted density and refine them against the amplitudes; "
        f"automatic where the data extend to {ATOMS_D_MIN:g} Å, and up to {FOUND_D_MIN:g} Å where "
        "the data confirm the atoms"
    )


def choices_words(choices: PredictionChoices, data_d_min: float | None) -> str:
    """One line that says what a click on Predict will do."""
    method = next(m for m in METHODS if m.key == choices.method)
    words = [method.words]
    if choices.model is not None and choices.method != "retrieval":
        words.append(f"network “{choices.model}”")
    if data_d_min is not None:
        own = atoms_by_default(choices, data_d_min)
        atoms = own if choices.atoms is None else choices.atoms
        words.append("atoms are built" if atoms else "no atoms are built")
    return ", ".join(words)
