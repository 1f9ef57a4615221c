"""patterson_gui in PyMOL (2.3 or later): open predictions, and predict from what is open.

Plugin > Patterson, and on the command line of PyMOL

    patterson_open FILE.pgz
    patterson_predict OBJECT | FILE
    patterson_cancel
    patterson_list

Install it with `patterson-gui plugins install pymol`. Part of patterson_gui; licence
GPL-3.0-or-later. Only the dialogs import Qt.
"""

import os
import shlex
import shutil
import tempfile
import threading

from . import scene
from .covering import CELL, box_of, cover
from .pgz import unpack
from .prediction import NOT_FOUND, Prediction, find_patterson_gui
from .text import BundleError, stem_of

# Filled in by the installer: the path of patterson-gui.
PROGRAM = ""
POLL_SECONDS = 0.3
THREAD = "patterson_gui prediction"  # the name of the thread that waits for a prediction


class Session:
    """The prediction that this PyMOL shows, and the one that runs."""

    def __init__(self, cmd):
        self.cmd = cmd
        self.objects = {}  # names by key
        self.items = {}  # as they were sent, by key
        self.prediction = None

    def open(self, path):
        """Show a bundle. Raises `BundleError`."""
        earlier = [name for names in self.objects.values() for name in names]
        folder = _new_folder()
        try:
            shown = unpack(_path(path), folder)
            _cover_models(shown)
            answer = scene.show_scene(self.cmd, shown, earlier)
        except BundleError:
            raise
        except OSError as error:
            raise BundleError(
                f"{_path(path)} could not be unpacked into {folder} ({error.strerror or error}): "
                "make room there."
            ) from error
        except Exception as error:  # PyMOL has several exception classes
            raise BundleError(
                f"PyMOL could not show {_path(path)} ({scene.one_line(error)}): try again."
            ) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # PyMOL has read all files
        if not answer["shown"]:
            raise BundleError(f"PyMOL {answer['refused'][0]}.")
        self.objects = answer["objects"]
        self.items = {item["key"]: item for item in shown["items"]}
        for line in (shown["provenance"], shown["verdict"], *shown["notes"], *answer["refused"]):
            if line:
                print(f" patterson_gui: {line}")
        return answer["shown"]

    def as_sent(self):
        """Set levels, colours and styles back to those of the bundle."""
        if not self.items:
            raise BundleError("No prediction is shown: open one first.")
        there = set(self.cmd.get_names("objects"))
        for key, item in self.items.items():
            names = self.objects.get(key)
            if names and names[0] in there:
                scene.style(self.cmd, item, names)
                scene.gather(self.cmd, names, anew=False)

    def listing(self):
        """(object, level) of each map that is shown."""
        return [
            (self.objects[key][1], item["level"])
            for key, item in self.items.items()
            if item["kind"] == "map" and key in self.objects
        ]

    def predict(self, what, extra=()):
        """Start a prediction from an object or a file; the result is shown when it ends."""
        if self.prediction is not None:
            raise BundleError("A prediction is running: wait for it, or type patterson_cancel.")
        command = find_patterson_gui(PROGRAM)
        if command is None:
            raise BundleError(NOT_FOUND)
        folder = _new_folder()
        try:
            source = _path(what)
            if not os.path.isfile(source):
                source = self._written(what, folder)
            self.prediction = Prediction(command, source, folder, extra)
        except BundleError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        print(f" patterson_gui: predicting from {what} ...")
        running = (self.prediction, folder)
        threading.Thread(target=self._follow, args=running, name=THREAD, daemon=True).start()

    def cancel(self):
        if self.prediction is None:
            raise BundleError("No prediction is running.")
        self.prediction.cancel()

    def _written(self, what, folder):
        """Write an object with its unit cell."""
        try:
            atoms = self.cmd.count_atoms(what)
        except Exception:  # PyMOL raises one for an unknown name
            atoms = 0
        if atoms == 0:
            raise BundleError(
                f"'{what}' is neither a file nor an open object with atoms: name another."
            )
        path = os.path.join(folder, stem_of(what.replace(scene.PREFIX, ""), "object") + ".pdb")
        try:
            self.cmd.save(path, what)
        except Exception as error:
            raise BundleError(
                f"'{what}' could not be written to {path} ({scene.one_line(error)}): make room "
                "there."
            ) from error
        return path

    def _follow(self, running, folder):
        """Runs in a thread of its own, from which PyMOL's API may be called."""
        import time

        while not running.ended():
            time.sleep(POLL_SECONDS)
        self.prediction = None
        try:
            bundle = running.result()
        except BundleError as error:
            print(f" patterson_gui: {error}")
            shutil.rmtree(folder, ignore_errors=True)
            return
        print(f" patterson_gui: the prediction is {bundle}; save a copy to keep it")
        _call(self.open, bundle)


