"""Solved structures made by hand, with structure factors of gemmi's direct summation."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities
from patterson_gui.crystal.models.atom_images import Operations
from patterson_gui.crystal.solution import (
    ElementChoice,
    RefinedStructure,
    RefinementFigures,
    Solution,
    SolveSettings,
    SpaceGroupCandidate,
    Start,
)
from patterson_gui.io.formats.shelx_instructions import ShelxInstructions

SCALE = 7.5  # of the data made here against absolute intensities
# Space group, cell, and a special position (None: none) for a heavy atom.
SETTINGS: dict[str, tuple[tuple[float, ...], tuple[float, float, float] | None]] = {
    "P 1": ((6, 7, 8, 80, 95, 103), None),
    "P -1": ((6, 7, 8, 80, 95, 103), (0.5, 0.0, 0.0)),
    "P 1 21 1": ((7, 8, 9, 90, 105, 90), None),
    "P 1 21/n 1": ((7, 8, 9, 90, 105, 90), (0.0, 0.5, 0.0)),
    "C 1 2/c 1": ((14, 8, 9, 90, 105, 90), (0.0, 0.3, 0.25)),
    "I 1 2/a 1": ((14, 8, 9, 90, 95, 90), (0.25, 0.3, 0.0)),
    "A b a 2": ((7, 9, 10, 90, 90, 90), (0.0, 0.0, 0.2)),
    "R -3:H": ((11, 11, 9, 90, 90, 120), (0.0, 0.0, 0.5)),
    "R 3 m:R": ((8, 8, 8, 85, 85, 85), (0.2, 0.2, 0.2)),
    "I 41/a:2": ((8, 8, 12, 90, 90, 90), (0.0, 0.25, 0.625)),
    "I 41/a:1": ((8, 8, 12, 90, 90, 90), (0.0, 0.0, 0.0)),
    "P -4 21 m": ((8, 8, 7, 90, 90, 90), (0.0, 0.5, 0.3)),
    "P 3 2 1": ((8, 8, 7, 90, 90, 120), (0.3, 0.0, 0.0)),
    "F d -3 m:2": ((14, 14, 14, 90, 90, 90), (0.125, 0.125, 0.125)),
    "F m -3 m": ((10, 10, 10, 90, 90, 90), (0.0, 0.0, 0.0)),
}


def small_structure(
    model: AsymmetricUnit, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> gemmi.SmallStructure:
    """The model as gemmi's type, its occupancies shared between the atoms of special positions."""
    small = gemmi.SmallStructure()
    small.cell, small.spacegroup = cell, spacegroup
    for i, element in enumerate(model.elements):
        site = gemmi.SmallStructure.Site()
        site.label, site.type_symbol = model.labels[i], element
        site.element = gemmi.Element(element)
        site.fract = gemmi.Fractional(*model.frac[i])
        site.occ, site.u_iso = model.occ[i], model.u_iso[i]
        if model.is_anisotropic[i]:
            site.aniso = gemmi.SMat33d(*model.u_aniso[i])
        small.add_site(site)
    small.setup_cell_images()
    small.change_occupancies_to_crystallographic()
    return small


def small_structure_of(read: ShelxInstructions) -> gemmi.SmallStructure:
    """The atoms of SHELX instructions as gemmi's type."""
    small = gemmi.SmallStructure()
    small.cell, small.spacegroup = read.cell, read.spacegroup
    for atom in read.sites:
        site = gemmi.SmallStructure.Site()
        site.label, site.element = atom.label, gemmi.Element(atom.element)
        site.fract, site.occ, site.u_iso = gemmi.Fractional(*atom.frac), atom.occ, atom.u_iso
        if atom.u_aniso is not None:
            site.aniso = gemmi.SMat33d(*atom.u_aniso)
        small.add_site(site)
    small.setup_cell_images()
    return small


def gemmi_f(small: gemmi.SmallStructure, hkl: NDArray[np.int32]) -> NDArray[np.complex128]:
    """F(h) by gemmi's direct summation, without dispersion."""
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    return np.array([calculator.calculate_sf_from_small_structure(small, h) for h in hkl.tolist()])


def some_model(name: str, seed: int = 5, anisotropic: bool = True) -> AsymmetricUnit:
    """Three light atoms and a riding hydrogen on general positions, and a heavy atom on a special
    position of the group if it has one in `SETTINGS`."""
    rng = np.random.default_rng(seed)
    cell, special = SETTINGS[name]
    operations = Operations.of(gemmi.SpaceGroup(name))
    axes = orthogonalization(gemmi.UnitCell(*cell)).T
    while True:  # gemmi takes an atom nearer than 0.4 Å to its image for a special position
        frac = rng.uniform(0.05, 0.45, (4, 3))
        images = operations.images(frac)[1:] - frac
        if len(images) == 0 or distances(images, axes).min() > 0.5:
            break
    elements = ["C", "N", "O", "H"]
    star = gemmi.UnitCell(*cell).reciprocal()
    frac[3] = frac[0] + np.array([star.a, star.b, star.c]) * [0.5, 0.6, 0.4]
    if special is not None:
        frac = np.vstack([frac, special])
        elements.append("S")
    model = AsymmetricUnit.isotropic(tuple(elements), frac, rng.uniform(0.02, 0.05, len(elements)))
    u = np.full((len(model), 6), np.nan)
    if anisotropic:
        u[:3] = rng.uniform(0.02, 0.05, (3, 6)) * [1, 1, 1, 0.2, 0.2, 0.2]
    parent = np.full(len(model), -1)
    parent[3] = 0
    part = np.zeros(len(model), dtype=np.int64)
    occ = np.ones(len(model))
    occ[2], part[2] = 0.6, 1
    return replace(model, u_aniso=u, parent=parent, occ=occ, part=part)


