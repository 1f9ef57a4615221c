"""Kill operations at many points: python -m tests.kills [--points N] [--seed S] [--only NAME …].

With `--full-disk`, fill the disk instead: a file system in memory of its own, which Linux makes
where `unshare` may. Prints a table, and every fault once with a point where it happens. Exit code
1 if there was one.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import torch

from tests.kills.kills import Kill, Sweep
from tests.kills.operations import OPERATIONS

_COLUMNS = ("before", "after", "within", "time", "full", "removed")
_OWN_DISK = "PATTERSON_GUI_KILLS_DISK"
_MOUNT = 'mount -t tmpfs -o size=96m tmpfs "$0" && exec "$@"'


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="calls, and as many other moments")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=OPERATIONS, default=tuple(OPERATIONS))
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--full-disk", action="store_true", help="fill the disk, kill nothing")
    instead.add_argument("--remove", action="store_true", help="remove inputs and outputs instead")
    options = parser.parse_args()
    if options.full_disk and _OWN_DISK not in os.environ:
        return _on_own_disk()
    torch.set_num_threads(1)
    begun = time.monotonic()
    faults: Counter[str] = Counter()
    print(f"{'operation':22}{'calls':>7}" + "".join(f"{c:>8}" for c in (*_COLUMNS, "faults")))
    total = 0
    for name in options.only:
        place = os.environ.get(_OWN_DISK)
        with tempfile.TemporaryDirectory(prefix="patterson-gui-kills-", dir=place) as folder:
            sweep = Sweep(name, OPERATIONS[name], Path(folder))
            if options.full_disk:
                rng = random.Random(options.seed)
                sizes = [rng.random() * 1.2 * sweep.bytes_written for _ in range(options.points)]
                kills = [sweep.fill_disk(int(size)) for size in sizes]
            elif options.remove:
                kills = list(sweep.remove(options.points, options.seed))
            else:
                kills = [sweep.kill(point) for point in sweep.points(options.points, options.seed)]
        counts = Counter(kill.point.where for kill in kills if kill.killed)
        columns = "".join(f"{counts[where]:8}" for where in _COLUMNS)
        wrong = [kill for kill in kills if kill.fault]
        print(f"{name:22}{len(sweep.calls):7}{columns}{len(wrong):8}", flush=True)
        total += counts.total()
        _tell(wrong, faults)
    what = "full disks" if options.full_disk else "removals" if options.remove else "kills"
    print(f"{total:,} {what} of seed {options.seed} in {time.monotonic() - begun:.0f} s; "
          f"{len(faults)} different faults")  # fmt: skip
    return 1 if faults else 0


def _on_own_disk() -> int:
    """Run this program again where a small file system is mounted that nobody else sees."""
    with tempfile.TemporaryDirectory(prefix="patterson-gui-disk-") as place:
        os.environ[_OWN_DISK] = place
        command = ["unshare", "-rm", "sh", "-c", _MOUNT, place, sys.executable, "-m", "tests.kills"]
        return os.spawnvp(os.P_WAIT, "unshare", [*command, *sys.argv[1:]])


def _tell(wrong: list[Kill], faults: Counter[str]) -> None:
    for kill in wrong:
        key = f"{kill.operation}: {kill.fault}"
        faults[key] += 1
        if faults[key] == 1:
            print(f"  {kill.point} ({kill.call}): {kill.fault}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
