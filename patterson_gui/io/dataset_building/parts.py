"""Make a part of a data set: clean the residues of some models and choose the examples.

As Pan, Jin, Miller, Kyrillidis & Phillips, IUCrJ 10, 487–496 (2023): only complete standard
residues, the non-hydrogen atoms of the first conformer, residues bonded to each other, and no
example too near its copy in the next cell. What is left out is counted by reason.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.models.clash import NEAREST_COPY, pieces_too_near
from patterson_gui.crystal.models.residues import (
    AtomsOf,
    atoms_to_cb,
    bonded_runs,
    heavy_atoms,
    is_standard,
    missing_atoms,
)
from patterson_gui.errors import UserError
from patterson_gui.io.datasets.proteins import MILLI, DataSetSettings, ProteinKindName
from patterson_gui.io.files import replace_file
from patterson_gui.io.npz import read_npz
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.temporary_files import temporary_folder

UNREADABLE = "files that could not be read as a model"
NO_EXAMPLE = "files without an example"
NOT_STANDARD = "residues that are no standard amino acid"
INCOMPLETE = "residues that are incomplete"
MALFORMED = "residues with impossible atoms"
ALONE = "residues in a run too short for an example"
HYDROGEN = "hydrogen atoms"
OTHER_CONFORMERS = "atoms of further conformers"
BEYOND_CB = "atoms beyond CB"
TOO_NEAR = f"examples within {NEAREST_COPY:g} Å of their copy in the next cell"

_FARTHEST = np.iinfo(np.int16).max  # thousandths of an Å from a residue's first atom
_ENDS = np.iinfo(np.int32).max
_MOST_ATOMS = np.iinfo(np.uint8).max

Bytes = NDArray[np.bytes_]


@dataclass(frozen=True, eq=False)
class Part:
    """Residues, and examples of consecutive residues.

    Attributes
    ----------
    offset : (n_atoms, 3) int16, thousandths of an Å from the residue's first atom.
    atomic_number : (n_atoms,) uint8.
    atom_name : (n_atoms,) bytes.
    origin : (n_residues, 3) int32, thousandths of an Å, of the first atom.
    n_atoms : (n_residues,) uint8.
    residue_name, insertion_code : (n_residues,) bytes.
    chain : (n_residues,) int32 into `chain_name`.
    number : (n_residues,) int32.
    chain_name : (n_chains,) bytes, "entry:chain".
    first, length : (n_examples,) int32 and uint8, first residue and number of residues.
    rejected : numbers of what was left out, by reason.
    """

    offset: NDArray[np.int16]
    atomic_number: NDArray[np.uint8]
    atom_name: Bytes
    origin: NDArray[np.int32]
    n_atoms: NDArray[np.uint8]
    residue_name: Bytes
    insertion_code: Bytes
    chain: NDArray[np.int32]
    number: NDArray[np.int32]
    chain_name: Bytes
    first: NDArray[np.int32]
    length: NDArray[np.uint8]
    rejected: Mapping[str, int]

    def keeping(self, chosen: NDArray[np.bool_]) -> "Part":
        """A part with only the chosen examples and their residues."""
        first, length = self.first[chosen], self.length[chosen]
        # +1 at the start of each example and −1 after its end: the sum is above 0 inside examples.
        edges = np.zeros(len(self.n_atoms) + 1, np.int64)
        np.add.at(edges, first, 1)
        np.add.at(edges, first + length, -1)
        kept = np.cumsum(edges[:-1]) > 0
        atoms = np.repeat(kept, self.n_atoms)
        chains, chain = np.unique(self.chain[kept], return_inverse=True)
        return Part(
            offset=self.offset[atoms],
            atomic_number=self.atomic_number[atoms],
            atom_name=self.atom_name[atoms],
            origin=self.origin[kept],
            n_atoms=self.n_atoms[kept],
            residue_name=self.residue_name[kept],
            insertion_code=self.insertion_code[kept],
            chain=chain.astype(np.int32),
            number=self.number[kept],
            chain_name=self.chain_name[chains],
            first=(np.cumsum(kept) - 1)[first].astype(np.int32),
            length=length,
            rejected=self.rejected,
        )


_EMPTY: dict[str, Any] = {
    "offset": np.zeros((0, 3), np.int16),
    "atomic_number": np.zeros(0, np.uint8),
    "atom_name": np.zeros(0, "S4"),
    "origin": np.zeros((0, 3), np.int32),
    "n_atoms": np.zeros(0, np.uint8),
    "residue_name": np.zeros(0, "S3"),
    "insertion_code": np.zeros(0, "S1"),
    "chain": np.zeros(0, np.int32),
    "number": np.zeros(0, np.int32),
    "chain_name": np.zeros(0, "S1"),
    "first": np.zeros(0, np.int32),
    "length": np.zeros(0, np.uint8),
}


def joined(parts: Sequence[Part]) -> Part:
    """Join parts in their order."""
    rejected: Counter[str] = Counter()
    for part in parts:
        rejected.update(part.rejected)
    arrays = {
        name: np.concatenate([empty, *(getattr(part, name) for part in parts)])
        for name, empty in _EMPTY.items()
    }
    residues = np.cumsum([0, *(len(part.n_atoms) for part in parts)])
    chains = np.cumsum([0, *(len(part.chain_name) for part in parts)])
    arrays["first"] += np.repeat(residues[:-1], [len(p.first) for p in parts]).astype(np.int32)
    arrays["chain"] += np.repeat(chains[:-1], [len(p.chain) for p in parts]).astype(np.int32)
    return Part(**arrays, rejected=rejected)


def atoms_of(kind: ProteinKindName) -> AtomsOf:
    """The function that gives the atoms of a residue for a kind of example."""
    return atoms_to_cb if kind == "dialanine" else heavy_atoms


def part_of_files(files: Sequence[tuple[str, bytes]], settings: DataSetSettings) -> Part:
    """The part of some files, each as (entry, content). May run in another process."""
    return joined([_part_of_file(*file, settings) for file in files])


def _part_of_file(entry: str, content: bytes, settings: DataSetSettings) -> Part:
    try:
        with temporary_folder() as folder:
            path = folder / "model"  # the content identifies the format
            path.write_bytes(content)
            structure = _read_or_none(path)
    except OSError as error:
        raise UserError(
            f"The folder for temporary files cannot be written ({error.strerror}): free some space "
            "there, or set TMPDIR to another folder."
        ) from error
    if structure is None:
        return Part(**_EMPTY, rejected={UNREADABLE: 1})
    return part_of_model(structure, entry, settings)


def _read_or_none(path: Path) -> gemmi.Structure | None:
    try:
        return read_model(path)
    except UserError:
        return None


def part_of_model(structure: gemmi.Structure, entry: str, settings: DataSetSettings) -> Part:
    """Residues and examples of the first model of a structure."""
    rejected = _left_out(structure)
    collected = _Collected(entry, atoms_of(settings.kind), rejected)
    runs = [
        run
        for chain, residues in bonded_runs(structure)
        for run in collected.runs(chain, residues, settings.lengths[0])
    ]
    part = collected.part(
        [w for start, end in runs for w in _windows(start, end, settings.lengths)]
    )
    if settings.cell is not None and runs:
        cell = gemmi.UnitCell(*settings.cell)
        fits = np.concatenate([_fitting(part, *run, settings.lengths, cell) for run in runs])
        rejected[TOO_NEAR] += int((~fits).sum())
        part = part.keeping(fits)
    if not len(part.first):
        rejected[NO_EXAMPLE] += 1
    return Part(**{**_arrays(part), "rejected": +rejected})


def _left_out(structure: gemmi.Structure) -> Counter[str]:
    """Counts of what is always left out: other residues, hydrogen, further conformers."""
    counts: Counter[str] = Counter()
    for chain in structure[0]:
        for residue in chain:
            if is_standard(residue):
                heavy = sum(not atom.is_hydrogen() for atom in residue)
                counts[HYDROGEN] += len(residue) - heavy
                counts[OTHER_CONFORMERS] += heavy
        for residue in chain.first_conformer():
            if is_standard(residue):
                counts[OTHER_CONFORMERS] -= len(list(heavy_atoms(residue)))
            else:
                counts[NOT_STANDARD] += 1
    return counts


def _windows(start: int, end: int, lengths: tuple[int, int]) -> list[tuple[int, int]]:
    """(first, length) of every run of consecutive residues within start to end − 1."""
    return [
        (first, length)
        for length in range(lengths[0], min(lengths[1], end - start) + 1)
        for first in range(start, end - length + 1)
    ]


class _Collected:
    """Collects the residues of one model."""

    def __init__(self, entry: str, atoms_of: AtomsOf, rejected: Counter[str]) -> None:
        self._entry = entry
        self._atoms_of = atoms_of
        self._rejected = rejected
        self._chains: list[str] = []
        self._residues: list[tuple[gemmi.Residue, int]] = []
        self._atoms: list[list[gemmi.Atom]] = []
        self._milli: list[NDArray[np.int64]] = []

    def runs(self, chain: str, residues: list[gemmi.Residue], least: int) -> list[tuple[int, int]]:
        """Add the usable residues; return (start, end) of each run of at least `least` of them."""
        found, run = [], 0
        for residue in [*residues, None]:
            if residue is not None and self._take(chain, residue):
                run += 1
                continue
            end = len(self._residues)
            if run >= least:
                found.append((end - run, end))
            elif run:
                self._drop(run)
                self._rejected[ALONE] += run
            run = 0
        return found

    def _take(self, chain: str, residue: gemmi.Residue) -> bool:
        if missing_atoms(residue):
            self._rejected[INCOMPLETE] += 1
            return False
        atoms = list(self._atoms_of(residue))
        self._rejected[BEYOND_CB] += len(list(heavy_atoms(residue))) - len(atoms)
        positions = np.array([atom.pos.tolist() for atom in atoms])
        if not _are_possible(positions, atoms):
            self._rejected[MALFORMED] += 1
            return False
        name = f"{self._entry}:{chain}"
        if not self._chains or self._chains[-1] != name:
            self._chains.append(name)
        self._residues.append((residue, len(self._chains) - 1))
        self._atoms.append(atoms)
        self._milli.append(np.rint(positions * MILLI).astype(np.int64))
        return True

    def _drop(self, n: int) -> None:
        del self._residues[-n:], self._atoms[-n:], self._milli[-n:]

    def part(self, windows: list[tuple[int, int]]) -> Part:
        """The collected residues as a part, with every window as an example."""
        if not self._residues:
            return Part(**_EMPTY, rejected={})
        atoms = [atom for of_residue in self._atoms for atom in of_residue]
        residues = [residue for residue, _ in self._residues]
        examples = np.array(windows, np.int64).reshape(-1, 2)
        part = Part(
            offset=np.concatenate([m - m[0] for m in self._milli]).astype(np.int16),
            atomic_number=np.array([atom.element.atomic_number for atom in atoms], np.uint8),
            atom_name=_bytes([atom.name for atom in atoms]),
            origin=np.array([m[0] for m in self._milli], np.int32),
            n_atoms=np.array([len(m) for m in self._milli], np.uint8),
            residue_name=_bytes([residue.name for residue in residues]),
            insertion_code=_bytes([residue.seqid.icode.strip() for residue in residues]),
            chain=np.array([chain for _, chain in self._residues], np.int32),
            number=np.array([residue.seqid.num for residue in residues], np.int32),
            chain_name=_bytes(self._chains),
            first=examples[:, 0].astype(np.int32),
            length=examples[:, 1].astype(np.uint8),
            rejected={},
        )
        return part.keeping(np.ones(len(examples), dtype=bool))


def _are_possible(positions: NDArray[np.float64], atoms: list[gemmi.Atom]) -> bool:
    """Whether the atoms of a residue fit the file format and have known elements."""
    return (
        0 < len(atoms) <= _MOST_ATOMS
        and bool(np.isfinite(positions).all())
        and float(np.abs(positions).max()) * MILLI < _ENDS
        and float(np.abs(positions - positions[0]).max()) * MILLI < _FARTHEST
        and all(atom.element.atomic_number > 0 for atom in atoms)
    )


def _fitting(
    part: Part, start: int, end: int, lengths: tuple[int, int], cell: gemmi.UnitCell
) -> NDArray[np.bool_]:
    """Which windows of a run are far enough from their copies, in the orientation of the model.

    The order is that of `_windows`. `part` holds all residues of the run.
    """
    first_atoms = np.concatenate([[0], np.cumsum(part.n_atoms, dtype=np.int64)])
    of_run = slice(first_atoms[start], first_atoms[end])
    origins = np.repeat(part.origin[start:end].astype(np.int64), part.n_atoms[start:end], axis=0)
    positions = (origins + part.offset[of_run]) / MILLI
    pieces = first_atoms[start : end + 1] - first_atoms[start]
    most = min(lengths[1], end - start)
    near = pieces_too_near(positions, pieces, most, cell)
    fits: list[NDArray[np.bool_]] = []
    clash = near[0]  # of the windows of one length, by their first residue
    for length in range(1, most + 1):
        if length > 1:
            # A longer window clashes if it does without its first or last residue, or if these do.
            clash = clash[:-1] | clash[1:] | near[length - 1, : 1 - length]
        if length >= lengths[0]:
            fits.append(~clash)
    return np.concatenate(fits)


def _bytes(texts: list[str]) -> Bytes:
    return np.array([text.encode() for text in texts], dtype=np.bytes_)


def _arrays(part: Part) -> dict[str, Any]:
    return {field.name: getattr(part, field.name) for field in fields(part)}


def write_part(path: Path, part: Part) -> None:
    """Save a part, for a build that is interrupted and continued."""
    arrays = _arrays(part)
    arrays["rejected"] = np.frombuffer(json.dumps(dict(part.rejected)).encode(), np.uint8)
    with replace_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def read_part(path: Path) -> Part | None:
    """Read a saved part; None if it does not exist or is damaged."""
    try:
        arrays = read_npz(path, (*_EMPTY, "rejected"))
        rejected = json.loads(arrays.pop("rejected").tobytes())
    except (OSError, ValueError, UserError):
        return None
    return Part(**arrays, rejected=rejected)
