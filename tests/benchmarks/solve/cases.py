"""The crystals of the benchmark: measured ones with or without an answer, and simulated ones."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.io.opening.intensities import read_intensities
from tests.benchmarks.solve.comparison.atoms_in_cell import Truth, contents_of, read_truth
from tests.benchmarks.solve.problem import Problem
from tests.benchmarks.solve.simulate import peptide_truth, simulated_organic, simulated_peptide

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

Kind = Literal["measured", "peptide", "frontier", "simulated"]

# R1 of the deposited models of sets that INDEX.tsv does not list.
_R1_DEPOSITED = {
    "2012000": 0.037,
    "2016452": 0.038,
    "2200000": 0.061,
    "NaCl": 0.0096,
    "biotin_talos": 0.187,
}
# Groups that are right beside the one of the file: two sets came in a subgroup of theirs. A chiral
# triterpene (foytao01) cannot be P-4, where R1 stays above 0.35; it refines to 0.09 in P4.
_ALSO_RIGHT = {
    "basin2": ("C m c e", "C c m e"),
    "tetraphenylene": ("C 1 2/c 1",),
    "foytao01": ("P 4",),
}
# Merohedral twins whose domains are as large, or which a truth describes in one orientation only.
_TWINS = ("gsas2b", "b10f12", "me3snh")
# Sets that are hard for the rival whether or not it solves them in one run: with all electron data.
_HARD = ("nket", "gsas2b", "b10f12", "me3snh")

ORGANICS = ("ntd106c", "sucrose_ox", "sh2185", "xylitol", "hydrogen", "2012000", "s2dipyridyl")
RESOLUTIONS = (1.0, 1.2, 1.5, 2.0)


@dataclass(frozen=True)
class Case:
    """One crystal.

    Attributes
    ----------
    truth : reads the deposited structure; None where there is none.
    r1_truth : R1 of the deposited structure against these data; NaN where unknown.
    radiation : as the data say: "xray", "electron".
    also_right : further space groups that count as right.
    twin : whether other orientations of the lattice are as right as the deposited one.
    hard : whether it belongs to the sets that the rival fails on.
    seed : of the random numbers of the solver.
    d_min : Å, where a simulation was cut; NaN otherwise.
    """

    name: str
    kind: Kind
    problem: Callable[[], Problem]
    truth: Callable[[], Truth] | None = None
    r1_truth: float = float("nan")
    radiation: str = "xray"
    also_right: tuple[str, ...] = ()
    twin: bool = False
    hard: bool = False
    seed: int = 0
    d_min: float = float("nan")


def all_cases() -> list[Case]:
    """Every case whose data are here; empty where the folder of data is missing."""
    if not DATA.is_dir():
        return []
    return [*measured_cases(), *peptide_cases(), *frontier_cases(), *simulated_cases()]


def measured_cases() -> list[Case]:
    """The measured small molecules and minerals."""
    cases = []
    with (DATA / "solve" / "INDEX.tsv").open(encoding="utf-8") as file:
        rows = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
    for name, row in rows.items():
        folder = DATA / "solve" / name
        if folder.is_dir():
            (data,) = folder.glob(f"{name}.hkl*")
            truth = folder / f"{name}_truth.cif"
            r1 = float(row["R1_truth_here"] or "nan")
            cases.append(_measured(name, data, truth, r1, row["kind"]))
    for data in sorted((DATA / "smallmol").glob("*.hkl")):
        kind = "electron" if "talos" in data.stem else ""
        r1 = _R1_DEPOSITED.get(data.stem, float("nan"))
        cases.append(_measured(data.stem, data, data.with_suffix(".cif"), r1, kind))
    return cases


def _measured(name: str, data: Path, truth: Path, r1: float, kind: str) -> Case:
    electron = kind == "electron"
    return Case(
        name,
        "measured",
        partial(_read, data),
        partial(read_truth, truth) if truth.is_file() else None,
        r1,
        "electron" if electron else "xray",
        _ALSO_RIGHT.get(name, ()),
        twin=name in _TWINS,
        hard=electron or name in _HARD,
    )


def peptide_cases(seeds: int = 3) -> list[Case]:
    """6mw0, a peptide of about 250 atoms at 0.78 Å, with several seeds."""
    truth = DATA / "xray" / "6mw0.cif"
    problem = partial(_read, DATA / "xray" / "6mw0-sf.cif.gz", truth)
    known = partial(read_truth, truth)
    return [Case(f"6mw0-{i}", "peptide", problem, known, seed=i) for i in range(seeds)]


def frontier_cases() -> list[Case]:
    """Peptides at low resolution, and a large one: reported as they come."""
    cases = []
    for name, data in (("5e5z", "5e5z.mtz"), ("1yjp", "1yjp-sf.cif")):
        truth = DATA / "xray" / f"{name}.pdb"
        problem = partial(_read, DATA / "xray" / data, truth)
        cases.append(Case(name, "frontier", problem, partial(read_truth, truth)))
    chain = (DATA / "proteins_dev.tar.xz", "1vfy")
    problem = partial(simulated_peptide, *chain, 0.9)
    cases.append(Case("1vfy-0.9", "frontier", problem, partial(peptide_truth, *chain)))
    return cases


def simulated_cases() -> list[Case]:
    """Organic crystals, simulated with noise and cut at several resolutions."""
    cases = []
    for name in ORGANICS:
        path = DATA / "solve" / name / f"{name}_truth.cif"
        if not path.is_file():
            path = DATA / "smallmol" / f"{name}.cif"
        for d_min in RESOLUTIONS:
            problem = partial(simulated_organic, path, d_min)
            known = partial(read_truth, path)
            cases.append(Case(f"{name}-{d_min:.1f}", "simulated", problem, known, d_min=d_min))
    return cases


def _read(data: Path, model: Path | None = None) -> Problem:
    """Read measured intensities; `model` gives the contents where no file of data states them."""
    read = read_intensities(data)
    contents = read.contents
    if contents is None and model is not None:
        counts = contents_of(model)
        contents = Contents(tuple(counts), counts, f"the sequence of {model.stem}")
    return Problem(read.intensities, contents)
