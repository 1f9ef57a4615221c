"""Heavy atoms on the scale of the amplitudes: their structure factors, and refinement with phases.

The search gives shares of the mean square difference in shells of resolution. With the mean squares
themselves, |F_H|² is 2 S |F|² for isomorphous differences, and |F″_H|² is S |F|²/2 for anomalous
ones, which fixes the absolute scale and B without a knowledge of the occupancies.
"""

from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.scattering_factors import scattering_factor
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.solvers.heavy_atoms.expected_variance import DifferenceSquares
from patterson_gui.solvers.heavy_atoms.substructure import Substructure

_DAMPING = 1e-2
_B_RANGE = (2.0, 150.0)


@dataclass(frozen=True, eq=False)
class Scatterers:
    """Heavy atoms of one derivative.

    Attributes
    ----------
    element : symbol.
    frac : (m, 3) fractional coordinates.
    occ : (m,) scale times occupancy of the normal scattering f₀.
    order : (m,) order of the site symmetry; those above one do not move.
    b : Å².
    imaginary : ratio of F″ to occ, in electrons.
    """

    element: str
    frac: NDArray[np.float64]
    occ: NDArray[np.float64]
    order: NDArray[np.float64]
    b: float
    imaginary: float = 0.0

    def __len__(self) -> int:
        return len(self.occ)


def scatterers_of(data: DifferenceSquares, sites: Substructure, element: str) -> Scatterers:
    """Heavy atoms on the scale of the amplitudes from sites that were refined against `data`."""
    f0 = scattering_factor(element, "xray", data.x / 4.0)
    if data.kind == "isomorphous":
        signal = np.where(data.centric, data.signal / 2.0, data.signal)
        observed = np.sqrt(2.0 * signal) / f0
    else:
        observed = np.sqrt(data.signal / 2.0)
    terms = np.stack([np.ones_like(data.x), -0.25 * data.x], axis=1)
    wanted = np.log(observed) - 0.25 * sites.b * data.x
    (log_scale, b), *_ = np.linalg.lstsq(terms, wanted, rcond=None)
    occ = sites.occ * np.exp(log_scale)
    b = float(np.clip(b, *_B_RANGE))
    if data.kind == "isomorphous":
        return Scatterers(element, sites.frac, occ, sites.order, b)
    return Scatterers(element, sites.frac, occ, sites.order, b, 1.0)


class Geometry:
    """Phases 2π h·(Rx + t) of sites at the reflections of one crystal."""

    def __init__(
        self, hkl: NDArray[np.int32], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
    ) -> None:
        self.hkl = hkl
        self.x = np.asarray(cell.calculate_1_d2_array(hkl), dtype=np.float64)
        self.cell, self.spacegroup = cell, spacegroup
        self.rotations, self.translations = operation_arrays(spacegroup.operations().sym_ops)

    def sums(
        self, frac: NDArray[np.float64]
    ) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """(n, m) Σ exp over the operations for each site, (n, m, 3) its derivatives by x, y, z."""
        total = np.zeros((len(self.hkl), len(frac)), dtype=np.complex128)
        slope = np.zeros((len(self.hkl), len(frac), 3), dtype=np.complex128)
        for rotation, shift in zip(self.rotations, self.translations, strict=True):
            images = frac @ rotation.T + shift
            term = np.exp(2j * np.pi * (self.hkl @ images.T))
            total += term
            slope += 2j * np.pi * term[:, :, None] * (self.hkl @ rotation)[:, None, :]
        return total, slope


def normal_factors(geometry: Geometry, atoms: Scatterers) -> NDArray[np.complex128]:
    """(n,) F_H without f″."""
    f0 = scattering_factor(atoms.element, "xray", geometry.x / 4.0)
    return _sums(geometry, atoms) * f0


def imaginary_factors(geometry: Geometry, atoms: Scatterers) -> NDArray[np.complex128]:
    """(n,) F″_H = Σ f″ exp(2πi h·x)."""
    return _sums(geometry, atoms) * atoms.imaginary


def _sums(geometry: Geometry, atoms: Scatterers) -> NDArray[np.complex128]:
    total, _ = geometry.sums(atoms.frac)
    return np.asarray((total @ atoms.occ) * np.exp(-0.25 * atoms.b * geometry.x))


