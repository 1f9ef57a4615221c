"""The density of VASP files, compared with what ASE writes and pymatgen reads."""

import re
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.maps.vasp_density import read_vasp_density
from patterson_gui.io.opening.materials import read_materials
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.source_file import SourceFile

SHAPE = (12, 15, 18)
LATTICE = np.array([[5.0, 0.1, 0.0], [0.3, 6.0, 0.2], [-0.4, 0.5, 7.0]])
FRAC = np.array([[0.1, 0.2, 0.3], [0.6, 0.7, 0.8]])


def of_gaussians(lattice: np.ndarray) -> np.ndarray:
    """e/Å³: one electron at each atom, as periodic Gaussians of 0.7 Å."""
    points = np.stack(np.meshgrid(*(np.arange(n) / n for n in SHAPE), indexing="ij"), axis=-1)
    density = np.zeros(SHAPE)
    for shift in np.ndindex(3, 3, 3):
        for site in FRAC:
            away = (points - site - np.array(shift) + 1) @ lattice
            density += np.exp(-0.5 * (away**2).sum(-1) / 0.7**2)
    return density * 2 / density.mean() / abs(np.linalg.det(lattice))


def write_chgcar(path: Path, lattice: np.ndarray = LATTICE, spin: bool = False) -> np.ndarray:
    """A file that ASE writes, and its density."""
    from ase import Atoms
    from ase.calculators.vasp import VaspChargeDensity

    density = of_gaussians(lattice)
    file = VaspChargeDensity(filename=None)
    file.atoms = [Atoms("NaCl", scaled_positions=FRAC, cell=lattice, pbc=True)]
    file.chg = [density]
    file.chgdiff = [0.1 * density] if spin else []
    file.aug = "augmentation occupancies 1 3\n  0.1E+00 0.2E+00 0.3E+00\n"
    file.write(str(path), format="chgcar")
    return density


def test_reads_the_density_that_ase_writes_in_electrons_per_cubic_angstrom(tmp_path: Path):
    density = write_chgcar(tmp_path / "CHGCAR")
    crystal = open_any(tmp_path / "CHGCAR")
    assert crystal.opened_map.grid == pytest.approx(density, rel=1e-5, abs=1e-6)
    assert crystal.opened_map.grid.mean() * crystal.cell.volume == pytest.approx(2.0, rel=1e-5)
    assert any("integrates to 2.00 electrons" in note for note in crystal.notes)
    assert [atom.atom.element.name for atom in crystal.model[0].all()] == ["Na", "Cl"]
    for atom, site in zip(crystal.model[0].all(), FRAC, strict=True):
        found = crystal.cell.fractionalize(atom.atom.pos)
        assert [found.x, found.y, found.z] == pytest.approx(site, abs=1e-5)
        # Grid point (i, j, k) lies at (i/nu, j/nv, k/nw): the atom is where the density is.
        assert crystal.opened_map.value_at(site[None])[0] > 0.8 * density.max()


def test_agrees_with_pymatgen(tmp_path: Path):
    from pymatgen.io.vasp.outputs import VolumetricData

    write_chgcar(tmp_path / "CHGCAR", spin=True)
    contents = read_vasp_density(SourceFile.of(tmp_path / "CHGCAR"))
    poscar, data, _ = VolumetricData.parse_file(str(tmp_path / "CHGCAR"))
    expected = data["total"] / poscar.structure.volume
    assert contents.density.grid == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert any("A second density follows" in note for note in contents.notes)


def test_keeps_density_and_atoms_together_where_the_axes_are_left_handed(tmp_path: Path):
    write_chgcar(tmp_path / "CHGCAR", LATTICE[[1, 0, 2]])
    crystal = open_any(tmp_path / "CHGCAR")
    for atom in crystal.model[0].all():
        at = np.array([crystal.cell.fractionalize(atom.atom.pos).tolist()])
        assert crystal.opened_map.value_at(at)[0] > 0.8 * crystal.opened_map.grid.max()


def test_reads_exponents_without_a_letter_and_many_atoms(tmp_path: Path):
    n = 3000
    atoms = "".join(f"  {i / n:.6f}  0.5  0.5\n" for i in range(n))
    path = tmp_path / "CHGCAR_sum"
    path.write_text(
        f"many\n 2.0\n 10 0 0\n 0 10 0\n 0 0 10\n C\n {n}\nDirect\n{atoms}\n 2 1 2\n"
        " 0.80000000000E+01 0.12345678901-101\n -.30000000000E+01 0.1D+02\n"
    )
    grid = open_any(path).opened_map.grid * 20.0**3
    assert grid.ravel() == pytest.approx([8.0, -3.0, 0.0, 10.0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) // 2], "is cut short or damaged"),
        (lambda text: text.replace("12   15   18", "12000 15000 18000"), "declares"),
        (lambda text: re.sub(r"(\n   12   15   18\n\s*)\S+", r"\g<1>1e38", text), "absurd values"),
        (lambda text: text.replace("\n   12   15   18\n", "\n   12   15   18\n ***** "), "no"),
    ],
)
def test_refuses_damaged_files(tmp_path: Path, change, said: str):
    write_chgcar(tmp_path / "CHGCAR")
    text = (tmp_path / "CHGCAR").read_text()
    assert change(text) != text
    (tmp_path / "CHGCAR").write_text(change(text))
    with pytest.raises(UserError, match=said):
        open_any(tmp_path / "CHGCAR")


def test_takes_only_the_atoms_of_files_of_other_quantities(tmp_path: Path):
    write_chgcar(tmp_path / "LOCPOT")
    crystal = open_any(tmp_path / "LOCPOT")
    assert crystal.opened_map is None
    assert any("values on a grid" in note for note in crystal.notes)


def test_gives_the_atoms_to_what_wants_crystals(tmp_path: Path):
    write_chgcar(tmp_path / "CHGCAR")
    (material,) = read_materials(tmp_path / "CHGCAR")
    assert material.numbers.tolist() == [11, 17]
    assert isinstance(material.cell, gemmi.UnitCell)
