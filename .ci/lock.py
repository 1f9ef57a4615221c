"""Write locks/TAG: the packages that `make` installs here, with the hash of each file.

Called by `make lock` in the environment that has them. pip reports the hashes of the files that it
would install of the versions in constraints.txt. torch is left out: its builds for processors and
for each kind of GPU have one version and different files.
"""

import json
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = {"torch", "patterson-gui"}
EXTRAS = {"run": {"docs"}, "dev": {"docs", "dev"}}
BUILD = ("hatchling",)


def tag():
    """The platform that the hashes are of, as the Makefile names it."""
    python = "cp{}{}".format(*sys.version_info[:2])
    return f"{python}-{platform.system().lower()}-{platform.machine()}"


def hashes():
    """Name as pip writes it, version and SHA-256 of each pinned package, by plain name."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    every = [line for line in lines if line and not line.startswith("#")]
    pins = [pin for pin in every if canonicalize_name(pin.split("==")[0]) not in LEFT_OUT]
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder, "pins.txt"), Path(folder, "report.json")
        wanted.write_text("\n".join(pins))
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
             "--no-deps", "--report", str(report), "-r", str(wanted)],
            check=True,
        )  # fmt: skip
        found = json.loads(report.read_text())["install"]
    return {
        canonicalize_name(one["metadata"]["name"]): (
            one["metadata"]["name"],
            one["metadata"]["version"],
            one["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for one in found
    }


def needed(extras):
    """Plain names of all packages that the program needs with these extras."""
    names, left = set(), [("patterson-gui", extras), *((name, set()) for name in BUILD)]
    while left:
        name, wanted = left.pop()
        for text in distribution(name).requires or []:
            one = Requirement(text)
            marker = one.marker
            if marker and not any(marker.evaluate({"extra": e}) for e in (wanted or {""})):
                continue
            if canonicalize_name(one.name) not in names | LEFT_OUT:
                names.add(canonicalize_name(one.name))
                left.append((one.name, one.extras))
    return names | {canonicalize_name(name) for name in BUILD}


def main():
    """Write the files of this platform."""
    known, folder = hashes(), ROOT / "locks" / tag()
    folder.mkdir(parents=True, exist_ok=True)
    for name, extras in EXTRAS.items():
        wanted = needed(extras)
        if missing := wanted - set(known):
            sys.exit(f"constraints.txt has no version of {', '.join(sorted(missing))}")
        lines = [
            "# Made by `make lock`. `make` installs these files and no others (torch: any build)."
        ]
        for one in sorted(wanted):
            written, version, sha256 = known[one]
            lines += [f"{written}=={version} \\", f"    --hash=sha256:{sha256}"]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
        print(f"{folder.relative_to(ROOT)}/{name}.txt: {len(wanted)} packages")


if __name__ == "__main__":
    main()
