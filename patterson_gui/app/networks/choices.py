"""Lists the trained networks, and says which of them can be used on the open data."""

from dataclasses import dataclass, replace

from psygnal import Signal

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.networks.words import card_words
from patterson_gui.app.services import WhyUnsuitable
from patterson_gui.app.settings import Settings
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import PredictionSettings
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_folders import is_own, list_models
from patterson_gui.io.training.ranking import preference, validated_accuracy, why_hopeless


@dataclass(frozen=True)
class NetworkChoice:
    """A trained network that predicts densities.

    Attributes
    ----------
    words : what it was trained for, and its figures.
    why_unsuitable : why it cannot be used on the open data; None: it can.
    why_hopeless : why nothing useful can be expected of it; None: it can.
    best : whether it is used on the open data where the user names no network.
    """

    name: str
    words: str
    why_unsuitable: str | None = None
    why_hopeless: str | None = None
    best: bool = False


@dataclass(frozen=True)
class ListedNetwork:
    """A trained network for any task; `choice` is None where it does not predict densities."""

    card: ModelCard
    own: bool
    choice: NetworkChoice | None = None

    def same(self, other: "ListedNetwork") -> bool:
        """Whether the same file is listed with the same words; figures of a card may be NaN."""

        def key(listed: ListedNetwork) -> tuple[object, ...]:
            card = listed.card
            return card.name, card.folder, card.weights_sha256, listed.own, listed.choice

        return key(self) == key(other)


@dataclass(frozen=True)
class _Data:
    """What networks are judged by: the open data, and the settings of the next prediction."""

    amplitudes: Amplitudes | None
    composition: Composition | None
    asked: PredictionSettings

    @property
    def n_atoms(self) -> int | None:
        known = None if self.composition is None else self.composition.n_atoms
        return self.asked.n_atoms or known


class NetworkChoices:
    """Updates `choices` and `listed` when another crystal is opened, and on `refresh`.

    Attributes
    ----------
    choices : the networks that predict densities, the best for the open data first, hopeless ones
        last.
    listed : the networks for all tasks; those that predict densities first, in the same order.
    """

    changed = Signal()

    def __init__(
        self,
        document: Document,
        runner: JobRunner,
        why_unsuitable: WhyUnsuitable,
        settings: Settings,
    ) -> None:
        self._document = document
        self._runner = runner
        self._why_unsuitable = why_unsuitable
        self._settings = settings
        self.listed: tuple[ListedNetwork, ...] = ()
        document.crystal_changed.connect(self.refresh)

    @property
    def choices(self) -> tuple[NetworkChoice, ...]:
        return tuple(listed.choice for listed in self.listed if listed.choice is not None)

    def refresh(self) -> None:
        """List the networks again, in a job."""
        crystal = self._document.crystal
        data = _Data(
            None if crystal is None else crystal.amplitudes,
            None if crystal is None else crystal.composition,
            self._settings.prediction.to_settings(),
        )

        def work(context: JobContext) -> tuple[ListedNetwork, ...]:
            cards = list_models(role=None)
            phasing = sorted(
                (card for card in cards if card.role == "phasing"),
                key=lambda card: _order(card, data),
            )
            others = [ListedNetwork(card, is_own(card)) for card in cards if card.role != "phasing"]
            return (*self._judged(phasing, data), *others)

        def done(listed: tuple[ListedNetwork, ...]) -> None:
            before = self.listed
            if len(listed) != len(before) or not all(map(ListedNetwork.same, listed, before)):
                self.listed = listed
                self.changed.emit()

        self._runner.submit(
            "Looking for networks", work, lane=Lane.NETWORKS, key="networks", quiet=True,
            on_done=done,
        )  # fmt: skip

    def _judged(self, cards: list[ModelCard], data: _Data) -> list[ListedNetwork]:
        """These networks with what can be said of them; the first that suits is the best."""
        listed, best_found = [], False
        for card in cards:
            reason = self._reason(card, data, card.name)
            best = (
                not best_found
                and data.amplitudes is not None
                and self._reason(card, data, None) is None
            )
            best_found = best_found or best
            choice = NetworkChoice(card.name, card_words(card), reason, why_hopeless(card), best)
            listed.append(ListedNetwork(card, is_own(card), choice))
        return listed

    def _reason(self, card: ModelCard, data: _Data, named: str | None) -> str | None:
        if data.amplitudes is None:
            return None
        settings = replace(data.asked, model=named)
        return self._why_unsuitable(card, data.amplitudes, data.composition, settings)


def _order(card: ModelCard, data: _Data) -> tuple[object, ...]:
    if data.amplitudes is not None:
        return preference(card, data.amplitudes, data.n_atoms)
    return why_hopeless(card) is not None, -(validated_accuracy(card) or 0.0)
