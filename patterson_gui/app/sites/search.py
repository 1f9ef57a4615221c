"""Search heavy atoms in the differences whose Patterson map is shown."""

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobContext
from patterson_gui.app.services import FindSites
from patterson_gui.app.sites.sites import SEARCHED, SiteList
from patterson_gui.app.sites.work import SiteWork
from patterson_gui.crystal.differences.heavy_atoms import (
    FoundSites,
    SiteSearchSettings,
    SitesProgress,
)


class SiteSearch:
    """Searches sites, which take the place of those in the list.

    Attributes
    ----------
    element : that was sought last, "" before the first search.
    said : what the last search said, as a sentence, where it found no sites.
    """

    changed = Signal()  # `said`

    def __init__(
        self,
        document: Document,
        jobs: CrystalJobs,
        find: FindSites,
        sites: SiteList,
        work: SiteWork,
    ) -> None:
        self._document = document
        self._jobs = jobs
        self._find = find
        self._sites = sites
        self._work = work
        self._generation = document.generation
        self.element = ""
        self.said = ""
        document.crystal_changed.connect(self._crystal_changed)
        sites.changed.connect(self._sites_changed)

    def blocked(self) -> str | None:
        """Why no search can begin now; None when one can."""
        return self._work.blocked()

    def start(self, element: str, n: int | None) -> None:
        """Begin a search of `element`; `n` is the largest number of sites, None: any number."""
        read, crystal = self._document.differences, self._document.crystal
        if self._work.running:
            return
        if read is None or crystal is None:
            self._jobs.tell(self.blocked() or "", error=True)
            return
        find = self._find
        settings = SiteSearchSettings(element, n)
        self.element, self.said = element, ""

        def work(context: JobContext) -> FoundSites:
            def report(now: SitesProgress) -> None:
                context.report_fraction(now.fraction, f"{now.step} {now.text}".strip())

            other = read.other_kind()
            return find(read.differences, settings, report, context.cancelled, other)

        self._work.submit(
            f"Sites of {element} in {crystal.name}", f"Searching {element}", work, self._take
        )

    def _take(self, found: FoundSites) -> None:
        notes = list(found.notes)
        if found.sites:
            self._sites.replace_all(found.sites, SEARCHED, found.reason)
            notes.insert(0, found.reason)
        else:
            self.said = found.reason
            kept = " The sites in the list are those from before." if len(self._sites) else ""
            notes.insert(0, f"{found.reason}{kept}")
        crystal = self._document.crystal
        if crystal is not None and crystal.spacegroup.xhm() != found.spacegroup.xhm():
            notes.append(
                f"The sites belong to {found.spacegroup.xhm()}, the open data to "
                f"{crystal.spacegroup.xhm()}."
            )
        self._jobs.tell(" ".join(notes))
        self.changed.emit()

    def _sites_changed(self) -> None:
        if len(self._sites):
            self.said = ""

    def _crystal_changed(self) -> None:
        if self._document.generation != self._generation:
            self._generation = self._document.generation
            self.said = ""
            self.changed.emit()
