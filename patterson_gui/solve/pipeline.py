"""The whole way from amplitudes to a density: networks, retrieval, atoms and hand in one.

Four methods. *retrieval* spends random starts until one agrees with the data. *network* is
what a trained network says, nothing added. *hybrid* lets the network's phases begin the
retrieval, which goes on with random starts where that fails, and settles the hand. *auto* is
hybrid where some weights suit the data, and the same without a network where none do.
Whatever proposes the phases, R of the retrieval decides whether they are right.

Networks are handed in (`crystal.prediction.Networks`): this floor does not know them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import (
    METHODS,
    Applicability,
    HandEvidence,
    Networks,
    Prediction,
    PredictionSettings,
    Progress,
)
from patterson_gui.crystal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.solve.device import choose_device
from patterson_gui.solve.mirror import likeness_by_hand, mirrored
from patterson_gui.solve.retrieval import retrieve_many

Problem = tuple[Amplitudes, Composition | None]
Report = Callable[[Progress], None]
Cancelled = Callable[[], bool]

# A hand told by the network's density counts where it fits this much better than its inverse.
_NETWORK_MARGIN = 0.02
_NETWORK_SHARE = 0.3  # of the progress shown, where both work
_NO_NETWORK = Applicability(None, "No trained network is at hand: retrieval works without one.")


def predict(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Report = lambda progress: None,
    cancelled: Cancelled = lambda: False,
    *,
    networks: Networks | None = None,
) -> Prediction:
    """A `Predictor`, once its networks are filled in; see `predict_many`."""
    problems = [(amplitudes, composition)]
    seeds = [settings.seed]
    return predict_many(problems, settings, seeds, report, cancelled, networks=networks)[0]


def predict_many(
    problems: Sequence[Problem],
    settings: PredictionSettings,
    seeds: Sequence[int],
    report: Report = lambda progress: None,
    cancelled: Cancelled = lambda: False,
    *,
    networks: Networks | None = None,
) -> list[Prediction]:
    """Predict crystals whose data fit the same grid by `settings.method`, as one batch.

    Raises
    ------
    UserError : an unknown method, device or model; method *network* where no weights suit
        the data; too few reflections.
    Cancelled : soon after `cancelled()` turns true.
    """
    if settings.method not in METHODS:
        raise UserError(
            f"There is no method called '{settings.method}': choose one of {', '.join(METHODS)}."
        )
    choose_device(settings.device)  # says what is wrong with it before any work is done
    began = time.perf_counter()
    choices = [_choice(problem, settings, networks) for problem in problems]
    alone = settings.method == "network"
    share = 1.0 if alone else _NETWORK_SHARE if any(c.model for c in choices) else 0.0
    first, rest = _part(report, 0.0, share), _part(report, share, 1.0)
    from_network = _from_network(problems, choices, settings, first, cancelled, networks)
    if alone:
        found = [p for p in from_network if p is not None]
    else:
        guides = [None if p is None else p.density for p in from_network]
        found = retrieve_many(problems, settings, seeds, rest, cancelled, guides)
    found = _with_hands(problems, found, from_network, choices, settings, networks)
    seconds = (time.perf_counter() - began) / len(problems)
    return [
        _told(replace(p, seconds=seconds), choice, settings, seed)
        for p, choice, seed in zip(found, choices, seeds, strict=True)
    ]


def _part(report: Report, first: float, last: float) -> Report:
    """Reports of a stage as those of the whole, of which it is from `first` to `last`."""

    def tell(progress: Progress) -> None:
        report(replace(progress, fraction=first + (last - first) * progress.fraction))

    return tell


def _choice(
    problem: Problem, settings: PredictionSettings, networks: Networks | None
) -> Applicability:
    """The network for one problem, if the method takes one and one suits."""
    if settings.method == "retrieval":
        return Applicability(None, "")
    choice = _NO_NETWORK if networks is None else networks.choose(*problem, settings)
    if choice.model is None and settings.method == "network":
        raise UserError(choice.sentence)
    return choice


def _from_network(
    problems: Sequence[Problem],
    choices: Sequence[Applicability],
    settings: PredictionSettings,
    report: Report,
    cancelled: Cancelled,
    networks: Networks | None,
) -> list[Prediction | None]:
    """What the networks chosen say, in the order of the problems; None where there is none."""
    answers: list[Prediction | None] = [None] * len(problems)
    if networks is None:
        return answers
    for model in dict.fromkeys(choice.model for choice in choices if choice.model is not None):
        places = [i for i, choice in enumerate(choices) if choice.model == model]
        mine = [problems[i] for i in places]
        for i, answer in zip(
            places, networks.predict_many(mine, model, settings, report, cancelled), strict=True
        ):
            answers[i] = answer
    return answers


def _with_hands(
    problems: Sequence[Problem],
    found: Sequence[Prediction],
    from_network: Sequence[Prediction | None],
    choices: Sequence[Applicability],
    settings: PredictionSettings,
    networks: Networks | None,
) -> list[Prediction]:
    """The predictions in the hand that their networks speak for, where nothing better has
    told it: asked of the density itself where a network can, else by which hand is more like
    the density that the network made."""
    settled = []
    for problem, prediction, proposal, choice in zip(
        problems, found, from_network, choices, strict=True
    ):
        if prediction.hand_determined or proposal is None or choice.model is None:
            settled.append(prediction)
            continue
        odds = None
        if networks is not None:
            [odds] = networks.handedness([problem], [prediction], choice.model, settings)
        evidence = _by_odds(odds) if odds is not None else _by_likeness(prediction, proposal)
        settled.append(_in_hand(replace(prediction, network=proposal.network), evidence))
    return settled


def _by_odds(odds: float) -> tuple[float, float, str]:
    return odds, -odds, "the network's log odds for this density and for its inverse"


def _by_likeness(prediction: Prediction, proposal: Prediction) -> tuple[float, float, str]:
    as_is, inverse = likeness_by_hand(prediction.density, proposal.density)
    if abs(as_is - inverse) < _NETWORK_MARGIN:
        return 0.0, 0.0, ""
    return as_is, inverse, "Pearson r with the network's density"


def _in_hand(prediction: Prediction, evidence: tuple[float, float, str]) -> Prediction:
    as_is, inverse, how = evidence
    if as_is == inverse:
        return prediction
    chosen = prediction if as_is > inverse else mirrored(prediction)
    hand = HandEvidence(max(as_is, inverse), min(as_is, inverse), how)
    return replace(chosen, hand=hand, hand_determined=True)


def _told(
    prediction: Prediction, choice: Applicability, settings: PredictionSettings, seed: int
) -> Prediction:
    """The prediction with its settings, and with notes on what took part."""
    notes = list(prediction.notes)
    if choice.sentence:
        notes.append(choice.sentence)
    if prediction.hand is not None:
        notes.append(
            f"The hand was told by {prediction.hand.how}: {prediction.hand.score:.2f} against "
            f"{prediction.hand.other_score:.2f} for its inverse."
        )
    elif not prediction.hand_determined:
        notes.append("The hand is undetermined: the inverse explains the data equally well.")
    return replace(prediction, settings=replace(settings, seed=seed), notes=tuple(notes))
