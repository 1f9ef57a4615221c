"""Time to the first picture, and the longest stall of the window during a prediction."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import Row

_CHILD = Path(__file__).parent / "window_child.py"
_WARM_STARTS = 3


def measure_window() -> list[Row]:
    """The time to the first picture (median of warm starts), and the longest stall."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        return [Row("window: there is no display to measure on", None)]
    print("the window …", flush=True)
    _child("start")  # warms the disk
    starts = sorted(_child("start")["first_picture_s"] for _ in range(_WARM_STARTS))
    stall = _child("predict")
    return [
        Row("the window, software rendering:", None),
        Row("start to first picture, warm", starts[len(starts) // 2], "s", at_most=3.0, digits=2),
        Row(
            "longest stall while a prediction runs",
            stall["longest_gap_ms"],
            "ms",
            at_most=50,
            digits=0,
            note=f"({stall['ticks']} ticks in {stall['seconds']:.1f} s)",
        ),
    ]


def _child(mode: str) -> dict[str, float]:
    """Run the window in a process of its own, with settings of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PATTERSON_GUI_CONFIG": folder,
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        answer = subprocess.run(
            [sys.executable, str(_CHILD), mode, repr(time.time())],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    values: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return values
