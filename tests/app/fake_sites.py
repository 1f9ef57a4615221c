"""Fakes of the services about heavy atoms."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from patterson_gui.app.services import SiteServices
from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.heavy_atoms import (
    FoundSites,
    HeavySite,
    RefinedSites,
    SiteSearchSettings,
    SitesProgress,
)
from patterson_gui.crystal.differences.heavy_phases import (
    DerivativeSites,
    Phased,
    PhasedHand,
    PhasingProgress,
    PhasingSettings,
)
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.sites.other_origins import enantiomorph, other_hand
from patterson_gui.errors import Cancelled
from patterson_gui.io.opening.differences import ReadDifferences

STEP_SECONDS = 0.01  # of one that is held: a real one's reports are spread over time too


def open_gate() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class FakeSiteFinder:
    """Finds the sites that the test puts into `sites`. While `go` is cleared it does not end."""

    sites: tuple[HeavySite, ...] = ()
    failure: Exception | None = None
    go: threading.Event = field(default_factory=open_gate)
    calls: list[tuple[Differences, SiteSearchSettings]] = field(default_factory=list)

    def __call__(
        self,
        differences: Differences,
        settings: SiteSearchSettings,
        report: Callable[[SitesProgress], None],
        cancelled: Callable[[], bool],
        other: Differences | None = None,
    ) -> FoundSites:
        self.calls.append((differences, settings))
        report(SitesProgress("Further sites", 0.5))
        while not self.go.wait(STEP_SECONDS):
            if cancelled():
                raise Cancelled
        if self.failure is not None:
            raise self.failure
        return FoundSites(
            self.sites, differences.kind, differences.cell, differences.spacegroup,
            score=50.0, needed=15.0, shuffled=(9.0,), patfom=2.0,
            n_differences=len(differences.hkl), d_min=3.0, seconds=0.1,
            notes=("Outliers were left out.",),
        )  # fmt: skip


@dataclass
class FakeRefiner:
    """Moves every site by 0.01 along x, and gives each a score of 20, the last one of 1."""

    def __call__(
        self, differences: Differences, sites: Sequence[HeavySite], cancelled: Callable[[], bool]
    ) -> RefinedSites:
        moved = tuple(
            replace(
                site,
                frac=(site.frac[0] + 0.01, *site.frac[1:]),
                score=20.0 if site is not sites[-1] else 1.0,
            )
            for site in sites
        )
        return RefinedSites(moved, 50.0, (0.5,) * len(moved))


@dataclass
class FakePhaser:
    """Gives random phases in both hands, or in one. While `go` is cleared it does not end."""

    hands: int = 2
    hand_known: bool = True
    inverted: bool = False  # whether the better hand is that of the other sites
    agreement: float = 0.7  # of the better hand
    go: threading.Event = field(default_factory=open_gate)
    calls: list[tuple[tuple[HeavySite, ...], PhasingSettings]] = field(default_factory=list)

    def __call__(
        self,
        read: ReadDifferences,
        sites: Sequence[HeavySite],
        settings: PhasingSettings,
        report: Callable[[PhasingProgress], None],
        cancelled: Callable[[], bool],
    ) -> Phased:
        self.calls.append((tuple(sites), settings))
        report(PhasingProgress("First hand", 0.25, "density modification"))
        while not self.go.wait(STEP_SECONDS):
            if cancelled():
                raise Cancelled
        first = self._hand(read, sites, inverted=self.inverted)
        other = self._hand(read, sites, inverted=not self.inverted) if self.hands == 2 else None
        known = self.hand_known and self.hands == 2
        reason = "This hand is better: it fits." if known else "The hands do not differ clearly."
        return Phased(first, other, known, reason, 0.1, ("1 site was left out.",))

    def _hand(
        self, read: ReadDifferences, sites: Sequence[HeavySite], *, inverted: bool
    ) -> PhasedHand:
        differences = read.differences
        group, cell = differences.spacegroup, differences.cell
        frac = np.array([site.frac for site in sites])
        if inverted:
            frac, group = other_hand(frac, group), enantiomorph(group)
        hkl = unique_reflections(cell, group, 3.0)
        random = np.random.default_rng(int(inverted))
        f = random.uniform(10.0, 20.0, len(hkl))
        return PhasedHand(
            group, cell, hkl, f, 0.1 * f, 0.6 * np.exp(2j * np.pi * random.random(len(hkl))),
            np.ones((len(hkl), 4)),
            (DerivativeSites("FHG", "Hg", tuple(tuple(x % 1.0) for x in frac),
                             tuple(site.occupancy for site in sites)),),
            0.4, 0.6, 0.5, (0.1, 0.4 if inverted != self.inverted else self.agreement), inverted,
        )  # fmt: skip


@dataclass
class FakeSites:
    """All functions about heavy atoms."""

    find: FakeSiteFinder = field(default_factory=FakeSiteFinder)
    refine: FakeRefiner = field(default_factory=FakeRefiner)
    phase: FakePhaser = field(default_factory=FakePhaser)

    def services(self) -> SiteServices:
        return SiteServices(self.find, self.refine, self.phase)
