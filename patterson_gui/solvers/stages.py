"""The stages of a prediction: networks, retrieval, atoms and hand, each for a batch of cases."""

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
from patterson_gui.crystal.prediction import (
    ASKED_D_MIN,
    ATOMS_D_MIN,
    FOUND_D_MIN,
    Applicability,
    HandEvidence,
    Networks,
    Prediction,
    PredictionSettings,
    Problem,
    Progress,
)
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.atoms.build import build_atoms
from patterson_gui.solvers.atoms.from_network import (
    are_proven,
    wants_elements,
    with_found_atoms,
    with_found_elements,
)
from patterson_gui.solvers.inversion import invert_prediction
from patterson_gui.solvers.retrieval.hand import correlation_by_hand
from patterson_gui.solvers.retrieval.retrieve import retrieve_many

Report = Callable[[Progress], None]
IsCancelled = Callable[[], bool]

# Least difference of Pearson r between the two hands for the network's density to decide.
_NETWORK_MARGIN = 0.02
_OTHER_SEEDS = 500_000_000  # added to the seed for a second set of starts
_ATOMS_FROM = 0.9  # progress at which atoms are begun
_D_MIN_SLACK = 0.005  # Å: the last reflection of data "to 1.8 Å" may be slightly above it
_HAND_D_MIN = 2.2  # Å: to this resolution atoms are built for the hand alone


@dataclass(eq=False)
class Case:
    """One problem with its prediction so far.

    Attributes
    ----------
    choice : the network chosen for it, if any.
    proposal : what that network predicts.
    current : the prediction as the last stage left it.
    """

    problem: Problem
    seed: int
    choice: Applicability
    proposal: Prediction | None = None
    current: Prediction | None = None

    @property
    def prediction(self) -> Prediction:
        """`current`; an error if no stage has made a prediction yet."""
        if self.current is None:
            raise ValueError("this case has no prediction yet")
        return self.current


@dataclass(frozen=True)
class Stages:
    """The stages of a prediction. Each changes the cases of the batch that it is given."""

    settings: PredictionSettings
    report: Report
    cancelled: IsCancelled
    networks: Networks | None

    def predict_by_networks(self, cases: Sequence[Case], first: float, last: float) -> None:
        """Predict densities by the network chosen for each case: its `proposal`.

        `first` and `last` are the shares of the whole progress where this stage begins and ends.
        """
        if self.networks is None:
            return
        models = [case.choice.model for case in cases if case.proposal is None]
        for model in dict.fromkeys(name for name in models if name is not None):
            mine = [c for c in cases if c.choice.model == model and c.proposal is None]
            answers = self.networks.predict_many(
                [case.problem for case in mine],
                model,
                self.settings,
                _stage_report(self.report, first, last),
                self.cancelled,
            )
            for case, answer in zip(mine, answers, strict=True):
                case.proposal = answer

    def retrieve(self, cases: Sequence[Case], first: float, last: float) -> None:
        """Phase by retrieval. The first start has the phases of the proposal, if there is one.

        A case that already has a prediction keeps the one of lower R, and the starts of both.
        """
        answers = retrieve_many(
            [case.problem for case in cases],
            self.settings,
            [case.seed + (_OTHER_SEEDS if case.current else 0) for case in cases],
            _stage_report(self.report, first, last),
            self.cancelled,
            [None if case.proposal is None else case.proposal.density for case in cases],
        )
        for case, answer in zip(cases, answers, strict=True):
            earlier = case.current
            best = answer if earlier is None or answer.r_factor < earlier.r_factor else earlier
            case.current = replace(
                best,
                starts=(*(earlier.starts if earlier else ()), *answer.starts),
                network=None if case.proposal is None else case.proposal.network,
            )

    def build_atoms(self, cases: Sequence[Case]) -> None:
        """Build atoms into the densities of those cases that ask for atoms.

        In other cases atoms are built to determine the hand, and then dropped: only the origin
        and hand of the density change.
        """
        wanted = [case for case in cases if self._wants_atoms(case)]
        asked = [case for case in cases if case not in wanted and self._wants_hand(case)]
        chosen = [*wanted, *asked]
        answers = build_atoms(
            [case.prediction for case in chosen],
            [case.problem.composition for case in chosen],
            _stage_report(self.report, _ATOMS_FROM, 1.0),
            self.cancelled,
        )
        answers = self._with_elements(chosen, answers)
        for case, answer in zip(chosen, answers, strict=True):
            if case in wanted and (answer.built is None or self._are_proven(answer)):
                case.current = answer
            elif self._wants_hand(case):
                case.current = _in_frame_of(case.prediction, answer)

    def _with_elements(
        self, cases: Sequence[Case], answers: Sequence[Prediction]
    ) -> list[Prediction]:
        """The answers, with elements from a network where the weights are uncertain."""
        with_atoms = list(answers)
        contents = [case.problem.composition for case in cases]
        doubtful = [i for i, a in enumerate(with_atoms) if wants_elements(a, contents[i])]
        if self.networks is None or not doubtful:
            return with_atoms
        found = self.networks.atoms(
            [with_atoms[i] for i in doubtful],
            [contents[i] for i in doubtful],
            self.settings,
            self.cancelled,
        )
        for i, structure in zip(doubtful, found, strict=True):
            if structure is not None:
                with_atoms[i] = with_found_elements(with_atoms[i], contents[i], structure)
        return with_atoms

    def _are_proven(self, prediction: Prediction) -> bool:
        """Whether built atoms are kept: asked for, resolved by the data, or a good fit to them."""
        shown = prediction.amplitudes.d_min <= ATOMS_D_MIN + _D_MIN_SLACK
        return bool(self.settings.atoms) or shown or are_proven(prediction)

    def find_atoms(self, cases: Sequence[Case]) -> None:
        """Find atoms by a network in the densities that ask for atoms and have none.

        These are densities from data too coarse to build atoms, or that the built atoms do not
        explain."""
        lacking = [case for case in cases if self._may_find_atoms(case)]
        if not lacking or self.networks is None:
            return
        self.report(Progress(1.0, "finding atoms"))
        answers = self.networks.atoms(
            [case.prediction for case in lacking],
            [case.problem.composition for case in lacking],
            self.settings,
            self.cancelled,
        )
        for case, structure in zip(lacking, answers, strict=True):
            if self.cancelled():
                raise Cancelled
            if structure is None:
                continue
            n_expected = expected_atoms(case.problem, self.settings)
            found = with_found_atoms(case.prediction, structure, n_expected)
            if self.settings.atoms or are_proven(found):
                case.current = found

    def _may_find_atoms(self, case: Case) -> bool:
        found = case.prediction
        if found.built is not None or self.settings.atoms is False or shows_no_atoms(found):
            return False
        coarse = found.amplitudes.d_min > FOUND_D_MIN + _D_MIN_SLACK
        return bool(self.settings.atoms) or (found.solved and not coarse)

    def _wants_atoms(self, case: Case) -> bool:
        if self.settings.atoms is not None:
            return self.settings.atoms and not shows_no_atoms(case.prediction)
        return (
            case.prediction.solved
            and case.prediction.amplitudes.d_min <= FOUND_D_MIN + _D_MIN_SLACK
        )

    def _wants_hand(self, case: Case) -> bool:
        """Whether to build atoms only to determine the hand."""
        found = case.prediction
        return (
            self.settings.method in ("hybrid", "auto")
            and not found.hand_determined
            and found.solved
            and found.amplitudes.d_min <= _HAND_D_MIN
        )

    def determine_hand(self, case: Case) -> None:
        """Determine the hand by the network, if the atoms did not.

        The network gives log odds for this density, if it can. Otherwise the hand is chosen that
        correlates better with the network's own density.
        """
        found, model = case.prediction, case.choice.model
        if found.hand_determined or model is None or self.networks is None:
            return
        [odds] = self.networks.handedness([case.problem], [found], model, self.settings)
        if odds is None:
            self.predict_by_networks([case], 1.0, 1.0)
        evidence = (
            _hand_by_odds(odds) if odds is not None else _hand_by_correlation(found, case.proposal)
        )
        if evidence is None:
            return
        chosen = found if evidence[0] > evidence[1] else invert_prediction(found)
        hand = HandEvidence(max(evidence[:2]), min(evidence[:2]), evidence[2])
        network = found.network or model
        case.current = replace(chosen, hand=hand, hand_determined=True, network=network)


