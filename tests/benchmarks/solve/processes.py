"""Run one solver on one problem in a process of its own, with a time limit."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
RIVAL_PYTHON = ROOT / ".rivals" / "cctbx" / "bin" / "python"
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Outcome:
    """What a process left.

    Attributes
    ----------
    result : what it wrote; empty where it did not finish.
    failure : why it did not finish, in a few words; "" where it did.
    wall : seconds from its start to its end.
    """

    result: dict[str, Any] = field(default_factory=dict)
    failure: str = ""
    wall: float = 0.0


def run_solver(problem: Path, seed: int, limit: float) -> Outcome:
    """The program's own solver."""
    module = "tests.benchmarks.solve.solver_child"
    return _run([sys.executable, "-m", module], problem, "ours", seed, limit)


def run_rival(problem: Path, seed: int, limit: float) -> Outcome:
    """Charge flipping of smtbx, in the environment that `make rivals` sets up."""
    script = Path(__file__).with_name("rival_child.py")
    return _run([str(RIVAL_PYTHON), str(script)], problem, "rival", seed, limit)


def _run(command: Sequence[str], problem: Path, who: str, seed: int, limit: float) -> Outcome:
    result = problem.with_name(f"{problem.stem}-{who}.json")
    environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
    begin = time.monotonic()
    try:
        done = subprocess.run(
            [*command, str(problem), str(result), str(seed)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(failure=f"stopped after {limit:.0f} s", wall=time.monotonic() - begin)
    wall = time.monotonic() - begin
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1][:120] if lines else f"exit {done.returncode}"
        return Outcome(failure=why, wall=wall)
    with contextlib.suppress(OSError, ValueError):
        return Outcome(json.loads(result.read_text(encoding="utf-8")), wall=wall)
    return Outcome(failure="wrote no result", wall=wall)
