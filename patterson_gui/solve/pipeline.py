"""The whole way from amplitudes to a density: networks, retrieval, atoms and hand in one.

Four methods. *retrieval* spends random starts until one agrees with the data. *network* is
what a trained network says, nothing added. *hybrid* lets the network's phases begin the
retrieval, which goes on with random starts where that fails, and settles the hand. *auto* does
the cheap thing first: random starts, and where these fail and some weights suit the data, the
network's phases. Whatever proposes the phases, R of the retrieval decides whether they are right.

Networks are handed in (`crystal.prediction.Networks`): this floor does not know them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.comparison.prediction_metrics import (
    aligned_density,
    aligned_phases_deg,
    compare,
)
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import (
    ATOMS_D_MIN,
    FOUND_D_MIN,
    METHODS,
    Applicability,
    HandEvidence,
    Networks,
    Prediction,
    PredictionSettings,
    Progress,
)
from patterson_gui.crystal.reciprocal.reflections import Amplitudes, Coefficients
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solve.atoms.build import build_atoms
from patterson_gui.solve.atoms.from_network import (
    are_proven,
    wants_elements,
    with_found_atoms,
    with_found_elements,
)
from patterson_gui.solve.device import choose_device
from patterson_gui.solve.inversion import invert_prediction
from patterson_gui.solve.retrieval.hand import correlation_by_hand
from patterson_gui.solve.retrieval.network_density import judge_network_density
from patterson_gui.solve.retrieval.retrieve import retrieve_many

Problem = tuple[Amplitudes, Composition | None]
Report = Callable[[Progress], None]
IsCancelled = Callable[[], bool]

# A hand told by the network's density counts where it fits this much better than its inverse.
_NETWORK_MARGIN = 0.02
_OTHER_SEEDS = 500_000_000  # added where starts are spent a second time
_NETWORK_SHARE = 0.3  # of the progress shown, where both work
_ATOMS_FROM = 0.9  # of the progress shown
_D_MIN_SLACK = 0.005  # Å: data "to 1.8 Å" may end a little short of it
_HAND_D_MIN = 2.2  # Å: atoms built to here tell the hand, even where they are not wanted
_NO_NETWORK = Applicability(None, "No trained network is at hand: retrieval works without one.")


def predict(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Report = lambda progress: None,
    cancelled: IsCancelled = lambda: False,
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
    choose_device(settings.device)  # says what is wrong with it before any work is done
    began = time.perf_counter()
    cases = [
        _Case(problem, seed, _choice(problem, settings, networks))
        for problem, seed in zip(problems, seeds, strict=True)
    ]
    run = _Run(settings, report, cancelled, networks)
    if settings.method == "network":
        run.ask_networks(cases, 0.0, 1.0)
        for case in cases:
            if case.proposal is not None:
                case.found = judge_network_density(case.proposal, _n_atoms(case.problem, settings))
    elif settings.method == "hybrid":
        share = _NETWORK_SHARE if any(case.choice.model for case in cases) else 0.0
        run.ask_networks(cases, 0.0, share)
        run.retrieve(cases, share, 1.0)
    else:
        run.retrieve(cases, 0.0, 1.0)
        unsolved = [case for case in cases if case.choice.model and not case.best.solved]
        if unsolved:
            run.ask_networks(unsolved, 0.0, _NETWORK_SHARE)
            run.retrieve(unsolved, _NETWORK_SHARE, 1.0)
    run.build_atoms(cases)
    run.find_atoms(cases)
    for case in cases:
        run.tell_hand(case)
    seconds = (time.perf_counter() - began) / len(cases)
    return [_told(case, settings, seconds) for case in cases]


@dataclass
class _Case:
    """One problem on its way: the network chosen for it, what that said, and what is found."""

    problem: Problem
    seed: int
    choice: Applicability
    proposal: Prediction | None = None
    found: Prediction | None = None

    @property
    def best(self) -> Prediction:
        """What is found so far."""
        if self.found is None:
            raise ValueError("nothing is found yet")
        return self.found


@dataclass(frozen=True)
class _Run:
    """The stages, each for some cases of a batch."""

    settings: PredictionSettings
    report: Report
    cancelled: IsCancelled
    networks: Networks | None

    def ask_networks(self, cases: Sequence[_Case], first: float, last: float) -> None:
        """Have the networks chosen propose densities."""
        if self.networks is None:
            return
        models = [case.choice.model for case in cases if case.proposal is None]
        for model in dict.fromkeys(name for name in models if name is not None):
            mine = [c for c in cases if c.choice.model == model and c.proposal is None]
            answers = self.networks.predict_many(
                [case.problem for case in mine],
                model,
                self.settings,
                _part(self.report, first, last),
                self.cancelled,
            )
            for case, answer in zip(mine, answers, strict=True):
                case.proposal = answer

    def retrieve(self, cases: Sequence[_Case], first: float, last: float) -> None:
        """Spend starts, the first from the proposal where there is one; R decides whether
        this is better than what was found before."""
        answers = retrieve_many(
            [case.problem for case in cases],
            self.settings,
            [case.seed + (_OTHER_SEEDS if case.found else 0) for case in cases],
            _part(self.report, first, last),
            self.cancelled,
            [None if case.proposal is None else case.proposal.density for case in cases],
        )
        for case, answer in zip(cases, answers, strict=True):
            earlier = case.found
            best = answer if earlier is None or answer.r_factor < earlier.r_factor else earlier
            case.found = replace(
                best,
                starts=(*(earlier.starts if earlier else ()), *answer.starts),
                network=None if case.proposal is None else case.proposal.network,
            )

    def build_atoms(self, cases: Sequence[_Case]) -> None:
        """Atoms into every density that shall have them, which tell origin and hand as well.

        Where only these are wanted the density is moved, and else stays as it was found.
        """
        wanted = [case for case in cases if self._wants_atoms(case)]
        asked = [case for case in cases if case not in wanted and self._wants_hand(case)]
        chosen = [*wanted, *asked]
        answers = build_atoms(
            [case.best for case in chosen],
            [case.problem[1] for case in chosen],
            _part(self.report, _ATOMS_FROM, 1.0),
            self.cancelled,
        )
        answers = self._with_elements(chosen, answers)
        for case, answer in zip(chosen, answers, strict=True):
            if case in wanted and (answer.built is None or self._are_proven(answer)):
                case.found = answer
            elif self._wants_hand(case):
                case.found = _in_frame_of(case.best, answer)

    def _with_elements(
        self, cases: Sequence[_Case], answers: Sequence[Prediction]
    ) -> list[Prediction]:
        """Refined atoms with the elements that a network tells, where they are not certain."""
        typed = list(answers)
        contents = [case.problem[1] for case in cases]
        doubtful = [i for i, a in enumerate(typed) if wants_elements(a, contents[i])]
        if self.networks is None or not doubtful:
            return typed
        found = self.networks.atoms(
            [typed[i] for i in doubtful], [contents[i] for i in doubtful], self.settings
        )
        for i, structure in zip(doubtful, found, strict=True):
            if structure is not None:
                typed[i] = with_found_elements(typed[i], contents[i], structure)
        return typed

    def _are_proven(self, prediction: Prediction) -> bool:
        """Whether atoms are kept: those of data that show them apart are, if they explain them."""
        shown = prediction.amplitudes.d_min <= ATOMS_D_MIN + _D_MIN_SLACK
        return bool(self.settings.atoms) or shown or are_proven(prediction)

    def find_atoms(self, cases: Sequence[_Case]) -> None:
        """Atoms that a network finds in those densities that shall have some and have none yet:
        the data are too coarse to build them, or do not agree with what was built."""
        lacking = [case for case in cases if self._may_find_atoms(case)]
        if not lacking or self.networks is None:
            return
        self.report(Progress(1.0, "finding atoms"))
        answers = self.networks.atoms(
            [case.best for case in lacking], [case.problem[1] for case in lacking], self.settings
        )
        for case, structure in zip(lacking, answers, strict=True):
            if self.cancelled():
                raise Cancelled
            if structure is None:
                continue
            n_expected = _n_atoms(case.problem, self.settings)
            found = with_found_atoms(case.best, structure, n_expected)
            if self.settings.atoms or are_proven(found):
                case.found = found

    def _may_find_atoms(self, case: _Case) -> bool:
        found = case.best
        if found.built is not None or self.settings.atoms is False:
            return False
        coarse = found.amplitudes.d_min > FOUND_D_MIN + _D_MIN_SLACK
        return bool(self.settings.atoms) or (found.solved and not coarse)

    def _wants_atoms(self, case: _Case) -> bool:
        if self.settings.atoms is not None:
            return self.settings.atoms
        return case.best.solved and case.best.amplitudes.d_min <= FOUND_D_MIN + _D_MIN_SLACK

    def _wants_hand(self, case: _Case) -> bool:
        """Whether atoms are worth building for what they tell of the hand alone."""
        found = case.best
        return (
            self.settings.method in ("hybrid", "auto")
            and not found.hand_determined
            and found.solved
            and found.amplitudes.d_min <= _HAND_D_MIN
        )

    def tell_hand(self, case: _Case) -> None:
        """The hand that the network speaks for, where nothing better has told it: asked of
        the density itself where a network can, else by which hand is more like the density
        that the network makes."""
        found, model = case.best, case.choice.model
        if found.hand_determined or model is None or self.networks is None:
            return
        [odds] = self.networks.handedness([case.problem], [found], model, self.settings)
        if odds is None:
            self.ask_networks([case], 1.0, 1.0)
        evidence = _by_odds(odds) if odds is not None else _by_likeness(found, case.proposal)
        if evidence is None:
            return
        chosen = found if evidence[0] > evidence[1] else invert_prediction(found)
        hand = HandEvidence(max(evidence[:2]), min(evidence[:2]), evidence[2])
        network = found.network or model
        case.found = replace(chosen, hand=hand, hand_determined=True, network=network)


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


def _n_atoms(problem: Problem, settings: PredictionSettings) -> int | None:
    content = problem[1]
    return settings.n_atoms or (None if content is None else content.n_atoms)


def _part(report: Report, first: float, last: float) -> Report:
    """Reports of a stage as those of the whole, of which it is from `first` to `last`."""

    def tell(progress: Progress) -> None:
        report(replace(progress, fraction=first + (last - first) * progress.fraction))

    return tell


def _in_frame_of(prediction: Prediction, built: Prediction) -> Prediction:
    """The prediction in the hand that atoms built into it have told, their centre of mass at
    the middle of the cell, without these atoms."""
    if built.built is None:
        return prediction
    data = prediction.amplitudes
    onto = compare(
        data.hkl, _terms(prediction), Coefficients(data.hkl, _terms(built), data.cell, p1())
    )
    return replace(
        prediction,
        density=aligned_density(prediction, onto),
        phases_deg=aligned_phases_deg(prediction, onto) % np.float32(360.0),
        hand=built.hand,
        hand_determined=built.hand_determined,
    )


def _terms(prediction: Prediction) -> NDArray[np.complex64]:
    """(n,) the measured amplitudes with the phases found."""
    phases = np.radians(prediction.phases_deg.astype(np.float64))
    return (prediction.amplitudes.f * np.exp(1j * phases)).astype(np.complex64)


_Evidence = tuple[float, float, str]  # for the density, for its inverse, and what these are


def _by_odds(odds: float) -> _Evidence | None:
    how = "the network's log odds for this density and for its inverse"
    return (odds, -odds, how) if odds != 0 else None


def _by_likeness(prediction: Prediction, proposal: Prediction | None) -> _Evidence | None:
    if proposal is None:
        return None
    as_is, inverse = correlation_by_hand(prediction.density, proposal.density)
    if abs(as_is - inverse) < _NETWORK_MARGIN:
        return None
    return as_is, inverse, "Pearson r with the network's density"


def _told(case: _Case, settings: PredictionSettings, seconds: float) -> Prediction:
    """What was found, with its settings and time, and with notes on what took part."""
    found = case.best
    notes = [*found.notes, *_network_notes(case)]
    if found.hand is not None:
        notes.append(
            f"The hand was told by {found.hand.how}: {found.hand.score:.2f} against "
            f"{found.hand.other_score:.2f}."
        )
    elif not found.hand_determined:
        notes.append("The hand is undetermined: the inverse explains the data equally well.")
    return replace(
        found, settings=replace(settings, seed=case.seed), notes=tuple(notes), seconds=seconds
    )


def _network_notes(case: _Case) -> list[str]:
    """What the network did, or why none took part."""
    found, choice = case.best, case.choice
    if choice.model is None:
        return [choice.sentence] if choice.sentence else []
    if not found.starts and found.built is not None and found.built.refined:
        return [f"The atoms were built into what the network '{found.network}' says, and refined."]
    if not found.starts:
        return [f"The density is what the network '{found.network}' says; nothing was added."]
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
