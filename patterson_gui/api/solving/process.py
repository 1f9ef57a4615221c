"""Solve one data set in a process of its own, which cannot outlive its caller.

`python -m patterson_gui.api.solving.process` reads one line of JSON from standard input (path,
folder, options), writes all files into the folder and prints the row of the table as JSON. It ends
when its standard input closes. Needs only the standard library until it solves.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_POLL = 0.1  # s between two looks at the process
_SHOWN = 300  # characters of an error that are kept


def solve_in_process(
    path: Path,
    folder: Path,
    options: Mapping[str, Any],
    limit: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Solve the set at `path`, with all files in `folder`, in a new process.

    Parameters
    ----------
    options : arguments of `patterson_gui.solve`.
    limit : seconds after which the process is ended.

    Returns
    -------
    Row of the table; `error` has a sentence where it failed, and is "" otherwise. `disk_full` is
    true where a full disk is the reason.

    Raises
    ------
    KeyboardInterrupt : `cancelled()` became true; the process is ended.
    """
    request = {"path": str(path), "folder": str(folder), "options": dict(options)}
    # -P: modules in the current folder do not replace libraries of the same name.
    command = [sys.executable, "-P", "-m", "patterson_gui.api.solving.process"]
    # The same program as this one, wherever it is; one thread, because crystals are many.
    places = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, places)),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=err, env=environment,
            start_new_session=True,  # Ctrl-C reaches the caller alone
        )  # fmt: skip
        try:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
            while process.poll() is None:
                if cancelled():
                    raise KeyboardInterrupt
                if time.monotonic() - begun > limit:
                    return {"error": f"It was stopped after {limit:.0f} s."}
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL)  # `cancelled` can only be asked
        finally:
            process.kill()
            process.wait()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()  # type: ignore[union-attr]
        out.seek(0)
        err.seek(0)
        return answer_of(process.returncode, out.read(), err.read())


def answer_of(code: int, out: bytes, err: bytes) -> dict[str, Any]:
    """The row that a process has printed on its last line, or why there is none."""
    lines = out.decode("utf-8", "replace").splitlines()
    if code == 0 and lines:
        with contextlib.suppress(ValueError):
            return dict(json.loads(lines[-1]))
    if code < 0:
        what = "probably because memory ran out" if code == -9 else "which is a fault of a library"
        return {"error": f"Its process was ended by signal {-code}, {what}."}
    said = err.decode("utf-8", "replace").strip().splitlines()
    last = said[-1][:_SHOWN] if said else f"exit code {code}"
    return {"error": f"An error of the program: {last}"}


def main() -> int:
    """Read the request, solve, print the row."""
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_caller, daemon=True).start()
    from patterson_gui.errors import UserError
    from patterson_gui.io.machine_faults import is_full_disk, machine_faults_as_sentences

    try:
        with machine_faults_as_sentences():
            answer = solve_set(Path(request["path"]), Path(request["folder"]), request["options"])
    except UserError as error:
        answer = {"error": str(error), "disk_full": is_full_disk(error)}
    print(json.dumps(answer, allow_nan=False), flush=True)
    return 0


def _end_with_caller() -> None:
    sys.stdin.read()
    os._exit(1)


def solve_set(path: Path, folder: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Solve, write all files and a small picture, and return the row of the table.

    Raises
    ------
    UserError : as `patterson_gui.solve` does.
    """
    from patterson_gui.api.solving.solve import solve
    from patterson_gui.io.files import replace_file
    from patterson_gui.io.screening.table import THUMBNAIL, row_of_figures
    from patterson_gui.io.solution.report.molecule_picture import molecule_svg
    from patterson_gui.io.solution.write import Presented, write_solution

    solved = solve(path, progress=False, **options)
    figures = write_solution(folder, solved.solution, solved.name)
    shown = Presented.of(solved.solution)
    if shown.structure is not None and shown.bonds is not None:
        model, cell = shown.structure.model, shown.structure.merged.cell
        picture = molecule_svg(model, cell, shown.bonds, width=220, labels=False)
        with replace_file(folder / THUMBNAIL) as temporary:
            temporary.write_text(picture, encoding="utf-8", newline="\n")
    return row_of_figures(figures) | {"error": ""}


if __name__ == "__main__":
    sys.exit(main())
