"""Matching of solutions with known structures, and reading of these."""

import json
import subprocess
import sys
from pathlib import Path

import gemmi
import numpy as np
import pytest

from tests.benchmarks.solve.comparison.atoms_in_cell import AtomsInCell, atoms_in_cell, read_truth
from tests.benchmarks.solve.comparison.matching import match


def crystal(name: str, cell: tuple[float, ...], n: int = 12, seed: int = 0) -> AtomsInCell:
    random = np.random.default_rng(seed)
    elements = ["C", "N", "O"] * (n // 3)
    return atoms_in_cell(
        gemmi.UnitCell(*cell),
        gemmi.SpaceGroup(name).operations(),
        elements,
        random.random((n, 3)),
        np.ones(n),
        np.full(n, 0.04),
    )


def changed(
    atoms: AtomsInCell, frac: np.ndarray, elements: np.ndarray | None = None
) -> AtomsInCell:
    kept = atoms.elements if elements is None else elements
    n = len(frac)
    every = np.ones(n, dtype=bool)
    return AtomsInCell(atoms.to_cartesian, frac % 1.0, kept, np.arange(n), every, np.full(n, 0.04))


MONOCLINIC = (9.0, 11.0, 13.0, 90.0, 101.0, 90.0)


@pytest.mark.parametrize("hand", [1, -1])
def test_finds_every_atom_after_a_shift_in_either_hand(hand: int) -> None:
    truth = crystal("P 21", MONOCLINIC)
    random = np.random.default_rng(1)
    noise = 0.05 * random.standard_normal(truth.frac.shape) @ np.linalg.inv(truth.to_cartesian)
    moved = changed(truth, hand * (truth.frac + noise - (0.21, 0.37, 0.68)))
    found = match(truth, moved)
    assert found.found == 1.0
    assert found.elements_right == 1.0
    assert found.spurious == 0.0
    assert found.hand == hand
    assert found.rmsd == pytest.approx(0.05 * np.sqrt(3), rel=0.25)


def test_counts_missing_spurious_and_mistyped_atoms() -> None:
    truth = crystal("P 1", MONOCLINIC, n=30)
    elements = truth.elements.copy()
    elements[:3] = np.where(elements[:3] == "C", "N", "C")
    frac = truth.frac.copy()
    far = frac[27:] + 0.5  # three atoms of the truth are missing, three others stray
    found = match(truth, changed(truth, np.concatenate([frac[:27], far]), elements))
    assert found.found == pytest.approx(27 / 30, abs=0.05)
    assert found.elements_right == pytest.approx(24 / 27, abs=0.05)
    assert found.spurious == pytest.approx(3 / 30, abs=0.05)


def test_asks_nothing_of_disordered_atoms_and_of_hydrogen() -> None:
    cell, group = gemmi.UnitCell(8, 9, 10, 90, 90, 90), gemmi.SpaceGroup("P 1")
    frac = np.random.default_rng(3).random((8, 3))
    elements = ["C", "O", "N", "C", "O", "N", "H", "C"]
    occ = np.array([1, 1, 1, 1, 1, 1, 1, 0.4])
    truth = atoms_in_cell(cell, group.operations(), elements, frac, occ, np.full(8, 0.05))
    assert len(truth) == 7
    assert truth.ordered.sum() == 6
    with_it = changed(truth, truth.frac)
    assert match(truth, with_it).found == 1.0
    assert match(truth, with_it).spurious == 0.0
    without = changed(truth, truth.frac[:6], truth.elements[:6])
    assert match(truth, without).found == 1.0


def test_a_disordered_atom_does_not_hide_an_ordered_one_at_the_same_place() -> None:
    cell, group = gemmi.UnitCell(8, 9, 10, 90, 90, 90), gemmi.SpaceGroup("P 1")
    frac = np.random.default_rng(3).random((5, 3))
    frac[4] = frac[0]
    occ = np.array([0.7, 1, 1, 1, 0.3])
    truth = atoms_in_cell(cell, group.operations(), ["Cl"] * 5, frac, occ, np.full(5, 0.05))
    assert match(truth, truth).found == 1.0


def test_a_smeared_atom_excuses_atoms_in_its_reach() -> None:
    cell, group = gemmi.UnitCell(12, 12, 12, 90, 90, 90), gemmi.SpaceGroup("P 1")
    frac = np.array([[0.1, 0.1, 0.1], [0.2, 0.4, 0.3], [0.6, 0.2, 0.4], [0.5, 0.7, 0.8]])
    u_iso = np.array([0.04, 0.04, 0.04, 0.5])
    truth = atoms_in_cell(cell, group.operations(), ["C"] * 4, frac, np.ones(4), u_iso)
    assert truth.ordered.sum() == 3
    elements = np.array(["C"] * 5)
    near = changed(truth, np.concatenate([frac, [[0.5, 0.8, 0.8]]]), elements)  # 1.2 Å away
    assert match(truth, near).spurious == 0.0
    far = changed(truth, np.concatenate([frac, [[0.5, 0.95, 0.8]]]), elements)  # 3 Å away
    assert match(truth, far).spurious == pytest.approx(1 / 5)


def test_a_wrong_structure_has_few_of_the_atoms() -> None:
    truth, other = crystal("P 21", MONOCLINIC, n=60), crystal("P 21", MONOCLINIC, n=60, seed=9)
    assert match(truth, other).found < 0.35


def test_tries_the_orientations_of_a_twin() -> None:
    truth = crystal("P 4", (9.0, 9.0, 12.0, 90.0, 90.0, 90.0))
    swap = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, -1]])
    twin = changed(truth, truth.frac @ swap.T)
    assert match(truth, twin).found < 0.5
    assert match(truth, twin, rotations=[swap]).found == 1.0


