"""Find residues that are standard, complete and bonded to one another."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import gemmi

from patterson_gui.errors import UserError

# Heavy atoms of the twenty standard residues within a chain.
_SIDE_CHAINS = {
    "ALA": "CB",
    "ARG": "CB CG CD NE CZ NH1 NH2",
    "ASN": "CB CG OD1 ND2",
    "ASP": "CB CG OD1 OD2",
    "CYS": "CB SG",
    "GLN": "CB CG CD OE1 NE2",
    "GLU": "CB CG CD OE1 OE2",
    "GLY": "",
    "HIS": "CB CG ND1 CD2 CE1 NE2",
    "ILE": "CB CG1 CG2 CD1",
    "LEU": "CB CG CD1 CD2",
    "LYS": "CB CG CD CE NZ",
    "MET": "CB CG SD CE",
    "PHE": "CB CG CD1 CD2 CE1 CE2 CZ",
    "PRO": "CB CG CD",
    "SER": "CB OG",
    "THR": "CB OG1 CG2",
    "TRP": "CB CG CD1 CD2 NE1 CE2 CE3 CZ2 CZ3 CH2",
    "TYR": "CB CG CD1 CD2 CE1 CE2 CZ OH",
    "VAL": "CB CG1 CG2",
}
STANDARD_ATOMS = {
    name: frozenset(["N", "CA", "C", "O", *side.split()]) for name, side in _SIDE_CHAINS.items()
}
AtomsOf = Callable[[gemmi.Residue], Iterator[gemmi.Atom]]  # selects atoms of a residue
_LONGEST_PEPTIDE_BOND = 2.0  # Å; 1.33 is ideal, but inaccurate models deviate
_RANGE = re.compile(
    r"(?:(?P<chain>[^:]*):)?(?P<first>-?\d+[A-Za-z]?)(?:(?:-|\.\.|:)(?P<last>-?\d+[A-Za-z]?))?"
)


@dataclass(frozen=True)
class ResidueChoice:
    """One standard residue: number with insertion code ("52A"), name, atoms it lacks."""

    seqid: str
    name: str
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.missing

    def __str__(self) -> str:
        return f"{self.name} {self.seqid}"


@dataclass(frozen=True)
class ResidueRun:
    """Standard residues of one chain, each bonded to the next, in order."""

    chain: str
    residues: tuple[ResidueChoice, ...]

    def __len__(self) -> int:
        return len(self.residues)

    def __str__(self) -> str:
        return f"{self.chain}:{self.residues[0].seqid}-{self.residues[-1].seqid}"


@dataclass(frozen=True)
class ResidueRange:
    """Chain, first and last residue (with insertion codes), both ends included."""

    chain: str
    first: str
    last: str

    def __str__(self) -> str:
        return f"{self.chain}:{self.first}-{self.last}"


def parse_range(text: str) -> ResidueRange:
    """ "A:10-11", "A:52A-53", "A:-3--1" or "A:10" as chain, first and last residue."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise UserError(f"“{text}” is not a residue range: write it like A:10-11.")
    first = match["first"].upper()
    return ResidueRange((match["chain"] or "").strip(), first, (match["last"] or first).upper())


def heavy_atoms(residue: gemmi.Residue) -> Iterator[gemmi.Atom]:
    """First-conformer atoms other than hydrogen, one of each name."""
    seen = set()
    for atom in residue.first_conformer():
        if not atom.is_hydrogen() and atom.name not in seen:
            seen.add(atom.name)
            yield atom


def atoms_to_cb(residue: gemmi.Residue) -> Iterator[gemmi.Atom]:
    """Heavy atoms of an alanine, or of a glycine where it is one: paper 1's dialanines."""
    kept = STANDARD_ATOMS["GLY" if residue.name == "GLY" else "ALA"]
    return (atom for atom in heavy_atoms(residue) if atom.name in kept)


def missing_atoms(residue: gemmi.Residue) -> tuple[str, ...]:
    """Names of the heavy atoms that are missing in a standard residue."""
    present = {atom.name for atom in heavy_atoms(residue)}
    if residue.name == "ILE" and "CD" in present:  # its name in some force fields
        present.add("CD1")
    return tuple(sorted(STANDARD_ATOMS[residue.name] - present))


def is_standard(residue: gemmi.Residue) -> bool:
    """Whether it is one of the twenty amino acids by name."""
    return residue.name in STANDARD_ATOMS


