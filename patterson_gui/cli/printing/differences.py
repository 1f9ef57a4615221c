"""What is printed of the differences of amplitudes."""

import math

from patterson_gui.crystal.differences.statistics import DifferenceStatistics


def difference_lines(statistics: DifferenceStatistics) -> list[str]:
    """Sentences on all differences, then a heading and a line for each shell of resolution."""
    anomalous = statistics.kind == "anomalous"
    head = ["d, Å", "number", "⟨|ΔF|⟩/⟨F⟩" if anomalous else "R_iso", "⟨|ΔF|/σ⟩"]
    with_halves = any(math.isfinite(shell.correlation) for shell in statistics.shells)
    rows = [[*head, "correlation of halves"] if with_halves else head]
    for shell in statistics.shells:
        row = [
            f"{shell.d_max:.2f}–{shell.d_min:.2f}",
            f"{shell.n:,}",
            f"{shell.ratio:.3f}",
            f"{shell.over_sigma:.2f}",
        ]
        rows.append([*row, f"{shell.correlation:.2f}"] if with_halves else row)
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return [*statistics.sentences(), *lines]
