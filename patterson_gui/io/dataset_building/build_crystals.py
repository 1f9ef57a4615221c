"""Build a data set of crystals from files of crystals.

The data set is built in memory (some tens of megabytes) and written at the end, so an interrupted
build leaves no file. Crystals are in the order of file names and of the entries in each file, so
equal input gives equal bytes in any folder.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.material import MOST_NUMBER, Material
from patterson_gui.crystal.materials.cube import unit_cell_sample
from patterson_gui.crystal.materials.structure import to_standard_axes
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.dataset_building.kept_and_rejected import (
    at_most,
    numbers_by_split,
    provenance_of,
    reasons_of,
)
from patterson_gui.io.datasets.crystals import (
    FORMAT,
    TURNS,
    UNIT,
    MaterialDataSetSettings,
)
from patterson_gui.io.datasets.hdf5 import SPLITS, hdf5_bytes
from patterson_gui.io.datasets.proteins import MILLI
from patterson_gui.io.datasets.splits import SplitTable, drawn_by_group, split_entries
from patterson_gui.io.files import refuse_unreadable, refuse_unwritable, replace_file
from patterson_gui.io.locks import locked_file
from patterson_gui.io.opening.materials import iterate_materials

UNREADABLE = "crystals that could not be read"
WITHOUT_LATTICE = "without a lattice"
UNKNOWN_ELEMENTS = "with elements beyond plutonium"
TOO_LARGE = "with unit cells that do not fit the cube"
GIVEN_BEFORE = "given before under the same identifier"
NOT_IN_TABLE = "not named by the table"
NOT_ASKED_FOR = "beyond the number asked for"

_ENDINGS = (
    ".cif", ".xyz", ".extxyz", ".vasp", ".poscar", ".contcar", ".xsf", ".gen", ".res", ".in",
    ".cfg",
)  # fmt: skip
_NAMES = ("poscar", "contcar")
_SPLIT_WORDS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
_LONGEST_NAME = 200
_FARTHEST = 1000.0  # Å; atoms farther from the origin are moved into the cell


@dataclass(frozen=True)
class MaterialBuildReport:
    """The result of a build.

    crystals : number by split. rejected : numbers of what was left out, by reason. size : of the
    file, bytes. first_error : the error of the first crystal that could not be read; '' for none.
    """

    path: Path
    files: int
    crystals: dict[str, int]
    atoms: int
    examples: int
    splits: str
    rejected: dict[str, int]
    size: int
    first_error: str


def build_material_dataset(
    paths: Sequence[Path],
    output: Path,
    settings: MaterialDataSetSettings,
    *,
    table: SplitTable | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> MaterialBuildReport:
    """Build a data set of crystals and write it to `output`.

    Parameters
    ----------
    paths : files of crystals, or folders of such files.
    table : splits by identifier; None: the splits that the files hold or, without these, random
        splits in which all crystals of a composition are in the same split.

    Raises
    ------
    UserError : the files hold no usable crystal, splits are unknown or contradict each other,
        another program builds this file, or it cannot be written. No file is left behind.
    Cancelled : `cancelled()` returned True.
    """
    refuse_unwritable(output)
    with locked_file(output, "builds"):
        return _build_locked(paths, output, settings, table, report, cancelled)


def _build_locked(
    paths: Sequence[Path],
    output: Path,
    settings: MaterialDataSetSettings,
    table: SplitTable | None,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> MaterialBuildReport:
    """`build_material_dataset`, of a file that no other program builds."""
    rejected: Counter[str] = Counter()
    sources = _sources(paths)
    errors: list[UserError] = []
    materials = list(_fitting(sources, settings, rejected, errors, report, cancelled))
    splits, how_split = _splits(materials, table, settings.seed)
    rejected[NOT_IN_TABLE] += int((splits < 0).sum())
    chosen = at_most(splits, settings.most_examples, settings.seed)
    rejected[NOT_ASKED_FOR] += int((~chosen & (splits >= 0)).sum())
    kept = [materials[i] for i in np.flatnonzero(chosen)]
    if not kept:
        raise UserError(
            "No crystal can be used as an example "
            f"({reasons_of(rejected) or 'the files hold none'}): choose other files, the kind "
            "'lattice' or another table."
        )
    split = splits[chosen].astype(np.uint8)
    files = [(source.path, source.sha256) for source in sources]
    provenance = provenance_of(files, how_split, rejected)
    report(Progress(0.97, "writing"))
    image = hdf5_bytes(FORMAT, settings, provenance, _arrays(kept, split, settings))
    with replace_file(output) as temporary:
        temporary.write_bytes(image)
    return MaterialBuildReport(
        output,
        len(sources),
        numbers_by_split(split),
        sum(len(m) for m in kept),
        len(kept) * settings.windows,
        how_split,
        dict(provenance.rejected),
        len(image),
        str(errors[0]) if errors else "",
    )


# ---------------------------------------------------------------- which files
@dataclass(frozen=True)
class _Source:
    path: Path
    sha256: str


def _sources(paths: Sequence[Path]) -> list[_Source]:
    """The files, each content once, in an order that does not depend on their folders."""
    found: dict[str, _Source] = {}
    for path in sorted(set(_files(paths)), key=lambda p: (p.name, p)):
        refuse_unreadable(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        found.setdefault(sha256, _Source(path, sha256))
    return sorted(found.values(), key=lambda s: (s.path.name, s.sha256))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = [p for p in path.rglob("*") if p.is_file() and _may_be_crystals(p)]
        if not inside:
            raise UserError(
                f"There is no file of crystals (CIF, extended XYZ, POSCAR) in {path}: give the "
                "files, or the folder that holds them."
            )
        yield from inside


def _may_be_crystals(path: Path) -> bool:
    name = path.name.lower()
    for packing in (".gz", ".bz2", ".xz"):
        name = name.removesuffix(packing)
    return not name.startswith(".") and (name.endswith(_ENDINGS) or name.startswith(_NAMES))


# ---------------------------------------------------------------- which crystals
def _fitting(
    sources: list[_Source],
    settings: MaterialDataSetSettings,
    rejected: Counter[str],
    errors: list[UserError],
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Iterator[Material]:
    """The crystals that can be used as examples, in standard axes; counts the others."""
    seen: set[str] = set()
    n = 0
    for k, source in enumerate(sources):
        try:
            for material in iterate_materials(source.path, errors.append):
                if cancelled():
                    raise Cancelled
                n += 1
                if n % 500 == 0:
                    share = (k + _approach(n)) / len(sources)
                    report(Progress(0.95 * share, f"{n:,} crystals"))
                why = _why_not(material, settings, seen)
                if why is None:
                    seen.add(material.identifier)
                    yield _stored(material)
                else:
                    rejected[why] += 1
        except UserError as error:
            errors.append(error)
        report(Progress(0.95 * (k + 1) / len(sources), f"{n:,} crystals"))
    rejected[UNREADABLE] += len(errors)


def _approach(n: int) -> float:
    """Estimated progress in a file of unknown length: near 1 after 100,000 crystals."""
    return 1 - 1 / (1 + n / 20_000)


def _why_not(material: Material, settings: MaterialDataSetSettings, seen: set[str]) -> str | None:
    if material.identifier and material.identifier in seen:
        return GIVEN_BEFORE
    if material.lattice is None:
        return WITHOUT_LATTICE
    if int(material.numbers.max()) > MOST_NUMBER:
        return UNKNOWN_ELEMENTS
    if settings.kind == "crystal":
        try:
            unit_cell_sample(_stored(material))
        except UserError:
            return TOO_LARGE
    return None


def _stored(material: Material) -> Material:
    """The crystal in standard axes, with coordinates and lattice rounded as in the file."""
    turned = to_standard_axes(material)
    assert turned.lattice is not None
    positions = turned.positions
    if np.abs(positions).max() > _FARTHEST:
        frac = turned.frac
        positions = (frac - np.floor(frac)) @ turned.lattice
    return Material(
        np.rint(positions * MILLI) / MILLI,
        turned.numbers,
        turned.lattice.astype(np.float32).astype(np.float64),
        turned.name,
        turned.identifier,
        turned.split,
    )


# ---------------------------------------------------------------- splits
def _splits(
    materials: list[Material], table: SplitTable | None, seed: int
) -> tuple[NDArray[np.int64], str]:
    """(n,) indices into `SPLITS`, −1: left out; and a sentence that says how they were made."""
    if table is not None:
        entries = [(m.identifier or m.name).lower() for m in materials]
        by_entry, how_split = split_entries(entries, table, seed)
        codes = [SPLITS.index(by_entry[e]) if e in by_entry else -1 for e in entries]
        return np.array(codes, np.int64), how_split
    if not any(m.split for m in materials):
        groups = {str(i): reduced_formula(m) for i, m in enumerate(materials)}
        drawn = drawn_by_group(groups, seed)
        codes = [SPLITS.index(drawn[str(i)]) for i in range(len(materials))]
        return np.array(codes, np.int64), f"compositions drawn at random, seed {seed}"
    codes = []
    for material in materials:
        if material.split.lower() not in _SPLIT_WORDS:
            what = f"the split '{material.split}'" if material.split else "no split, unlike others"
            raise UserError(
                f"The files give {material.label} {what}: use train, val or test, or give a table "
                "with --splits."
            )
        codes.append(SPLITS.index(_SPLIT_WORDS[material.split.lower()]))
    return np.array(codes, np.int64), f"by the files{_divided_compositions(materials, codes)}"


def _divided_compositions(materials: list[Material], codes: list[int]) -> str:
    """A remark on compositions that are in several splits; '' if there are none."""
    splits: dict[str, set[int]] = {}
    for material, code in zip(materials, codes, strict=True):
        splits.setdefault(reduced_formula(material), set()).add(code)
    several = sum(len(its) > 1 for its in splits.values())
    if not several:
        return ""
    return f" ({several:,} of {len(splits):,} compositions stand in several)"


def reduced_formula(material: Material) -> str:
    """The composition in smallest whole numbers, in the order of atomic numbers: 'O3Fe2'."""
    numbers, counts = np.unique(material.numbers, return_counts=True)
    smallest = counts // np.gcd.reduce(counts)
    parts = zip(numbers.tolist(), smallest.tolist(), strict=True)
    return "".join(f"{gemmi.Element(z).name}{n if n > 1 else ''}" for z, n in parts)


# ---------------------------------------------------------------- the file
def _arrays(
    materials: list[Material], split: NDArray[np.uint8], settings: MaterialDataSetSettings
) -> dict[str, NDArray[Any]]:
    offsets, rotations = windows(len(materials), settings)
    positions = np.concatenate([m.positions for m in materials])
    return {
        "crystals/lattice": np.array([m.lattice for m in materials], np.float32),
        "crystals/n_atoms": np.array([len(m) for m in materials], np.int32),
        "crystals/name": _texts(m.name or m.formula for m in materials),
        "crystals/identifier": _texts(m.identifier for m in materials),
        "crystals/split": split,
        "atoms/position": np.rint(positions * MILLI).astype(np.int32),
        "atoms/atomic_number": np.concatenate([m.numbers for m in materials]).astype(np.uint8),
        "windows/offset": offsets,
        "windows/rotation": rotations,
    }


def _texts(values: Iterable[str]) -> NDArray[np.bytes_]:
    # In HDF5, texts of fixed length end at the first zero byte; their length counts bytes.
    return np.array(
        [value.replace("\x00", "")[:_LONGEST_NAME].encode("utf-8", "replace") for value in values],
        np.bytes_,
    )


def windows(
    n: int, settings: MaterialDataSetSettings
) -> tuple[NDArray[np.uint16], NDArray[np.int16]]:
    """Random positions and rotations of the windows of n crystals.

    Returns
    -------
    offsets : (n, windows, 3) of `TURNS`; rotations : (n, windows, 4) quaternions w, x, y, z of
    length `UNIT`, uniform over all rotations (Shoemake, 1992). The first window of each
    crystal is at the origin, unrotated.
    """
    # numpy guarantees that the raw bits stay the same in later versions.
    raw = np.random.PCG64(settings.seed).random_raw(n * settings.windows * 6)
    uniform = (raw >> np.uint64(11)).reshape(n, settings.windows, 6) / 2.0**53
    offsets = (uniform[..., :3] * TURNS).astype(np.uint16)
    u, v, w = (uniform[..., 3 + k] for k in range(3))
    quaternions = np.stack(
        [
            np.sqrt(u) * np.cos(2 * np.pi * w),
            np.sqrt(1 - u) * np.sin(2 * np.pi * v),
            np.sqrt(1 - u) * np.cos(2 * np.pi * v),
            np.sqrt(u) * np.sin(2 * np.pi * w),
        ],
        axis=-1,
    )
    rotations = np.rint(quaternions * UNIT).astype(np.int16)
    offsets[:, 0], rotations[:, 0] = 0, (UNIT, 0, 0, 0)
    return offsets, rotations
