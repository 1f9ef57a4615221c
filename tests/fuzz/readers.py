"""What reads each kind of file, in the ways that a user can: commands, window, interface."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from patterson_gui.app.datasets.read_pages import read_pages
from patterson_gui.app.sessions.restore import read_restored
from patterson_gui.app.settings import SettingsStore
from patterson_gui.cli.parser import parse
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.datasets.splits import read_split_table, split_entries
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.opening.materials import iterate_materials
from patterson_gui.io.training.network_folders import list_models
from patterson_gui.io.training.run_folder import RunFolder, read_metrics, read_preview
from patterson_gui.io.training.settings import read_settings
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.training.checkpoints import load_checkpoint
from tests.fuzz.mutations import (
    damaged_bytes,
    damaged_hdf5,
    damaged_json,
    damaged_text,
    damaged_zip,
)


@dataclass(frozen=True)
class Kind:
    """How files of one kind are damaged, and the ways in which they are read.

    Attributes
    ----------
    read : each takes the path and an empty folder to write to.
    packs : whether the file may also come packed by gzip, bzip2 or xz.
    """

    damage: Callable[[bytes, Random], bytes]
    read: tuple[Callable[[Path, Path], object], ...]
    packs: bool = False


def _command(*words: str) -> None:
    options = parse(words)
    options.run(options)


def _patterson(path: Path, out: Path) -> None:
    _command("patterson", str(path), "-o", str(out / "p.ccp4"), "--peaks", str(out / "p.csv"))


def _boxed(path: Path, out: Path) -> None:
    _command("patterson", str(path), "-o", str(out / "p.ccp4"), "--box")


def _intensities(path: Path, _: Path) -> None:
    read_intensities(path)


def _materials(path: Path, _: Path) -> None:
    list(iterate_materials(path))


def _build_crystals(path: Path, out: Path) -> None:
    _command("dataset", "build", str(path), "-o", str(out / "o.h5"), "--kind", "crystal")


def _pages(path: Path, _: Path) -> None:
    pages = read_pages(path)
    pages.facts()
    for i in {0, len(pages) // 2, len(pages) - 1} if len(pages) else ():
        page = pages.page(i)
        _ = page.name, page.rows
        page.crystal()


def _info(path: Path, _: Path) -> None:
    _command("dataset", "info", str(path))


def _settings(path: Path, _: Path) -> None:
    """The program starts with any settings, and saves them again."""
    store = SettingsStore(path.parent)
    store.settings.add_recent(Path("/x"))
    if not store.save():
        raise AssertionError("the settings were not saved")
    if SettingsStore(path.parent).note:
        raise AssertionError("the saved settings cannot be read")


def _table(path: Path, _: Path) -> None:
    split_entries(["1abc", "2abc"], read_split_table(path), 0)


def _card(path: Path, _: Path) -> None:
    list_models([path.parent])
    load_weights(path)


def _weights(path: Path, _: Path) -> None:
    """With the hash of these bytes in the card, so that they are really read."""
    card = path.with_suffix(".json")
    values = json.loads(card.read_text())
    values["weights_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    card.write_text(json.dumps(values))
    load_weights(path)


def _checkpoint(path: Path, _: Path) -> None:
    load_checkpoint(RunFolder(path.parent))


def _checkpoint_part(path: Path, _: Path) -> None:
    index = path.with_name("checkpoint.json")
    values = json.loads(index.read_text())
    values["parts"][0]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    index.write_text(json.dumps(values))
    load_checkpoint(RunFolder(path.parent))


def _one(read: Callable[[Path], object]) -> Callable[[Path, Path], object]:
    return lambda path, _: read(path)


_MODEL = Kind(damaged_text, (_patterson, _patterson, _boxed, _materials), packs=True)
_ATOMS = Kind(damaged_text, (_patterson, _materials, _build_crystals), packs=True)
_REFLECTIONS = Kind(damaged_text, (_patterson, _intensities), packs=True)
_DATA_SET = Kind(damaged_hdf5, (_pages, _info))

KINDS: Mapping[str, Kind] = {
    "pdb": _MODEL, "mmcif": _MODEL, "cif": _MODEL, "res": _MODEL,
    "extxyz": _ATOMS, "poscar": _ATOMS, "xsf": _ATOMS, "gen": _ATOMS, "cfg": _ATOMS,
    "espresso": _ATOMS, "aims": _ATOMS, "chgcar": _ATOMS,
    "mtz": Kind(damaged_bytes, (_patterson, _intensities), packs=True),
    "mmcif-sf": _REFLECTIONS, "fcf": _REFLECTIONS, "hkl": _REFLECTIONS, "ins": _REFLECTIONS,
    "xds": _REFLECTIONS, "scalepack": _REFLECTIONS,
    "ccp4": Kind(damaged_bytes, (_patterson,), packs=True),
    "pgz": Kind(damaged_zip, (_patterson, _one(read_bundle))),
    "hdf5 proteins": _DATA_SET, "hdf5 crystals": _DATA_SET,
    "weights": Kind(damaged_bytes, (_weights,)),
    "card": Kind(damaged_json, (_card,)),
    "checkpoint index": Kind(damaged_json, (_checkpoint,)),
    "checkpoint part": Kind(damaged_zip, (_checkpoint_part,)),
    "metrics": Kind(damaged_text, (_one(read_metrics),)),
    "preview": Kind(damaged_zip, (_one(read_preview),)),
    "training settings": Kind(damaged_json, (_one(read_settings),)),
    "settings": Kind(damaged_json, (_settings,)),
    "split table": Kind(damaged_text, (_table,)),
    "pgsession": Kind(damaged_json, (_one(read_restored),)),
}  # fmt: skip
