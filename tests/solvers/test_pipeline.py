"""Stand-in networks: one that knows the answer, and one that knows nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.comparison.atom_agreement import compare_atoms
from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import (
    Applicability,
    Prediction,
    PredictionSettings,
    Problem,
    Progress,
)
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.pipeline import predict, predict_many

SETTINGS = PredictionSettings(method="hybrid", atoms=False, device="cpu")
COARSE = replace(SETTINGS, d_min=2.3)  # built atoms are not asked for the hand at that


class StandIn:
    """A network that answers with `density`; without one, nothing suits it."""

    def __init__(
        self,
        density: DensityMap | None,
        odds: float | None = None,
        model: gemmi.Structure | None = None,
    ) -> None:
        self.density = density
        self.odds = odds
        self.model = model
        self.seen: list[object] = []

    def choose(
        self,
        amplitudes: Amplitudes,
        composition: Composition | None,
        settings: PredictionSettings,
    ) -> Applicability:
        self.seen.append((amplitudes, composition))
        if self.density is None:
            return Applicability(None, "No trained network suits: predict by retrieval.")
        return Applicability("stand-in", "The network 'stand-in' gave the first phases.")

    def predict_many(
        self,
        problems: Sequence[Problem],
        model: str,
        settings: PredictionSettings,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> list[Prediction]:
        if cancelled():
            raise Cancelled
        report(Progress(1.0, "network"))
        assert self.density is not None
        n = len(problems[0].amplitudes)
        return [
            Prediction(
                density=self.density,
                amplitudes=problem.amplitudes,
                phases_deg=np.zeros(n, np.float32),
                fom=np.ones(n, np.float32),
                r_factor=0.5,
                self_consistency=0.5,
                solved=False,
                verdict="Not solved.",
                hand_determined=True,
                settings=settings,
                network=model,
            )
            for problem in problems
        ]

    def handedness(
        self,
        problems: Sequence[Problem],
        predictions: Sequence[Prediction],
        model: str,
        settings: PredictionSettings,
    ) -> list[float | None]:
        return [self.odds for _ in predictions]

    def atoms(
        self,
        predictions: Sequence[Prediction],
        compositions: Sequence[Composition | None],
        settings: PredictionSettings,
        cancelled: Callable[[], bool],
    ) -> list[gemmi.Structure | None]:
        self.seen += [prediction.density for prediction in predictions]
        return [self.model for _ in predictions]


def blurred(crystal: Crystal, noise: float) -> DensityMap:
    """The truth under as much noise: what a fair network would say."""
    grid = crystal.truth.grid
    noise_grid = np.random.default_rng(0).normal(size=grid.shape)
    return crystal.truth.with_grid((grid + noise * grid.std() * noise_grid).astype(np.float32))


def inverse(density: DensityMap) -> DensityMap:
    grid = np.roll(density.grid[::-1, ::-1, ::-1], 1, axis=(0, 1, 2))
    return density.with_grid(np.ascontiguousarray(grid))


def test_with_a_good_guide_no_random_start_is_made(dipeptide: Crystal) -> None:
    networks = StandIn(blurred(dipeptide, 1.0))
    answer = predict(dipeptide.amplitudes, dipeptide.composition, SETTINGS, networks=networks)
    assert len(answer.starts) == 1
    assert answer.starts[0].settings.startswith("guided")
    assert answer.solved
    assert answer.network == "stand-in"
    assert any("stand-in" in note for note in answer.notes)
    assert compare_prediction(answer, dipeptide).fixed.r > 0.97


@pytest.mark.parametrize("turned", [False, True])
def test_the_network_density_determines_the_hand(dipeptide: Crystal, turned: bool) -> None:
    guide = blurred(dipeptide, 1.0)
    networks = StandIn(inverse(guide) if turned else guide)
    answer = predict(dipeptide.amplitudes, dipeptide.composition, COARSE, networks=networks)
    assert answer.hand_determined
    assert answer.hand.score > answer.hand.other_score
    assert compare_prediction(answer, dipeptide).inverted == turned


def test_a_network_that_can_tell_the_hand_is_asked_before_its_density(
    dipeptide: Crystal,
) -> None:
    guide = blurred(dipeptide, 1.0)
    hands = []
    for odds in (None, 3.0, -3.0):
        networks = StandIn(guide, odds)
        answer = predict(dipeptide.amplitudes, dipeptide.composition, COARSE, networks=networks)
        assert answer.hand_determined
        hands.append(compare_prediction(answer, dipeptide).inverted)
    assert hands == [False, False, True]


def test_random_starts_go_on_where_the_guide_fails(dipeptide: Crystal) -> None:
    noise = np.random.default_rng(1).normal(size=dipeptide.truth.shape).astype(np.float32)
    networks = StandIn(dipeptide.truth.with_grid(noise))
    settings = replace(SETTINGS, iterations=60)
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=networks)
    assert answer.solved
    assert compare_prediction(answer, dipeptide).aligned.r > 0.98


def test_the_network_method_returns_the_density_of_the_network(dipeptide: Crystal) -> None:
    guide = blurred(dipeptide, 0.5)
    settings = replace(SETTINGS, method="network")
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=StandIn(guide))
    assert answer.density.grid is guide.grid
    assert answer.starts == ()


def test_notes_that_nothing_can_be_expected_of_the_network_the_user_named(
    dipeptide: Crystal,
) -> None:
    class Hopeless(StandIn):
        def choose(self, *arguments: object) -> Applicability:
            return Applicability("stand-in", "It covers the data.", "Expect nothing of it.")

    network = Hopeless(blurred(dipeptide, 0.5))
    settings = replace(SETTINGS, method="network")
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=network)
    assert "Expect nothing of it." in answer.notes


@pytest.mark.parametrize("networks", [None, StandIn(None)])
def test_the_network_method_rejects_data_that_no_network_suits(
    dipeptide: Crystal, networks: StandIn | None
) -> None:
    settings = replace(SETTINGS, method="network")
    with pytest.raises(UserError, match="retrieval"):
        predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=networks)


def test_notes_that_atoms_were_built_into_the_density_of_the_network(dipeptide: Crystal) -> None:
    settings = replace(SETTINGS, method="network", atoms=True)
    answer = predict(
        dipeptide.amplitudes,
        dipeptide.composition,
        settings,
        networks=StandIn(blurred(dipeptide, 0.05)),
    )
    assert answer.built is not None
    assert any("built into the density of the network" in note for note in answer.notes)
    assert not any("unchanged" in note for note in answer.notes)


def test_auto_goes_on_without_a_network_and_says_why(dipeptide: Crystal) -> None:
    settings = replace(SETTINGS, method="auto")
    networks = StandIn(None)
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=networks)
    assert answer.solved
    assert answer.network is None
    assert any("No trained network suits" in note for note in answer.notes)


def test_auto_uses_the_network_only_if_random_starts_fail(dipeptide: Crystal) -> None:
    networks = StandIn(blurred(dipeptide, 0.2), odds=1.0)
    settings = replace(SETTINGS, method="auto")
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=networks)
    assert not any(start.settings.startswith("guided") for start in answer.starts)
    assert any("not needed" in note for note in answer.notes)
    # One start of one iteration solves nothing; the guide is the solution.
    hopeless = replace(settings, starts=1, iterations=1)
    answer = predict(dipeptide.amplitudes, dipeptide.composition, hopeless, networks=networks)
    assert [start.settings.startswith("guided") for start in answer.starts][:2] == [False, True]
    assert answer.network == "stand-in"
    assert any("led to the best R" in note for note in answer.notes)


def test_retrieval_asks_no_network(dipeptide: Crystal) -> None:
    networks = StandIn(blurred(dipeptide, 0.1))
    settings = replace(SETTINGS, method="retrieval")
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=networks)
    assert networks.seen == []
    assert not answer.hand_determined
    assert any("hand is undetermined" in note for note in answer.notes)


def test_a_batch_gives_the_same_predictions_as_single_crystals(dipeptide: Crystal) -> None:
    networks = StandIn(blurred(dipeptide, 1.0))
    problem = (dipeptide.amplitudes, dipeptide.composition)
    both = predict_many([Problem(*problem)] * 2, SETTINGS, [3, 4], networks=networks)
    alone = predict(*problem, replace(SETTINGS, seed=4), networks=networks)
    assert both[1].settings.seed == 4
    assert both[1].density.grid == pytest.approx(alone.density.grid, abs=5e-3)


def test_rejects_an_unknown_method(dipeptide: Crystal) -> None:
    with pytest.raises(UserError, match=r"no method called 'magic'.*auto, retrieval"):
        predict(dipeptide.amplitudes, None, PredictionSettings(method="magic"))


def test_prediction_can_be_cancelled_during_the_network(dipeptide: Crystal) -> None:
    with pytest.raises(Cancelled):
        predict(
            dipeptide.amplitudes,
            dipeptide.composition,
            SETTINGS,
            cancelled=lambda: True,
            networks=StandIn(blurred(dipeptide, 1.0)),
        )


def test_progress_of_all_stages_together_rises_from_zero_to_one(dipeptide: Crystal) -> None:
    fractions: list[float] = []
    predict(
        dipeptide.amplitudes,
        dipeptide.composition,
        replace(SETTINGS, iterations=200),
        lambda progress: fractions.append(progress.fraction),
        networks=StandIn(blurred(dipeptide, 1.0)),
    )
    assert fractions
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1


@pytest.mark.parametrize("method", ["network", "hybrid"])
def test_reports_a_device_that_is_not_available(dipeptide: Crystal, method: str) -> None:
    settings = replace(SETTINGS, method=method, device="abacus")
    networks = StandIn(blurred(dipeptide, 1.0))
    with pytest.raises(UserError, match="abacus"):
        predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=networks)


def test_builds_atoms_where_the_data_resolve_them(dipeptide: Crystal) -> None:
    settings = replace(SETTINGS, method="auto", atoms=None)
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings)
    assert answer.built is not None
    assert answer.built.n_atoms == 11
    comparison = compare_prediction(answer, dipeptide)
    found = compare_atoms(answer, dipeptide.model, comparison)
    assert found.recall_near == 1.0
    assert comparison.aligned.r > 0.999
    coarse = replace(settings, d_min=2.6)
    answer = predict(dipeptide.amplitudes, dipeptide.composition, coarse)
    assert answer.built is None


def test_keeps_refined_atoms_of_coarse_data_if_they_explain_the_data(dipeptide: Crystal) -> None:
    networks = StandIn(None, model=dipeptide.model)
    settings = replace(SETTINGS, method="auto", atoms=None, d_min=2.0)
    answer = predict(dipeptide.amplitudes, dipeptide.composition, settings, networks=networks)
    assert answer.built is not None
    assert answer.built.refined
    agreement = compare_atoms(answer, dipeptide.model, compare_prediction(answer, dipeptide))
    assert agreement.recall == 1.0
    rng = np.random.default_rng(0)
    f = dipeptide.amplitudes.f * (1 + 0.15 * rng.standard_normal(len(dipeptide.amplitudes)))
    noisy = replace(dipeptide.amplitudes, f=np.abs(f).astype(np.float32))
    settings = replace(settings, d_min=2.5)
    answer = predict(noisy, dipeptide.composition, settings, networks=networks)
    assert answer.built is None or not answer.built.refined


def test_finds_atoms_by_a_network_where_none_can_be_built(dipeptide: Crystal) -> None:
    guide = blurred(dipeptide, 0.3)
    networks = StandIn(guide, model=dipeptide.model)
    # One atom is expected where there are eleven: what is built explains nothing.
    settings = replace(SETTINGS, method="network", atoms=True, n_atoms=1)
    answer = predict(dipeptide.amplitudes, None, settings, networks=networks)
    assert answer.built is not None
    assert not answer.built.refined
    assert answer.built.r1 < 0.01
    assert answer.density.grid is guide.grid
    assert any("not refined" in note for note in answer.notes)
    settings = replace(settings, atoms=False)
    answer = predict(dipeptide.amplitudes, None, settings, networks=networks)
    assert answer.model is None


def test_no_atoms_are_looked_for_in_data_that_cannot_show_them(dipeptide: Crystal) -> None:
    networks = StandIn(blurred(dipeptide, 0.3), model=dipeptide.model)
    settings = replace(SETTINGS, method="network", atoms=True)
    answer = predict(dipeptide.amplitudes.cut(3.5), None, settings, networks=networks)
    assert answer.model is None
    assert not any(isinstance(seen, DensityMap) for seen in networks.seen)
    assert any("No atoms were looked for: the data end at 3.6" in n for n in answer.notes)


def test_atoms_that_are_not_kept_still_determine_the_hand(dipeptide: Crystal) -> None:
    problem = (dipeptide.amplitudes, dipeptide.composition)
    with_atoms = predict(*problem, replace(SETTINGS, atoms=True))
    without = predict(*problem, SETTINGS)
    plain = predict(*problem, replace(SETTINGS, method="retrieval"))
    assert without.model is None
    assert without.built is None
    assert without.hand_determined
    assert without.hand == with_atoms.hand
    same = compare_prediction(without, dipeptide)
    assert same.inverted == compare_prediction(with_atoms, dipeptide).inverted
    assert same.aligned.r == pytest.approx(compare_prediction(plain, dipeptide).aligned.r, abs=1e-4)
    assert same.fixed.r == pytest.approx(same.aligned.r, abs=1e-3)  # the origin is theirs, too
    assert same.aligned.r < 0.9999  # not the atoms' own density


def test_finds_the_natural_hand_for_either_hand_of_the_starts(dipeptide: Crystal) -> None:
    """Random starts end in either hand; what leaves is that of L residues."""
    settings = replace(SETTINGS, atoms=True)
    hands = {
        compare_prediction(
            predict(dipeptide.amplitudes, dipeptide.composition, replace(settings, seed=seed)),
            dipeptide,
        ).inverted
        for seed in range(4)
    }
    assert hands == {False}  # the fixture's are L


def test_atoms_are_stronger_evidence_of_the_hand_than_a_network(dipeptide: Crystal) -> None:
    problem = (dipeptide.amplitudes, dipeptide.composition)
    right = predict(*problem, SETTINGS)
    for odds in (9.0, -9.0):
        networks = StandIn(blurred(dipeptide, 1.0), odds)
        answer = predict(*problem, SETTINGS, networks=networks)
        assert answer.hand.how == right.hand.how
        assert (
            compare_prediction(answer, dipeptide).inverted
            == compare_prediction(right, dipeptide).inverted
        )
