"""How to predict, in words: the method, the network, whether to build atoms."""

from collections.abc import Sequence
from dataclasses import dataclass

from patterson_gui.app.networks import NetworkChoice
from patterson_gui.app.settings import PredictionChoices
from patterson_gui.crystal.prediction import ATOMS_D_MIN, FOUND_D_MIN

BEST = "Best for these data"
BEST_TIP = "Of the networks that suit the data, the one that was trained for the most like them"
NO_NETWORKS = "There is no trained network yet: train one, and it will appear here."
NONE_SUITS = "No trained network suits these data: look at the networks for the reasons."


@dataclass(frozen=True)
class Method:
    """A method as it is offered."""

    key: str
    words: str
    tip: str
    needs_network: bool = False


METHODS = (
    Method(
        "auto",
        "Automatic",
        "Random starts first; a network, where these fail or leave the hand open and one suits",
    ),
    Method("retrieval", "Phase retrieval", "From random starts, without a network"),
    Method("network", "Network alone", "What a trained network says, nothing added", True),
    Method(
        "hybrid",
        "Network, then retrieval",
        "The network's phases begin the retrieval and settle the hand",
        True,
    ),
)


def method_blocked(method: Method, networks: Sequence[NetworkChoice]) -> str | None:
    """Why a method cannot be used on the open data; None where it can."""
    if not method.needs_network or any(choice.misfit is None for choice in networks):
        return None
    return NONE_SUITS if networks else NO_NETWORKS


def network_tip(choice: NetworkChoice) -> str:
    """What a network was trained for, or why it does not suit."""
    if choice.misfit is None:
        return choice.words
    return f"It does not suit these data: {choice.misfit}.\n{choice.words}"


def atoms_by_themselves(choices: PredictionChoices, data_d_min: float | None) -> bool:
    """Whether atoms are built where that is left to the method."""
    limits = [d for d in (data_d_min, choices.d_min) if d is not None]
    return bool(limits) and max(limits) <= ATOMS_D_MIN


def atoms_tip() -> str:
    """What the box means."""
    return (
        "Put atoms into the predicted density and refine them against the amplitudes; "
        f"by itself where the data reach {ATOMS_D_MIN:g} Å, and to {FOUND_D_MIN:g} Å where they "
        "prove the atoms"
    )


def choices_words(choices: PredictionChoices, data_d_min: float | None) -> str:
    """What a click on the button will do, in one line."""
    method = next(m for m in METHODS if m.key == choices.method)
    words = [method.words]
    if choices.model is not None and choices.method != "retrieval":
        words.append(f"network “{choices.model}”")
    if data_d_min is not None:
        own = atoms_by_themselves(choices, data_d_min)
        atoms = own if choices.atoms is None else choices.atoms
        words.append("atoms are built" if atoms else "no atoms are built")
    return ", ".join(words)
