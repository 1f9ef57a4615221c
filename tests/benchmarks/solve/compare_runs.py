"""What changed between two runs of the benchmark of solving."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_R1_STEP = 0.005  # smaller changes of R1 are not told

Run = Sequence[Mapping[str, Any]]  # rows as `Line.as_json` writes them


def changes(before: Run, now: Run) -> list[str]:
    """A line for each crystal whose outcome changed, worse ones first.

    Only crystals of both runs are compared. Times are summed up in the last line.
    """
    old = {_key(row): row for row in before}
    pairs = [(old[_key(row)], row) for row in now if _key(row) in old]
    worse, better = [], []
    for was, is_now in pairs:
        told = _differences(was, is_now)
        if told:
            line = f"{is_now['name']:16} {is_now['contents']:8} {', '.join(told)}"
            (worse if _rank(is_now) < _rank(was) else better).append(line)
    lines = [f"worse:  {line}" for line in worse] + [f"        {line}" for line in better]
    times = [
        f"{name} {_sum(was[name] for was, _ in both):.1f} → {_sum(b[name] for _, b in both):.1f} s"
        for name in ("seconds_phases", "seconds")
        if (both := [p for p in pairs if _known(p[0].get(name)) and _known(p[1].get(name))])
    ]
    return [*lines, f"{len(pairs)} solutions compared; CPU: {', '.join(times) or 'unknown'}"]


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row["name"]), str(row["who"]), str(row["contents"])


def _rank(row: Mapping[str, Any]) -> tuple[bool, bool, float]:
    found = row["found"]
    return bool(row["right"]), bool(row["solved"]), 0.0 if not _known(found) else float(found)


def _differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    told = []
    for name, what in (("verdict", "verdict"), ("failure", "failure"), ("space_group", "group")):
        if (was.get(name) or "–") != (now.get(name) or "–"):
            told.append(f"{what} {was.get(name) or '–'} → {now.get(name) or '–'}")
    for name, what in (("found", "atoms"), ("elements", "elements"), ("spurious", "spurious")):
        a, b = was.get(name), now.get(name)
        if _known(a) and _known(b) and round(100 * a) != round(100 * b):
            told.append(f"{what} {100 * a:.0f} → {100 * b:.0f} %")
    a, b = was.get("r1"), now.get("r1")
    if _known(a) and _known(b) and abs(a - b) > _R1_STEP:
        told.append(f"R1 {a:.3f} → {b:.3f}")
    return told


def _known(value: Any) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def _sum(values: Iterable[float]) -> float:
    return float(sum(values))
