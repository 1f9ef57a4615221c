"""Texts of the prediction choices: method, network, whether to build atoms."""

from collections.abc import Sequence
from dataclasses import dataclass

from patterson_gui.app.networks import NetworkChoice
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.crystal.prediction import ATOMS_D_MIN, FOUND_D_MIN

BEST = "Best for these data"
BEST_TIP = "The suitable network whose training data are most like the open data"
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


def network_tip(choice: NetworkChoice) -> str:
    """What a network was trained for, or why it does not suit."""
    if choice.why_unsuitable is None:
        return choice.words
    return f"It does not suit these data: {choice.why_unsuitable}.\n{choice.words}"


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
