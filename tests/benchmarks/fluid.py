"""How fluid three views of a protein are: pictures a second while turning, and the time from a
step of the wheel to the first contour and to the full one."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from table import Row

_CHILD = Path(__file__).parent / "fluid_child.py"
_XRAY = Path(__file__).resolve().parents[3] / "shared" / "data" / "xray"
_MODEL, _DATA = _XRAY / "1aba.pdb", _XRAY / "1aba-sf.mtz"


def measure_fluid() -> list[Row]:
    """1aba with its measured data in the real window, drawn by software."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        return [Row("fluid views: there is no display to measure on", None)]
    if not _MODEL.is_file() or not _DATA.is_file():
        return [Row("fluid views: the protein (../shared/data) is not here", None)]
    print("turning a protein …", flush=True)
    found = _child()
    rows = [Row("1aba to 1.45 Å in three views, software rendering:", None)]
    for style in ("wire", "surface"):
        of = found[style]
        rows += [
            Row(f"pictures of each view while turning, {style}", of["frames"], "/s",
                at_least=15, digits=1, note=f"({of['frame_cpu_ms']:.0f} ms of CPU for all three)"),
            Row(f"step of the wheel at 2.5 rmsd to a first contour, {style}", of["first_ms"], "ms",
                at_most=100, digits=0, note=f"({of['first_cpu_ms']:.0f} ms of CPU)"),
            Row(f"… to the full contour, {style}", of["full_ms"], "ms",
                at_most=500, digits=0, note=f"({of['full_cpu_ms']:.0f} ms of CPU)"),
            Row(f"step of the wheel at 1.5 rmsd to a first contour, {style}", of["low_first_ms"],
                "ms", at_most=100, digits=0, note=f"({of['low_first_cpu_ms']:.0f} ms of CPU)"),
            Row(f"… to the full contour, {style}", of["low_full_ms"], "ms",
                at_most=500, digits=0, note=f"({of['low_full_cpu_ms']:.0f} ms of CPU)"),
            Row(f"first contour over full one, 1.5 rmsd, {style}",
                of["low_first_ms"] / of["low_full_ms"], "×", digits=2),
        ]  # fmt: skip
    rows.append(
        Row("longest stall of the window meanwhile", found["gap_ms"], "ms", at_most=50, digits=0)
    )
    return rows


def _child() -> dict[str, Any]:
    """Run the window in a process of its own, with settings of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PATTERSON_GUI_CONFIG": folder,
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        answer = subprocess.run(
            [sys.executable, str(_CHILD), str(_DATA), str(_MODEL)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=600,
        )
    values: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return values
