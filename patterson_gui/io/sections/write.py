"""Writes drawings of sections as PDF (a page for each), SVG or PNG (one picture of all)."""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

from patterson_gui.crystal.colours import PALETTES, Palette
from patterson_gui.errors import UserError
from patterson_gui.io.files import refuse_unwritable, replace_file
from patterson_gui.io.sections.drawing import SectionDrawing

ENDINGS = (".pdf", ".svg", ".png")
_DPI = 300  # of PNG
_LARGEST_PNG = 20_000  # pixels along an edge
_CREATOR = "patterson_gui"


def refuse_ending(path: Path) -> None:
    """Raise `UserError` for a file that is neither PDF nor SVG nor PNG, or cannot be written."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(
            f"Sections are drawn as PDF, SVG or PNG: end the name {path.name!r} in .pdf, .svg or "
            ".png."
        )
    refuse_unwritable(path)


def write_sections(
    path: Path,
    drawings: Sequence[SectionDrawing],
    *,
    columns: int | None = None,
    palette: Palette = PALETTES["usual"],
) -> None:
    """Draw sections to scale into one file.

    A PDF has a page for each; with `columns`, and always in SVG and PNG, all are on one page, in
    rows of `columns` (None: about as many rows as columns). PNG has 300 pixels per inch.

    Raises
    ------
    UserError : another ending, nothing to draw, a page or picture that is too large, or the file
        cannot be written.
    """
    refuse_ending(path)
    if not drawings:
        raise UserError("There is no section to draw: choose at least one.")
    from patterson_gui.io.sections.matplotlib_page import page, plain_style  # takes half a second

    ending = path.suffix.lower()
    with plain_style(), replace_file(path) as temporary:
        if ending == ".pdf" and columns is None:
            from matplotlib.backends.backend_pdf import PdfPages

            with PdfPages(temporary, metadata={"Creator": _CREATOR}) as pages:
                for drawing in drawings:
                    pages.savefig(page([drawing], palette=palette))
            return
        figure = page(drawings, columns or ceil(sqrt(len(drawings))), palette)
        if ending == ".png" and max(figure.get_size_inches()) * _DPI > _LARGEST_PNG:
            raise UserError(
                "The picture is too large for PNG: choose a smaller scale, fewer sections, or PDF."
            )
        figure.savefig(
            temporary, format=ending[1:], dpi=_DPI,
            metadata={"Software": _CREATOR} if ending == ".png" else {"Creator": _CREATOR},
        )  # fmt: skip
