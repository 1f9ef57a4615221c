"""`send`, `fetch` and `plugins`: other programs from the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.errors import UserError
from patterson_gui.io.viewer_scene import Viewer, ViewerItem, ViewerOptions, ViewerScene

_EVERY = "all"


def add_viewers(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """The three commands."""
    _add_send(subparsers)
    _add_fetch(subparsers)
    _add_plugins(subparsers)


def _add_send(subparsers: "argparse._SubParsersAction[Any]") -> None:
    parser = subparsers.add_parser("send", help="show maps and models in ChimeraX, Coot or PyMOL")
    parser.add_argument(
        "inputs", type=Path, nargs="+", metavar="BUNDLE|MAP|MODEL",
        help="a prediction (.pgz) with all its maps; maps (CCP4, MRC); models (PDB, mmCIF)",
    )  # fmt: skip
    _add_viewer(parser, "--to", "the program to show them in")
    parser.add_argument(
        "--launch", action="store_true", help="start the program where none is running"
    )
    parser.add_argument(
        "--as-predicted", action="store_true",
        help="leave a prediction in its own frame, not moved onto the truth where there is one",
    )  # fmt: skip
    parser.set_defaults(run=send_command)


def _add_fetch(subparsers: "argparse._SubParsersAction[Any]") -> None:
    parser = subparsers.add_parser(
        "fetch", help="write the model and the map that are open in ChimeraX, Coot or PyMOL"
    )
    _add_viewer(parser, "--from", "the running program")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the files"
    )
    parser.set_defaults(run=fetch_command)


def _add_viewer(parser: argparse.ArgumentParser, flag: str, words: str) -> None:
    parser.add_argument(
        flag, dest="viewer", type=Viewer, choices=list(Viewer), required=True,
        metavar="chimerax|coot|pymol", help=words,
    )  # fmt: skip
    parser.add_argument(
        "--port", type=_port, metavar="N", help="where a running one listens (the usual ports)"
    )
    parser.add_argument("--program", type=Path, metavar="PATH", help="the program (looked for)")


def _add_plugins(subparsers: "argparse._SubParsersAction[Any]") -> None:
    parser = subparsers.add_parser(
        "plugins", help="our plugins in ChimeraX, Coot and PyMOL: install, look, remove"
    )
    parser.add_argument("action", choices=("install", "status", "remove"))
    parser.add_argument(
        "viewer", choices=(*(v.value for v in Viewer), _EVERY), nargs="?",
        help="which program (status: all of them)",
    )  # fmt: skip
    parser.add_argument("--program", type=Path, metavar="PATH", help="the program (looked for)")
    parser.set_defaults(run=plugins_command)


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: give a number from 1 to 65535")
    return port


# ---------------------------------------------------------------------- what they do
def send_command(options: argparse.Namespace) -> int:
    """`send BUNDLE|MAP|MODEL… --to coot`."""
    from patterson_gui.app.write_files import file_stem
    from patterson_gui.bridges.by_name import bridge_to
    from patterson_gui.cli.commands import tell
    from patterson_gui.io.places import sent_folder

    folder = sent_folder() / file_stem(options.inputs[0].stem)
    scenes = [
        scene_of_file(path, folder, aligned=not options.as_predicted) for path in options.inputs
    ]
    bridge = bridge_to(options.viewer)
    report = bridge.send(_joined(scenes), folder, _options(options, launch=options.launch))
    if not report.sent:
        tell(report.sentence)
        return 1
    print(report.sentence)
    return 0


def fetch_command(options: argparse.Namespace) -> None:
    """`fetch --from chimerax -o DIR`."""
    from patterson_gui.bridges.by_name import bridge_to

    fetched = bridge_to(options.viewer).fetch(options.output, _options(options, launch=False))
    print(fetched.sentence)
    for path in (fetched.model, fetched.map):
        if path is not None:
            print(f"→ {path}")


def plugins_command(options: argparse.Namespace) -> None:
    """`plugins install|status|remove coot`."""
    from patterson_gui.bridges.by_name import bridge_to

    if options.viewer is None and options.action != "status":
        raise UserError(
            f"Which program's plugin? Say 'patterson-gui plugins {options.action} "
            "chimerax|coot|pymol|all'."
        )
    every = options.viewer in (None, _EVERY)
    if every and options.program is not None:
        raise UserError("--program names one program: say which of chimerax, coot and pymol it is.")
    wanted = list(Viewer) if every else [Viewer(options.viewer)]
    failed: list[UserError] = []
    for viewer in wanted:
        plugin = bridge_to(viewer).plugin
        act = {"install": plugin.install, "status": plugin.status, "remove": plugin.remove}
        try:
            print(act[options.action](options.program).sentence)
        except UserError as error:
            if not every:
                raise
            failed.append(error)  # the others shall have theirs
            print(error)
    if failed and len(failed) == len(wanted):
        raise UserError(f"Nothing was done: {failed[0]}")


def _options(options: argparse.Namespace, *, launch: bool) -> ViewerOptions:
    """Where the program is: what was typed, else what the settings say."""
    from patterson_gui.app.settings import SettingsStore, ViewerPlace
    from patterson_gui.io.places import settings_folder

    settings = SettingsStore(settings_folder()).settings
    place = settings.viewers.get(options.viewer, ViewerPlace())
    program = options.program
    if program is None and place.program:
        program = Path(place.program).expanduser()
    ports = tuple(place.ports) if options.port is None else (options.port,)
    return ViewerOptions(program, ports, launch, keep=True)


# ---------------------------------------------------------------------- what is sent
def scene_of_file(path: Path, folder: Path, *, aligned: bool = True) -> ViewerScene:
    """What another program is to show of a file; a packed one is unpacked into `folder`.

    Raises
    ------
    UserError
        for a damaged file, and one that holds neither maps nor a model.
    """
    from patterson_gui.app.other_programs.scenes import scene_of_bundle
    from patterson_gui.io.opening.registry import FileKind, kind_of

    kind = kind_of(path)
    if kind is FileKind.BUNDLE:
        from patterson_gui.io.bundle.pgz import read_bundle

        return scene_of_bundle(folder, read_bundle(path), aligned=aligned)
    if kind is FileKind.MAP:
        return _scene_of_map(path, folder)
    if kind in (FileKind.PDB, FileKind.CIF):
        return _scene_of_model(path, folder)
    raise UserError(
        f"{path.name} holds neither a map nor a model: send a bundle (.pgz), a CCP4 map, or "
        "a model (PDB, mmCIF)."
    )


def _scene_of_map(path: Path, folder: Path) -> ViewerScene:
    """As it lies there; one that is packed or of no plain form is written anew."""
    from patterson_gui.app.other_programs.scenes import scene_of_map
    from patterson_gui.io.files import is_packed, make_folder, plain_stem
    from patterson_gui.io.maps.ccp4 import read_map, write_map

    density = read_map(path)  # reads it all: a damaged one ends some programs
    if is_packed(path) or path.suffix.lower() not in (".ccp4", ".map", ".mrc"):
        make_folder(folder)
        copy = folder / f"{plain_stem(path)}.ccp4"
        write_map(copy, density)
        path = copy
    return scene_of_map(density, path)


def _scene_of_model(path: Path, folder: Path) -> ViewerScene:
    from patterson_gui.app.other_programs.scenes import cell_numbers
    from patterson_gui.crystal.models.whole_cell import has_unit_cell
    from patterson_gui.io.files import is_packed, make_folder, plain_stem
    from patterson_gui.io.models.write import write_model
    from patterson_gui.io.opening.models import read_model

    model = read_model(path)
    name = plain_stem(path)
    if is_packed(path) or path.suffix.lower() not in (".pdb", ".cif"):
        make_folder(folder)
        path = folder / f"{name}.cif"
        write_model(path, model)
    box = model.calculate_box()
    middle = (box.minimum + box.maximum) / 2
    cell = cell_numbers(model.cell) if has_unit_cell(model) else None
    item = ViewerItem(path, name, key=name)
    return ViewerScene((item,), name, cell, (float(middle.x), float(middle.y), float(middle.z)))


def _joined(scenes: Sequence[ViewerScene]) -> ViewerScene:
    """All in one, with the outline and the centre of the first; keys are told apart."""
    items = [
        replace(item, key=f"{number}-{item.key}" if number else item.key)
        for number, scene in enumerate(scenes)
        for item in scene.items
    ]
    return replace(scenes[0], items=tuple(items))
