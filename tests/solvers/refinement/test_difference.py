"""The difference map shows what is missing in the model, where it is."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.solvers.refinement.difference import difference_map

_CELL = gemmi.UnitCell(7, 8, 9, 90, 100, 90)


def _factors(
    hkl: np.ndarray, group: str, elements: list[str], frac: list[list[float]]
) -> np.ndarray:
    structure = gemmi.SmallStructure()
    structure.cell, structure.spacegroup = _CELL, gemmi.SpaceGroup(group)
    structure.setup_cell_images()
    for element, x in zip(elements, frac, strict=True):
        site = gemmi.SmallStructure.Site()
        site.element, site.fract, site.occ = gemmi.Element(element), gemmi.Fractional(*x), 1
        site.u_iso = 0.03
        structure.add_site(site)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    return np.array(
        [calculator.calculate_sf_from_small_structure(structure, h) for h in hkl.tolist()]
    )


@pytest.mark.parametrize("group", ["P 1 21/c 1", "P 1 21 1"])
@pytest.mark.parametrize("mates", [True, False])
def test_missing_atom_is_the_highest_peak_and_surplus_one_the_deepest_hole(
    group: str, mates: bool
) -> None:
    hkl = gemmi.make_miller_array(_CELL, gemmi.SpaceGroup(group), 0.8).astype(np.int32)
    if not mates:
        hkl = np.concatenate([hkl, -hkl])
    frac = [[0.1, 0.2, 0.3], [0.4, 0.6, 0.8], [0.75, 0.3, 0.15]]
    true = _factors(hkl, group, ["S", "Cl", "C"], frac)
    model = _factors(hkl, group, ["S", "Cl", "N"], [*frac[:2], [0.6, 0.85, 0.45]])
    n = len(hkl)
    merged = MergedIntensities(
        hkl,
        2.5 * np.abs(true) ** 2,
        np.ones(n),
        np.ones(n, int),
        _CELL,
        gemmi.SpaceGroup(group),
        mates,
    )
    found = difference_map(merged, model, 2.5 * np.abs(model) ** 2, 2.5)
    assert found.highest is not None
    assert found.deepest is not None
    operations = gemmi.SpaceGroup(group).operations()

    def distance(peak: tuple[float, float, float], x: list[float]) -> float:
        images = (gemmi.Fractional(*op.apply_to_xyz(x)) for op in operations)
        return min(
            _CELL.find_nearest_image(
                _CELL.orthogonalize(gemmi.Fractional(*peak)), _CELL.orthogonalize(image)
            ).dist()
            for image in images
        )

    assert distance(found.highest.frac, frac[2]) < 0.1
    assert distance(found.deepest.frac, [0.6, 0.85, 0.45]) < 0.1
    assert found.deepest.height < 0 < found.highest.height
    assert found.at(np.array([frac[2]]))[0] == pytest.approx(found.highest.height, rel=0.1)


def test_extinction_and_twinning_do_not_show_in_the_map() -> None:
    """Intensities that are reduced in the measurement and in the calculation alike."""
    group = "P 1 21/c 1"
    hkl = gemmi.make_miller_array(_CELL, gemmi.SpaceGroup(group), 0.8).astype(np.int32)
    f = _factors(hkl, group, ["S", "Cl"], [[0.1, 0.2, 0.3], [0.4, 0.6, 0.8]])
    reduced = np.abs(f) ** 2 / np.sqrt(1 + 1e-3 * np.abs(f) ** 2)
    n = len(hkl)
    merged = MergedIntensities(
        hkl, reduced, np.ones(n), np.ones(n, int), _CELL, gemmi.SpaceGroup(group), True
    )
    assert difference_map(merged, f, reduced, 1.0).rms == pytest.approx(0, abs=1e-6)
    brighter = replace(merged, value=1.1 * reduced)
    assert difference_map(brighter, f, reduced, 1.0).rms > 0.01
