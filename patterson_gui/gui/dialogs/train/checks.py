"""Checks the values of the train dialog and says what is wrong with each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patterson_gui.io.training.form import problems
from patterson_gui.io.training.run_folder import RunFolder

NO_DATA = "Choose a data set; 'patterson-gui dataset build' makes one."
NOT_DATA = "This is not a data set: choose an .h5 file from 'patterson-gui dataset build'."
NO_FOLDER = "Choose a folder for curves, checkpoints and the network."
NOT_FOLDER = "This is a file: choose a folder."
TAKEN = "This folder holds a training: choose another one, or use Train ▸ Resume a run…"
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def find_problems(values: Mapping[str, Any], resume: bool) -> dict[str, str]:
    """One sentence for each field with an error, by key; "" for several fields together.

    Parameters
    ----------
    values : of all fields, by key.
    resume : whether a run is resumed, so that its folder may hold one.
    """
    found = {}
    data, output, start = values["data"], values["output"], values["initial_weights"]
    if data is None:
        found["data"] = NO_DATA
    elif not data.is_file():
        found["data"] = _no_file(data)
    elif not _is_hdf5(data):
        found["data"] = NOT_DATA
    if output is None:
        found["output"] = NO_FOLDER
    elif output.is_file():
        found["output"] = NOT_FOLDER
    elif not resume and RunFolder(output).holds_a_run():
        found["output"] = TAKEN
    if start is not None and not start.is_file():
        found["initial_weights"] = _no_file(start)
    for key, value in values.items():
        if isinstance(value, tuple) and value[1] < value[0]:
            found[key] = "The second number must not be below the first."
    for key, sentence in problems(values).items():
        if key or not found:
            found.setdefault(key, sentence)
    return found


def _no_file(path: Path) -> str:
    return f"There is no file {path}."


def _is_hdf5(path: Path) -> bool:
    """Look at the first bytes only: to read more is slow and belongs in a job."""
    try:
        with path.open("rb") as file:
            return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
    except OSError:
        return False
