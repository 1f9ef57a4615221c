"""Copy `pgz.py` to each plugin, so that each is complete by itself.

    python plugins/common/spread.py           write the copies
    python plugins/common/spread.py --check   say which differ, and answer 1 if any does
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "pgz.py"
NOTE = "copied from plugins/common/pgz.py by plugins/common/spread.py: change it there"
BEGIN = f"# --- pgz.py begins ({NOTE})\n"
END = "# --- pgz.py ends\n"


def copies() -> dict[Path, str]:
    """What each copy should be; what has no folder yet, or no place marked for it, is left."""
    text = SOURCE.read_text(encoding="utf-8")
    plugins = HERE.parent
    whole = f"# {NOTE[0].upper()}{NOTE[1:]}.\n{text}"
    folders = (plugins / "chimerax" / "src", plugins / "pymol" / "patterson_gui")
    wanted = {folder / "pgz.py": whole for folder in folders if folder.is_dir()}
    coot = plugins / "coot" / "patterson_gui_coot.py"
    there = coot.read_text(encoding="utf-8") if coot.is_file() else ""
    before, begin, rest = there.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        wanted[coot] = before + BEGIN + text + END + after
    return wanted


def main(arguments: list[str]) -> int:
    """Write or check."""
    different = [
        path
        for path, text in copies().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for path in different:
            print(f"{path.name} in {path.parent} is not what {SOURCE.name} makes of it")
        return 1 if different else 0
    wanted = copies()
    for path in different:
        path.write_text(wanted[path], encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
