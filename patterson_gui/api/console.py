"""What the Python console of the window has besides `pg`: the open crystal and its maps."""

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.io.bundle.handover import read_handover


def from_window(folder: PathLike) -> tuple[Crystal, dict[str, DensityMap]]:
    """The crystal that is open in the window and its maps, by name, from a folder that the window
    wrote.

    Raises
    ------
    UserError : the folder is gone or damaged.
    """
    crystal, maps = read_handover(path_of(folder, "folder"))
    return Crystal.of(crystal), {name: DensityMap.of(density) for name, density in maps.items()}
