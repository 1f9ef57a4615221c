"""Structure factors, Patterson maps and densities of a batch of molecules, on the device.

F(h) = Σ f T exp(2πi h·x) of one molecule in P1, its centre of mass at the middle of the cell.
exp(2πi h·x) is a product of one factor for each axis, for any cell angles, so that a batch of
structure factors is one matrix product per element.
"""

from dataclasses import dataclass

import gemmi
import torch
from torch import Tensor

from patterson_gui.errors import UserError

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class AtomBatch:
    """B molecules of at most A atoms.

    Attributes
    ----------
    positions : (B, A, 3) Cartesian, Å, about the centre of mass, a along x and b in the
        plane of x and y (the frame of gemmi and of the PDB).
    numbers : (B, A) atomic numbers; 0 is padding.
    cells : (B, 6) a, b, c in Å, α, β, γ in degrees.
    b_iso : (B,) Å², of all atoms of a molecule.
    """

    positions: Tensor
    numbers: Tensor
    cells: Tensor
    b_iso: Tensor

    def __len__(self) -> int:
        return len(self.positions)

    def to(self, device: torch.device) -> "AtomBatch":
        """A copy on another device."""
        return AtomBatch(*(x.to(device) for x in vars(self).values()))

    @property
    def volume(self) -> Tensor:
        """(B,) Å³."""
        volume: Tensor = torch.linalg.det(orthogonalisation(self.cells))
        return volume

    @property
    def fractional(self) -> Tensor:
        """(B, A, 3), the centre of mass at ½, ½, ½."""
        inverse = torch.linalg.inv(orthogonalisation(self.cells))
        fractional: Tensor = self.positions @ inverse.transpose(1, 2) + 0.5
        return fractional


def orthogonalisation(cells: Tensor) -> Tensor:
    """(B, 3, 3) the matrix from fractional to Cartesian coordinates, Å."""
    a, b, c = cells[:, :3].unbind(1)
    alpha, beta, gamma = torch.deg2rad(cells[:, 3:]).unbind(1)
    zero = torch.zeros_like(a)
    cos_a, cos_b, cos_g, sin_g = alpha.cos(), beta.cos(), gamma.cos(), gamma.sin()
    c2 = (cos_a - cos_b * cos_g) / sin_g
    c3 = (1 - cos_b**2 - c2**2).clamp_min(0).sqrt()
    rows = [a, b * cos_g, c * cos_b, zero, b * sin_g, c * c2, zero, zero, c * c3]
    return torch.stack(rows, dim=1).reshape(-1, 3, 3)


def inverse_d2(cells: Tensor, shape: Shape) -> Tensor:
    """(B, nu, nv, nw//2+1) 1/d², Å⁻², of every term of the half spectrum."""
    return squares(torch.linalg.inv(orthogonalisation(cells)), shape)


def squares(reciprocal: Tensor, shape: Shape) -> Tensor:
    """(B, nu, nv, nw//2+1) 1/d², Å⁻², from reciprocal lattices (B, 3, 3), rows a*, b*, c*."""
    h, k, l = _indices(shape, reciprocal.device)  # noqa: E741
    m = reciprocal @ reciprocal.transpose(1, 2)

    def metric(i: int, j: int) -> Tensor:
        return m[:, i, j, None, None, None]

    h, k = h[:, None, None], k[:, None]
    squares: Tensor = metric(0, 0) * h * h + metric(1, 1) * k * k + metric(2, 2) * l * l
    squares += 2 * (metric(0, 1) * h * k + metric(0, 2) * h * l + metric(1, 2) * k * l)
    return squares


def reciprocal_vectors(cells: Tensor, shape: Shape) -> Tensor:
    """(B, 3, nu, nv, nw//2+1) Cartesian h a* + k b* + l c*, Å⁻¹, of the half spectrum.

    On an axis of even length the term at the limit stands for both signs. Its component is set to
    zero, so that the gradient of a real map is real.
    """
    indices = []
    for n, index in zip(shape, _indices(shape, cells.device), strict=True):
        indices.append(torch.where(2 * index.abs() == n, 0.0, index))
    hkl = torch.stack(torch.meshgrid(*indices, indexing="ij"))
    return torch.einsum("bix,ihkl->bxhkl", torch.linalg.inv(orthogonalisation(cells)), hkl)