def shows_no_atoms(prediction: Prediction) -> bool:
    """Whether the data are so coarse that atoms are not looked for, even where they are asked for.

    The density of a large cell would take minutes and gigabytes for atoms that mean nothing.
    """
    return prediction.amplitudes.d_min > ASKED_D_MIN + _D_MIN_SLACK


def expected_atoms(problem: Problem, settings: PredictionSettings) -> int | None:
    """Number of non-hydrogen atoms in the P1 cell; None if unknown."""
    content = problem.composition
    return settings.n_atoms or (None if content is None else content.n_atoms)


def _stage_report(report: Report, first: float, last: float) -> Report:
    """`report` for a stage that takes the progress from `first` to `last` of the whole."""

    def scaled(progress: Progress) -> None:
        report(replace(progress, fraction=first + (last - first) * progress.fraction))

    return scaled


def _in_frame_of(prediction: Prediction, built: Prediction) -> Prediction:
    """The prediction moved to the origin and hand of `built`, without the atoms.

    `built` is the same density with atoms, whose centre of mass is at the middle of the cell."""
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
    """(n,) the measured amplitudes with the predicted phases."""
    phases = np.radians(prediction.phases_deg.astype(np.float64))
    return (prediction.amplitudes.f * np.exp(1j * phases)).astype(np.complex64)


_Scores = tuple[float, float, str]  # score of the density, score of its inverse, name of the score


def _hand_by_odds(odds: float) -> _Scores | None:
    how = "the network's log odds for this density and for its inverse"
    return (odds, -odds, how) if odds != 0 else None


def _hand_by_correlation(prediction: Prediction, proposal: Prediction | None) -> _Scores | None:
    if proposal is None:
        return None
    as_is, inverse = correlation_by_hand(prediction.density, proposal.density)
    if abs(as_is - inverse) < _NETWORK_MARGIN:
        return None
    return as_is, inverse, "Pearson r with the network's density"
