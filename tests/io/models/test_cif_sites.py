"""Small-molecule CIFs that leave open which atoms they have, and how far these move."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.io.models.contents import ModelContents
from patterson_gui.io.opening.models import read_model_contents

CELL = """data_x
_symmetry_space_group_name_H-M "P 1 21/c 1"
_cell_length_a 7.512(2)
_cell_length_b 10.234(1)
_cell_length_c 8.8710(12)
_cell_angle_alpha 90
_cell_angle_beta 104.37(3)
_cell_angle_gamma 90
"""
U_TO_B = 8 * np.pi**2


def atoms(items: str, *rows: str) -> str:
    tags = "".join(f"_atom_site_{item}\n" for item in items.split())
    return "loop_\n" + tags + "\n".join(rows) + "\n"


def aniso(letter: str, *rows: str) -> str:
    tags = "".join(f"_atom_site_aniso_{letter}_{ij}\n" for ij in (11, 22, 33, 12, 13, 23))
    return f"loop_\n_atom_site_aniso_label\n{tags}" + "\n".join(rows) + "\n"


def read(tmp_path: Path, text: str) -> ModelContents:
    path = tmp_path / "a.cif"
    path.write_text(CELL + text)
    return read_model_contents(path)


def elements(contents: ModelContents) -> dict[str, str]:
    return {cra.atom.name: cra.atom.element.name for cra in contents.structure[0].all()}


def b_of(contents: ModelContents) -> dict[str, float]:
    return {cra.atom.name: cra.atom.b_iso for cra in contents.structure[0].all()}


PLACES = "fract_x fract_y fract_z"


def test_an_element_that_the_formula_excludes_is_not_taken(tmp_path: Path):
    rows = (
        "Ca .28 .31 .22", "C1 .6 .05 .11", "O1 .59 .19 .26", "Wat1 .14 .13 .37",
        "HO1 .7 .75 .06", "W2 .4 .4 .6", "Fe1 .9 .9 .9",
    )  # fmt: skip
    text = '_chemical_formula_sum "Ca C2 O7 H6"\n' + atoms(f"label {PLACES}", *rows)
    got = read(tmp_path, text)
    assert elements(got) == {
        "Ca": "Ca", "C1": "C", "O1": "O", "Wat1": "O", "HO1": "H", "W2": "O",
    }  # fmt: skip
    told = " ".join(got.notes)
    assert "Wat1 as O, HO1 as H, W2 as O" in told
    assert (
        "1 atom of an element that the formula of the file does not have was left out: Fe1" in told
    )


def test_without_a_formula_the_neighbours_tell_hydrogen_from_holmium(tmp_path: Path):
    """O–H is 0.84 Å, while Ho–O is above 2.2 Å; Cα is 1.5 Å from its neighbours."""
    rows = (
        "O1 .1 .1 .1", "HO1 .2118 .1 .1", "CA .5 .5 .5", "CB .7 .5 .5", "Ca2 .1 .6 .3",
        "O2 .1 .825 .3",
    )  # fmt: skip
    got = read(tmp_path, atoms(f"label {PLACES}", *rows))
    assert elements(got) == {
        "O1": "O", "HO1": "H", "CA": "C", "CB": "C", "Ca2": "Ca", "O2": "O"
    }  # fmt: skip
    assert "too near for those: HO1 as H, CA as C." in " ".join(got.notes)


def test_counts_what_it_leaves_out(tmp_path: Path):
    rows = (
        "O1 O .112 .231(?) .345", "N1 N ? ? ?", "S1 ? .83 .35 -.21(12)", "X1 . .1 .1 .1",
        "Du1 Du .1 .4 .1", "C9 CN .3 .4 .1",
    )  # fmt: skip
    got = read(tmp_path, atoms(f"label type_symbol {PLACES}", *rows))
    assert elements(got) == {"O1": "O", "S1": "S"}
    assert "1 atom without coordinates was left out: N1." in got.notes
    assert "3 atoms of no known element were left out: X1, Du1 (Du), C9 (CN)." in got.notes


def test_dummies_are_no_atoms(tmp_path: Path):
    rows = ("C1 C .1 .2 .3 d", "Cg1 C .5 .5 .6 dum")
    got = read(tmp_path, atoms(f"label type_symbol {PLACES} calc_flag", *rows))
    assert elements(got) == {"C1": "C"}
    assert "1 atom that the file calls dummies was left out: Cg1." in got.notes


def test_groups_of_one_site_are_taken_as_their_heavy_atom(tmp_path: Path):
    rows = (
        "N4 NH4 .6 .3 .2 .03",
        "OH OH .7 .1 .2 .03",
        "W1 H2O .8 .8 .7 .03",
        "T Si+4 .5 .6 .5 .02",
    )
    got = read(tmp_path, atoms(f"label type_symbol {PLACES} U_iso_or_equiv", *rows))
    assert elements(got) == {"N4": "N", "OH": "O", "W1": "O", "T": "Si"}
    assert "Sites of type NH4 were taken as N: their hydrogen atoms do not count." in got.notes


@pytest.mark.parametrize(
    ("called", "item", "value", "b", "told"),
    [
        ("Uiso", "U_iso_or_equiv", 0.03, 0.03 * U_TO_B, ""),
        ("Uiso", "B_iso_or_equiv", 2.4, 2.4, ""),
        ("Biso", "B_iso_or_equiv", 0.3, 0.3, ""),  # a hard crystal
        ("Biso", "U_iso_or_equiv", 1.35, 1.35, "were taken as B"),
        ("Biso", "U_iso_or_equiv", 0.02, 0.02 * U_TO_B, ""),
        ("?", "U_iso_or_equiv", 1.35, 1.35, "were taken as B"),
        ("Uiso", "U_iso_or_equiv", 2.0, 2.0, "were taken as B"),
        ("Uiso", "B_iso_or_equiv", 0.02, 0.02 * U_TO_B, "were taken as U"),
        ("?", "B_iso_or_equiv", 0.02, 0.02 * U_TO_B, "were taken as U"),
        ("?", "U_iso_or_equiv", "?", 0.05 * U_TO_B, "U = 0.05 Å² was assumed"),
    ],
)
def test_tells_u_from_b(tmp_path: Path, called: str, item: str, value: object, b: float, told: str):
    rows = (f"O1 O .112 .231 .345 {value} {called}", f"C1 C .2 .33 .29 {value} {called}")
    got = read(tmp_path, atoms(f"label type_symbol {PLACES} {item} thermal_displace_type", *rows))
    assert b_of(got) == pytest.approx({"O1": b, "C1": b})
    assert bool(got.notes) == bool(told)
    assert told in " ".join(got.notes)


@pytest.mark.parametrize(("letter", "factor"), [("B", 1.0), ("U", 1 / U_TO_B)])
def test_b_of_the_directions_is_divided_by_8_pi_squared(tmp_path: Path, letter: str, factor: float):
    rows = atoms(f"label type_symbol {PLACES}", "O1 O .112 .231 .345", "C1 C .2 .33 .29")
    values = " ".join(f"{x * factor:.6f}" for x in (4.0, 5.0, 4.2, 0.1, 0.2, 0.3))
    got = read(tmp_path, rows + aniso(letter, f"O1 {values}", f"C1 {values}"))
    # U_22 is along b, where the axes are orthogonal to it.
    for cra in got.structure[0].all():
        assert U_TO_B * cra.atom.aniso.u22 == pytest.approx(5.0, abs=1e-3)
    assert got.notes == ()


def test_core_names_with_dots_are_read(tmp_path: Path):
    text = (CELL + atoms(f"label type_symbol {PLACES} U_iso_or_equiv", "O1 O .1 .2 .3 .03")
            + aniso("U", "O1 .03 .04 .05 0 0 0"))  # fmt: skip
    for category in ("cell", "atom_site_aniso", "atom_site"):
        text = text.replace(f"_{category}_", f"_{category}.")
    text = text.replace("_atom_site.aniso.", "_atom_site_aniso.")
    path = tmp_path / "a.cif"
    path.write_text("#\\#CIF_2.0\n" + text)
    got = read_model_contents(path)
    assert elements(got) == {"O1": "O"}
    assert next(iter(got.structure[0].all())).atom.aniso.u22 == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("items", "word"),
    [
        ("_diffrn_radiation_probe neutron", "neutron"),
        ("_diffrn_radiation_type 'constant wavelength neutrons'", "neutron"),
        ("_diffrn_radiation_probe electron", "electron"),
        ("_diffrn_radiation_wavelength 0.0251", "electron"),
        ("_diffrn_source 'spallation source'", "neutron"),
        ("_diffrn_radiation_probe x-ray", ""),
        ("_diffrn_radiation_wavelength 0.71073", ""),
    ],
)
def test_tells_that_x_ray_factors_were_taken(tmp_path: Path, items: str, word: str):
    rows = atoms(f"label type_symbol {PLACES} U_iso_or_equiv", "O1 O .1 .2 .3 .03")
    got = read(tmp_path, f"{items}\n" + rows)
    assert [f"of {word} diffraction" in note for note in got.notes] == ([True] if word else [])