def structure_factors(batch: AtomBatch, shape: Shape, d_min: Tensor | float) -> Tensor:
    """(B, nu, nv, nw//2+1) F(h) in electrons, zero beyond `d_min` (Å, one or (B,)) and at h = 0.

    The terms are arranged as by `torch.fft.rfftn`, but have the crystallographic sign of the phase.
    """
    s2 = inverse_d2(batch.cells, shape) / 4
    frac = batch.fractional
    tables = []
    for axis, index in enumerate(_indices(shape, frac.device)):
        # Index times coordinate reaches tens of turns. Subtract whole turns before taking sine and
        # cosine, which would otherwise lose digits in single precision.
        turns = index[None, :, None] * frac[:, None, :, axis]
        turns = (turns - turns.round()) * (2 * torch.pi)
        tables.append(torch.polar(torch.ones_like(turns), turns))
    along_a, along_b, along_c = tables
    plane = (along_a[:, :, None] * along_b[:, None]).flatten(1, 2)  # (B, nu·nv, A)
    lines = along_c.transpose(1, 2)  # (B, A, nw//2+1)
    elements = torch.unique(batch.numbers)
    elements = elements[elements > 0]
    total = torch.zeros(s2.shape, dtype=plane.dtype, device=frac.device)
    for number, f in zip(elements, form_factors(elements, s2), strict=True):
        chosen = (batch.numbers == number).to(lines.dtype)[:, :, None]
        total += torch.bmm(plane, lines * chosen).reshape(s2.shape) * f
    total *= torch.exp(-s2 * batch.b_iso[:, None, None, None])
    return total * resolution_mask(batch.cells, shape, d_min)


def form_factors(numbers: Tensor, s2: Tensor) -> Tensor:
    """X-ray scattering factors of neutral atoms, f(s) = Σ a exp(−b s²) + c.

    Coefficients: International Tables for Crystallography C (1992), table 6.1.1.4.

    Parameters
    ----------
    numbers : (E,) atomic numbers.
    s2 : (…) s² = (sin θ/λ)² = 1/(4d²), Å⁻².

    Returns
    -------
    (E, …) electrons.

    Raises
    ------
    UserError : an element is not tabulated.
    """
    rows = []
    for number in numbers.tolist():
        element = gemmi.Element(number)
        coefficients = element.it92
        if coefficients is None:
            raise UserError(
                f"No X-ray scattering factor is tabulated for {element.name} (atomic number "
                f"{number}): leave such atoms out of the data set."
            )
        gaussians = zip(coefficients.a, coefficients.b, strict=True)
        terms = [a * torch.exp(-b * s2) for a, b in gaussians]
        rows.append(torch.stack(terms).sum(0) + coefficients.c)
    return torch.stack(rows)


def resolution_mask(cells: Tensor, shape: Shape, d_min: Tensor | float) -> Tensor:
    """(B, nu, nv, nw//2+1) 1 for terms with d ≥ `d_min` (Å), else 0; 0 at h = 0."""
    limit = torch.as_tensor(d_min, dtype=cells.dtype, device=cells.device).reshape(-1, 1, 1, 1)
    kept = (inverse_d2(cells, shape) <= limit**-2 * (1 + 1e-6)).to(cells.dtype)
    kept[:, 0, 0, 0] = 0
    return kept


def density_from(f: Tensor, volume: Tensor, shape: Shape) -> Tensor:
    """(B, nu, nv, nw) ρ(x) = 1/V Σ F(h) exp(−2πi h·x), e/Å³."""
    terms = f.conj() * (shape[0] * shape[1] * shape[2] / volume)[:, None, None, None]
    density: Tensor = torch.fft.irfftn(terms, shape, dim=(1, 2, 3))
    return density


def patterson_from(amplitudes: Tensor, volume: Tensor, shape: Shape) -> Tensor:
    """(B, nu, nv, nw) P(u) = 1/V Σ |F(h)|² cos 2π h·u, e²/Å³, its origin peak included."""
    return density_from(amplitudes.square().to(torch.complex64), volume, shape)


def _indices(shape: Shape, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    nu, nv, nw = shape
    h, k = (torch.fft.fftfreq(n, 1 / n, device=device) for n in (nu, nv))
    return h, k, torch.arange(nw // 2 + 1, dtype=h.dtype, device=device)
