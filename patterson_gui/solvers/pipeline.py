"""Predict a density with atoms from amplitudes: networks, phase retrieval, atoms, hand.

There are four methods. *retrieval*: random starts until one agrees with the data. *network*: the
prediction of a trained network, unchanged. *hybrid*: the first start of retrieval takes its phases
from the network, random starts follow where that fails, and the network helps to determine the
hand. *auto*: random starts first; where they fail and a network suits the data, as *hybrid*.
In the last two the R factor of the retrieval decides whether phases are right.

Networks are passed in (`crystal.prediction.Networks`): solvers do not import them.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import (
    ASKED_D_MIN,
    METHODS,
    Applicability,
    Networks,
    Prediction,
    PredictionSettings,
    Problem,
)
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.retrieval.network_density import judge_network_density
from patterson_gui.solvers.stages import (
    Case,
    IsCancelled,
    Report,
    Stages,
    expected_atoms,
    shows_no_atoms,
)

_NETWORK_SHARE = 0.3  # share of the progress for the network, if retrieval follows
_NO_NETWORK = Applicability(None, "No trained network is available: retrieval works without one.")


def predict(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Report = lambda progress: None,
    cancelled: IsCancelled = lambda: False,
    *,
    networks: Networks | None = None,
) -> Prediction:
    """Predict one crystal; see `predict_many`. With `networks` bound it is a `Predictor`."""
    problems = [Problem(amplitudes, composition)]
    seeds = [settings.seed]
    return predict_many(problems, settings, seeds, report, cancelled, networks=networks)[0]


def predict_many(
    problems: Sequence[Problem],
    settings: PredictionSettings,
    seeds: Sequence[int],
    report: Report = lambda progress: None,
    cancelled: IsCancelled = lambda: False,
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
    choose_device(settings.device)  # reports an unusable device before any work is done
    began = time.perf_counter()
    cases = [
        Case(problem, seed, _choose_network(problem, settings, networks))
        for problem, seed in zip(problems, seeds, strict=True)
    ]
    stages = Stages(settings, report, cancelled, networks)
    if settings.method == "network":
        stages.predict_by_networks(cases, 0.0, 1.0)
        for case in cases:
            if case.proposal is not None:
                case.current = judge_network_density(
                    case.proposal, expected_atoms(case.problem, settings)
                )
    elif settings.method == "hybrid":
        share = _NETWORK_SHARE if any(case.choice.model for case in cases) else 0.0
        stages.predict_by_networks(cases, 0.0, share)
        stages.retrieve(cases, share, 1.0)
    else:
        stages.retrieve(cases, 0.0, 1.0)
        unsolved = [case for case in cases if case.choice.model and not case.prediction.solved]
        if unsolved:
            stages.predict_by_networks(unsolved, 0.0, _NETWORK_SHARE)
            stages.retrieve(unsolved, _NETWORK_SHARE, 1.0)
    stages.build_atoms(cases)
    stages.find_atoms(cases)
    for case in cases:
        stages.determine_hand(case)
    seconds = (time.perf_counter() - began) / len(cases)
    return [_with_notes(case, settings, seconds) for case in cases]


def _choose_network(
    problem: Problem, settings: PredictionSettings, networks: Networks | None
) -> Applicability:
    """The network for one problem, if the method uses one and one suits the data."""
    if settings.method == "retrieval":
        return Applicability(None, "")
    choice = (
        _NO_NETWORK
        if networks is None
        else networks.choose(problem.amplitudes, problem.composition, settings)
    )
    if choice.model is None and settings.method == "network":
        raise UserError(choice.sentence)
    return choice


def _with_notes(case: Case, settings: PredictionSettings, seconds: float) -> Prediction:
    """The prediction with its settings and time, and with notes on hand and network."""
    found = case.prediction
    notes = [*found.notes, *_network_notes(case)]
    if case.choice.warning:
        notes.append(case.choice.warning)
    has_hand = not case.problem.amplitudes.spacegroup.is_centrosymmetric()
    if not has_hand:
        notes.append("The crystal has a centre of symmetry: it is its own mirror image.")
    elif found.hand is not None:
        notes.append(
            f"The hand was determined from {found.hand.how}: {found.hand.score:.2f} against "
            f"{found.hand.other_score:.2f}."
        )
    elif not found.hand_determined:
        notes.append("The hand is undetermined: the inverse explains the data equally well.")
    if settings.atoms and shows_no_atoms(found):
        notes.append(
            f"No atoms were looked for: the data end at {found.amplitudes.d_min:.1f} Å, and atoms "
            f"need data to {ASKED_D_MIN:g} Å or better."
        )
    return replace(
        found,
        settings=replace(settings, seed=case.seed),
        notes=tuple(notes),
        seconds=seconds,
        has_hand=has_hand,
    )


def _network_notes(case: Case) -> list[str]:
    """What the network contributed, or why none was used."""
    found, choice = case.prediction, case.choice
    if choice.model is None:
        return [choice.sentence] if choice.sentence else []
    if not found.starts and found.built is not None and found.built.refined:
        return [
            f"The atoms were built into the density of the network '{found.network}' and refined."
        ]
    if not found.starts:
        return [f"The density is the prediction of the network '{found.network}', unchanged."]
    if any(start.settings.startswith("guided") for start in found.starts):
        guided = min(found.starts, key=lambda start: start.r_factor)
        won = (
            "it led to the best R"
            if guided.settings.startswith("guided")
            else ("a random start led to a better R")
        )
        return [f"The first start was from the phases of the network '{found.network}': {won}."]
    return [
        f"Retrieval solved it from random phases: the network '{choice.model}' was not needed "
        "for that."
    ]
