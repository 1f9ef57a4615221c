"""Tables of the benchmark of solving: one line a crystal, and totals against their targets."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.benchmarks.solve.cases import RESOLUTIONS, Case
from tests.benchmarks.solve.judge import Judgement
from tests.benchmarks.solve.processes import Outcome
from tests.benchmarks.solve.split import half_of
from tests.benchmarks.table import Row

NAN = float("nan")


@dataclass(frozen=True)
class Line:
    """One solver on one crystal with one kind of contents.

    Attributes
    ----------
    who : "ours" or "rival".
    contents : "formula" or "elements".
    """

    case: Case
    who: str
    contents: str
    outcome: Outcome
    judgement: Judgement

    @property
    def has_answer(self) -> bool:
        return self.case.truth is not None

    @property
    def verdict(self) -> str:
        return str(self.outcome.result.get("verdict", "")) or self.outcome.failure or "–"

    @property
    def claims(self) -> bool:
        """Whether the solver says that it has solved the crystal."""
        return self.outcome.result.get("verdict") == "solved"

    def number(self, name: str) -> float:
        """A figure of the result, NaN where it is missing."""
        value = self.outcome.result.get(name)
        return float(value) if value is not None else NAN

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.case.name,
            "kind": self.case.kind,
            "half": half_of(self.case.name),
            "who": self.who,
            "contents": self.contents,
            "r1_truth": self.case.r1_truth,
            "wall": self.outcome.wall,
            "failure": self.outcome.failure,
            **asdict(self.judgement),
            **{key: value for key, value in self.outcome.result.items() if key != "atoms"},
        }


HEADING = (
    f"{'crystal':15} {'half':7} {'contents':8} {'verdict':12} {'atoms':>6} {'elem.':>6} "
    f"{'spur.':>6} {'group':14} {'rank':>4} {'R1':>6} {'known':>6} {'phases':>7} {'all':>6}"
)


def line_text(line: Line) -> str:
    """One line of the first table. A mark tells false claims and withheld ones."""
    judged, result = line.judgement, line.outcome.result
    mark = ""
    if line.who == "ours":
        if line.claims and not judged.right:
            mark = "  FALSE"
        elif judged.right and not line.claims:
            mark = "  withheld"
    who = line.contents if line.who == "ours" else "(smtbx)"
    return (
        f"{line.case.name:15} {half_of(line.case.name):7} {who:8} {line.verdict[:12]:12} "
        f"{_share(judged.found)} {_share(judged.elements)} {_share(judged.spurious)} "
        f"{result.get('space_group', '')!s:14.14} {judged.group_rank or '–':>4} "
        f"{_number(line.number('r1'), 3)} {_number(line.case.r1_truth, 3)} "
        f"{_number(line.number('seconds_phases'), 1):>7} {_number(line.number('seconds'), 1)}{mark}"
    )


def _share(value: float) -> str:
    return f"{'–':>6}" if math.isnan(value) else f"{100 * value:5.0f}%"


def _number(value: float, digits: int) -> str:
    return f"{'–':>6}" if math.isnan(value) else f"{value:6.{digits}f}"


def totals(lines: Sequence[Line]) -> list[Row]:
    """Medians and shares against the targets."""
    rows: list[Row] = []
    ours = [line for line in lines if line.who == "ours"]
    rival = [line for line in lines if line.who == "rival"]
    for half in ("fitted", "checked", ""):
        for contents, least in (("formula", 0.95), ("elements", 0.90)):
            chosen = [
                line
                for line in ours
                if line.case.kind == "measured"
                and line.contents == contents
                and half in ("", half_of(line.case.name))
            ]
            if chosen:
                where = f"half “{half}”" if half else "all sets"
                rows.append(Row(f"measured, {contents}, {where}:", None))
                rows += _measured_rows(chosen, least)
    rows += _beside_the_rival(ours, rival)
    rows += _peptide_rows(ours)
    rows += _simulated_rows(ours, rival)
    return rows


def _measured_rows(lines: Sequence[Line], least_elements: float) -> list[Row]:
    answered = [line for line in lines if line.has_answer]
    without = [line for line in lines if not line.has_answer]
    right = [line for line in lines if line.judgement.right]
    found = [line for line in answered if line.judgement.solved]
    near = [
        line.number("r1") - line.case.r1_truth <= 0.01
        for line in found
        if line.case.radiation == "xray" and not line.case.twin and line.case.r1_truth < 0.1
    ]
    rows = [
        _share_row("  solved, of those with an answer", [x.judgement.solved for x in answered], 95),
        _share_row("  right group ranked first", [x.judgement.group_rank == 1 for x in lines], 95),
        Row(
            "  right elements, mean of the solved",
            _mean([100 * x.judgement.elements for x in found]),
            "%",
            at_least=100 * least_elements,
            digits=1,
        ),
        _share_row("  R1 within 0.01 of the deposited model's", near, None),
        _share_row("  solved, of those without an answer", [x.judgement.solved for x in without]),
        Row(
            "  false “solved”",
            float(sum(x.claims and not x.judgement.right for x in lines)),
            at_most=0,
            digits=0,
        ),
        Row(
            "  “solved” withheld from right ones",
            _mean([100.0 * (not x.claims) for x in right]),
            "%",
            at_most=5,
            digits=1,
        ),
        _median_row("  median to phases and group", lines, "seconds_phases", 2),
        _median_row("  median in all", lines, "seconds", 10),
    ]
    return [row for row in rows if row.value is not None]


def _beside_the_rival(ours: Sequence[Line], rival: Sequence[Line]) -> list[Row]:
    """Both on the same sets, measured and with an answer; ours with formula."""

    def usable(lines: Iterable[Line]) -> dict[str, Line]:
        return {
            line.case.name: line
            for line in lines
            if line.case.kind == "measured" and line.has_answer and line.contents == "formula"
        }

    own, other = usable(ours), usable(rival)
    if not other:
        return []
    rows = [Row("beside smtbx, measured sets with an answer:", None)]
    theirs = sum(line.judgement.solved for line in other.values())
    rows.append(Row("  sets, smtbx", float(len(other)), digits=0))
    rows.append(Row("  solved by smtbx (group given)", float(theirs), digits=0))
    their_time = _median([line.number("seconds_phases") for line in other.values()])
    rows.append(Row("  median to phases, smtbx", their_time, "s", digits=2))
    both = own.keys() & other.keys()
    if not both:
        return rows
    solved = sum(own[name].judgement.solved for name in both)
    rows.append(Row("  solved here", float(solved), at_least=theirs + 1, digits=0))
    rows.append(
        Row(
            "  median to phases and group, here",
            _median([own[name].number("seconds_phases") for name in both]),
            "s",
            at_most=their_time,
            digits=2,
        )
    )
    failed = [name for name in both if not other[name].judgement.solved or own[name].case.hard]
    share = [own[name].judgement.solved for name in failed]
    rows.append(_share_row("  solved of its failures and hard sets", share, 50))
    return rows


def _peptide_rows(ours: Sequence[Line]) -> list[Row]:
    chosen = [line for line in ours if line.case.kind == "peptide"]
    if not chosen:
        return []
    return [
        Row("6mw0, every seed:", None),
        _share_row("  ≥ 90 % of the atoms", [x.judgement.found >= 0.9 for x in chosen], 100),
        Row("  longest", max(x.number("seconds") for x in chosen), "s", at_most=60, digits=1),
    ]


def _simulated_rows(ours: Sequence[Line], rival: Sequence[Line]) -> list[Row]:
    rows: list[Row] = []
    for d_min in RESOLUTIONS:
        for who, lines in (("here", ours), ("smtbx", rival)):
            at = [line for line in lines if line.case.d_min == d_min]
            if at:
                solved = sum(line.judgement.solved for line in at)
                what = f"  simulated organics at {d_min:.1f} Å, {who}"
                rows.append(Row(what, float(solved), f"of {len(at)}", digits=0))
    return [Row("success against resolution:", None), *rows] if rows else []


def _share_row(what: str, values: Sequence[bool], at_least: float | None = None) -> Row:
    share = _mean([100.0 * value for value in values])
    return Row(
        what, share, "%", at_least=at_least, digits=1, note=f"{sum(values)} of {len(values)}"
    )


def _median_row(what: str, lines: Sequence[Line], name: str, at_most: float) -> Row:
    return Row(what, _median([x.number(name) for x in lines]), "s", at_most=at_most, digits=2)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _median(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else None
