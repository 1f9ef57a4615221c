"""Other programs: sending to them, fetching what is open there, and the plugins for them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from patterson_gui.api.arguments import PathLike, one_of, path_of, whole_number
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.api.types.prediction_result import PredictionResult
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.errors import UserError
from patterson_gui.io.file_names import file_stem
from patterson_gui.io.viewer_scene import (
    Fetched,
    PluginStatus,
    SendReport,
    Viewer,
    ViewerOptions,
    ViewerScene,
)

Sendable = PredictionResult | ground.Crystal | DensityMap | PathLike

ACTIONS = ("status", "install", "remove")


def send(
    source: Sendable | Sequence[Sendable],
    viewer: str,
    *,
    launch: bool = False,
    as_predicted: bool = False,
    port: int | Sequence[int] | None = None,
    program: PathLike | None = None,
) -> SendReport:
    """Show maps and models in ChimeraX, Coot or PyMOL, in place of what was sent there before.

    Parameters
    ----------
    source : a result, a crystal or a map; or the path of a bundle (.pgz), a map (CCP4, MRC) or a
        model (PDB, mmCIF); or several of these.
    viewer : "chimerax", "coot" or "pymol".
    launch : start the program if it is not running.
    as_predicted : leave a prediction in its own frame; otherwise it is moved onto the truth, where
        that is known.
    port : where a running program listens, or several ports to try; None: its usual ports.
    program : path of the program; None: it is looked for.

    Returns
    -------
    `sent`, a `sentence`, and the path of a `script` that shows the same where no program was
    reached.

    Raises
    ------
    UserError : there is nothing to send, a file cannot be read, or an argument is wrong.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.send(pg.predict(pg.example()), "coot", launch=True)  # doctest: +SKIP
    """
    from patterson_gui.bridges.by_name import bridge_to
    from patterson_gui.io.places import sent_folder
    from patterson_gui.io.scenes.of_files import joined

    to = viewer_of(viewer)
    where = viewer_options(port, program, launch=launch)
    sources = list(source) if isinstance(source, list | tuple) else [cast(Sendable, source)]
    if not sources:
        raise UserError("There is nothing to send: give a result, a map or a file.")
    folder = sent_folder() / file_stem(_name(sources[0]))
    scenes = [_scene(each, folder, aligned=not as_predicted) for each in sources]
    return bridge_to(to).send(joined(scenes), folder, where)


def fetch(
    viewer: str,
    folder: PathLike,
    *,
    port: int | Sequence[int] | None = None,
    program: PathLike | None = None,
) -> Fetched:
    """Write the model and the map that are open in ChimeraX, Coot or PyMOL into a folder.

    Parameters
    ----------
    viewer : "chimerax", "coot" or "pymol"; it must be running.
    folder : for the files; it is made where there is none.
    port : where the program listens, or several ports to try; None: its usual ports.
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
    UserError : an argument is wrong, or it failed for the one program that was named.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.plugins("status", "coot")["coot"].installed  # doctest: +SKIP
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
    return found


def viewer_of(name: str) -> Viewer:
    """The program of that name.

    Raises
    ------
    UserError : there is none.
    """
    return Viewer(one_of(name, [viewer.value for viewer in Viewer], "viewer"))


def viewer_options(
    port: int | Sequence[int] | None, program: PathLike | None, *, launch: bool
) -> ViewerOptions:
    """How a program is looked for.

    Raises
    ------
    UserError : the port or the path cannot be.
    """
    several = [] if port is None else port if isinstance(port, list | tuple) else [port]
    ports = tuple(whole_number(each, "port", least=1, most=65535) for each in several)
    path = None if program is None else Path(path_of(program, "program")).expanduser()
    return ViewerOptions(path, ports, launch, keep=True)


def _scene(source: Sendable, folder: Path, *, aligned: bool) -> ViewerScene:
    """What the program shall show of one thing; its files are written into `folder`."""
    from patterson_gui.io.files import make_folder
    from patterson_gui.io.maps.ccp4 import write_map
    from patterson_gui.io.scenes.of_files import scene_of_file
    from patterson_gui.io.scenes.write import scene_of_map

    if isinstance(source, PredictionResult | ground.Crystal):
        with tempfile.TemporaryDirectory(prefix="patterson-gui-") as scratch:
            bundle = Path(scratch) / "prediction.pgz"
            if isinstance(source, PredictionResult):
                source.save(scratch)
            else:
                Crystal.of(source).save(bundle)
            return scene_of_file(bundle, folder, aligned=aligned)
    if isinstance(source, DensityMap):
        make_folder(folder)
        path = folder / f"{file_stem(_name(source))}.ccp4"
        write_map(path, source)
        return scene_of_map(source, path)
    return scene_of_file(path_of(source, "source"), folder, aligned=aligned)


def _name(source: Sendable) -> str:
    """What to call the files of one thing."""
    if isinstance(source, PredictionResult):
        return source.crystal.name
    if isinstance(source, ground.Crystal | DensityMap):
        return source.name
    return path_of(source, "source").stem
