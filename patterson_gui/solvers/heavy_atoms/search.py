"""Find the sites of heavy atoms from differences, or say that the data do not show any."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.heavy_atoms import (
    FoundSites,
    HeavySite,
    SiteSearchSettings,
    SitesProgress,
)
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.heavy_atoms.doubts import doubts, uncertainties
from patterson_gui.solvers.heavy_atoms.expected_variance import (
    DifferenceSquares,
    difference_squares,
)
from patterson_gui.solvers.heavy_atoms.growth import grown, losses, pruned, with_next_site, worth
from patterson_gui.solvers.heavy_atoms.likelihood import refine
from patterson_gui.solvers.heavy_atoms.maps import MapMaker, weighted_patterson
from patterson_gui.solvers.heavy_atoms.minimum_function import first_sites, patfom
from patterson_gui.solvers.heavy_atoms.substructure import Substructure, distances

SHUFFLES = 3
_SPREADS = 5.0  # a site needs the mean gain in shuffled data and so many standard deviations
_SPREADS_MEANWHILE = 2.0  # the same while sites are sought: weak ones help to find others
_CHANCE_STARTS, _CHANCE_SITES = 2, 3
_APART = {"S": 1.9}  # Å; disulphide bridges are 2.05 Å long ...
_USUAL_APART = 2.5  # ... and pairs of metals or halogens at least so (Hg–Hg 2.5, I–I 2.7)
_BEAM = (24, 20, 14, 10)  # sets of one, two, three and four sites that are kept
_BEST_OF_STARTS = float(np.log(40))  # more for all sites together, as the best of forty starts
_BEHIND = 40.0  # sets whose score is lower by this than the best of their size are given up
_CLEAR = 4.0
_SAME_SCORE = 1.0
_MOST_SITES = 60


def find_sites(
    differences: Differences,
    settings: SiteSearchSettings,
    report: Callable[[SitesProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    other: Differences | None = None,
) -> FoundSites:
    """Find heavy atoms.

    First sites are peaks of the symmetry minimum function; further ones are peaks of the slope of
    the likelihood. Every set is refined against the likelihood of the squared differences. The
    same search on differences that are shuffled within shells of resolution tells which score
    a single site reaches by chance: every site that is kept has more.

    Parameters
    ----------
    other : differences of the other kind of the same crystal. Sites that they should show and do
        not are doubtful; the search does not use them.

    Raises
    ------
    UserError : too few differences.
    Cancelled : `cancelled()` became true.
    """
    begun = time.process_time()
    data = difference_squares(differences)
    maker = MapMaker(data)

    def check() -> None:
        if cancelled():
            raise Cancelled

    report(SitesProgress("Shuffled differences", 0.0))
    chance: list[float] = []
    for i in range(SHUFFLES):
        check()
        chance += _gains_by_chance(data.shuffled(1000 * settings.seed + i), check)
        report(SitesProgress("Shuffled differences", 0.3 * (i + 1) / SHUFFLES))
    needed = float(np.mean(chance) + _SPREADS * np.std(chance))
    usual = float(np.mean(chance) + _SPREADS_MEANWHILE * np.std(chance))
    most = settings.n or _MOST_SITES
    report(SitesProgress("First sites", 0.3))
    sets = _beam(maker, most, check)
    best: Substructure | None = None
    again = 0
    for i, start in enumerate(sets):
        report(SitesProgress("Further sites", 0.45 + 0.45 * i / len(sets)))
        found = grown(maker, start, usual, most, check)
        if best is not None and abs(found.score - best.score) < _SAME_SCORE:
            again += 1
        if best is None or worth(found, usual) > worth(best, usual):
            best = found
        if again == 2 and best.score > _CLEAR * needed * len(best):
            break  # three starts have led to the same sites, which are far from chance
    assert best is not None
    report(SitesProgress("Refinement", 0.92))
    best = _improved(maker, best, usual, most, check)
    best = _apart(data, best, _APART.get(settings.element, _USUAL_APART))
    best = refine(data, pruned(data, best, needed), 15)
    check()
    return _result(differences, maker, best, needed, chance, settings, begun, other)


def _gains_by_chance(data: DifferenceSquares, check: Callable[[], None]) -> list[float]:
    """What the first site, and each of some further ones, gains in data without sites."""
    maker = MapMaker(data)
    first = first_sites(maker)
    gains = [first[0].score]
    for sites in first[:_CHANCE_STARTS]:
        current = sites
        for _ in range(_CHANCE_SITES):
            check()
            larger = with_next_site(maker, current)
            if larger is None:
                break
            gains.append(larger.score - current.score)
            current = larger
    return gains


def _beam(maker: MapMaker, most: int, check: Callable[[], None]) -> list[Substructure]:
    """The best sets of a few sites: each is grown by one, and the best of them are kept."""
    sets = first_sites(maker)
    sets = [each for each in sets if each.score > sets[0].score - _BEHIND][: _BEAM[0]]
    done: list[Substructure] = []
    for kept in _BEAM[1:]:
        if len(sets[0]) >= most:
            break
        larger = []
        for sites in sets:
            check()
            grown_by_one = with_next_site(maker, sites)
            if grown_by_one is not None:
                larger.append(grown_by_one)
        done += sets[:2]
        if not larger:
            break
        larger.sort(key=lambda sites: -sites.score)
        near = [each for each in larger if each.score > larger[0].score - _BEHIND]
        sets = _different(near)[:kept]
    # Sets of fewer sites stay in the race: a crystal may have but one.
    return sets + [each for each in done if len(each) <= 2]


def _different(sets: list[Substructure]) -> list[Substructure]:
    """The sets without those whose score another one has: they are the same, however moved."""
    kept: list[Substructure] = []
    for each in sets:
        if all(abs(each.score - other.score) > 0.02 for other in kept):
            kept.append(each)
    return kept


def _improved(
    maker: MapMaker,
    sites: Substructure,
    needed: float,
    most: int,
    check: Callable[[], None],
) -> Substructure:
    """The sites after each was taken away and the best place was sought anew."""
    sites = refine(maker.data, sites, 15)
    for _ in range(2):
        before = worth(sites, needed)
        if len(sites) > 1:
            for j in np.argsort(sites.occ)[:8]:
                check()
                if j >= len(sites):
                    continue
                fewer = refine(maker.data, sites.without(int(j)), 3)
                other = with_next_site(maker, fewer)
                if other is not None and worth(other, needed) > worth(sites, needed) + 1.0:
                    sites = other
        sites = grown(maker, sites, needed, most, check)
        if worth(sites, needed) < before + 1.0:
            break
    return refine(maker.data, pruned(maker.data, sites, needed), 15)


def _apart(data: DifferenceSquares, sites: Substructure, least: float) -> Substructure:
    """The sites without the weaker one of each pair closer than `least` Å: it is disorder."""
    j = 1
    sites = _strongest_first(sites)
    while j < len(sites):
        if distances(data, sites.frac[j : j + 1], sites.frac[:j])[0] < least:
            sites = _strongest_first(refine(data, sites.without(j), 6))
            j = 0
        j += 1
    return sites


def _strongest_first(sites: Substructure) -> Substructure:
    order = np.argsort(-sites.occ * sites.order)
    return replace(sites, frac=sites.frac[order], occ=sites.occ[order], order=sites.order[order])


def _result(
    differences: Differences,
    maker: MapMaker,
    sites: Substructure,
    needed: float,
    chance: list[float],
    settings: SiteSearchSettings,
    begun: float,
    other: Differences | None,
) -> FoundSites:
    data = maker.data
    kept: tuple[HeavySite, ...] = ()
    lost = losses(data, sites)
    if worth(sites, needed) >= _BEST_OF_STARTS and lost.min() >= min(needed, sites.score):
        strength = sites.occ * sites.order
        order = np.argsort(-strength)
        uncertain = uncertainties(data, sites)
        reasons = doubts(data, sites, lost, _squares(other))
        kept = tuple(
            HeavySite(
                settings.element,
                tuple(float(x) for x in sites.frac[j] % 1.0),  # type: ignore[arg-type]
                float(strength[j] / strength.max()),
                sites.b,
                float(lost[j]),
                float(uncertain[j]),
                reasons[j],
            )
            for j in order
        )
    return FoundSites(
        kept,
        data.kind,
        data.cell,
        data.spacegroup,
        sites.score,
        needed,
        tuple(chance),
        patfom(data, weighted_patterson(maker), sites.frac) if kept else float("nan"),
        len(data),
        data.d_min,
        time.process_time() - begun,
        differences.label,
        differences.notes,
    )


def _squares(differences: Differences | None) -> DifferenceSquares | None:
    """Prepared for refinement; None where there are too few."""
    if differences is None:
        return None
    try:
        return difference_squares(differences)
    except UserError:
        return None
