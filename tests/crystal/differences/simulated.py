"""Structure factors F(h) and F(−h) of a crystal with anomalous scatterers, by gemmi."""

from dataclasses import dataclass

import gemmi
import numpy as np

F_DOUBLE_PRIME = 6.0  # electrons, about that of Se at its edge
CELL = gemmi.UnitCell(31.0, 37.0, 43.0, 90, 90, 90)
GROUP = gemmi.SpaceGroup("P 21 21 21")


@dataclass(frozen=True)
class Simulated:
    """Unique reflections of the asymmetric unit, F(h), F(−h) complex, centric flags."""

    hkl: np.ndarray
    plus: np.ndarray
    minus: np.ndarray
    centric: np.ndarray
    sites: np.ndarray


def structure(n_light: int, n_heavy: int, heavy: str = "Se", seed: int = 5) -> gemmi.SmallStructure:
    """Carbon atoms and heavy ones at random places in the asymmetric unit."""
    random = np.random.default_rng(seed)
    crystal = gemmi.SmallStructure()
    crystal.cell = CELL
    crystal.spacegroup = GROUP
    for i in range(n_heavy + n_light):
        site = gemmi.SmallStructure.Site()
        site.element = gemmi.Element(heavy if i < n_heavy else "C")
        site.fract = gemmi.Fractional(*random.random(3))
        site.u_iso = 0.15
        site.occ = 1.0
        crystal.add_site(site)
    crystal.setup_cell_images()
    return crystal


def structure_factors(crystal: gemmi.SmallStructure, hkl: np.ndarray, f_prime: float) -> np.ndarray:
    """F(h) by gemmi's direct summation, with f' of selenium."""
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    calculator.addends.set(gemmi.Element("Se"), f_prime)
    return np.array(
        [calculator.calculate_sf_from_small_structure(crystal, h) for h in hkl.tolist()]
    )


def simulated(d_min: float = 3.0, n_light: int = 60, n_heavy: int = 2) -> Simulated:
    """F(±h) = F₀(±h) + i F″(±h), where F″ is linear in f″: gemmi sums it as a change of f'."""
    crystal = structure(n_light, n_heavy)
    hkl = np.array(gemmi.make_miller_array(CELL, GROUP, d_min), dtype=np.int32)
    hkl = hkl[~np.asarray(GROUP.operations().systematic_absences(hkl), dtype=bool)]
    both = []
    for index in (hkl, -hkl):
        normal = structure_factors(crystal, index, 0.0)
        imaginary = structure_factors(crystal, index, F_DOUBLE_PRIME) - normal
        both.append(normal + 1j * imaginary)
    centric = np.asarray(GROUP.operations().centric_flag_array(hkl), dtype=bool)
    sites = np.array([site.fract.tolist() for site in crystal.sites[:n_heavy]])
    return Simulated(hkl, both[0], both[1], centric, sites)
