"""Other programs: fetching what is open there, and the plugins for them."""

from pathlib import Path

from patterson_gui.api.arguments import PathLike, one_of, path_of, whole_number
from patterson_gui.errors import UserError
from patterson_gui.io.viewer_scene import Fetched, PluginStatus, Viewer, ViewerOptions

ACTIONS = ("status", "install", "remove")


def fetch(
    viewer: str, folder: PathLike, *, port: int | None = None, program: PathLike | None = None
) -> Fetched:
    """Write the model and the map that are open in ChimeraX, Coot or PyMOL into a folder.

    Parameters
    ----------
    viewer : "chimerax", "coot" or "pymol"; it must be running.
    folder : for the files; it is made where there is none.
    port : where the program listens; None: its usual ports.
    program : path of the program; None: it is looked for.

    Returns
    -------
    `model` and `map`, the paths of the files (None where none is open), and a `sentence`.

    Raises
    ------
    UserError : the program is not reached, or nothing is open there.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> fetched = pg.fetch("coot", "fetched")  # doctest: +SKIP
    >>> crystal = pg.open(fetched.model)  # doctest: +SKIP
    """
    from patterson_gui.bridges.by_name import bridge_to

    where = viewer_options(port, program, launch=False)
    return bridge_to(viewer_of(viewer)).fetch(path_of(folder, "folder"), where)


def plugins(
    action: str = "status", viewer: str = "all", *, program: PathLike | None = None
) -> dict[str, PluginStatus | UserError]:
    """Install, check or remove the plugins for ChimeraX, Coot and PyMOL.

    Parameters
    ----------
    action : "status", "install" or "remove".
    viewer : "chimerax", "coot", "pymol" or "all".
    program : path of the program, where one is meant; None: it is looked for.

    Returns
    -------
    For each program what is there now. Of several programs the failure of one does not stop
    the others: it is what stands in its place.

    Raises
    ------
    UserError : an argument is wrong, or it failed for every program.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.plugins("status", "coot")["coot"].installed
    False
    """
    from patterson_gui.bridges.by_name import bridge_to

    one_of(action, ACTIONS, "action")
    path = None if program is None else path_of(program, "program")
    wanted = list(Viewer) if viewer == "all" else [viewer_of(viewer)]
    if len(wanted) > 1 and path is not None:
        raise UserError("program names one program: say which of chimerax, coot and pymol it is.")
    found: dict[str, PluginStatus | UserError] = {}
    for each in wanted:
        plugin = bridge_to(each).plugin
        act = {"install": plugin.install, "status": plugin.status, "remove": plugin.remove}
        try:
            found[each.value] = act[action](path)
        except UserError as error:
            if len(wanted) == 1:
                raise
            found[each.value] = error
    failed = [answer for answer in found.values() if isinstance(answer, UserError)]
    if len(failed) == len(wanted):
        raise UserError(f"Nothing was done: {failed[0]}")
    return found


def viewer_of(name: str) -> Viewer:
    """The program of that name.

    Raises
    ------
    UserError : there is none.
    """
    return Viewer(one_of(name, [viewer.value for viewer in Viewer], "viewer"))


def viewer_options(port: int | None, program: PathLike | None, *, launch: bool) -> ViewerOptions:
    """How a program is looked for.

    Raises
    ------
    UserError : the port or the path cannot be.
    """
    ports = () if port is None else (whole_number(port, "port", least=1, most=65535),)
    path = None if program is None else Path(path_of(program, "program")).expanduser()
    return ViewerOptions(path, ports, launch, keep=True)
