"""Coot and PyMOL open the phases and the sites that the command `phases` writes."""

import json
import subprocess
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.differences.heavy_phases import DerivativeSites, Phased, PhasedHand
from patterson_gui.io.heavy_atoms.phases import write_phased

COOT = """
import json, sys
import coot_headless_api
coot = coot_headless_api.molecules_container_t(False)
try:
    coot.auto_read_mtz(sys.argv[1])  # this API cannot hand its list to Python, and reads the map
except TypeError:
    pass
chosen = coot.read_mtz(sys.argv[1], "FWT", "PHWT", "", False, False)
sites = coot.read_pdb(sys.argv[2])
places = json.loads(sys.argv[3])
print("TOLD", json.dumps({
    "automatic": bool(coot.is_valid_map_molecule(0)),
    "atoms": coot.get_number_of_atoms(sites),
    "densities": [coot.get_density_at_position(chosen, *place) for place in places],
}))
"""

PYMOL = """
import json, sys
import pymol
from pymol import cmd
pymol.finish_launching(["pymol", "-cqk"])
cmd.load(sys.argv[1], "density")
cmd.load(sys.argv[2], "sites")
cmd.isomesh("mesh", "density", 1.5)
print("TOLD", json.dumps({
    "symmetry": cmd.get_symmetry("density"),
    "sites": [(atom.symbol.upper(), atom.q) for atom in cmd.get_model("sites").atom],
    "names": cmd.get_names(),
}))
"""


@pytest.fixture
def phased() -> Phased:
    cell, group = gemmi.UnitCell(40, 50, 60, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")
    hkl = np.asarray(gemmi.make_miller_array(cell, group, 4.0), dtype=np.int32)
    random = np.random.default_rng(0)
    f = 100.0 * random.rayleigh(size=len(hkl))
    centric = np.asarray(group.operations().centric_flag_array(hkl), dtype=bool)
    angle = np.where(centric, 0.0, random.uniform(0, 2 * np.pi, len(hkl)))
    hand = PhasedHand(
        group, cell, hkl, f, f / 20, 0.7 * np.exp(1j * angle), np.zeros((len(hkl), 4)),
        (DerivativeSites("Au", "Au", ((0.1, 0.2, 0.3), (0.4, 0.1, 0.7)), (1.0, 0.5)),),
        0.4, 0.7, 0.9, (0.4, 0.5),
    )  # fmt: skip
    return Phased(hand, None, False, "", 0.0)


def told(python: Path, code: str, *words: str) -> dict:
    run = subprocess.run(
        [str(python), "-c", code, *words], capture_output=True, text=True, timeout=120, check=False
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith("TOLD ")]
    assert lines, run.stdout[-2000:] + run.stderr[-2000:]
    return json.loads(lines[0].removeprefix("TOLD "))


def test_coot_opens_the_phases_by_itself_and_the_sites(
    coot_python: Path, phased: Phased, tmp_path: Path
) -> None:
    write_phased(tmp_path, phased)
    mtz = gemmi.read_mtz_file(str(tmp_path / "phases.mtz"))
    grid = mtz.transform_f_phi_to_map("FWT", "PHWT", sample_rate=4.0)
    random = np.random.default_rng(1)
    places = [[float(x) for x in random.uniform(0, 40, 3)] for _ in range(40)]
    found = told(
        coot_python, COOT, str(tmp_path / "phases.mtz"), str(tmp_path / "sites.pdb"),
        json.dumps(places),
    )  # fmt: skip
    assert found["automatic"]
    assert found["atoms"] == 2
    expected = [grid.tricubic_interpolation(gemmi.Position(*place)) for place in places]
    assert (
        np.corrcoef(found["densities"], expected)[0, 1] > 0.95
    )  # Coot interpolates on a coarse grid


def test_pymol_opens_the_density_and_the_sites(
    pymol_python: Path, phased: Phased, tmp_path: Path
) -> None:
    """The open-source PyMOL reads no MTZ; it gets the CCP4 map beside it."""
    write_phased(tmp_path, phased)
    found = told(pymol_python, PYMOL, str(tmp_path / "density.ccp4"), str(tmp_path / "sites.pdb"))
    assert found["symmetry"][-1] == "P 21 21 21"
    assert found["sites"] == [["AU", 1.0], ["AU", 0.5]]
    assert found["names"] == ["density", "sites", "mesh"]
