"""The commands: patterson open, predict, cancel, list."""

import atexit
import os
import shutil
import tempfile
import threading
import time

from .levels import level_of, our_volumes, rms_of
from .opening import open_bundle
from .prediction import NOT_FOUND, Prediction, find_patterson_gui
from .text import BundleError, stem_of

# Filled in by the installer: the path of patterson-gui.
PROGRAM = ""
METHODS = ("auto", "retrieval", "network", "hybrid")
POLL_SECONDS = 0.3
STATUS_SECONDS = 5  # between two lines about a running prediction

_running = {}  # the running prediction of each session


def patterson_open(session, file):
    """Open a prediction, like the command `open`."""
    models, status = open_bundle(session, file)
    session.models.add(models)
    session.logger.status(status, log=True)
    return models


def patterson_predict(session, source, method=None, d_min=None, program=None):
    """Predict the density of a model, or of a file, from its amplitudes alone.

    The program patterson-gui runs as a process of its own; its result is opened when it ends.
    """
    from chimerax.core.errors import UserError

    if session in _running:
        raise UserError("A prediction is running: wait for it, or use 'patterson cancel'.")
    command = [program] if program else find_patterson_gui(PROGRAM)
    if command is None:
        raise UserError(NOT_FOUND)
    extra = [] if method is None else ["--method", method]
    if d_min is not None:
        extra += ["--d-min", f"{d_min:g}"]
    folder = tempfile.mkdtemp(prefix="patterson_gui-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        path = source if isinstance(source, str) else _written(session, source, folder)
        running = Prediction(command, path, folder, extra)
    except (BundleError, UserError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise UserError(str(error)) from error
    _running[session] = running
    # ChimeraX may quit without running Python's exit handlers.
    running.quitting = session.triggers.add_handler("app quit", lambda *_: running.cancel())
    name = os.path.basename(path) if isinstance(source, str) else source[0].name
    session.logger.status(f"Predicting from {name} ...", log=True)
    threading.Thread(target=_follow, args=(session, running, name), daemon=True).start()


def patterson_cancel(session):
    """Stop the running prediction."""
    from chimerax.core.errors import UserError

    if session not in _running:
        raise UserError("No prediction is running.")
    _running[session].cancel()


def patterson_list(session, *, return_json=False):
    """List the maps of predictions with their levels, in the maps' own units."""
    rows = [
        {"spec": f"#{volume.id_string}", "name": volume.name, "level": level_of(volume),
         "rmsd": rms_of(volume), "shown": bool(volume.display)}
        for volume in our_volumes(session)
    ]  # fmt: skip
    lines = [f"{row['spec']}  {row['name']}  {_level_text(row)}" for row in rows]
    session.logger.info("\n".join(lines) or "No map of a prediction is open.")
    if not return_json:
        return rows
    import json

    from chimerax.core.commands import JSONResult

    return JSONResult(json.dumps(rows), rows)


def _level_text(row):
    if row["level"] is None:
        return "no contour"
    rms = f" ({row['level'] / row['rmsd']:.1f} rms)" if row["rmsd"] else ""
    return f"level {row['level']:.4g}{rms}" + ("" if row["shown"] else "  (hidden)")


def _written(session, models, folder):
    """Write a structure with its unit cell, in its own coordinates: the user may have moved it in
    the view, but its place in the cell matters."""
    from chimerax.core.commands import run
    from chimerax.core.errors import UserError

    if len(models) != 1:
        raise UserError(f"Name one model to predict from: {len(models)} are named.")
    model = models[0]
    # ChimeraX 1.5 writes the cell only in the format that the model was read from.
    from_pdb = "CRYST1" in getattr(model, "metadata", {})
    path = os.path.join(folder, stem_of(model.name, "model") + (".pdb" if from_pdb else ".cif"))
    spec = model.atomspec
    run(session, f'save "{path}" models {spec} relModel {spec}', log=False)
    with open(path, encoding="utf-8", errors="replace") as file:
        if not any(line.startswith(("CRYST1", "_cell.length_a")) for line in file):
            raise UserError(
                f"{model.name} has no unit cell, so it has no Patterson map: open a file that "
                "states one, or give the file to 'patterson-gui predict' with --box."
            )
    return path


def _follow(session, running, name):
    """Runs in a thread of its own: report the time, then open the result in ChimeraX's thread."""
    began, last = time.monotonic(), 0
    while not running.ended():
        time.sleep(POLL_SECONDS)
        seconds = int(time.monotonic() - began)
        if seconds >= last + STATUS_SECONDS:
            last = seconds
            words = f"Predicting from {name} ... {seconds} s"
            session.ui.thread_safe(session.logger.status, words)
    session.ui.thread_safe(_ended, session, running)


def _ended(session, running):
    from chimerax.core.errors import UserError

    _running.pop(session, None)
    running.quitting.remove()
    try:
        path = running.result()
        for line in running.output():
            session.logger.info(line)
        patterson_open(session, path)
        session.logger.info(f"Until you quit ChimeraX the file is {path}: copy it to keep it.")
    except (BundleError, UserError) as error:
        shutil.rmtree(os.path.dirname(running.bundle), ignore_errors=True)
        if running.cancelled:
            session.logger.status(str(error), log=True)
            return
        session.logger.status(str(error), color="red")
        session.logger.error(str(error))


def register(name, logger):
    """Register one of the commands by its name."""
    from chimerax.atomic import AtomicStructuresArg
    from chimerax.core.commands import (
        CmdDesc,
        EnumOf,
        FloatArg,
        OpenFileNameArg,
        Or,
    )
    from chimerax.core.commands import register as register_command

    if name == "patterson open":
        description = CmdDesc(
            required=[("file", OpenFileNameArg)], synopsis="Open a prediction of patterson_gui"
        )
        function = patterson_open
    elif name == "patterson predict":
        description = CmdDesc(
            required=[("source", Or(AtomicStructuresArg, OpenFileNameArg))],
            keyword=[("method", EnumOf(METHODS)), ("d_min", FloatArg),
                     ("program", OpenFileNameArg)],
            synopsis="Predict the density of a model from its amplitudes",
        )  # fmt: skip
        function = patterson_predict
    elif name == "patterson cancel":
        description = CmdDesc(synopsis="Stop the running prediction")
        function = patterson_cancel
    else:
        description = CmdDesc(synopsis="List the maps of predictions with their levels")
        function = patterson_list
    register_command(name, description, function, logger=logger)
