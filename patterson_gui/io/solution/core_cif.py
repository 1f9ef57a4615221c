"""Write a solved structure as CIF in the terms of the core dictionary."""

import math
from pathlib import Path

import numpy as np
from gemmi import cif
from numpy.typing import NDArray

import patterson_gui
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.displacements import u_of
from patterson_gui.crystal.models.bond_geometry import bond_angles, bond_lengths
from patterson_gui.crystal.models.bonds import Bonds
from patterson_gui.crystal.models.formula import contents_of
from patterson_gui.crystal.reciprocal.scattering_factors import dispersion
from patterson_gui.crystal.solution import RefinedStructure, Solution
from patterson_gui.io.files import replace_file
from patterson_gui.io.solution.cell_uncertainties import cell_sigma_of, volume_sigma
from patterson_gui.io.solution.reflection_lists import add_symmetry, block_name
from patterson_gui.io.solution.uncertainties import with_esd
from patterson_gui.io.text.plain_text import plain

_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_RADIATION = {"xray": "x-ray", "electron": "electron", "neutron": "neutron"}
_MOST_ANGLES = 20_000


def write_cif(
    path: Path,
    structure: RefinedStructure,
    solution: Solution,
    name: str,
    bonds: Bonds,
    *,
    res: str = "",
    hkl: str = "",
) -> None:
    """Write `cif_text` to a file."""
    text = cif_text(structure, solution, name, bonds, res=res, hkl=hkl)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="ascii", newline="\n")


def cif_text(
    structure: RefinedStructure,
    solution: Solution,
    name: str,
    bonds: Bonds,
    *,
    res: str = "",
    hkl: str = "",
) -> str:
    """A CIF with cell, symmetry, refinement, atoms and geometry, uncertainties in parentheses.

    Parameters
    ----------
    bonds : of `structure.model`.
    res, hkl : SHELX files to embed as _shelx_res_file and _shelx_hkl_file; "" leaves them out.
    """
    document = cif.Document()
    block = document.add_new_block(block_name(name))
    sigma = cell_sigma_of(structure, solution.intensities)
    _audit(block)
    _chemistry(block, structure, bonds)
    add_symmetry(block, structure.spacegroup)
    _cell(block, structure, solution, sigma, bonds)
    _refinement(block, structure)
    _atoms(block, structure, bonds)
    _geometry(block, structure, bonds, sigma)
    if res:
        block.set_pair("_shelx_res_file", cif.quote("\n" + res))
    if hkl:
        block.set_pair("_shelx_hkl_file", cif.quote("\n" + hkl))
    return str(document.as_string())


def _audit(block: cif.Block) -> None:
    program = f"patterson_gui {patterson_gui.__version__}"
    block.set_pair("_audit_creation_method", cif.quote(program))
    block.set_pair("_computing_structure_solution", cif.quote(program))
    block.set_pair("_computing_structure_refinement", cif.quote(program))
    block.set_pair("_atom_sites_solution_primary", "iterative")
    block.set_pair("_atom_sites_solution_secondary", "difmap")


def _chemistry(block: cif.Block, structure: RefinedStructure, bonds: Bonds) -> None:
    contents = contents_of(structure.model, structure.merged.cell, bonds)
    block.set_pair(
        "_chemical_formula_sum", cif.quote(contents.formula) if contents.formula else "?"
    )
    block.set_pair("_chemical_formula_weight", f"{contents.weight:.2f}")
    block.set_pair("_cell_formula_units_Z", str(contents.z))
    if structure.merged.radiation == "xray":
        block.set_pair("_exptl_crystal_F_000", f"{contents.f000:.6g}")
    block.set_pair("_exptl_crystal_density_diffrn", f"{contents.density:.3f}")
    elements = list(contents.in_cell)
    wavelength = structure.merged.wavelength
    if not elements:
        return
    if structure.merged.radiation == "xray" and wavelength:
        items = ["symbol", "scat_dispersion_real", "scat_dispersion_imag"]
        loop = block.init_loop("_atom_type_", items)
        for element in elements:
            loop.add_row([element, *(f"{f:.4f}" for f in dispersion(element, wavelength))])
    else:
        loop = block.init_loop("_atom_type_", ["symbol", "number_in_cell"])
        for element in elements:
            loop.add_row([element, f"{contents.in_cell[element]:.6g}"])


def _cell(
    block: cif.Block,
    structure: RefinedStructure,
    solution: Solution,
    sigma: NDArray[np.float64] | None,
    bonds: Bonds,
) -> None:
    cell, merged = structure.merged.cell, structure.merged
    uncertain = np.zeros(6) if sigma is None else sigma
    for item, value, esd in zip(_CELL, cell.parameters, uncertain, strict=True):
        digits = 4 if item.startswith("length") else 3
        block.set_pair(f"_cell_{item}", with_esd(value, esd, digits))
    block.set_pair("_cell_volume", with_esd(cell.volume, volume_sigma(cell, uncertain), 2))
    wavelength = merged.wavelength or solution.intensities.wavelength
    block.set_pair("_diffrn_radiation_probe", _RADIATION[merged.radiation])
    block.set_pair("_diffrn_radiation_wavelength", f"{wavelength:.5f}" if wavelength else "?")


