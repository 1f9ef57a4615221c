"""Made-up structures in any space group, and their structure factors in P1."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities


def cell_for(group: gemmi.SpaceGroup) -> gemmi.UnitCell:
    """A cell of the crystal system of a group, in its axes."""
    system = group.crystal_system_str()
    if group.ext == "R":
        return gemmi.UnitCell(7.9, 7.9, 7.9, 71, 71, 71)
    if system == "monoclinic":
        unique = np.array([op.rot for op in group.operations().sym_ops])[1]
        # Of −x, y, −z the unique axis is the one whose sign differs from the two others.
        signs = np.sign(np.diagonal(unique))
        axis = next(i for i in range(3) if signs[i] == -signs[(i + 1) % 3] == -signs[(i + 2) % 3])
        angles = [97.0 if i == axis else 90.0 for i in range(3)]
        return gemmi.UnitCell(8.1, 9.3, 10.4, *angles)
    return {
        "triclinic": gemmi.UnitCell(6.3, 7.4, 8.2, 81, 97, 104),
        "orthorhombic": gemmi.UnitCell(7.3, 8.6, 9.9, 90, 90, 90),
        "tetragonal": gemmi.UnitCell(8.4, 8.4, 11.3, 90, 90, 90),
        "trigonal": gemmi.UnitCell(9.2, 9.2, 12.1, 90, 90, 120),
        "hexagonal": gemmi.UnitCell(9.2, 9.2, 12.1, 90, 90, 120),
        "cubic": gemmi.UnitCell(11.0, 11.0, 11.0, 90, 90, 90),
    }[system]


def atoms_in_p1(
    group: gemmi.SpaceGroup, rng: np.random.Generator, n: int = 5
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fractional coordinates (m, 3) of the whole cell and electrons (m,) of n atoms each."""
    sites, electrons = rng.random((n, 3)), rng.choice([6.0, 8.0, 16.0], n)
    images = [[op.apply_to_xyz(list(site)) for op in group.operations()] for site in sites]
    frac = np.array(images).reshape(-1, 3)
    return frac, np.repeat(electrons, len(images[0]))


def structure_factors(
    frac: NDArray[np.float64],
    electrons: NDArray[np.float64],
    cell: gemmi.UnitCell,
    d_min: float = 1.1,
) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
    """One hemisphere of P1 and F(h) = Σ Z exp(−B/4d²) exp(2πi h·x), B = 3 Å²."""
    hkl = gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), d_min)
    s2 = cell.calculate_1_d2_array(hkl) / 4.0
    f = np.exp(2j * np.pi * (hkl @ frac.T)) @ electrons * np.exp(-3.0 * s2)
    return hkl.astype(np.int32), f


def intensities_of(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    cell: gemmi.UnitCell,
    group: gemmi.SpaceGroup | None = None,
) -> Intensities:
    """|F|² with σ of 2 % of the mean, stated to be in P1 or in a given group."""
    value = np.abs(f) ** 2
    sigma = np.full(len(f), 0.02 * value.mean())
    return Intensities(hkl, value, sigma, cell, group or gemmi.SpaceGroup("P 1"))
