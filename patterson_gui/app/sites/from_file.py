"""Heavy-atom sites from a file, in place of the list."""

from pathlib import Path

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.app.sites.sites import MOST_SITES, SiteList
from patterson_gui.errors import UserError
from patterson_gui.io.opening.heavy_sites import SiteFile, check_cell, read_site_file

FROM_FILE = "file"


class SitesFromFile:
    """Reads sites in a job."""

    def __init__(self, document: Document, jobs: CrystalJobs, sites: SiteList) -> None:
        self._document = document
        self._jobs = jobs
        self._sites = sites

    def load(self, path: Path) -> None:
        """Put the sites of a file (PDB, mmCIF, SHELX, a table) in place of the list, as a step that
        can be undone."""
        crystal = self._document.crystal
        if crystal is None:
            self._jobs.tell("No crystal is open: open measured reflections first.", error=True)
            return

        def work(context: JobContext) -> SiteFile:
            found = read_site_file(path)
            check_cell(found, crystal.cell)
            if len(found.sites) > MOST_SITES:
                raise UserError(
                    f"{found.name} has more than {MOST_SITES:,} atoms: give a file with the heavy "
                    "atoms alone."
                )
            return found

        def done(found: SiteFile) -> None:
            n = len(found.sites)
            words = " ".join((f"{n} site{'' if n == 1 else 's'} of {found.name}.", *found.notes))
            self._sites.replace_all(found.sites, FROM_FILE, words, "Open sites")
            self._sites.mark_saved(self._sites.state)

        self._jobs.submit(
            f"Sites of {path.name}",
            work,
            done,
            lane=Lane.PREVIEW,
            key="sites of a file",
            quiet=True,
        )
