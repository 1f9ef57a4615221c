"""Kill operations at many points: python -m tests.kills [--points N] [--seed S] [--only NAME …].

Prints a table, and every fault once with a point where it happens. Exit code 1 if there was one.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import torch

from tests.kills.kills import Kill, Sweep
from tests.kills.operations import OPERATIONS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="calls, and as many other moments")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=OPERATIONS, default=tuple(OPERATIONS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    begun = time.monotonic()
    faults: Counter[str] = Counter()
    print(
        f"{'operation':22}{'calls':>7}{'before':>8}{'after':>8}{'within':>8}{'time':>8}{'faults':>8}"
    )
    total = 0
    for name in options.only:
        with tempfile.TemporaryDirectory(prefix="patterson-gui-kills-") as folder:
            sweep = Sweep(name, OPERATIONS[name], Path(folder))
            kills = [sweep.kill(point) for point in sweep.points(options.points, options.seed)]
        counts = Counter(kill.point.where for kill in kills if kill.killed)
        numbers = (counts[where] for where in ("before", "after", "within", "time"))
        wrong = [kill for kill in kills if kill.fault]
        columns = "".join(f"{number:8}" for number in numbers)
        print(f"{name:22}{len(sweep.calls):7}{columns}{len(wrong):8}", flush=True)
        total += counts.total()
        _tell(wrong, faults)
    print(f"{total:,} kills of seed {options.seed} in {time.monotonic() - begun:.0f} s; "
          f"{len(faults)} different faults")  # fmt: skip
    return 1 if faults else 0


def _tell(wrong: list[Kill], faults: Counter[str]) -> None:
    for kill in wrong:
        key = f"{kill.operation}: {kill.fault}"
        faults[key] += 1
        if faults[key] == 1:
            print(f"  {kill.point} ({kill.call}): {kill.fault}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
