"""The predictions of the open crystal that are kept: which is shown, which are saved."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from psygnal import Signal

from patterson_gui.app.document.compare_with_truth import TruthComparison
from patterson_gui.app.document.document import Document
from patterson_gui.crystal.prediction import Prediction


@dataclass(eq=False)
class KeptPrediction:
    """One prediction of the open crystal.

    Attributes
    ----------
    time : when it ended, local time.
    truth_comparison : None until it is compared, or where there is no truth.
    finished : false where the user stopped it.
    saved : whether a file has it.
    given_up : whether the user said that it need not be saved.
    known_r : correlation with the truth from an earlier comparison.
    key : names it in the files of sessions.
    """

    name: str
    time: datetime
    prediction: Prediction
    truth_comparison: TruthComparison | None = None
    finished: bool = True
    saved: bool = False
    given_up: bool = False
    known_r: float | None = None
    key: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def r(self) -> float | None:
        """Correlation with the truth, aligned; None where it is not known."""
        compared = self.truth_comparison
        return self.known_r if compared is None else compared.comparison.aligned.r


class KeptPredictions:
    """The predictions of the open crystal, the oldest first."""

    changed = Signal()

    def __init__(self, document: Document) -> None:
        self._document = document
        self._numbered = 0
        self.items: list[KeptPrediction] = []

    @property
    def shown(self) -> KeptPrediction | None:
        """The one that the document shows."""
        return self.of(self._document.prediction)

    @property
    def unsaved(self) -> list[KeptPrediction]:
        """Finished ones that no file has, and that were not given up."""
        return [i for i in self.items if i.finished and not (i.saved or i.given_up)]

    def of(self, prediction: Prediction | None) -> KeptPrediction | None:
        """The entry of a prediction; None where it is not kept."""
        return next((item for item in self.items if item.prediction is prediction), None)

    def add(
        self,
        prediction: Prediction,
        *,
        name: str = "",
        time: datetime | None = None,
        finished: bool = True,
        saved: bool = False,
        known_r: float | None = None,
    ) -> KeptPrediction:
        """Keep a prediction; one that is kept already is returned as it is."""
        known = self.of(prediction)
        if known is not None:
            return known
        self._numbered += 1
        item = KeptPrediction(
            name or f"Prediction {self._numbered}", time or datetime.now(), prediction,
            finished=finished, saved=saved, known_r=known_r,
        )  # fmt: skip
        self.items.append(item)
        self.changed.emit()
        return item

    def set_comparison(self, prediction: Prediction, compared: TruthComparison | None) -> None:
        """Set how a kept prediction compares with the truth."""
        item = self.of(prediction)
        if item is not None:
            item.truth_comparison = compared
            self.changed.emit()

    def forget_comparisons(self) -> None:
        """There is another truth now."""
        for item in self.items:
            item.truth_comparison = item.known_r = None
        self.changed.emit()

    def mark_saved(self, prediction: Prediction) -> None:
        """A file has this prediction now."""
        item = self.of(prediction)
        if item is not None:
            item.saved = True
            self.changed.emit()

    def give_up(self, item: KeptPrediction) -> None:
        """The user does not want this one in a file."""
        item.given_up = True
        self.changed.emit()

    def rename(self, item: KeptPrediction, name: str) -> None:
        """Give an entry another name, unless that is empty."""
        if name.strip():
            item.name = name.strip()
        self.changed.emit()

    def remove(self, item: KeptPrediction) -> None:
        """Keep this one no longer. The one that is shown stays."""
        if item is not self.shown:
            self.items.remove(item)
            self.changed.emit()

    def clear(self) -> None:
        """Another crystal is open."""
        self.items.clear()
        self._numbered = 0
        self.changed.emit()
