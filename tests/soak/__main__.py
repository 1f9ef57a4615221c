"""Let a user with a seed use the real window: python -m tests.soak [--minutes M] [--seed S].

Prints what was done, what was counted and every fault. `--stress` switches threads often, collects
garbage in another thread, and fills freed memory. Exit code 1 if there was a fault.
"""

import argparse
import subprocess
import sys
import tempfile

from tests.soak.counts import WARM_UP, growing_objects, memory_slope
from tests.soak.run import Options, Outcome, environment, run
from tests.soak.stalls import LIMIT

_COLUMNS = ("threads", "open files", "OpenGL Buffer", "OpenGL Framebuffer", "OpenGL Program")
_MOST_STALLS = 20
_MOST_TYPES = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--actions", type=int, default=10**9, help="end after this many")
    parser.add_argument("--stretch", type=int, default=100, help="actions between two counts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--openings", action="store_true", help="only open files, till drawn")
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="print each action")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        return _run_in_a_process(options)
    outcome = run(
        Options(
            options.seed, 60 * options.minutes, options.stretch, options.actions,
            options.openings, options.stress, options.verbose, progress=True,
        )
    )  # fmt: skip
    _print(outcome)
    return 1 if outcome.faults else 0


def _run_in_a_process(options: argparse.Namespace) -> int:
    """Run in a process of its own: a crash is a fault like another."""
    with tempfile.TemporaryDirectory(prefix="patterson-gui-soak-") as home:
        done = subprocess.run(
            [sys.executable, "-m", "tests.soak", *sys.argv[1:], "--inside"],
            env=environment(home, stress=options.stress), check=False,
        )  # fmt: skip
    if done.returncode < 0:
        print(f"FAULT seed {options.seed}: the program died by signal {-done.returncode}")
    return 0 if done.returncode == 0 else 1


def _print(outcome: Outcome) -> None:
    print(f"seed {outcome.seed}: {outcome.done.total():,} actions in {outcome.seconds:.0f} s")
    print(", ".join(f"{words} {n}" for words, n in sorted(outcome.done.items())))
    print(
        f"{'actions':>8}{'memory, MB':>12}{'allocated':>11}{'widgets':>9}"
        + "".join(f"{n:>20}" for n in _COLUMNS)
    )
    for each in outcome.counts:
        widgets = sum(n for name, n in each.living.items() if name.startswith("widgets"))
        line = "".join(f"{each.living.get(name, 0):20,}" for name in _COLUMNS)
        print(f"{each.actions:8,}{each.memory:12.1f}{each.allocated:11.1f}{widgets:9,}{line}")
    slope = memory_slope(outcome.counts)
    if slope is None:
        print("memory: too few counts after the warm-up for a slope")
    else:
        print(f"memory: {slope:+.2f} MB per 100 actions after the first {WARM_UP}")
    for name, before, now in growing_objects(outcome.counts)[:_MOST_TYPES]:
        print(f"  objects {name}: {before:,} to {now:,}")
    print(f"{outcome.refused} errors that are sentences for what the user did")
    print(f"{len(outcome.stalls)} times without a response for {LIMIT} s or more")
    for stall in sorted(outcome.stalls, key=lambda s: -s.cpu)[:_MOST_STALLS]:
        print(f"  {stall.seconds:5.2f} s, {stall.cpu:5.2f} s of CPU: {stall.action}: {stall.place}")
    print(f"{len(outcome.faults)} faults")
    for fault in outcome.faults:
        print(f"FAULT {fault}")


if __name__ == "__main__":
    sys.exit(main())
