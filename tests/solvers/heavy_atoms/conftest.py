"""Differences of made-up crystals whose heavy atoms are known."""

from collections.abc import Callable

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.differences.differences import Differences

Simulate = Callable[..., tuple[Differences, np.ndarray]]


def heavy_structure(
    cell: gemmi.UnitCell, group: gemmi.SpaceGroup, sites: np.ndarray, occ: np.ndarray
) -> gemmi.SmallStructure:
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = cell, group
    for position, share in zip(sites, occ, strict=True):
        site = gemmi.SmallStructure.Site()
        site.element, site.fract = gemmi.Element("Hg"), gemmi.Fractional(*position)
        site.u_iso, site.occ = 0.3, float(share)
        crystal.add_site(site)
    crystal.setup_cell_images()
    return crystal


@pytest.fixture
def simulate() -> Simulate:
    """A protein as a random structure factor of each reflection, heavy atoms as gemmi sums them."""

    def make(
        group_name: str,
        edges: tuple[float, ...],
        n: int,
        kind: str = "isomorphous",
        noise: float = 0.3,
        d_min: float = 3.0,
        seed: int = 0,
        sites: np.ndarray | None = None,
    ) -> tuple[Differences, np.ndarray]:
        random = np.random.default_rng(seed)
        cell, group = gemmi.UnitCell(*edges), gemmi.SpaceGroup(group_name)
        hkl = np.asarray(gemmi.make_miller_array(cell, group, d_min), dtype=np.int32)
        if sites is None:
            sites = random.random((n, 3))
        crystal = heavy_structure(cell, group, sites, np.linspace(1.0, 0.6, n))
        calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
        heavy = np.array(
            [calculator.calculate_sf_from_small_structure(crystal, h) for h in hkl.tolist()]
        )
        operations = group.operations()
        centric = np.asarray(operations.centric_flag_array(hkl), dtype=bool)
        rms = np.sqrt((np.abs(heavy) ** 2).mean())
        protein = 4.0 * rms * (random.normal(size=len(hkl)) + 1j * random.normal(size=len(hkl)))
        along = heavy / np.maximum(np.abs(heavy), 1e-9)  # centric phases are those of F_H, or + π
        protein = np.where(centric, along * np.sqrt(2) * protein.real, protein)
        if kind == "isomorphous":
            value = np.abs(protein + heavy) - np.abs(protein)
        else:
            value = np.abs(protein + 0.5j * heavy) - np.abs(protein - 0.5j * heavy)
            hkl, value = hkl[~centric], value[~centric]
        sigma = np.full(len(hkl), noise * rms)
        value = value + sigma * random.normal(size=len(hkl))
        return Differences(kind, hkl, value, sigma, cell, group, "made up"), sites  # type: ignore[arg-type]

    return make
