"""Structure factors of a model: independent atoms, X-ray, IT92 form factors.

F(h) = Σ_j o_j f_j(s) T_j(h) Σ_ops exp(2πi h·(R x_j + t)); f from International Tables C,
6.1.1.4 (four Gaussians and a constant), T from B or from anisotropic U.
"""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError

# Above this many (reflection, operation, atom) triples a density and its transform are
# faster than direct summation (about 0.1 s).
DIRECT_LIMIT = 4_000_000
MOST_REFLECTIONS = 20_000_000
_CHUNK = 1_000_000  # triples in memory at once


@dataclass(frozen=True, eq=False)
class Scatterers:
    """Independent scatterers of the asymmetric unit.

    Attributes
    ----------
    elements : (n,) element symbols.
    frac : (n, 3) fractional coordinates.
    b_iso : (n,) Å².
    occ : (n,) occupancies, 0..1, on a special position divided by the order of its
        site symmetry.
    u_cart : (n, 6) anisotropic U11 U22 U33 U12 U13 U23, Å², Cartesian frame, all zero
        where isotropic; None where all are.
    """

    elements: tuple[str, ...]
    frac: NDArray[np.float64]
    b_iso: NDArray[np.float64]
    occ: NDArray[np.float64]
    u_cart: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.elements)


def atoms_of(structure: gemmi.Structure) -> Scatterers:
    """Atoms of the first model, with all copies by strict non-crystallographic symmetry.

    Atoms of occupancy zero are left out."""
    structure = with_ncs_copies(structure)
    if len(structure) == 0:
        raise UserError("The model holds no atoms: choose a file with coordinates.")
    elements, positions, b_iso, occ, u = [], [], [], [], []
    for chain in structure[0]:
        for residue in chain:
            for atom in residue:
                if atom.occ <= 0:
                    continue
                elements.append(atom.element.name)
                positions.append(atom.pos.tolist())
                b_iso.append(atom.b_iso)
                occ.append(atom.occ)
                u.append(atom.aniso.elements_pdb())
    if not elements:
        raise UserError("The model holds no atoms: choose a file with coordinates.")
    to_frac = np.array(structure.cell.frac.mat.tolist())
    shift = np.array(structure.cell.frac.vec.tolist())
    frac = np.array(positions, dtype=np.float64) @ to_frac.T + shift
    u_cart = np.array(u, dtype=np.float64)
    return Scatterers(
        tuple(elements),
        frac,
        np.array(b_iso, dtype=np.float64),
        np.array(occ, dtype=np.float64),
        u_cart if u_cart.any() else None,
    )


def with_ncs_copies(structure: gemmi.Structure) -> gemmi.Structure:
    """The structure with its strict non-crystallographic copies written out."""
    if all(op.given for op in structure.ncs):
        return structure
    copy = structure.clone()
    copy.expand_ncs(gemmi.HowToNameCopiedChain.Short)
    return copy


def structure_factors(
    model: gemmi.Structure | Scatterers,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    d_min: float,
) -> Coefficients:
    """F(h), in electrons, of every unique reflection with d ≥ d_min Å.

    Small cells by direct summation; large ones through a density on a grid (good to
    about 10⁻⁴ of the mean |F|).
    """
    if not d_min > 0:
        raise ValueError(f"a resolution limit must be positive, not {d_min}")
    atoms = model if isinstance(model, Scatterers) else atoms_of(model)
    expected = 2.0 / 3.0 * np.pi * cell.volume / d_min**3  # in one hemisphere
    if expected > MOST_REFLECTIONS:
        raise UserError(
            f"This cell has about {expected / 1e6:.0f} million reflections to {d_min:g} Å: "
            "choose a lower resolution."
        )
    hkl = equivalents.unique_reflections(cell, spacegroup, d_min)
    if len(hkl) == 0:
        raise UserError(
            f"No reflection of this cell has a spacing of {d_min:g} Å or more: "
            "ask for a higher resolution."
        )
    work = len(hkl) * len(atoms) * len(spacegroup.operations().sym_ops)
    method = direct if work <= DIRECT_LIMIT else by_density
    return Coefficients(hkl, method(atoms, cell, spacegroup, hkl), cell, spacegroup)


