"""Changes between two runs of the benchmark."""

from typing import Any

from tests.benchmarks.solve.compare_runs import changes


def row(name: str, **values: Any) -> dict[str, Any]:
    plain = {
        "name": name,
        "who": "ours",
        "contents": "formula",
        "verdict": "solved",
        "failure": "",
        "space_group": "P 1 21 1",
        "found": 1.0,
        "elements": 1.0,
        "spurious": 0.0,
        "r1": 0.04,
        "solved": True,
        "right": True,
        "seconds_phases": 0.5,
        "seconds": 2.0,
    }
    return plain | values


def test_tells_what_became_worse_first() -> None:
    before = [row("a"), row("b", found=0.5, solved=False, right=False), row("c"), row("gone")]
    now = [row("b", r1=0.05), row("a", verdict="not solved", right=False), row("c", r1=0.041)]
    lines = changes(before, now)
    first, second, *rest = (" ".join(line.split()) for line in lines)
    assert first == "worse: a formula verdict solved → not solved"
    assert second == "b formula atoms 50 → 100 %, R1 0.040 → 0.050"
    assert rest == ["3 solutions compared; CPU: seconds_phases 1.5 → 1.5 s, seconds 6.0 → 6.0 s"]


def test_compares_a_solution_with_a_failure() -> None:
    failed = row("a", failure="stopped after 180 s", right=False, solved=False, found=0.0)
    del failed["verdict"], failed["seconds"], failed["r1"], failed["space_group"]
    (line, last) = changes([failed], [row("a")])
    assert "failure stopped after 180 s → –" in line
    assert "atoms 0 → 100 %" in line
    assert "seconds 2" not in last
