"""Fuzz all readers: python -m tests.fuzz [--cases N] [--seed S] [--kinds KIND …] [--keep FOLDER].

Prints a table of outcomes and every fault once. `--keep` stores the first file of each fault with
its traceback. Exit code 1 if there was a fault.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.fuzz import Case, run_cases
from tests.fuzz.readers import KINDS

_COLUMNS = ("read", "refused", "warning", "traceback", "crash", "hang", "memory")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=tuple(KINDS))
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in options.kinds}
    faults: Counter[tuple[str, str]] = Counter()
    slowest = largest = 0.0
    start = time.monotonic()
    numbers = range(options.first, options.first + options.cases)
    for case in run_cases(options.seed, numbers, options.kinds):
        outcome = case.outcome
        counts[case.kind][outcome.verdict] += 1
        slowest = max(slowest, outcome.seconds)
        largest = max(largest, outcome.peak)
        if outcome.is_fault:
            key = outcome.verdict, outcome.signature
            faults[key] += 1
            if faults[key] == 1:
                print(f"{case.kind}, case {case.number}: {outcome.verdict}: {outcome.signature}")
                _keep(options.keep, case)
            sys.stdout.flush()
        if (case.number + 1) % 1000 == 0:
            done = case.number + 1 - options.first
            print(f"{done:,} cases, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(f"{'kind':20}" + "".join(f"{name:>11}" for name in _COLUMNS))
    for kind, found in counts.items():
        print(f"{kind:20}" + "".join(f"{found[name]:11,}" for name in _COLUMNS))
    every = sum((found for found in counts.values()), Counter[str]())
    print(f"{'all':20}" + "".join(f"{every[name]:11,}" for name in _COLUMNS))
    print(
        f"{every.total():,} cases of seed {options.seed} in {time.monotonic() - start:.0f} s; "
        f"slowest {slowest:.1f} s of CPU, largest {largest / 1e6:.0f} MB more than before; "
        f"{len(faults)} different faults"
    )
    for (verdict, signature), n in faults.most_common():
        print(f"{n:6} {verdict}: {signature}")
    return 1 if faults else 0


def _keep(folder: Path | None, case: Case) -> None:
    if folder is None:
        return
    name = f"{case.kind.replace(' ', '-')}-{case.number}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(case.content)
    outcome = case.outcome
    text = f"{outcome.verdict}: {outcome.signature}\n{outcome.details}\n"
    (folder / f"{name}.txt").write_text(text, encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
