"""Calculated intensities of a model and their derivatives with respect to its parameters.

With P = Σ_j (f + f′)_j G_j, Q = Σ_j f″_j G_j and the geometric part
G_j = o_j T_j Σ_ops exp(2πi h·(R x_j + t)) the structure factor is F = P + iQ, and

    |F(±h)|² = |P|² + |Q|² ± 2 Im(P Q*),

so that I = |P|² + |Q|² + (1 − 2x) 2 Im(P Q*) is the intensity of a crystal with the share x of
inverted domains, and of a mean of Friedel mates with x = ½. In a centrosymmetric group, G_j and
with it P and Q are real apart from a phase common to all atoms.

Derivatives follow from dI = Σ_j 2 Re(c_j dG_j), c_j = f_j A + f″_j B,
A = P* − i(1 − 2x) Q*, B = Q* + i(1 − 2x) P*.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from patterson_gui.solvers.refinement.least_squares.reflection_data import ReflectionData

_CHUNK = 120_000  # (operation, atom, reflection) triples in memory at once: fits the cache


@dataclass(eq=False)
class Atoms:
    """Atoms as tensors: those with U_ij first, then the isotropic ones.

    Attributes
    ----------
    elements : (n,) symbols.
    frac : (n, 3) float64.
    weight : (n,) occupancy divided by the order of the site symmetry.
    u : (n_aniso, 6) U11 U22 U33 U12 U13 U23, Å²; u_iso : (n − n_aniso,) Å².
    """

    elements: tuple[str, ...]
    frac: Tensor
    weight: Tensor
    u: Tensor
    u_iso: Tensor

    def __len__(self) -> int:
        return len(self.elements)


@dataclass(eq=False)
class Calculated:
    """Intensities with derivatives.

    Attributes
    ----------
    intensity : (m,) float64, absolute scale.
    f : (m,) complex128 structure factors.
    enantiomer : (m,) derivative of the intensity with respect to x, the share of inverted
        domains.
    rows : (9 n_aniso + 4 n_iso, m) derivatives with respect to x of all anisotropic atoms, y of
        all, z, U11, U22, U33, U12, U13, U23, then x, y, z, U of the isotropic ones; x, y, z are
        fractional.
    weight_rows : (n, m) derivatives with respect to `weight`, where asked for.
    """

    intensity: Tensor
    f: Tensor
    enantiomer: Tensor
    rows: Tensor | None
    weight_rows: Tensor | None


def calculate(
    atoms: Atoms,
    data: ReflectionData,
    inverted: float = 0.0,
    derivatives: bool = False,
    weights: bool = False,
    part: slice | None = None,
    buffer: Tensor | None = None,
) -> Calculated:
    """Intensities of `atoms`; derivatives, and those of the atoms' weights, on request.

    Parameters
    ----------
    inverted : x above; means of Friedel mates have ½ whatever it is.
    part : the reflections, all by default; it counts the indices of a second domain too.
    buffer : memory of at least (rows, reflections) that `rows` may use.
    """
    first, last, _ = (part or slice(None)).indices(data.images.shape[2])
    n, m = len(atoms), last - first
    n_aniso = len(atoms.u)
    if data.centrosymmetric or data.friedel_merged:
        inverted = 0.5
    f2 = data.dispersion(atoms.elements)
    dispersive = bool((f2 != 0).any())
    new = torch.empty(0, device=data.device, dtype=data.dtype)
    intensity = new.new_empty(m)
    factors = torch.empty(m, device=data.device, dtype=torch.complex128)
    enantiomer = new.new_zeros(m)
    rows = None
    if derivatives:
        n_rows = 9 * n_aniso + 4 * (n - n_aniso)
        rows = new.new_empty((n_rows, m)) if buffer is None else buffer[:n_rows, :m]
    weight_rows = new.new_empty((n, m)) if weights else None
    step = max(32, _CHUNK // max(1, n * len(data.images)))
    if data.device.type != "cpu":
        step = max(step, 4096)
    for start in range(0, m, step):
        here = slice(start, min(start + step, m))
        part = slice(first + here.start, first + here.stop)
        groups = _groups(atoms, data, part)
        p, q = _sums(groups, f2, dispersive)
        value = _square(p) + _square(q)
        asymmetry = None
        if p.sine is not None and q.sine is not None and dispersive:
            asymmetry = 2 * (p.sine * q.cosine - p.cosine * q.sine)  # 2 Im(P Q*)
            enantiomer[here] = -2 * asymmetry
            value = value + (1 - 2 * inverted) * asymmetry
        intensity[here] = value
        factors[here] = _complex(p, q, data, part)
        if rows is not None:
            _fill(
                groups,
                p,
                q,
                f2,
                1 - 2 * inverted,
                dispersive,
                data,
                part,
                rows[:, here],
                None if weight_rows is None else weight_rows[:, here],
            )
    return Calculated(intensity.double(), factors, enantiomer.double(), rows, weight_rows)


@dataclass(eq=False)
class _Wave:
    """A complex quantity as real and imaginary part; the latter is None where it is zero."""

    cosine: Tensor
    sine: Tensor | None


@dataclass(eq=False)
class _Group:
    """Waves (o, k, c) of k atoms that are all anisotropic or all isotropic, and their amplitudes
    (k, c): weight and scattering factor, of isotropic atoms the displacement factor too.

    `thinning` (k, c) is the displacement factor of isotropic atoms; that of anisotropic ones
    differs between operations and is in the waves. `sum` is over the operations.
    """

    first: int
    anisotropic: bool
    wave: _Wave
    sum: _Wave
    weight: Tensor
    thinning: Tensor | None
    f: Tensor

    @property
    def atoms(self) -> slice:
        return slice(self.first, self.first + len(self.weight))


def _groups(atoms: Atoms, data: ReflectionData, part: slice) -> list[_Group]:
    groups = []
    f = data.factors(atoms.elements, part)
    n_aniso = len(atoms.u)
    for first, last, anisotropic in ((0, n_aniso, True), (n_aniso, len(atoms), False)):
        if last == first:
            continue
        turns = atoms.frac[first:last] @ data.images[:, :, part] + data.turns[:, None, part]
        turns -= turns.round()
        angle = (turns * (2 * math.pi)).to(data.dtype)
        cosine = torch.cos(angle)
        sine = torch.sin(angle)
        thinning = None
        if anisotropic:
            factor = torch.exp(atoms.u.to(data.dtype) @ data.u_terms[:, :, part])
            cosine *= factor
            sine *= factor
        else:
            u = atoms.u_iso.to(data.dtype)
            thinning = torch.exp((-8 * math.pi**2) * u[:, None] * data.s2[part])
        weight = (atoms.weight[first:last] * data.multiplicity).to(data.dtype)
        total = _Wave(cosine.sum(0), None if data.centrosymmetric else sine.sum(0))
        groups.append(
            _Group(
                first,
                anisotropic,
                _Wave(cosine, sine),
                total,
                weight,
                thinning,
                f[first:last],
            )
        )
    return groups


def _sums(groups: list[_Group], f2: Tensor, dispersive: bool) -> tuple[_Wave, _Wave]:
    """P and Q."""
    p: list[Tensor | None] = [None, None]
    q: list[Tensor | None] = [None, None]
    for group in groups:
        amplitude = group.weight[:, None].expand_as(group.f)
        if group.thinning is not None:
            amplitude = group.thinning * group.weight[:, None]
        real = amplitude * group.f
        for i, wave in enumerate((group.sum.cosine, group.sum.sine)):
            if wave is None:
                continue
            p[i] = _plus(p[i], (real * wave).sum(0))
            if dispersive:
                q[i] = _plus(q[i], f2[group.atoms] @ (amplitude * wave))
    assert p[0] is not None
    zero = torch.zeros_like(p[0])
    if not dispersive:
        q = [zero, None if p[1] is None else zero]
    assert q[0] is not None
    return _Wave(p[0], p[1]), _Wave(q[0], q[1])


def _plus(one: Tensor | None, other: Tensor) -> Tensor:
    return other if one is None else one + other


def _square(wave: _Wave) -> Tensor:
    square = wave.cosine.square()
    return square if wave.sine is None else square + wave.sine.square()


def _complex(p: _Wave, q: _Wave, data: ReflectionData, part: slice) -> Tensor:
    real, imaginary = p.cosine.double(), q.cosine.double()
    if p.sine is not None and q.sine is not None:
        real, imaginary = real - q.sine.double(), imaginary + p.sine.double()
    common = torch.polar(torch.ones_like(real), 2 * math.pi * data.origin_turns[part])
    return torch.complex(real, imaginary) * common


def _fill(
    groups: list[_Group],
    p: _Wave,
    q: _Wave,
    f2: Tensor,
    polarity: float,
    dispersive: bool,
    data: ReflectionData,
    part: slice,
    rows: Tensor,
    weight_rows: Tensor | None,
) -> None:
    """Write the derivatives of the reflections `part`, which are all columns of `rows`; `polarity`
    is 1 − 2x."""
    shifts = (-4 * math.pi) * data.images[:, :, part].to(data.dtype)
    u_terms = data.u_terms[:, :, part]
    by_u = (-16 * math.pi**2) * data.s2[part]
    row = 0
    for group in groups:
        # c_j without the weight of the atom.
        real, imaginary = _coefficients(group, p, q, f2, polarity, dispersive)
        if group.thinning is not None:
            real = real * group.thinning
            imaginary = None if imaginary is None else imaginary * group.thinning
        if weight_rows is not None:
            along = real * group.sum.cosine
            if imaginary is not None and group.sum.sine is not None:
                along = along - imaginary * group.sum.sine
            weight_rows[group.atoms] = along * (2 * data.multiplicity)
        real = real * group.weight[:, None]
        imaginary = None if imaginary is None else imaginary * group.weight[:, None]
        k, width = len(real), 9 if group.anisotropic else 4
        block = rows[row : row + width * k].view(width, k, -1)
        row += width * k
        for o in range(len(data.images)):
            cosine, sine = group.wave.cosine[o], group.wave.sine
            assert sine is not None
            across = real * sine[o]
            along = real * cosine
            if imaginary is not None:
                across.addcmul_(imaginary, cosine)
                along.addcmul_(imaginary, sine[o], value=-1)
            for axis in range(3):
                _add(block[axis], across, shifts[o, axis], first=o == 0)
            if group.anisotropic:
                along *= 2
                for i in range(6):
                    _add(block[3 + i], along, u_terms[o, i], first=o == 0)
            else:
                _add(block[3], along, by_u, first=o == 0)


def _add(total: Tensor, one: Tensor, other: Tensor, first: bool) -> None:
    """total += one × other, or total = one × other where it is the `first` term."""
    if first:
        torch.mul(one, other, out=total)
    else:
        total.addcmul_(one, other)


def _coefficients(
    group: _Group, p: _Wave, q: _Wave, f2: Tensor, polarity: float, dispersive: bool
) -> tuple[Tensor, Tensor | None]:
    """Real and imaginary part (k, c) of f A + f″ B."""
    f2 = f2[group.atoms, None]
    if p.sine is None or q.sine is None:
        real = group.f * p.cosine
        return (real + f2 * q.cosine if dispersive else real), None
    # A = P* − i d Q*, B = Q* + i d P* with d = 1 − 2x; P* = p.cosine − i p.sine.
    a_real = p.cosine - polarity * q.sine
    a_imaginary = -p.sine - polarity * q.cosine
    real, imaginary = group.f * a_real, group.f * a_imaginary
    if dispersive:
        real = real + f2 * (q.cosine + polarity * p.sine)
        imaginary = imaginary + f2 * (polarity * p.cosine - q.sine)
    return real, imaginary
