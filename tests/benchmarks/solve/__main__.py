"""How many measured crystals are solved, how well and how fast (`make bench-solve`).

Every set is solved without its space group, once with the formula and once with the elements
alone, in a process of its own. Figures are set against their targets; nothing fails by them.
"""

import argparse
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import get_args

from tests.benchmarks.solve.cases import Case, Kind, all_cases
from tests.benchmarks.solve.compare_runs import changes
from tests.benchmarks.solve.judge import Judgement, judge, judge_rival
from tests.benchmarks.solve.problem import Problem, write_problem
from tests.benchmarks.solve.processes import RIVAL_PYTHON, run_rival, run_solver
from tests.benchmarks.solve.report import HEADING, Line, line_text, totals
from tests.benchmarks.solve.split import half_of
from tests.benchmarks.table import print_table

QUICK = ("ylid2", "epoxide", "fe_p1", "2016452", "cuacetate", "nket", "so2", "NaCl", "biotin_talos")
CONTENTS = ("formula", "elements")
_FAILED = Judgement(0.0, 0.0, 0.0, 0, solved=False, right=False)


def main() -> None:
    options = _options()
    cases = _chosen(options)
    if not cases:
        print("There is nothing to solve: the measured sets (../shared/data) are not here, or none")
        print("has a name of --only.")
        return
    rival = options.rival and RIVAL_PYTHON.is_file()
    if options.rival and not rival:
        print("smtbx is left out: `make rivals` installs it.")
    tasks = [
        (case, "ours", contents)
        for case in cases
        for contents in options.contents
        if not options.only_rival
    ]
    if rival:
        tasks += [(case, "rival", "formula") for case in cases]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    print(HEADING)
    lines: list[Line] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(max_workers=options.jobs) as pool,
    ):
        work = [
            pool.submit(_solve, *task, Path(folder) / f"{number}.npz", options.limit)
            for number, task in enumerate(tasks)
        ]
        try:
            for solving in work:
                lines.append(solving.result())
                print(line_text(lines[-1]), flush=True)
                run = [line.as_json() for line in lines]
                options.json.write_text(json.dumps(run, indent=1), encoding="utf-8")
        except KeyboardInterrupt:
            print("Stopped: the totals are those of the sets above.")
            pool.shutdown(wait=False, cancel_futures=True)
    if rows := totals(lines):
        print_table(rows)
    if options.before is not None:
        before = json.loads(options.before.read_text(encoding="utf-8"))
        print("\n" + "\n".join(changes(before, [line.as_json() for line in lines])))
    print(f"\nEvery figure is in {options.json}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.solve",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = get_args(Kind)
    parser.add_argument("--only", nargs="+", metavar="SET", help="sets with these names")
    parser.add_argument("--kind", nargs="+", choices=kinds, help="sets of these kinds")
    parser.add_argument("--half", choices=("fitted", "checked"), help="one half of the split")
    parser.add_argument("--quick", action="store_true", help="nine sets that are solved soon")
    parser.add_argument(
        "--contents", nargs="+", choices=CONTENTS, default=CONTENTS, help="what is known"
    )
    parser.add_argument("--jobs", type=int, default=1, help="sets at the same time (default 1)")
    parser.add_argument(
        "--limit", type=float, default=180.0, help="seconds for each set (default 180)"
    )
    parser.add_argument("--rival", action="store_true", help="charge flipping of smtbx beside it")
    parser.add_argument("--only-rival", action="store_true", help="nothing but smtbx")
    parser.add_argument("--json", type=Path, default=Path("build/bench-solve.json"))
    parser.add_argument("--before", type=Path, help="the JSON of an earlier run, to compare with")
    options = parser.parse_args()
    options.rival = options.rival or options.only_rival
    return options


def _chosen(options: argparse.Namespace) -> list[Case]:
    return [
        case
        for case in all_cases()
        if (options.only is None or case.name in options.only)
        and (options.kind is None or case.kind in options.kind)
        and options.half in (None, half_of(case.name))
        and (not options.quick or case.name in QUICK)
    ]


def _solve(case: Case, who: str, contents: str, file: Path, limit: float) -> Line:
    problem = case.problem()
    known = problem.contents
    if contents == "elements" and known is not None:
        problem = Problem(problem.intensities, replace(known, counts=None))
    write_problem(problem, file)
    if who == "rival":
        outcome, judged_by = run_rival(file, case.seed, limit), judge_rival
    else:
        outcome, judged_by = run_solver(file, case.seed, limit), judge
    file.unlink()
    judgement = _FAILED
    if outcome.result:
        judgement = judged_by(case, problem.intensities, outcome.result)
    return Line(case, who, contents, outcome, judgement)


if __name__ == "__main__":
    main()
