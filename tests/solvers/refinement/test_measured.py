"""Refinements of deposited models, without their hydrogen atoms, against measured data."""

import re
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.refinement.site_electrons import site_electrons


def read_start(data: Path, model: Path) -> tuple[MergedIntensities, AsymmetricUnit]:
    """Merged data, and the heavier atoms, moved by about 0.03 Å, isotropic."""
    structure = gemmi.make_small_structure_from_block(gemmi.cif.read(str(model))[0])
    assert structure.spacegroup is not None
    merged = merge(read_intensities(data).intensities, structure.spacegroup, False)
    sites = [site for site in structure.sites if site.element.name not in ("H", "D")]
    frac = np.array([site.fract.tolist() for site in sites])
    cell = merged.cell
    frac += np.random.default_rng(0).normal(size=frac.shape) * 0.03 / [cell.a, cell.b, cell.c]
    unit = AsymmetricUnit.isotropic(
        tuple(site.element.name for site in sites), frac, 0.03, tuple(s.label for s in sites)
    )
    unit.occ[:] = [site.occ for site in sites]
    return merged, unit


def _n_hydrogens(result: RefinedStructure) -> int:
    return int(result.model.is_hydrogen.sum())


def _uncertainty(text: str) -> float:
    """0.0003 of "0.1234(3)"."""
    match = re.fullmatch(r"-?\d*\.(\d+)\((\d+)\)", text)
    return int(match[2]) * 10.0 ** -len(match[1]) if match else np.nan


@pytest.mark.parametrize(
    ("name", "r1", "n_hydrogens"),
    [("2012000", 0.037, 32), ("2016452", 0.038, 7), ("2200000", 0.061, 20)],
)
def test_reaches_deposited_r1_uncertainties_and_hydrogen_atoms(
    shared_data: Path, name: str, r1: float, n_hydrogens: int
) -> None:
    folder = shared_data / "smallmol"
    merged, start = read_start(folder / f"{name}.hkl", folder / f"{name}.cif")
    result = refine(merged, start, RefinementOptions(hydrogens=True))
    assert result.figures.r1 < r1 + 0.005
    assert result.figures.goof == pytest.approx(1.0, abs=0.15)
    assert result.figures.max_shift_over_esd < 0.1
    assert _n_hydrogens(result) == n_hydrogens
    table = gemmi.cif.read(str(folder / f"{name}.cif"))[0].find(
        "_atom_site_", ["label", "fract_x", "fract_y", "fract_z"]
    )
    deposited = {row[0]: [_uncertainty(row[i]) for i in (1, 2, 3)] for row in table}
    sigma = result.model.sigma_frac
    assert sigma is not None
    ratio = np.array([sigma[i] / deposited[label] for i, label in enumerate(start.labels)])
    assert np.nanmedian(ratio) == pytest.approx(1.0, abs=0.3)


# R1 of the deposited models against these data, from INDEX.tsv.
@pytest.mark.parametrize(
    ("name", "r1", "n_hydrogens"),
    [
        ("fe_p1", 0.032, 5),
        ("cuacetate", 0.037, 8),
        ("ntd106c", 0.043, 19),
        ("glyala", 0.045, 10),
        ("urea_xh", 0.028, 2),
        ("c2019572", 0.013, 5),
        ("caf2_erice", 0.018, 0),
        ("sucrose_ox", 0.035, 22),  # hydroxyl groups with hydrogen bonds
    ],
)
def test_reaches_the_r1_of_the_deposited_model(
    shared_data: Path, name: str, r1: float, n_hydrogens: int | None
) -> None:
    folder = shared_data / "solve" / name
    data = next(folder.glob(f"{name}.hkl*"))
    merged, start = read_start(data, folder / f"{name}_truth.cif")
    result = refine(merged, start, RefinementOptions(hydrogens=True))
    assert result.figures.r1 < r1 + 0.005
    assert result.figures.max_shift_over_esd < 0.1
    if n_hydrogens is not None:
        assert _n_hydrogens(result) == n_hydrogens


def test_wrong_hand_is_inverted_by_the_flack_parameter(shared_data: Path) -> None:
    folder = shared_data / "solve" / "ylid2"
    merged, start = read_start(next(folder.glob("ylid2.hkl*")), folder / "ylid2_truth.cif")
    right = refine(merged, start)
    assert right.figures.flack == pytest.approx(0.0, abs=0.05)
    assert right.figures.flack_sigma < 0.05
    mirrored = replace(start, frac=-start.frac)
    kept = refine(merged, mirrored, RefinementOptions(invert=False))
    assert kept.figures.flack == pytest.approx(1.0, abs=0.1)
    turned = refine(merged, mirrored)
    assert turned.figures.flack == pytest.approx(0.0, abs=0.05)
    assert turned.figures.r1 < kept.figures.r1


def test_reports_extinction_where_it_shows(shared_data: Path) -> None:
    folder = shared_data / "solve" / "xylitol"
    merged, start = read_start(next(folder.glob("xylitol.hkl*")), folder / "xylitol_truth.cif")
    with_it = refine(merged, start, RefinementOptions(hydrogens=True))
    without = refine(merged, start, RefinementOptions(hydrogens=True, extinction=False))
    assert with_it.figures.extinction > 0.01
    assert with_it.figures.r1 < without.figures.r1


def test_site_electrons_tell_a_wrong_element(shared_data: Path) -> None:
    """One carbon atom of glycylalanine refined as nitrogen, one nitrogen atom as carbon."""
    folder = shared_data / "solve" / "glyala"
    merged, start = read_start(next(folder.glob("glyala.hkl*")), folder / "glyala_truth.cif")
    right = refine(merged, start, RefinementOptions(hydrogens=True))
    found = site_electrons(right)
    numbers = np.array([gemmi.Element(right.model.elements[i]).atomic_number for i in found.rows])
    assert np.abs(found.electrons - numbers).max() < 0.3
    carbon, nitrogen = (right.model.elements.index(element) for element in "CN")
    elements = list(right.model.elements)
    elements[carbon], elements[nitrogen] = "N", "C"
    wrong = refine(merged, replace(right.model, elements=tuple(elements)))
    found = site_electrons(wrong)
    assert found.electrons[list(found.rows).index(carbon)] < 6.2
    assert found.electrons[list(found.rows).index(nitrogen)] > 6.8
