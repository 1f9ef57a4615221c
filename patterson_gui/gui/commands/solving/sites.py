"""Find heavy-atom sites, make them from peaks, add one at the cursor, and save them."""

from patterson_gui.app.document.document import Frac
from patterson_gui.app.sites.from_peaks import PeakSolution
from patterson_gui.app.sites.sites import AT_CURSOR
from patterson_gui.errors import UserError
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.commands.files.unsaved import SITE_FILTERS
from patterson_gui.gui.dialogs.sites.add_site import AddSiteDialog
from patterson_gui.gui.dialogs.sites.find_sites import FindSitesDialog
from patterson_gui.gui.dialogs.sites.phase_sites import PhaseSitesDialog
from patterson_gui.gui.panels.peaks import PeaksPanel
from patterson_gui.gui.sites.panel import SitesPanel

OPENED_FILTERS = ("Sites (*.pdb *.ent *.cif *.res *.ins *.csv *.tsv *.txt)", "All files (*)")
_NOISE = 1.0  # rmsd of a map


class SiteCommands:
    """The heavy-atom sites of one window."""

    def __init__(self, context: CommandContext, panel: SitesPanel, peaks: PeaksPanel) -> None:
        self._context = context
        self._workbench = context.workbench
        self._panel, self._peaks = panel, peaks

    def connect(self) -> None:
        """Connect the buttons of the panel."""
        self._panel.find_clicked.connect(self.find)
        self._panel.from_peaks_clicked.connect(self.from_peaks)
        self._panel.add_clicked.connect(self.add_at_cursor)
        self._panel.phase_clicked.connect(self.phase)
        self._panel.open_clicked.connect(self.open)
        self._panel.save_clicked.connect(self.save)

    def find(self) -> None:
        """Ask for the element, and search."""
        search = self._workbench.site_search
        dialog = FindSitesDialog(
            self._workbench.site_work.data_words(), self._usual_element(),
            self._context.ask.parent,
        )  # fmt: skip
        dialog.chosen.connect(search.start)
        dialog.open()

    def phase(self) -> None:
        """Ask for the solvent content, and phase with the sites of the list."""
        workbench = self._workbench
        phasing = workbench.site_phasing
        dialog = PhaseSitesDialog(
            workbench.site_work.data_words(), workbench.sites.labels(), phasing.solvent,
            phasing.solvent_content, self._context.ask.parent,
        )  # fmt: skip
        dialog.chosen.connect(phasing.start)
        dialog.open()

    def from_peaks(self) -> None:
        """Find the sites that the chosen peaks mean, and ask which of them to add."""
        vectors = self._peaks.chosen()
        generation = self._workbench.document.generation

        def offer(solutions: tuple[PeakSolution, ...]) -> None:
            words = solution_words(len(vectors), solutions)
            self._ask("Site from peaks", words, solutions, generation)

        self._workbench.sites_from_peaks.solve(vectors, offer)

    def add_at_cursor(self) -> None:
        """Ask for the element, and add a site where the cursor is now."""
        document = self._workbench.document
        if document.cursor is not None:
            u, v, w = document.cursor
            words = f"At the cursor: x {u:.4f}, y {v:.4f}, z {w:.4f}"
            self._ask("Add a site", words, (), document.generation, document.cursor)

    def open(self) -> None:
        """Ask for a file of sites, and put them in place of the list."""
        self._context.ask.open_file(
            "Open sites", OPENED_FILTERS, self._workbench.sites_from_file.load
        )

    def save(self) -> None:
        """Ask for a file, and write the sites."""
        saver = self._context.saver
        self._context.ask.save_file(
            "Save the sites", saver.suggested_name("sites"), SITE_FILTERS, saver.save_sites
        )

    def _ask(
        self,
        title: str,
        words: str,
        solutions: tuple[PeakSolution, ...],
        generation: int,
        cursor: Frac | None = None,
    ) -> None:
        dialog = AddSiteDialog(
            title, words, self._usual_element(), solutions, self._context.ask.parent
        )

        def add(solution: PeakSolution | None, element: str) -> None:
            workbench = self._workbench
            frac = cursor if solution is None else solution.frac
            if frac is None or workbench.document.generation != generation:
                return  # another crystal is open by now
            how = AT_CURSOR if solution is None else solution.how
            try:
                workbench.sites.add(element, frac, how=how)
            except UserError as error:
                workbench.jobs.tell(str(error), error=True)

        dialog.chosen.connect(add)
        dialog.open()

    def _usual_element(self) -> str:
        """The element of the last site, or the one that was sought last."""
        sites = self._workbench.sites.sites
        return sites[-1].element if sites else self._workbench.site_search.element


def solution_words(n_peaks: int, solutions: tuple[PeakSolution, ...]) -> str:
    """How many sites explain the peaks, and on which origin they are."""
    n = len(solutions)
    peaks = "1 Harker peak" if n_peaks == 1 else f"{n_peaks} Harker peaks"
    them = "it" if n_peaks == 1 else "them"
    lowest = [each.lowest for each in solutions if each.lowest is not None]
    if lowest:
        words = (
            f"{peaks}: {n} place{'' if n == 1 else 's'} on the origin and in the hand of the sites "
            "in the list, best first by the vectors to these sites."
        )
        if max(lowest) < _NOISE:
            words += (
                " Even for the best one, a vector is no higher than the noise of the map: it may "
                "be no site."
            )
        return words
    explain = f"one site explains {them}" if n == 1 else f"{n} sites explain {them}"
    return f"{peaks}: {explain}. Other choices of the origin and of the hand are left out."
