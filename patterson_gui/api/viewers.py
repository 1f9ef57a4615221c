"""Send to ChimeraX, Coot and PyMOL, fetch from them, and install their plugins."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from patterson_gui.api.arguments import PathLike, one_of, path_of, whole_number
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.api.types.prediction_result import PredictionResult
from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.errors import UserError
from patterson_gui.io.file_names import file_stem
from patterson_gui.io.files import make_folder
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.places import sent_folder
from patterson_gui.io.scenes.of_files import joined, scene_of_file
from patterson_gui.io.scenes.write import scene_of_map
from patterson_gui.io.temporary_files import temporary_folder
from patterson_gui.io.viewers.places import saved_place
from patterson_gui.io.viewers.scene import (
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
    as_predicted : send a prediction in its fixed frame; otherwise it is aligned to the truth, if
        that is known.
    port : where a running program listens, or several ports to try; None: as in the user's
        settings, or its usual ports.
    program : path of the program; None: as in the user's settings, or it is searched for.

    Returns
    -------
    `sent`, a `sentence` and, if no program was reached, the path of a `script` that shows the same.

    Raises
    ------
    UserError : there is nothing to send, a file cannot be read, or an argument is wrong.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.send(pg.predict(pg.example()), "coot", launch=True)  # doctest: +SKIP
    """
    to = viewer_of(viewer)
    where = viewer_options(to, port, program, launch=launch)
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
    folder : for the files; it is created if it does not exist.
    port : where the program listens, or several ports to try; None: as in the user's settings,
        or its usual ports.
    program : path of the program; None: as in the user's settings, or it is searched for.

    Returns
    -------
    `model` and `map`, the paths of the files (None where none is open), and a `sentence`.

    Raises
    ------
    UserError : the program cannot be reached, or nothing is open there.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> fetched = pg.fetch("coot", "fetched")  # doctest: +SKIP
    >>> crystal = pg.open(fetched.model)  # doctest: +SKIP
    """
    wanted = viewer_of(viewer)
    where = viewer_options(wanted, port, program, launch=False)
    return bridge_to(wanted).fetch(path_of(folder, "folder"), where)


def plugins(
    action: str = "status", viewer: str = "all", *, program: PathLike | None = None
) -> dict[str, PluginStatus | UserError]:
    """Install, check or remove the plugins for ChimeraX, Coot and PyMOL.

    Parameters
    ----------
    action : "status", "install" or "remove".
    viewer : "chimerax", "coot", "pymol" or "all".
    program : path of the program, for one program only; None: as in the user's settings, or it
        is searched for.

    Returns
    -------
    The status of each program's plugin, by the name of the program. If one of several programs
    fails, its value is the `UserError`, and the others are still done.

    Raises
    ------
    UserError : an argument is wrong, or the one named program failed.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.plugins("status", "coot")["coot"].installed  # doctest: +SKIP
    False
    """
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
            found[each.value] = act[action](path or saved_place(each).path)
        except UserError as error:
            if len(wanted) == 1:
                raise
            found[each.value] = error
    return found


def viewer_of(name: str) -> Viewer:
    """The program of a name.

    Raises
    ------
    UserError : the name is unknown.
    """
    return Viewer(one_of(name, [viewer.value for viewer in Viewer], "viewer"))


def viewer_options(
    viewer: Viewer, port: int | Sequence[int] | None, program: PathLike | None, *, launch: bool
) -> ViewerOptions:
    """How to find a program: as given, otherwise as in the user's settings.

    Raises
    ------
    UserError : the port or the path is wrong.
    """
    saved = saved_place(viewer)
    several = saved.ports if port is None else port if isinstance(port, list | tuple) else [port]
    ports = tuple(whole_number(each, "port", least=1, most=65535) for each in several)
    path = saved.path if program is None else path_of(program, "program").expanduser()
    return ViewerOptions(path, ports, launch, keep=True, no_other_ports=port is not None)


def _scene(source: Sendable, folder: Path, *, aligned: bool) -> ViewerScene:
    """The scene of one source; writes its files into `folder`."""
    if isinstance(source, PredictionResult | ground.Crystal):
        with temporary_folder() as scratch:
            bundle = scratch / "prediction.pgz"
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
    """The name of a source, for its files."""
    if isinstance(source, PredictionResult):
        return source.crystal.name
    if isinstance(source, ground.Crystal | DensityMap):
        return source.name
    return path_of(source, "source").stem