def _refinement(block: cif.Block, structure: RefinedStructure) -> None:
    f, merged = structure.figures, structure.merged
    hydrogen = structure.model.is_hydrogen
    riding = structure.model.parent >= 0
    treatment = "undef"
    if hydrogen.any():
        treatment = "constr" if riding[hydrogen].all() else "mixed" if riding.any() else "refall"
    block.set_pair("_reflns_number_total", str(f.n_reflections))
    block.set_pair("_reflns_number_gt", str(f.n_observed))
    block.set_pair("_reflns_threshold_expression", cif.quote("I > 2\\s(I)"))
    if len(merged):
        for axis, index in zip("hkl", merged.hkl.T, strict=True):
            block.set_pair(f"_reflns_limit_{axis}_max", str(int(index.max())))
            block.set_pair(f"_reflns_limit_{axis}_min", str(int(index.min())))
        block.set_pair("_reflns_d_resolution_high", f"{merged.d.min():.3f}")
        block.set_pair("_reflns_d_resolution_low", f"{merged.d.max():.3f}")
    block.set_pair("_refine_ls_structure_factor_coef", "Fsqd")
    block.set_pair("_refine_ls_matrix_type", "full")
    block.set_pair("_refine_ls_weighting_scheme", "calc")
    weights = (
        f"w=1/[\\s^2^(Fo^2^)+({f.weight_a:.4f}P)^2^+{f.weight_b:.4f}P] where P=(Fo^2^+2Fc^2^)/3"
    )
    block.set_pair("_refine_ls_weighting_details", cif.quote(weights))
    block.set_pair("_refine_ls_hydrogen_treatment", treatment)
    if f.extinction > 0:
        block.set_pair("_refine_ls_extinction_method", cif.quote("SHELXL"))
        block.set_pair("_refine_ls_extinction_coef", with_esd(f.extinction, f.extinction_sigma, 5))
        expression = "Fc^*^=kFc[1+0.001xFc^2^\\l^3^/sin(2\\q)]^-1/4^"
        block.set_pair("_refine_ls_extinction_expression", cif.quote(expression))
    else:
        block.set_pair("_refine_ls_extinction_method", "none")
    if math.isfinite(f.flack):
        block.set_pair("_refine_ls_abs_structure_Flack", with_esd(f.flack, f.flack_sigma, 3))
    block.set_pair("_refine_ls_number_reflns", str(f.n_reflections))
    block.set_pair("_refine_ls_number_parameters", str(f.n_parameters))
    block.set_pair("_refine_ls_number_restraints", "0")
    for item, value, digits in (
        ("R_factor_all", f.r1_all, 4),
        ("R_factor_gt", f.r1, 4),
        ("wR_factor_ref", f.wr2, 4),
        ("goodness_of_fit_ref", f.goof, 3),
        ("shift/su_max", f.max_shift_over_esd, 3),
    ):
        block.set_pair(f"_refine_ls_{item}", _number(value, digits))
    block.set_pair("_refine_diff_density_max", _number(f.highest_peak, 3))
    block.set_pair("_refine_diff_density_min", _number(f.deepest_hole, 3))
    block.set_pair("_refine_diff_density_rms", _number(f.difference_rms, 3))
    if f.twin_law is not None:
        rows = [*((1, 0, 0), (0, 1, 0), (0, 0, 1)), *f.twin_law]
        shares = [1.0 - f.twin_fraction, f.twin_fraction]
        items = [f"twin_individual_twin_matrix_{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3)]
        loop = block.init_loop(
            "_", ["twin_individual_id", "twin_individual_mass_fraction_refined", *items]
        )
        for number, share in enumerate(shares, start=1):
            entries = [str(int(v)) for row in rows[3 * number - 3 : 3 * number] for v in row]
            loop.add_row([str(number), with_esd(share, f.twin_fraction_sigma, 4), *entries])


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "?"


# ---------------------------------------------------------------- atoms
_SITE = (
    "label", "type_symbol", "fract_x", "fract_y", "fract_z", "U_iso_or_equiv", "adp_type",
    "occupancy", "site_symmetry_order", "calc_flag", "refinement_flags_posn",
    "disorder_assembly", "disorder_group",
)  # fmt: skip


def _atoms(block: cif.Block, structure: RefinedStructure, bonds: Bonds) -> None:
    model, cell = structure.model, structure.merged.cell
    if len(model) == 0:
        return
    labels = site_labels(structure)
    n = len(model)
    zero = np.zeros(n)
    sigma_frac = np.zeros((n, 3)) if model.sigma_frac is None else model.sigma_frac
    sigma_occ = zero if model.sigma_occ is None else model.sigma_occ
    u_eq, sigma_u = u_of(model, cell), _sigma_u_eq(structure)
    order = np.rint(1.0 / bonds.images.share).astype(int)
    anisotropic = model.is_anisotropic
    disorder = _disorder(model)
    loop = block.init_loop("_atom_site_", list(_SITE))
    for i in range(n):
        rides = model.parent[i] >= 0
        loop.add_row(
            [
                labels[i],
                model.elements[i],
                *(with_esd(model.frac[i, k], sigma_frac[i, k], 5) for k in range(3)),
                with_esd(u_eq[i], 0.0 if rides else sigma_u[i], 4),
                "Uani" if anisotropic[i] else "Uiso",
                with_esd(model.occ[i], sigma_occ[i], 4) if model.occ[i] != 1 else "1",
                str(order[i]),
                "calc" if rides else "d",
                "R" if rides else "S" if order[i] > 1 else ".",
                *disorder[i],
            ]
        )
    if anisotropic.any():
        items = ["label", "U_11", "U_22", "U_33", "U_12", "U_13", "U_23"]
        sigma_aniso = np.zeros((n, 6)) if model.sigma_u_aniso is None else model.sigma_u_aniso
        loop = block.init_loop("_atom_site_aniso_", items)
        for i in np.flatnonzero(anisotropic).tolist():
            values = [with_esd(model.u_aniso[i, k], sigma_aniso[i, k], 5) for k in range(6)]
            loop.add_row([labels[i], *values])


def _disorder(model: AsymmetricUnit) -> list[tuple[str, str]]:
    """Assembly and group of each atom; two alternatives are groups 1 and 2 of an assembly."""
    words = [(".", str(int(part)) if part else ".") for part in model.part]
    for number, (one, other) in enumerate(model.alternatives()):
        letter = chr(ord("A") + number % 26)
        for group, rows in (("1", one), ("2", other)):
            for i in rows.tolist():
                words[i] = (letter, group)
    return words


def _sigma_u_eq(structure: RefinedStructure) -> NDArray[np.float64]:
    """(n,) Å²; of anisotropic atoms from the diagonal, a third of the root of Σ σ²(U_ii)."""
    model = structure.model
    isotropic = np.zeros(len(model)) if model.sigma_u_iso is None else model.sigma_u_iso
    if model.sigma_u_aniso is None:
        return isotropic
    diagonal = np.sqrt((np.nan_to_num(model.sigma_u_aniso[:, :3]) ** 2).sum(axis=1)) / 3.0
    return np.where(model.is_anisotropic, diagonal, isotropic)


def site_labels(structure: RefinedStructure) -> list[str]:
    """Labels that CIF allows, each once."""
    seen: set[str] = set()
    labels = []
    for label, element in zip(structure.model.labels, structure.model.elements, strict=True):
        kept = plain(label).replace(" ", "").replace("_", "") or element
        while kept in seen:
            kept += "a"
        seen.add(kept)
        labels.append(kept)
    return labels


# ---------------------------------------------------------------- geometry
def _geometry(
    block: cif.Block,
    structure: RefinedStructure,
    bonds: Bonds,
    sigma: NDArray[np.float64] | None,
) -> None:
    model, cell = structure.model, structure.merged.cell
    labels = site_labels(structure)
    lengths = bond_lengths(model, cell, bonds, sigma)
    if len(lengths.row) == 0:
        return
    items = ["atom_site_label_1", "atom_site_label_2", "distance", "site_symmetry_2", "publ_flag"]
    loop = block.init_loop("_geom_bond_", items)
    for row, value, esd in zip(lengths.row, lengths.length, lengths.sigma, strict=True):
        one, other = labels[bonds.atom[row]], labels[bonds.neighbour[row]]
        loop.add_row([one, other, with_esd(value, esd, 4), symmetry_code(bonds, row), "?"])
    angles = bond_angles(model, cell, bonds, sigma)
    if not 0 < len(angles.first) <= _MOST_ANGLES:
        return
    items = [
        "atom_site_label_1", "atom_site_label_2", "atom_site_label_3", "", "site_symmetry_1",
        "site_symmetry_3", "publ_flag",
    ]  # fmt: skip
    loop = block.init_loop("", [f"_geom_angle_{item}" if item else "_geom_angle" for item in items])
    for one, other, value, esd in zip(
        angles.first, angles.second, angles.angle, angles.sigma, strict=True
    ):
        names = [
            labels[bonds.neighbour[one]],
            labels[bonds.atom[one]],
            labels[bonds.neighbour[other]],
        ]
        codes = [symmetry_code(bonds, one), symmetry_code(bonds, other)]
        loop.add_row([*names, with_esd(value, esd, 2), *codes, "?"])


def symmetry_code(bonds: Bonds, row: int) -> str:
    """'3_655': the third operation of the list, and one cell along a; '.' for the atom itself.

    '?' where a shift by more than four cells has no code.
    """
    operation, shift = int(bonds.operation[row]), bonds.shift[row]
    if operation == 0 and not shift.any():
        return "."
    if np.abs(shift).max() > 4:
        return "?"
    return f"{operation + 1}_{''.join(str(5 + int(step)) for step in shift)}"