def direct(
    atoms: Scatterers,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    hkl: NDArray[np.int32],
) -> NDArray[np.complex64]:
    """(n,) F at `hkl` (n, 3) by summing over atoms and operations."""
    operations = spacegroup.operations()
    total = np.zeros(len(hkl), dtype=np.complex128)
    rows = max(1, _CHUNK // max(1, len(atoms)))
    for start in range(0, len(hkl), rows):
        part = slice(start, start + rows)
        weights = _form_factors(atoms, cell, hkl[part])
        for op in operations.sym_ops:
            image = hkl[part] @ (np.array(op.rot, dtype=np.int64) // op.DEN)
            turns = hkl[part] @ (np.array(op.tran, dtype=np.float64) / op.DEN)
            phases = np.exp(2j * np.pi * turns)[:, None] * _phase_factors(atoms.frac, image)
            if atoms.u_cart is not None:
                phases *= _anisotropic_factor(atoms.u_cart, cell, image)
            total[part] += np.einsum("ij,ij->i", phases, weights)
    # Each centring translation repeats the sum, because `hkl` contains no absences.
    return np.asarray(total * len(operations.cen_ops), dtype=np.complex64)


def _phase_factors(frac: NDArray[np.float64], hkl: NDArray[np.int64]) -> NDArray[np.complex128]:
    """(n_hkl, n_atoms) exp(2πi h·x) as a product of three tabulated one-dimensional ones."""
    factors = []
    for axis in range(3):
        index = hkl[:, axis]
        low = int(index.min())
        table = np.exp(2j * np.pi * np.outer(np.arange(low, int(index.max()) + 1), frac[:, axis]))
        factors.append(table[index - low])
    along_a, along_b, along_c = factors
    along_a *= along_b
    along_a *= along_c
    return np.asarray(along_a)


def _form_factors(
    atoms: Scatterers, cell: gemmi.UnitCell, hkl: NDArray[np.int32]
) -> NDArray[np.float64]:
    """(n_hkl, n_atoms) o f(s) exp(−B s²); B counts only for isotropic atoms."""
    s2 = np.asarray(cell.calculate_1_d2_array(hkl), dtype=np.float64) / 4.0
    names, which = np.unique(np.array(atoms.elements), return_inverse=True)
    f = np.stack([form_factor(name, s2) for name in names], axis=1)
    b = atoms.b_iso
    if atoms.u_cart is not None:
        b = np.where(atoms.u_cart.any(axis=1), 0.0, b)
    shared = np.ptp(b) == 0.0
    debye_waller = np.exp(-s2 * b[0])[:, None] if shared else np.exp(-np.outer(s2, b))
    return np.asarray(f[:, which.ravel()] * atoms.occ * debye_waller)


def form_factor(element: str, s2: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) f of a neutral atom at s² = (sin θ/λ)² = 1/(4d²), Å⁻², in electrons."""
    coefficients = gemmi.Element(element).it92
    if coefficients is None:
        raise UserError(f"No X-ray scattering factor is tabulated for {element}: remove the atom.")
    gaussians = zip(coefficients.a, coefficients.b, strict=True)
    return np.asarray(sum(a * np.exp(-b * s2) for a, b in gaussians) + coefficients.c)


def _anisotropic_factor(
    u_cart: NDArray[np.float64], cell: gemmi.UnitCell, hkl: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(n_hkl, n_atoms) exp(−2π² sᵀUs), s the Cartesian reciprocal vector, |s| = 1/d."""
    s = hkl @ np.array(cell.frac.mat.tolist())
    x, y, z = s.T
    products = np.stack([x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z], axis=1)
    return np.asarray(np.exp(-2.0 * np.pi**2 * (products @ u_cart.T)))


def by_density(
    atoms: Scatterers,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    hkl: NDArray[np.int32],
) -> NDArray[np.complex64]:
    """(n,) F at `hkl` (n, 3) from a blurred density put on a grid and transformed."""
    structure = gemmi.Structure()
    structure.cell = cell
    structure.spacegroup_hm = spacegroup.xhm()
    model, chain, residue = gemmi.Model(1), gemmi.Chain("A"), gemmi.Residue()
    u = np.zeros((len(atoms), 6)) if atoms.u_cart is None else atoms.u_cart
    for i, element in enumerate(atoms.elements):
        atom = gemmi.Atom()
        atom.element = gemmi.Element(element)
        atom.pos = cell.orthogonalize(gemmi.Fractional(*atoms.frac[i]))
        atom.b_iso, atom.occ = float(atoms.b_iso[i]), float(atoms.occ[i])
        if u[i].any():
            atom.aniso = gemmi.SMat33f(*u[i])
        residue.add_atom(atom)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_cell_images()
    calculator = gemmi.DensityCalculatorX()
    calculator.d_min = float(np.asarray(cell.calculate_d_array(hkl)).min())
    calculator.rate = 1.5
    calculator.set_grid_cell_and_spacegroup(structure)
    calculator.set_refmac_compatible_blur(structure[0])
    calculator.put_model_density_on_grid(structure[0])
    grid = gemmi.transform_map_to_f_phi(calculator.grid, half_l=True)
    return np.asarray(grid.get_value_by_hkl(hkl, unblur=calculator.blur), dtype=np.complex64)


def spacegroup_of(structure: gemmi.Structure) -> gemmi.SpaceGroup:
    """The space group of a structure; P1 if it has none."""
    if not structure.spacegroup_hm.strip():
        return p1()
    spacegroup = structure.find_spacegroup()
    if spacegroup is None:
        raise UserError(
            f"The space group “{structure.spacegroup_hm}” is not known: "
            "correct it in the file (CRYST1 or _symmetry)."
        )
    return spacegroup
