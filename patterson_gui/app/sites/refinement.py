"""Refine the listed sites against the differences whose Patterson map is shown."""

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobContext
from patterson_gui.app.services import RefineSites
from patterson_gui.app.sites.sites import SiteList
from patterson_gui.app.sites.work import SiteWork
from patterson_gui.crystal.differences.heavy_atoms import RefinedSites

_OF_NO_USE = 5.0  # natural logarithms: a site of a lower score explains nothing
_FAR = 1.5  # Å: a site that moved so far may have left what the user meant


class SiteRefinement:
    """Refines coordinates and occupancies, as a search does for the sites that it finds."""

    def __init__(
        self,
        document: Document,
        jobs: CrystalJobs,
        refine: RefineSites,
        sites: SiteList,
        work: SiteWork,
    ) -> None:
        self._document = document
        self._jobs = jobs
        self._refine = refine
        self._sites = sites
        self._work = work

    def blocked(self) -> str | None:
        """Why no refinement can begin now; None when one can."""
        return self._work.blocked(needs_sites=True)

    def start(self) -> None:
        """Refine all sites of the list; the result is a step that can be undone."""
        read, state = self._document.differences, self._sites.state
        if self._work.running:
            return
        if self.blocked() is not None or read is None:
            self._jobs.tell(self.blocked() or "", error=True)
            return
        differences, refine, sites = read.differences, self._refine, self._sites.sites

        def work(context: JobContext) -> RefinedSites:
            return refine(differences, sites, context.cancelled)

        def done(refined: RefinedSites) -> None:
            if self._sites.state is not state:
                self._jobs.tell(
                    "The list of sites changed while they were refined: refine them again."
                )
                return
            words = refined_words(refined, self._sites.labels())
            self._sites.put_refined(refined.sites, words)
            self._jobs.tell(words)

        n = len(sites)
        self._work.submit(f"Refining {n} site{'' if n == 1 else 's'}", "Refining sites", work, done)


def refined_words(refined: RefinedSites, labels: tuple[str, ...]) -> str:
    """What the refinement did, and which sites explain nothing or moved far."""
    n = len(refined.sites)
    words = (
        f"Refined {n} site{'' if n == 1 else 's'}: the log-likelihood of the differences is "
        f"{refined.score:.0f} above that without sites."
    )
    poor = [
        label for label, site in zip(labels, refined.sites, strict=True) if site.score < _OF_NO_USE
    ]
    if poor:
        one = len(poor) == 1
        words += (
            f" {_listed(poor)} {'explains' if one else 'explain'} nothing of the differences: "
            f"remove {'it' if one else 'them'}."
        )
    far = [
        f"{label} ({moved:.1f} Å)"
        for label, moved in zip(labels, refined.moved, strict=True)
        if moved > _FAR and label not in poor
    ]
    return f"{words} {_listed(far)} moved far: compare with the map." if far else words


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