def refined(
    geometry: Geometry,
    atoms: Scatterers,
    reference: NDArray[np.complex128],
    probability: NDArray[np.float64],
    derivative: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> Scatterers:
    """One step of least squares on the lack of closure, averaged over the phase probabilities.

    As in maximum-likelihood refinement by expectation and maximisation (Otwinowski, in Isomorphous
    Replacement and Anomalous Scattering, Daresbury 1991, p. 80): the expected Σ (F_PH −
    |F_P exp(iφ) + F_H|)²/v over P(φ) of all observations becomes smaller.

    Parameters
    ----------
    reference : (n, k) F_P exp(iφ) at each angle.
    probability : (n, k) P(φ), sums to one.
    derivative : (n,) F_PH; NaN where not measured.
    variance : (n,) of the lack of closure.
    """
    used = np.isfinite(derivative)
    total = reference + normal_factors(geometry, atoms)[:, None]
    length = np.maximum(np.abs(total), 1e-9)
    # d|F|/dp is Re(u* dF/dp) with u = F/|F|.
    direction = np.conj(total / length)
    residual = np.where(used[:, None], derivative[:, None] - length, 0.0)
    form = scattering_factor(atoms.element, "xray", geometry.x / 4.0)
    return _step(geometry, atoms, form, direction, residual, probability, variance, used)


def refined_anomalous(
    geometry: Geometry,
    atoms: Scatterers,
    reference: NDArray[np.complex128],
    probability: NDArray[np.float64],
    anomalous: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> Scatterers:
    """The same on the lack of closure of anomalous differences, F(+) − F(−).

    The model is |F + i F″| − |F − i F″|, as in `lack_of_closure`; its derivative by a parameter p
    of F″ is Re[i (u₊* + u₋*) dF″/dp], where u± are the unit vectors along F ± i F″. Occupancies
    are those of F″.

    Parameters
    ----------
    reference : (n, k) F exp(iφ) at each angle.
    anomalous : (n,) F(+) − F(−); NaN where not measured.
    """
    used = np.isfinite(anomalous)
    turned = 1j * imaginary_factors(geometry, atoms)[:, None]
    plus, minus = reference + turned, reference - turned
    long_plus, long_minus = np.maximum(np.abs(plus), 1e-9), np.maximum(np.abs(minus), 1e-9)
    direction = 1j * (np.conj(plus / long_plus) + np.conj(minus / long_minus))
    residual = np.where(used[:, None], anomalous[:, None] - (long_plus - long_minus), 0.0)
    form = np.full_like(geometry.x, atoms.imaginary)
    return _step(geometry, atoms, form, direction, residual, probability, variance, used)


def _step(
    geometry: Geometry,
    atoms: Scatterers,
    form: NDArray[np.float64],
    direction: NDArray[np.complex128],
    residual: NDArray[np.float64],
    probability: NDArray[np.float64],
    variance: NDArray[np.float64],
    used: NDArray[np.bool_],
) -> Scatterers:
    """One step of least squares.

    Parameters
    ----------
    form : (n,) scattering of an atom of occupancy one at rest.
    direction : (n, k) d of the derivative Re(d dF/dp) of the model.
    residual : (n, k) observed minus model.
    """
    weight = np.where(used, 1.0 / variance, 0.0)
    unit, slope = geometry.sums(atoms.frac)
    falls = (np.exp(-0.25 * atoms.b * geometry.x) * form)[:, None]
    movable = (atoms.order == 1)[None, :, None]
    by_frac = slope * (falls * atoms.occ)[:, :, None] * movable
    m = len(atoms)
    by_b = (-0.25 * geometry.x)[:, None] * ((unit * falls) @ atoms.occ)[:, None]
    jacobian = np.concatenate([by_frac.reshape(len(unit), -1), unit * falls, by_b], axis=1)
    # The mean products of Re(d J) need the means of |d|² and d².
    length = (probability * np.abs(direction) ** 2).sum(axis=1)
    square = (probability * direction**2).sum(axis=1)
    normal = (
        0.5
        * (
            (np.conj(jacobian).T * (weight * length)) @ jacobian
            + (jacobian.T * (weight * square)) @ jacobian
        ).real
    )
    mean = (probability * residual * direction).sum(axis=1)
    gradient = ((weight * mean)[:, None] * jacobian).real.sum(axis=0)
    diagonal = np.diag(normal)
    step = np.linalg.solve(normal + np.diag(_DAMPING * diagonal + 1e-9 * diagonal.max()), gradient)
    edges = np.array([geometry.cell.a, geometry.cell.b, geometry.cell.c])
    most = 0.3 * atoms.occ.max()
    return replace(
        atoms,
        frac=atoms.frac + np.clip(step[: 3 * m].reshape(m, 3), -0.3 / edges, 0.3 / edges),
        occ=np.maximum(
            atoms.occ + np.clip(step[3 * m : 4 * m], -most, most), 0.02 * atoms.occ.max()
        ),
        b=float(np.clip(atoms.b + np.clip(step[-1], -8.0, 8.0), *_B_RANGE)),
    )
