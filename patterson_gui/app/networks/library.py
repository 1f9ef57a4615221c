"""What can be done with the trained networks: remove an own one, tell what one is made of."""

from collections.abc import Callable

from psygnal import Signal

from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.networks.choices import ListedNetwork, NetworkChoices
from patterson_gui.app.services import PartsOf
from patterson_gui.app.settings import Settings
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_folders import remove_model
from patterson_gui.io.training.network_parts import NetworkPart

Parts = tuple[NetworkPart, ...]


class NetworkLibrary:
    """Removes networks, and describes them.

    Signals
    -------
    notice(Notice) : what the user should read.
    removed(str) : the name of a network that is gone; settings may have changed.
    """

    notice = Signal(object)
    removed = Signal(str)

    def __init__(
        self, runner: JobRunner, choices: NetworkChoices, parts_of: PartsOf, settings: Settings
    ) -> None:
        self._runner = runner
        self._choices = choices
        self._parts_of = parts_of
        self._settings = settings
        self._parts: dict[tuple[str, str], Parts] = {}

    @staticmethod
    def why_kept(listed: ListedNetwork | None) -> str | None:
        """Why a network cannot be removed; None when it can."""
        if listed is None:
            return "Choose a network in the list first."
        if not listed.own:
            return "It came with the program: only networks of your own can be removed."
        return None

    def remove(self, listed: ListedNetwork) -> None:
        """Remove an own network from its folder. The next prediction does not ask for it."""
        card = listed.card

        def done(_nothing: None) -> None:
            if self._settings.prediction.model == card.name:
                self._settings.prediction.model = None
            self.notice.emit(Notice(f"The network “{card.name}” was removed."))
            self.removed.emit(card.name)
            self._choices.refresh()

        self._runner.submit(
            f"Removing {card.name}", lambda context: remove_model(card), lane=Lane.FILES,
            key=f"remove {card.weights}", quiet=True, on_done=done, on_failed=self._tell,
        )  # fmt: skip

    def find_parts(
        self,
        card: ModelCard,
        found: Callable[[ModelCard, Parts], object],
        failed: Callable[[ModelCard, str], object],
    ) -> None:
        """Call `found` with the layers of a network, or `failed` with the reason why they are not
        known; a job, as torch may have to be loaded."""
        key = (card.network, str(sorted(card.config.items())))
        known = self._parts.get(key)
        if known is not None:
            found(card, known)
            return

        def work(context: JobContext) -> Parts:
            return self._parts_of(card.network, card.config)

        def done(parts: Parts) -> None:
            self._parts[key] = parts
            found(card, parts)

        def tell(failure: Failure) -> None:
            failed(card, failure.sentence)

        self._runner.submit(
            f"Describing {card.name}", work, lane=Lane.NETWORKS, key="layers", quiet=True,
            on_done=done, on_failed=tell,
        )  # fmt: skip

    def _tell(self, failure: Failure) -> None:
        self.notice.emit(Notice(failure.sentence, error=True, details=failure.details))