def are_bonded(first: gemmi.Residue, second: gemmi.Residue) -> bool:
    """Whether C of the first and N of the second are a peptide bond apart."""
    distance = bond_length(first, second)
    return distance is not None and distance <= _LONGEST_PEPTIDE_BOND


def bond_length(first: gemmi.Residue, second: gemmi.Residue) -> float | None:
    """C–N distance, Å; None where either atom is missing."""
    c = next((a for a in heavy_atoms(first) if a.name == "C"), None)
    n = next((a for a in heavy_atoms(second) if a.name == "N"), None)
    return None if c is None or n is None else float(c.pos.dist(n.pos))


def chains_of(structure: gemmi.Structure) -> dict[str, list[gemmi.Residue]]:
    """First-conformer residues of the first model by chain name, in the order of the file."""
    chains: dict[str, list[gemmi.Residue]] = {}
    if len(structure) == 0:
        return chains
    for chain in structure[0]:
        chains.setdefault(chain.name, []).extend(chain.first_conformer())
    return chains


def bonded_runs(structure: gemmi.Structure) -> Iterator[tuple[str, list[gemmi.Residue]]]:
    """(chain, residues) for every run of bonded standard residues of the first model.

    The residues live as long as the structure.
    """
    for name, residues in chains_of(structure).items():
        run: list[gemmi.Residue] = []
        for residue in residues:
            if not is_standard(residue):
                continue
            if run and not are_bonded(run[-1], residue):
                yield name, run
                run = []
            run.append(residue)
        if run:
            yield name, run


def residue_choices(structure: gemmi.Structure) -> tuple[ResidueRun, ...]:
    """Every run of bonded standard residues of the first model, single residues included."""
    return tuple(
        ResidueRun(
            chain,
            tuple(ResidueChoice(str(r.seqid), r.name, missing_atoms(r)) for r in residues),
        )
        for chain, residues in bonded_runs(structure)
    )


def select_range(structure: gemmi.Structure, wanted: ResidueRange) -> list[gemmi.Residue]:
    """The residues of a range, checked: all there, standard, complete and bonded."""
    chains = {
        name: residues
        for name, residues in chains_of(structure).items()
        if any(map(is_standard, residues))
    }
    if not chains:
        raise UserError("The model holds no protein: choose one with standard amino acids.")
    if wanted.chain not in chains:
        if wanted.chain or len(chains) > 1:
            raise UserError(
                f"There is no protein chain “{wanted.chain}”: "
                f"the model has {', '.join(name or '(unnamed)' for name in chains)}."
            )
        wanted = ResidueRange(next(iter(chains)), wanted.first, wanted.last)
    residues = chains[wanted.chain]
    start = _position(residues, wanted.chain, wanted.first)
    end = _position(residues, wanted.chain, wanted.last)
    if end < start:
        raise UserError(
            f"Residue {wanted.last} comes before {wanted.first} in chain {wanted.chain}: "
            "swap the two ends of the range."
        )
    chosen = residues[start : end + 1]
    _check(chosen, wanted.chain)
    return chosen


def _position(residues: list[gemmi.Residue], chain: str, seqid: str) -> int:
    """Index of a residue; a standard one has priority over a ligand of the same number."""
    found = [i for i, residue in enumerate(residues) if str(residue.seqid).upper() == seqid.upper()]
    if not found:
        standard = [residue for residue in residues if is_standard(residue)]
        raise UserError(
            f"Chain {chain} has no residue {seqid}: "
            f"its protein residues run from {standard[0].seqid} to {standard[-1].seqid}."
        )
    return next((i for i in found if is_standard(residues[i])), found[0])


def _check(residues: list[gemmi.Residue], chain: str) -> None:
    for residue in residues:
        if not is_standard(residue):
            raise UserError(
                f"{residue.name} {residue.seqid} of chain {chain} is not a standard amino acid: "
                "choose a range without it."
            )
        if missing := missing_atoms(residue):
            raise UserError(
                f"{residue.name} {residue.seqid} of chain {chain} lacks {', '.join(missing)}: "
                "choose residues that are complete."
            )
    for first, second in pairwise(residues):
        if not are_bonded(first, second):
            raise UserError(
                f"{first.name} {first.seqid} and {second.name} {second.seqid} of chain {chain} "
                f"are not bonded (C–N {bond_length(first, second):.1f} Å): "
                "choose a range without a break."
            )