def solution_of(
    model: AsymmetricUnit,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    d_min: float = 1.0,
    **changes: Any,
) -> Solution:
    """A finished solution with data calculated from the model; `changes` are of its figures."""
    hkl = np.array(gemmi.make_miller_array(cell, spacegroup, d_min), dtype=np.int32)
    f = gemmi_f(small_structure(model, cell, spacegroup), hkl)
    value = SCALE * np.abs(f) ** 2
    sigma = 0.02 * value + 0.01 * value.mean()
    wavelength = 0.71073
    merged = MergedIntensities(
        hkl, value, sigma, np.ones(len(hkl), dtype=np.int64), cell, spacegroup, True, wavelength
    )
    intensities = Intensities(
        hkl, value, sigma, cell, spacegroup, wavelength, label="made.hkl",
        cell_sigma=(0.001, 0.001, 0.002, 0.0, 0.01, 0.0),
    )  # fmt: skip
    n_observed = int((value > 2 * sigma).sum())
    figures = RefinementFigures(
        r1=0.0321, r1_all=0.0412, wr2=0.0898, goof=1.05, n_reflections=len(hkl),
        n_observed=n_observed, n_parameters=9 * len(model) + 1, weight_a=0.05, weight_b=0.2,
        scale=SCALE, max_shift_over_esd=0.001, highest_peak=0.31, deepest_hole=-0.22,
        highest_peak_at=(0.1, 0.2, 0.3), deepest_hole_at=(0.3, 0.1, 0.2),
    )  # fmt: skip
    heavy = [i for i in range(len(model)) if not model.is_hydrogen[i]]
    structure = RefinedStructure(
        spacegroup,
        model,
        replace(figures, **changes),
        merged,
        f,
        value,
        tuple(
            ElementChoice(model.labels[i], model.elements[i], 6.2, "N", 0.02, "geometry")
            for i in heavy
        ),
    )
    candidates = (
        SpaceGroupCandidate(
            spacegroup.xhm(), spacegroup.number, spacegroup.is_centrosymmetric(), 0.93, 0.96,
            1.1, 0.0321, 0.03, 12, 0.4, chosen=True, reason="highest agreement",
        ),
        SpaceGroupCandidate("P 1", 1, False, 1.0, 1.0, 1.0, 0.05, reason="lower symmetry"),
    )  # fmt: skip
    starts = (Start(1, "charge flipping", 300, 0.21, 0.3, 0.4, 0.1, False),
              Start(2, "charge flipping", 280, 0.12, 0.92, 0.012, 0.8, True))  # fmt: skip
    return Solution(
        verdict="solved",
        reason="R1 is low and two starts agree.",
        advice="",
        intensities=intensities,
        contents=Contents(("C", "H", "N", "O", "S"), None, "made"),
        settings=SolveSettings(),
        structure=structure,
        candidates=candidates,
        starts=starts,
        data={"n_read": len(hkl), "completeness": 0.99, "r_int": float("nan")},
        phases_hkl=hkl,
        phases_f=f,
        seconds_phases=0.8,
        seconds=4.2,
    )


def made_solution(name: str, **changes: Any) -> Solution:
    """A solution in one of `SETTINGS`."""
    cell = gemmi.UnitCell(*SETTINGS[name][0])
    return solution_of(some_model(name), cell, gemmi.SpaceGroup(name), **changes)


def model_of_cif(path: Path) -> tuple[AsymmetricUnit, gemmi.UnitCell, gemmi.SpaceGroup]:
    """Atoms of a deposited CIF."""
    block = next(b for b in gemmi.cif.read(str(path)) if len(b.find_loop("_atom_site_fract_x")))
    small = gemmi.make_small_structure_from_block(block)
    sites = [site for site in small.sites if site.element.atomic_number > 0]
    u = [list(site.aniso.elements_pdb()) for site in sites]
    aniso = [row if any(row) else [np.nan] * 6 for row in u]
    n = len(sites)
    model = AsymmetricUnit(
        labels=tuple(site.label for site in sites),
        elements=tuple(site.element.name for site in sites),
        frac=np.array([site.fract.tolist() for site in sites]),
        occ=np.array([site.occ for site in sites]),
        u_iso=np.array([max(site.u_iso, 0.01) for site in sites]),
        u_aniso=np.array(aniso),
        parent=np.full(n, -1, dtype=np.int64),
        part=np.array([site.disorder_group for site in sites], dtype=np.int64),
    )
    return model, small.cell, small.spacegroup
