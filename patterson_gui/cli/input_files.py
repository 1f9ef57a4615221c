"""Opening the input file of a command."""

from pathlib import Path

from patterson_gui.api import opening
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.crystal.models.whole_cell import NoUnitCell
from patterson_gui.errors import UserError


def open_crystal(path: Path, column: str | None, *, box: bool) -> Crystal:
    """The crystal in a file, as `patterson_gui.open` reads it.

    Raises
    ------
    UserError : the file cannot be read, has no such column, or has no unit cell; then the
        sentence names the option --box.
    """
    try:
        return opening.open_crystal(path, column=column, box=box)
    except NoUnitCell as error:
        raise UserError(f"{error} The option --box adds a box.") from error
