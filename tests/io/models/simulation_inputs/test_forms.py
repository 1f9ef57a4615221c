"""Inputs of simulation programs in forms of their own: ibrav, 3*8.0, densities after the atoms."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.models.simulation_inputs.quantum_espresso import lattice_of
from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.opening.open import open_any

BOHR = 0.529177210903
ESPRESSO = """&CONTROL
 calculation='scf'
/
&SYSTEM
 {system}
 nat=2, ntyp=2, ecutwfc=30
/
ATOMIC_SPECIES
 Na 22.99 Na.upf
 Cl 35.45 Cl.upf
ATOMIC_POSITIONS {{{unit}}}
 Na 0 0 0
 Cl 0.5 0.5 0.5
K_POINTS gamma
"""
# Conventional cell (a, b, c, α, β, γ) and centring whose primitive cell each lattice is. The
# parameters are b/a, c/a and the cosines of the conventional cell.
LATTICES = {
    1: ((1, 1, 1, 90, 90, 90), "P"), 2: ((1, 1, 1, 90, 90, 90), "F"),
    3: ((1, 1, 1, 90, 90, 90), "I"), -3: ((1, 1, 1, 90, 90, 90), "I"),
    4: ((1, 1, 1.6, 90, 90, 120), "P"), 5: ((1, 1, 1, 75, 75, 75), "P"),
    -5: ((1, 1, 1, 75, 75, 75), "P"), 6: ((1, 1, 1.6, 90, 90, 90), "P"),
    7: ((1, 1, 1.6, 90, 90, 90), "I"), 8: ((1, 1.2, 1.6, 90, 90, 90), "P"),
    9: ((1, 1.2, 1.6, 90, 90, 90), "C"), -9: ((1, 1.2, 1.6, 90, 90, 90), "C"),
    91: ((1, 1.2, 1.6, 90, 90, 90), "A"), 10: ((1, 1.2, 1.6, 90, 90, 90), "F"),
    11: ((1, 1.2, 1.6, 90, 90, 90), "I"), 12: ((1, 1.2, 1.6, 90, 90, 105), "P"),
    -12: ((1, 1.2, 1.6, 90, 105, 90), "P"), 13: ((1, 1.2, 1.6, 90, 90, 105), "B"),
    -13: ((1, 1.2, 1.6, 90, 105, 90), "C"), 14: ((1, 1.2, 1.6, 80, 95, 105), "P"),
}  # fmt: skip


@pytest.mark.parametrize("ibrav", LATTICES)
def test_lattices_of_quantum_espresso_are_those_of_the_conventional_cells(ibrav: int):
    """Both have the same reduced cell (Niggli, by gemmi)."""
    six, centring = LATTICES[ibrav]
    cosines = [float(np.cos(np.radians(angle))) for angle in six[3:]]
    celldm = {2: six[1], 3: six[2], 4: cosines[2], 5: cosines[1]}
    if ibrav == 14:
        celldm |= {4: cosines[0], 6: cosines[2]}
    rows = lattice_of(ibrav, celldm)
    metric = rows @ rows.T
    lengths = np.sqrt(np.diag(metric))
    angles = [np.degrees(np.arccos(metric[i, j] / lengths[i] / lengths[j]))
              for i, j in ((1, 2), (0, 2), (0, 1))]  # fmt: skip
    primitive = gemmi.UnitCell(*(100 * lengths), *angles)
    reduced = [
        gemmi.GruberVector(cell, letter)
        for cell, letter in (
            (primitive, "P"), (gemmi.UnitCell(*(100 * np.array(six[:3])), *six[3:]), centring)
        )
    ]  # fmt: skip
    for vector in reduced:
        vector.niggli_reduce(epsilon=1e-6)
    assert reduced[0].parameters == pytest.approx(reduced[1].parameters, abs=1e-3)


def espresso(tmp_path: Path, system: str, unit: str = "crystal") -> Path:
    path = tmp_path / "a.in"
    path.write_text(ESPRESSO.format(system=system, unit=unit))
    return path


@pytest.mark.parametrize("unit", ["crystal", "alat"])
def test_a_lattice_by_number_is_read(tmp_path: Path, unit: str):
    (made,) = read_materials(espresso(tmp_path, "ibrav=2, celldm(1)=10.66", unit))
    assert made.volume == pytest.approx((10.66 * BOHR) ** 3 / 4, rel=1e-5)
    distance = np.linalg.norm(made.positions[1] - made.positions[0])
    # (½ ½ ½) is half the diagonal of the primitive vectors or of the cube.
    x = np.array([-0.5, 0.5, 0.5]) if unit == "crystal" else np.array([0.5, 0.5, 0.5])
    assert distance == pytest.approx(10.66 * BOHR * np.linalg.norm(x), rel=1e-5)


def test_a_lattice_in_angstrom_is_read(tmp_path: Path):
    (made,) = read_materials(espresso(tmp_path, "ibrav = -12, A=5.0, B = 6.0d0,\n C=7, cosAC=-0.2"))
    assert made.cell is not None
    assert made.cell.parameters[:3] == pytest.approx((5, 6, 7), rel=1e-5)
    assert made.cell.beta == pytest.approx(np.degrees(np.arccos(-0.2)), rel=1e-5)


def test_vectors_in_units_of_a_are_read(tmp_path: Path):
    path = espresso(tmp_path, "ibrav=0, A=5.0")
    path.write_text(path.read_text() + "CELL_PARAMETERS alat\n 1 0 0\n 0 1 0\n 0 0 2\n")
    (made,) = read_materials(path)
    assert made.volume == pytest.approx(250, rel=1e-5)


@pytest.mark.parametrize("system", ["ibrav=14, celldm(1)=10", "ibrav=77, celldm(1)=10", "ibrav=2"])
def test_a_lattice_that_cannot_be_built_is_named(tmp_path: Path, system: str):
    with pytest.raises(UserError, match=r"ibrav = .* give ibrav = 0 and CELL_PARAMETERS") as error:
        read_materials(espresso(tmp_path, system))
    assert "damaged" not in str(error.value)


@pytest.mark.parametrize(
    ("cell", "volume"),
    [
        ("acell 3*8.0\nrprim 0 .5 .5 .5 0 .5 .5 .5 0", 8**3 / 4 * BOHR**3),
        ("acell 3*8.0 Angstr\nrprim 0 1/2 1/2 1/2 0 1/2 1/2 1/2 0", 8**3 / 4),
        ("acell 8 8 10\nangdeg 90 90 120", 640 * np.sqrt(0.75) * BOHR**3),
        ("acell 3*1\nrprim 4 0 0 -2.0 sqrt(12.0) 0 0 0 5", 20 * np.sqrt(12) * BOHR**3),
        ("acell 3*8.0", 8**3 * BOHR**3),
    ],
)
def test_short_forms_of_abinit_are_read(tmp_path: Path, cell: str, volume: float):
    path = tmp_path / "a.abi"
    path.write_text(f"{cell}\nntypat 2\nznucl 11 17\nnatom 2\ntypat 1 2\nxred 3*0 3*0.5 ! Cl\n")
    (made,) = read_materials(path)
    assert made.formula == "ClNa"
    assert made.volume == pytest.approx(volume, rel=1e-5)


HEAD = "NaCl\n1.0\n 4 0 0\n 0 4 0\n 0 0 4.5\n"
PLACES = "Direct\n0 0 0\n.5 .5 .5\n"
FIXED = "Direct\n0 0 0 T T F\n.5 .5 .5 F F F\n"
GRID = "\n 2 2 2\n 1 2 3 4 5\n 6 7 8\naugmentation occupancies 1 8\n .1 .2\n"


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        (f"Na Cl\n1 1\n{PLACES}{GRID}", True),
        (f"1 1\n{PLACES.replace('NaCl', 'Na Cl')}{GRID}", True),
        (f"Na Cl\n1 1\nSelective dynamics\n{FIXED}{GRID}", True),
        (f"Na Cl\n1 1\n{PLACES}\n 0 0 0\n 0 0 0\n", False),
        (f"Na Cl\n1 1\n{PLACES}", False),
    ],
)
def test_atoms_of_a_vasp_density_are_read(tmp_path: Path, rest: str, told: bool):
    path = tmp_path / "CHGCAR"
    path.write_text((HEAD if rest[0] == "N" else HEAD.replace("NaCl", "Na Cl")) + rest)
    (made,) = read_materials(path)
    assert made.formula == "ClNa"
    assert (open_any(path).opened_map is not None) == told
    assert any("values on a grid" in note for note in made.notes) == told


@pytest.mark.parametrize(
    "rest",
    ["1 1\nDirect\n0 0 0 Na\n.5 .5 .5 Cl\n", "Na Cl ! two\n1 1 # atoms\nDirect\n0 0 0\n.5 .5 .5\n"],
)
def test_reads_elements_after_positions_and_comments_of_vasp(tmp_path: Path, rest: str):
    path = tmp_path / "POSCAR"
    path.write_text(HEAD.replace("NaCl", "halite") + rest)
    (made,) = read_materials(path)
    assert made.formula == "ClNa"
