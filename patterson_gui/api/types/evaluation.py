"""The result of an evaluation: its figures, how they are shown, and files of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.crystal.display.html import summary
from patterson_gui.errors import UserError
from patterson_gui.io.report.shell_plots import write_shell_plots
from patterson_gui.io.report.tables import flattened, write_figures


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The figures of an evaluation.

    Attributes
    ----------
    figures : the summary and, under "cases", the figures of each problem; the same values as
        `patterson-gui evaluate --json` writes.
    notes : sentences that a reader of the figures needs.
    """

    figures: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def cases(self) -> list[dict[str, Any]]:
        """The figures of each problem."""
        return list(self.figures["cases"])

    def save(self, path: PathLike) -> None:
        """Write the figures as JSON, or as CSV (figure, value) where the name ends in .csv.

        Raises
        ------
        UserError : the file cannot be written.
        """
        write_figures(path_of(path, "path"), self.figures)

    def save_plots(self, folder: PathLike) -> list[Path]:
        """Write the papers' two plots by resolution shell as SVG; returns their paths.

        Raises
        ------
        UserError : the evaluation is of crystals, which has no resolution shells, or a file
            cannot be written.
        """
        if "shells" not in self.figures:
            raise UserError(
                "An evaluation of crystals has no plots by resolution: save its figures."
            )
        return write_shell_plots(path_of(folder, "folder"), self.figures, self._subtitle())

    def _subtitle(self) -> str:
        figures = self.figures
        cell = figures["cell"] if figures["cell"] == "auto" else f"{figures['cell']:g} Å"
        return (
            f"{figures['n']} × {figures['kind']}, cell {cell}, to {figures['d_min']:g} Å, "
            f"{figures['method']}"
        )

    def __repr__(self) -> str:
        return f"<Evaluation: {self._title()}; see .figures>"

    def _repr_html_(self) -> str:
        plain = [
            (name, str(value))
            for name, value in flattened({k: v for k, v in self.figures.items() if k != "cases"})
            if not name.startswith(("shells.", "how."))
        ]
        notes = [("note", note) for note in self.notes]
        return summary(self._title(), [*plain, *notes])

    def _title(self) -> str:
        return f"{self.figures['n']} × {self.figures['kind']}"
