"""Search heavy atoms in the differences whose Patterson map is shown."""

from psygnal import Signal

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.services import FindSites
from patterson_gui.app.sites.sites import SEARCHED, SiteList
from patterson_gui.crystal.heavy_atoms import FoundSites, SiteSearchSettings, SitesProgress
from patterson_gui.crystal.prediction import Progress


class SiteSearch:
    """One search at a time, as a job. Its sites take the place of those in the list.

    Attributes
    ----------
    progress : of the running search; None: none runs.
    element : that was sought last, "" before the first search.
    said : what the last search said, as a sentence, where it found no sites.
    """

    changed = Signal()  # it began or ended
    progressed = Signal()

    def __init__(
        self, document: Document, jobs: CrystalJobs, find: FindSites, sites: SiteList
    ) -> None:
        self._document = document
        self._jobs = jobs
        self._find = find
        self._sites = sites
        self._job: Job[FoundSites] | None = None
        self._generation = document.generation
        self.progress: Progress | None = None
        self.element = ""
        self.said = ""
        document.crystal_changed.connect(self._crystal_changed)
        sites.changed.connect(self._sites_changed)

    @property
    def running(self) -> bool:
        """Whether a search runs."""
        return self._job is not None

    def blocked(self) -> str | None:
        """Why no search can begin now; None when one can."""
        if self._document.crystal is None:
            return "Open measured reflections first."
        if self._document.differences is None:
            return (
                "Sites are found from differences: choose anomalous or isomorphous differences "
                "in the panel Patterson map, under Map of, first."
            )
        return None

    def data_words(self) -> str:
        """Which differences a search uses: "Isomorphous differences: FAU − FP of toxd.mtz"."""
        found = self._document.differences
        if found is None:
            return ""
        return f"{found.differences.kind.capitalize()} differences: {found.differences.label}"

    def start(self, element: str, n: int | None) -> None:
        """Begin a search of `element`; `n` is the largest number of sites, None: any number."""
        read, crystal = self._document.differences, self._document.crystal
        if self.running:
            return
        if read is None or crystal is None:
            self._jobs.tell(self.blocked() or "", error=True)
            return
        differences, find = read.differences, self._find
        settings = SiteSearchSettings(element, n)
        self.element, self.said = element, ""

        def work(context: JobContext) -> FoundSites:
            def report(now: SitesProgress) -> None:
                context.report_fraction(now.fraction, f"{now.step} {now.text}".strip())

            return find(differences, settings, report, context.cancelled)

        def done(found: FoundSites) -> None:
            self._end(job)
            self._take(found)

        def failed(failure: Failure) -> None:
            self._end(job)
            self._jobs.tell_failure(failure)

        job = self._job = self._jobs.submit(
            f"Sites of {element} in {crystal.name}", work, done,
            lane=Lane.SITES, key="sites", on_progress=self._take_progress,
            on_failed=failed, on_cancelled=lambda: self._end(job),
        )  # fmt: skip
        self.progress = Progress(0.0, "")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop the search; the list stays as it is."""
        if self._job is not None:
            self._jobs.cancel(self._job)

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

    def _take_progress(self, progress: Progress) -> None:
        if self.running:
            self.progress = progress
            self.progressed.emit()

    def _end(self, job: Job[FoundSites]) -> None:
        if self._job is job:
            self._job = self.progress = None
            self.changed.emit()

    def _sites_changed(self) -> None:
        if len(self._sites):
            self.said = ""

    def _crystal_changed(self) -> None:
        if self._document.generation != self._generation:
            self._generation = self._document.generation
            self.said = ""
            if self._job is not None:
                self._jobs.cancel(self._job)
                self._job = self.progress = None
            self.changed.emit()
