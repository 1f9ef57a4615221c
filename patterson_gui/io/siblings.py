"""Find files of the same name in the same folder, such as a model beside its reflections."""

from collections.abc import Sequence
from pathlib import Path

from patterson_gui.io.files import plain_stem

# Suffixes that archives and people add to the name of a structure for its reflections.
_ADDED = ("-sf", "_sf", ".sf", "-structure-factors", "_phases", "_data", "-data", "_refl", "-refl")


def siblings(path: Path, endings: Sequence[str]) -> list[Path]:
    """Files beside `path` with its name and one of `endings`, in the order of `endings`.

    For example '1aba.pdb' for '1aba-sf.mtz'. Case is ignored; packed files are found as well.
    """
    stems = _stems(path)
    try:
        beside = sorted(p for p in path.parent.iterdir() if p.name != path.name and p.is_file())
    except OSError:
        return []
    found = []
    for stem in stems:
        for ending in endings:
            names = {f"{stem}{ending}{packed}" for packed in ("", ".gz", ".bz2", ".xz")}
            found += [p for p in beside if p.name.lower() in names and p not in found]
    return found


def _stems(path: Path) -> list[str]:
    stem = plain_stem(path).lower()
    stems = [stem]
    for added in _ADDED:
        if stem.endswith(added) and len(stem) > len(added):
            stems.append(stem.removesuffix(added))
    if stem.startswith("r") and stem.endswith("sf") and len(stem) == 7:
        stems += [stem[1:5], f"pdb{stem[1:5]}"]  # the PDB archive's r1abcsf.ent and pdb1abc.ent
    return stems
