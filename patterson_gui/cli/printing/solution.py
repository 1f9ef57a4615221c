"""A solution on the terminal: its progress in lines, its figures as tables."""

from collections.abc import Iterator, Sequence
from typing import Any

from patterson_gui.crystal.solution import SolveProgress, Start
from patterson_gui.io.solution.report.words import Table, group_table, key_facts, number

_MOST_GROUPS = 6
_MOST_STARTS = 20


def print_solution(figures: dict[str, Any]) -> None:
    """Verdict, key figures, the best space groups and notes."""
    print(f"{figures['name']}: {figures['verdict']}. {figures['reason']}")
    if figures["advice"]:
        print(f"Next: {figures['advice']}")
    for label, value in key_facts(figures):
        print(f"{label:16} {value}")
    seconds = number(figures["seconds"], 1), number(figures["seconds_phases"], 1)
    starts = figures["starts"]
    print(
        f"{starts} tr{'y' if starts == 1 else 'ies'}; CPU time {seconds[0]} s, {seconds[1]} s to "
        "phases and space group"
    )
    _print_groups(group_table(figures))
    for note in figures["notes"]:
        print(f"Note: {note}")


def _print_groups(table: Table) -> None:
    rows = [table.head, *table.rows[:_MOST_GROUPS]]
    if len(rows) < 2:
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.head))]
    for k, row in enumerate(rows):
        words = [f"{word:<{width}}" for word, width in zip(row, widths, strict=True)]
        print(f"{'*' if k - 1 in table.marked else ' '} {'  '.join(words)}".rstrip())


def progress_lines(last: SolveProgress | None, now: SolveProgress) -> Iterator[str]:
    """Lines that tell what is new since the last report."""
    new_step = last is None or now.step != last.step
    if last is not None and last.starts and new_step:
        yield from _start_lines(last.starts)
    if new_step or (now.text and last is not None and now.text != last.text):
        yield f"{now.step}: {now.text}" if now.text else now.step
    chosen = [row for row in now.candidates or () if row.chosen]
    if chosen and (last is None or now.candidates != last.candidates):
        yield f"  space group {chosen[0].name}, agreement {number(chosen[0].agreement, 3)}"
    if now.structure is not None and (last is None or now.structure is not last.structure):
        r1, n = number(now.structure.figures.r1, 4), len(now.structure.model)
        yield f"  R1 {r1}, {n} atoms"


def _start_lines(starts: Sequence[Start]) -> Iterator[str]:
    """The last starts, and which of them have found the structure."""
    for start in starts[-_MOST_STARTS:]:
        begun = " ".join(f"{x:.3f}" for vector in start.vectors[:1] for x in vector)
        peaks = f" from the Patterson peak {begun}" if len(start.vectors) == 1 else ""
        if len(start.vectors) > 1:
            peaks = f" from {len(start.vectors)} Patterson peaks"
        yield (
            f"  try {start.number}, {start.method}{peaks}: R {number(start.r, 3)}, agreement "
            f"{number(start.agreement, 3)}{', low R' if start.solved else ''}"
        )
