"""Lists the trained networks, and says which of them can be used on the open data."""

from dataclasses import dataclass, replace

from psygnal import Signal

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobContext, JobRunner, Lane
from patterson_gui.app.services import WhyUnsuitable
from patterson_gui.app.settings import Settings
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_folders import list_models


@dataclass(frozen=True)
class NetworkChoice:
    """A trained network; `why_unsuitable` says why it cannot be used on the open data."""

    name: str
    words: str
    why_unsuitable: str | None = None


class NetworkChoices:
    """Updates `choices` when another crystal is opened, and on `refresh`."""

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
        self.choices: tuple[NetworkChoice, ...] = ()
        document.crystal_changed.connect(self.refresh)

    def refresh(self) -> None:
        """List the networks again, in a job."""
        crystal = self._document.crystal
        data = None if crystal is None else crystal.amplitudes
        content = None if crystal is None else crystal.composition
        asked = self._settings.prediction.to_settings()

        def work(context: JobContext) -> tuple[NetworkChoice, ...]:
            choices = []
            for card in list_models():
                reason = None
                if data is not None:
                    reason = self._why_unsuitable(
                        card, data, content, replace(asked, model=card.name)
                    )
                choices.append(NetworkChoice(card.name, card_words(card), reason))
            return tuple(choices)

        def done(choices: tuple[NetworkChoice, ...]) -> None:
            if choices != self.choices:
                self.choices = choices
                self.changed.emit()

        self._runner.submit(
            "Looking for networks", work, lane=Lane.NETWORKS, key="networks", quiet=True,
            on_done=done,
        )  # fmt: skip


def card_words(card: ModelCard) -> str:
    """What a network was trained on, and its figures on unseen structures; a line for each."""
    data = card.data
    kinds = {"dialanine": "dialanines", "dipeptide": "dipeptides", "fragment": "fragments"}
    least, most = data.lengths
    what = kinds.get(data.kind, "molecules")
    if data.kind == "fragment":
        what += f" of {_range(least, most)} residues"
    edges = _range(*data.cell_edges)
    lines = [
        f"Trained for {what} in cells of {edges} Å"
        f"{'' if data.orthogonal else ', also oblique ones'}, data to {_range(*data.d_min)} Å."
    ]
    figures = []
    r, error = card.metrics.get("val_r_median"), card.metrics.get("val_phase_error_deg")
    if isinstance(r, int | float):
        figures.append(f"median r {r:.3f}")
    if isinstance(error, int | float):
        figures.append(f"mean phase error {error:.0f}°")
    if figures:
        lines.append(f"On unseen structures, not aligned: {', '.join(figures)}.")
    if card.parameters:
        lines.append(f"{card.network}, {card.parameters / 1e6:.2g} million weights.")
    return "\n".join(lines)


def _range(low: float, high: float) -> str:
    return f"{low:g}" if f"{low:g}" == f"{high:g}" else f"{low:g}–{high:g}"
