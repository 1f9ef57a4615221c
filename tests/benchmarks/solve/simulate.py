"""Simulated intensities of known structures, with noise, cut at a chosen resolution."""

import hashlib
import tarfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from tests.benchmarks.solve.comparison.atoms_in_cell import Truth, truth_of_structure
from tests.benchmarks.solve.problem import Problem

NOISE = 0.02  # of an intensity: its σ
FLOOR = 0.002  # of the mean intensity: added to σ in squares
_APART = 2.7  # Å: of water from other atoms, at least
_TRIALS = 20_000  # random places that are tried for water
_COOLED = 0.35  # of the B values of a protein: so that it scatters to 0.9 Å


def simulated_organic(truth: Path, d_min: float) -> Problem:
    """Unique intensities of a small molecule, hydrogen and anisotropic displacement included."""
    small = gemmi.read_small_structure(str(truth))
    counts = _contents_of_cell(small)
    small.change_occupancies_to_crystallographic()
    hkl = gemmi.make_miller_array(small.cell, small.spacegroup, d_min)
    absent = small.spacegroup.operations().systematic_absences(hkl)
    hkl = hkl[~np.asarray(absent, dtype=bool)]
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    f = np.array(
        [calculator.calculate_sf_from_small_structure(small, index) for index in hkl.tolist()]
    )
    label = f"{truth.stem} simulated to {d_min:.1f} Å"
    return _problem(hkl, f, small.cell, small.spacegroup, counts, label)


def simulated_peptide(archive: Path, entry: str, d_min: float) -> Problem:
    """Unique intensities of a protein chain in its own cell in P1, cooled, among ordered water."""
    structure = _peptide(archive, entry)
    p1 = gemmi.SpaceGroup("P 1")
    calculated = structure_factors(structure, structure.cell, p1, d_min)
    counts = Counter(site.atom.element.name for site in structure[0].all())
    label = f"{entry} simulated in P1 to {d_min:.1f} Å"
    return _problem(calculated.hkl, calculated.f, structure.cell, p1, counts, label)


def peptide_truth(archive: Path, entry: str) -> Truth:
    """The atoms that `simulated_peptide` simulates. Nothing is asked of the water."""
    structure = _peptide(archive, entry)
    truth = truth_of_structure(structure)
    ordered = np.arange(len(truth.atoms)) < len(truth.atoms) - len(structure[0]["W"])
    return replace(truth, atoms=replace(truth.atoms, ordered=ordered))


def _peptide(archive: Path, entry: str) -> gemmi.Structure:
    """A chain of an archive of PDB files, its B values lowered to those of a cold crystal, with
    water wherever it finds room: an empty cell would be easier than any real one."""
    with tarfile.open(archive) as files:
        member = files.extractfile(f"proteins/{entry}.pdb")
        assert member is not None
        structure = gemmi.read_pdb_string(member.read().decode())
    structure.spacegroup_hm = "P 1"
    structure.setup_cell_images()
    for site in structure[0].all():
        site.atom.b_iso *= _COOLED
    _add_water(structure, np.random.default_rng(0))
    return structure


def _add_water(structure: gemmi.Structure, random: np.random.Generator) -> None:
    to_cartesian = np.array(structure.cell.orth.mat.tolist()).T
    atoms = [structure.cell.fractionalize(site.atom.pos).tolist() for site in structure[0].all()]
    taken = np.concatenate([np.array(atoms), np.empty((_TRIALS, 3))])
    n = len(atoms)
    chain = gemmi.Chain("W")
    for place in random.random((_TRIALS, 3)):
        away = taken[:n] - place
        away = (away - np.rint(away)) @ to_cartesian
        if (away**2).sum(axis=1).min() > _APART**2:
            taken[n] = place
            n += 1
            atom = gemmi.Atom()
            atom.name, atom.element = "O", gemmi.Element("O")
            atom.pos = structure.cell.orthogonalize(gemmi.Fractional(*place))
            atom.b_iso, atom.occ = random.uniform(8, 30), random.uniform(0.5, 1)
            residue = gemmi.Residue()
            residue.name, residue.seqid = "HOH", gemmi.SeqId(str(len(chain) + 1))
            residue.add_atom(atom)
            chain.add_residue(residue)
    structure[0].add_chain(chain)


def _problem(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    counts: Mapping[str, float],
    label: str,
) -> Problem:
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(label.encode()).digest()[:8]))
    intensity = np.abs(f) ** 2
    sigma = np.hypot(NOISE * intensity, FLOOR * intensity.mean())
    value = intensity + sigma * random.standard_normal(len(sigma))
    data = Intensities(
        np.asarray(hkl, dtype=np.int32), value, sigma, cell, spacegroup, 0.71073, "xray", label
    )
    return Problem(data, Contents(tuple(counts), dict(counts), "the simulated structure"))


def _contents_of_cell(small: gemmi.SmallStructure) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for site in small.get_all_unit_cell_sites():
        counts[site.element.name] += site.occ
    return {element: round(number) for element, number in counts.items()}