def _cover_models(shown):
    """Extend the maps of a scene over the cell's faces and the models; a Patterson map, which is in
    vector space, over the faces alone."""
    models = [item["path"] for item in shown["items"] if item["kind"] == "model"]
    box = box_of(shown["cell"], models)
    for item in shown["items"]:
        if item["kind"] == "map":
            cover(item["path"], CELL if item["key"] == "patterson" else box)


def _new_folder():
    try:
        return tempfile.mkdtemp(prefix="patterson_gui-")
    except OSError as error:
        raise BundleError(
            f"No folder for files could be made ({error.strerror or error}): set TMPDIR to a "
            "folder with free space."
        ) from error


def _path(text):
    """A path from PyMOL's command line, which keeps the quotes."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return os.path.expanduser(text)


_session = None


def session(cmd=None):
    """The one session of this PyMOL."""
    global _session  # noqa: PLW0603  PyMOL calls plain functions
    if _session is None:
        if cmd is None:
            from pymol import cmd
        _session = Session(cmd)
    return _session


def _call(function, *arguments):
    """Call a function; print its error as one line in PyMOL's console."""
    try:
        return function(*arguments)
    except BundleError as error:
        print(f" patterson_gui: {error}")
        return None


def patterson_open(path, _self=None):
    """
    DESCRIPTION

        "patterson_open" shows a prediction of patterson_gui: maps at their
        levels, the model, and the atoms that were built.

    USAGE

        patterson_open FILE.pgz
    """
    return _call(session(_self).open, path)


def patterson_predict(what, options="", _self=None):
    """
    DESCRIPTION

        "patterson_predict" predicts the density of an object, or of a file, from
        its amplitudes alone with the program patterson-gui, and shows it.

    USAGE

        patterson_predict OBJECT|FILE [, OPTIONS]
    """
    return _call(session(_self).predict, what, shlex.split(options))


def patterson_cancel(_self=None):
    """
    DESCRIPTION

        "patterson_cancel" stops the running prediction.
    """
    return _call(session(_self).cancel)


def patterson_list(_self=None):
    """
    DESCRIPTION

        "patterson_list" lists the maps that patterson_open shows, with the
        levels that the bundle gives, in the maps' own units.
    """
    rows = session(_self).listing()
    for name, level in rows:
        print(f" {name}: {level:.4g}")
    return rows


def add_commands(cmd):
    """The commands, without the menu."""
    session(cmd)
    for function in (patterson_open, patterson_predict, patterson_cancel, patterson_list):
        cmd.extend(function.__name__, function)


def __init_plugin__(app=None):  # noqa: N807  PyMOL's name for it
    """Called by PyMOL when it loads the plugin."""
    from pymol import cmd
    from pymol.plugins import addmenuitemqt

    add_commands(cmd)
    for words, function in (
        ("Open prediction...", _choose),
        ("Predict from this object...", _predict_shown),
        ("Stop the prediction", session().cancel),
        ("Reset levels", session().as_sent),
    ):
        addmenuitemqt(f"Patterson|{words}", lambda function=function: _with_dialog(function))


def _with_dialog(function):
    """Call a function; show its error in a dialog."""
    try:
        function()
    except BundleError as error:
        from pymol.Qt import QtWidgets

        QtWidgets.QMessageBox.warning(None, "Patterson", str(error))


def _choose():
    from pymol.Qt import QtWidgets

    path, _ = QtWidgets.QFileDialog.getOpenFileName(
        None, "Open a prediction", "", "Predictions (*.pgz)"
    )
    if path:
        session().open(path)


def _predict_shown():
    names = [
        name
        for name in session().cmd.get_names("objects", 1)
        if session().cmd.get_type(name) == "object:molecule"
    ]
    if not names:
        raise BundleError("There is no model to predict from: open one first.")
    opened = [name for name in names if not name.startswith(scene.PREFIX)]
    session().predict((opened or names)[-1])
