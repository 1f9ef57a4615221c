"""Atoms that a file lists although symmetry makes them."""

from pathlib import Path

import gemmi
import pytest

from patterson_gui.io.models.contents import ModelContents
from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.opening.models import read_model_contents
from tests.io.models.test_cif_sites import CELL, atoms

ITEMS = "label type_symbol fract_x fract_y fract_z occupancy U_iso_or_equiv"
HALF = ("S1 S .02 .08 .05 1 .03", "C1 C .12 .2 .11 1 .03", "O1W O .4 .3 .2 1 .03")
COPIES = ("S1A S -.02 -.08 -.05 1 .03", "C1A C -.12 -.2 -.11 1 .03")


def read(tmp_path: Path, *rows: str, cell: str = CELL) -> ModelContents:
    path = tmp_path / "a.cif"
    path.write_text(cell + atoms(ITEMS, *rows))
    return read_model_contents(path)


def names(contents: ModelContents) -> list[str]:
    return [cra.atom.name for cra in contents.structure[0].all()]


def test_counts_whole_molecules_on_a_centre_once(tmp_path: Path):
    once, listed = read(tmp_path, *HALF), read(tmp_path, *HALF, *COPIES)
    assert names(listed) == ["S1", "C1", "O1W"]
    assert "2 atoms (S1A, C1A) repeat others by symmetry" in " ".join(listed.notes)
    (material,) = read_materials(tmp_path / "a.cif")
    assert material.notes == listed.notes
    assert material.formula == "C4O4S4"
    assert once.notes == ()
    f = [gemmi.StructureFactorCalculatorX(each.structure.cell) for each in (once, listed)]
    for hkl in ([1, 0, 0], [0, 2, 0], [1, 2, 3], [-2, 1, 4]):
        values = [
            calculator.calculate_sf_from_model(each.structure[0], hkl)
            for calculator, each in zip(f, (once, listed), strict=True)
        ]
        assert values[0] == pytest.approx(values[1])


def test_counts_the_atoms_of_a_whole_cell_once(tmp_path: Path):
    """All images of the general position, as other programs list them, moved by lattice vectors."""
    rows = list(HALF)
    for number, op in enumerate(gemmi.SpaceGroup("P 1 21/c 1").operations()):
        for row in HALF if number else ():
            label, element, x, y, z, *rest = row.split()
            place = op.apply_to_xyz([float(x), float(y), float(z)])
            moved = " ".join(f"{value + number:.4f}" for value in place)
            rows.append(f"{label}_{number} {element} {moved} {' '.join(rest)}")
    assert names(read(tmp_path, *rows)) == ["S1", "C1", "O1W"]


def test_atoms_that_share_a_place_stay(tmp_path: Path):
    cell = CELL.replace("P 1 21/c 1", "P -1")
    thirds = [f"H{n} H .3 .3 .3 .3333 .05" for n in "abc"]
    mixed = ["Fe1 Fe .1 .2 .7 .6 .01", "Mg1 Mg .1 .2 .7 .4 .01"]
    halves = ["O1A O .01 .01 .01 .5 .03", "O1B O -.01 -.01 -.01 .5 .03"]
    got = read(tmp_path, *thirds, *mixed, *halves, cell=cell)
    assert len(names(got)) == 7
    assert got.notes == ()


def test_copies_of_shared_places_are_dropped_by_the_sum_of_all_elements(tmp_path: Path):
    rows = []
    for end, sign in (("", ""), ("A", "-")):
        rows += [f"Fe1{end} Fe {sign}.1 {sign}.2 {sign}.7 .5 .01"]
        rows += [f"Mg1{end} Mg {sign}.1 {sign}.2 {sign}.7 .5 .01"]
    got = read(tmp_path, *rows)
    assert names(got) == ["Fe1", "Mg1"]


def test_atoms_on_special_positions_and_near_their_images_stay(tmp_path: Path):
    got = read(tmp_path, "Fe1 Fe 0 0 0 1 .01", "Fe2 Fe .5 .5 .005 1 .01")
    assert names(got) == ["Fe1", "Fe2"]
    assert [cra.atom.occ for cra in got.structure[0].all()] == pytest.approx([0.5, 0.5])


def test_alternatives_of_proteins_stay(shared_data: Path):
    path = shared_data / "edge" / "disordered.pdb"
    text = path.read_text()
    contents = read_model_contents(path)
    assert len(names(contents)) == sum(
        line[:6] in ("ATOM  ", "HETATM") for line in text.splitlines()
    )