def test_atoms_on_special_positions_are_counted_once() -> None:
    atoms = atoms_in_cell(
        gemmi.UnitCell(5.64, 5.64, 5.64, 90, 90, 90),
        gemmi.SpaceGroup("F m -3 m").operations(),
        ["Na", "Cl"],
        np.array([[0.002, 0.0, 0.0], [0.5, 0.001, 0.0]]),  # not quite on their positions
        np.ones(2),
        np.full(2, 0.01),
    )
    assert len(atoms) == 8
    on_it = atoms.frac * 2
    np.testing.assert_allclose(on_it, np.rint(on_it), atol=1e-9)


def test_any_of_the_alternative_positions_of_an_atom_will_do(tmp_path: Path) -> None:
    structure = gemmi.Structure()
    structure.cell, structure.spacegroup_hm = gemmi.UnitCell(12, 13, 14, 90, 90, 90), "P 1"
    residue = gemmi.Residue()
    residue.name, residue.seqid = "LIG", gemmi.SeqId("1")
    random = np.random.default_rng(2)
    for number, place in enumerate(random.random((6, 3)) * 12):
        for altloc, step in (("A", 0.0), ("B", 0.7)):
            atom = gemmi.Atom()
            atom.name, atom.element, atom.altloc = f"C{number}", gemmi.Element("C"), altloc
            atom.pos = gemmi.Position(place[0] + step, place[1], place[2])
            atom.occ, atom.b_iso = 0.5, 10.0
            residue.add_atom(atom)
    chain = gemmi.Chain("A")
    chain.add_residue(residue)
    structure.add_model(gemmi.Model(1))
    structure[0].add_chain(chain)
    path = tmp_path / "alternatives.pdb"
    structure.write_pdb(str(path))
    truth = read_truth(path).atoms
    assert len(np.unique(truth.sites)) == 6
    for row in range(3):  # the first, the second, their mean
        chosen = changed(truth, truth.frac[row::3], truth.elements[row::3])
        assert match(truth, chosen).found == 1.0


@pytest.mark.parametrize("name", ["ylid2", "ta_f", "c2019572"])
def test_agrees_with_an_independent_program(name: str, shared_data: Path, tmp_path: Path) -> None:
    script = shared_data.parent / "tools" / "score-solution"
    path = shared_data / "solve" / name / f"{name}_truth.cif"
    small = gemmi.read_small_structure(str(path))
    random = np.random.default_rng(5)
    sites = [site for site in small.sites if site.element.atomic_number > 1]
    steps = 0.08 * random.standard_normal((len(sites), 3))
    rows = []
    for number, (site, step) in enumerate(zip(sites, steps, strict=True)):
        if number % 6 == 5:
            continue  # missing
        x = np.array(site.fract.tolist())
        special = small.spacegroup.operations()
        images = [np.array(op.apply_to_xyz(x.tolist())) - x for op in special]
        fixed = sum(np.linalg.norm(d - np.rint(d)) < 1e-3 for d in images) > 1
        if not fixed:
            x = x + np.array(small.cell.fractionalize(gemmi.Position(*step)).tolist())
        symbol = "N" if number % 4 == 3 else site.element.name
        rows.append((symbol, x))
    head = path.read_text(encoding="utf-8").split("_atom_site_label")[0]
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
    lines = [f"_atom_site_{column}" for column in columns]
    lines += [f"A{i} {s} {x[0]:.6f} {x[1]:.6f} {x[2]:.6f} 1.0" for i, (s, x) in enumerate(rows)]
    solution = tmp_path / "solution.cif"
    solution.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    asked = [sys.executable, str(script), str(path), str(solution), "0.3"]
    other = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    ours = match(read_truth(path).atoms, read_truth(solution).atoms)
    assert ours.found == pytest.approx(other["found"], abs=0.001)
    assert ours.elements_right == pytest.approx(other["element_right"], abs=0.001)
    assert ours.spurious == pytest.approx(other["spurious"] / other["solution_atoms"], abs=0.001)
    assert ours.rmsd == pytest.approx(other["rms"], abs=0.005)
