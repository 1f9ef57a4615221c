"""Write differences of amplitudes as CSV."""

from pathlib import Path

from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.io.files import replace_file
from patterson_gui.io.text.csv_text import csv_text


def write_differences(path: Path, differences: Differences) -> None:
    """Write CSV with a header: indices, difference and σ on the scale of the data, d in Å."""
    rows: list[list[object]] = [["h", "k", "l", "difference", "sigma", "d_A"]]
    columns = (differences.hkl, differences.value, differences.sigma, differences.d)
    for hkl, value, sigma, d in zip(*columns, strict=True):
        rows.append([*hkl.tolist(), f"{value:.6g}", f"{sigma:.6g}", f"{d:.4f}"])
    with replace_file(path) as temporary:
        temporary.write_text(csv_text(rows), encoding="utf-8", newline="\n")
