"""Phase the open data with the listed sites, and show both hands."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.jobs.jobs import JobContext
from patterson_gui.app.phasing.phased_maps import HandsPair, hand_names, prediction_of, sites_of
from patterson_gui.app.predict import Predicting
from patterson_gui.app.services import PhaseSites
from patterson_gui.app.sites.sites import PHASED, SiteList, numbered
from patterson_gui.app.sites.work import SiteWork
from patterson_gui.crystal.differences.heavy_atoms import HeavySite
from patterson_gui.crystal.differences.heavy_phases import (
    USUAL_SOLVENT,
    Phased,
    PhasedHand,
    PhasingProgress,
    PhasingSettings,
)
from patterson_gui.crystal.measured.matthews import SolventContent, solvent_content
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.errors import UserError


@dataclass(frozen=True, eq=False)
class PhasedSites:
    """What phasing made of some sites: both hands, as they are kept in the list."""

    phased: Phased
    best: KeptPrediction
    other: KeptPrediction | None


@dataclass(frozen=True, eq=False)
class ShownSites:
    """Heavy atoms in a view: places (n, 3), names, and whether they are just those of the list."""

    frac: NDArray[np.float64]
    labels: tuple[str, ...]
    listed: bool


class SitePhasing:
    """Phases in a job. The maps of both hands become kept predictions, shown side by side.

    Attributes
    ----------
    solvent : share of the cell that is solvent, as it was chosen last.
    """

    phased = Signal()  # there are new phases, which are shown next

    def __init__(
        self,
        document: Document,
        jobs: CrystalJobs,
        phase: PhaseSites,
        sites: SiteList,
        work: SiteWork,
        predicting: Predicting,
    ) -> None:
        self._document = document
        self._jobs = jobs
        self._phase = phase
        self._sites = sites
        self._work = work
        self._predicting = predicting
        self._done: list[PhasedSites] = []
        self._generation = document.generation
        self.solvent = USUAL_SOLVENT
        document.crystal_changed.connect(self._crystal_changed)

    def blocked(self) -> str | None:
        """Why no phasing can begin now; None when it can."""
        return self._work.blocked(needs_sites=True)

    def solvent_content(self, mass: float, copies: int | None) -> SolventContent:
        """The solvent content of the open crystal with molecules of a mass in Da.

        Raises
        ------
        UserError : no crystal is open, or so much protein does not fit.
        """
        crystal = self._document.crystal
        if crystal is None:
            raise UserError("No crystal is open: open measured reflections first.")
        return solvent_content(crystal.cell, crystal.spacegroup, mass, copies)

    def start(self, solvent: float, note: str = "") -> None:
        """Phase with all sites of the list.

        Parameters
        ----------
        solvent : share of the cell, 0.1 to 0.9.
        note : where that comes from, a sentence that the result has among its notes.
        """
        read, state = self._document.differences, self._sites.state
        if self._work.running:
            return
        if self.blocked() is not None or read is None:
            self._jobs.tell(self.blocked() or "", error=True)
            return
        sites, phase = self._sites.sites, self._phase
        self.solvent = solvent
        settings = PhasingSettings(solvent)

        def work(context: JobContext) -> tuple[Phased, list[Prediction]]:
            def report(now: PhasingProgress) -> None:
                context.report_fraction(now.fraction, f"{now.step}, {now.text}".strip(", "))

            phased = phase(read, sites, settings, report, context.cancelled)
            if note:
                phased = replace(phased, notes=(note, *phased.notes))
            hands = [phased.best, *([phased.other] if phased.other is not None else [])]
            predictions = [prediction_of(phased, hand) for hand in hands]
            for prediction in predictions:
                _ = prediction.density.rmsd  # cached here, so that the window does not compute it
            return phased, predictions

        def done(answer: tuple[Phased, list[Prediction]]) -> None:
            phased, predictions = answer
            if self._sites.state is state:
                self._put_sites(phased)
            self._keep(phased, predictions)
            self._jobs.tell(" ".join((phased.reason, *phased.notes)))

        n = len(sites)
        self._work.submit(f"Phasing with {n} site{'' if n == 1 else 's'}", "Phasing", work, done)

    def hand_of(self, prediction: Prediction | None) -> PhasedHand | None:
        """The phased hand that a prediction shows; None for other predictions."""
        for each in self._done:
            if prediction is each.best.prediction:
                return each.phased.best
            if each.other is not None and prediction is each.other.prediction:
                return each.phased.other
        return None

    def sites_in(self, beside: bool) -> ShownSites | None:
        """The heavy atoms of the phased hand that is shown, or of the one beside it, where they
        are in the map as it is shown; None where no phased hand is shown there."""
        document = self._document
        compared = document.compared
        if beside:
            other = compared.other.prediction if isinstance(compared, HandsPair) else None
            hand = self.hand_of(other)
        else:
            hand = self.hand_of(document.prediction)
        if hand is None:
            return None
        rows = sites_of(hand)
        frac = np.array([frac for _, frac, _ in rows], dtype=np.float64).reshape(-1, 3)
        listed = not beside and self._is_listed(frac)
        comparison = document.comparison
        if not beside and document.displayed_is_aligned and comparison is not None:
            frac = (-frac if comparison.inverted else frac) + np.array(comparison.shift_frac)
            listed = False
        return ShownSites(frac % 1.0, numbered([element for element, _, _ in rows]), listed)

    def _is_listed(self, frac: NDArray[np.float64]) -> bool:
        """Whether the list has just these places."""
        places = np.array([site.frac for site in self._sites.sites]).reshape(-1, 3)
        return places.shape == frac.shape and bool(np.allclose(places, frac))

    def show_hands(self, one: KeptPrediction, other: KeptPrediction) -> bool:
        """Show two hands of the same phases side by side; false where the two are no such pair."""
        for each in self._done:
            if each.other is not None and {one, other} == {each.best, each.other}:
                self._show(each)
                return True
        return False

    def _put_sites(self, phased: Phased) -> None:
        """Refined sites, and those found with phases, in place of the list. Those of a hand in
        another space group stay out: vectors and images of the list are in that of the data."""
        crystal, best = self._document.crystal, phased.best
        if crystal is None or crystal.spacegroup.xhm() != best.spacegroup.xhm():
            return
        sites = [
            HeavySite(element, frac, occupancy, 0.0, float("nan"))
            for element, frac, occupancy in sites_of(best)
        ]
        self._sites.replace_all(sites, PHASED, phased.reason, "Phase with sites")

    def _keep(self, phased: Phased, predictions: list[Prediction]) -> None:
        kept = self._predicting.kept
        names = hand_names(phased, len(self._done) + 1)
        items = [
            kept.add(prediction, name=name)
            for prediction, name in zip(predictions, names, strict=False)
        ]
        made = PhasedSites(phased, items[0], items[1] if len(items) > 1 else None)
        self._done.append(made)
        self.phased.emit()
        self._show(made)

    def _show(self, made: PhasedSites) -> None:
        """Show the better hand; the other one takes the place of the truth beside it."""

        def beside() -> None:
            if made.other is not None and self._document.prediction is made.best.prediction:
                pair = HandsPair(made.best, made.other, made.phased.reason)
                self._document.set_compared(pair)

        self._predicting.take(made.best.prediction, beside)

    def _crystal_changed(self) -> None:
        if self._document.generation != self._generation:
            self._generation = self._document.generation
            self._done.clear()
            self.solvent = USUAL_SOLVENT
