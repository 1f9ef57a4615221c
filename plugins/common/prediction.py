"""Run `patterson-gui predict` as a process of its own."""

import atexit
import io
import os
import subprocess

from .text import BundleError, one_line, reason

NOT_FOUND = (
    "patterson-gui was not found: install it, or set the environment variable PATTERSON_GUI to "
    "its path."
)
_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW: without it Windows opens a console


def find_patterson_gui(configured=""):
    """The command that starts patterson_gui, as a list, or None.

    `configured` comes first, then the environment variable PATTERSON_GUI, then the search path.
    """
    names = ["patterson-gui.exe", "patterson-gui"] if os.name == "nt" else ["patterson-gui"]
    places = [configured, os.environ.get("PATTERSON_GUI", "")]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        places += [os.path.join(folder, name) for name in names if folder]
    for place in places:
        if place and os.path.isfile(place) and os.access(place, os.X_OK):
            return [place]
    return None


def predict_command(command, source, folder, extra=()):
    """The command that predicts from a file and writes prediction.pgz into a folder."""
    return list(command) + ["predict", source, "-o", folder] + list(extra)


class Prediction(object):
    """A running `patterson-gui predict`. The caller asks now and then whether it has `ended`.

    Its output goes to a file, because a pipe that nobody reads would block it. It is stopped when
    the program that started it ends.
    """

    def __init__(self, command, source, folder, extra=()):
        self.bundle = os.path.join(folder, "prediction.pgz")
        self._log = os.path.join(folder, "patterson-gui.log")
        environment = dict(os.environ)
        for name in ("PYTHONHOME", "PYTHONPATH", "LD_PRELOAD"):
            environment.pop(name, None)  # this program's values lead it to the wrong libraries
        environment["PYTHONIOENCODING"] = "utf-8"  # on Windows files have another encoding
        arguments = predict_command(command, source, folder, extra)
        self.cancelled = False
        self._log_file = io.open(self._log, "wb")
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=self._log_file,
                stderr=subprocess.STDOUT,
                env=environment,
                creationflags=_NO_WINDOW if os.name == "nt" else 0,
            )
        except (OSError, ValueError) as error:
            self._log_file.close()
            raise BundleError(
                "%s could not be started (%s): set PATTERSON_GUI to the path of patterson-gui."
                % (one_line(arguments[0]), reason(error))
            )
        self._process.stdin.close()
        atexit.register(self.cancel)

    def ended(self):
        """Whether the process has ended."""
        return self._process.poll() is not None

    def cancel(self):
        """Stop the process, if it still runs."""
        if not self.ended():
            self.cancelled = True
            self._process.terminate()

    def output(self):
        """The lines it has printed so far."""
        with io.open(self._log, "r", encoding="utf-8", errors="replace") as file:
            return [line for line in [one_line(line) for line in file] if line]

    def result(self):
        """The path of the bundle. Waits until the process ends; raises BundleError if it failed."""
        code = self._process.wait()
        self._log_file.close()
        if code == 0 and os.path.isfile(self.bundle):
            return self.bundle
        lines = self.output()
        last = [line for line in lines if line.startswith("patterson-gui:")] or lines[-1:]
        why = last[-1].replace("patterson-gui: ", "", 1) if last else "it gave no reason"
        if self.cancelled or (code < 0 and not lines):
            why = "it was stopped."
        raise BundleError("Nothing was predicted: %s" % why)
