"""Atomic models of a batch of crystals, and their structure factors.

F(h) = Σ_j w_j f_j(s) exp(−B_j s²) exp(2πi q·x_j), s² = 1/(4d²): a direct sum over atoms and
reflections. A cosine and a sine for each pair were measured to take a quarter of the time of
gathering and multiplying three one-dimensional tables.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from patterson_gui.crystal.reciprocal.structure_factors import form_factor
from patterson_gui.solvers.atoms.data import RefinementData


@dataclass(frozen=True, eq=False)
class AtomModels:
    """P crystals of at most A atoms.

    Attributes
    ----------
    xyz : (P, A, 3) Cartesian, Å.
    w : (P, A) weight of each atom's form factor, in the unit of |F| per electron.
    b : (P, A) Å².
    kind : (P, A) row of the table of form factors for each atom.
    used : (P, A) 1 for an atom, 0 for a free place.
    """

    xyz: Tensor
    w: Tensor
    b: Tensor
    kind: Tensor
    used: Tensor

    def __len__(self) -> int:
        return len(self.xyz)

    def take(self, cases: Tensor) -> "AtomModels":
        """The crystals with these indices, in this order; indices may repeat."""
        parts = (self.xyz, self.w, self.b, self.kind, self.used)
        return AtomModels(*(part[cases] for part in parts))

    def put(self, cases: Tensor, part: "AtomModels") -> "AtomModels":
        """The same with the crystals `cases` replaced by those of `part`."""
        return AtomModels(
            self.xyz.index_copy(0, cases, part.xyz),
            self.w.index_copy(0, cases, part.w),
            self.b.index_copy(0, cases, part.b),
            self.kind.index_copy(0, cases, part.kind),
            self.used.index_copy(0, cases, part.used),
        )

    def choose(self, better: Tensor, other: "AtomModels") -> "AtomModels":
        """The atoms of `other` for those crystals where `better` (P,) is true."""
        row, plane = better[:, None], better[:, None, None]
        return AtomModels(
            torch.where(plane, other.xyz, self.xyz),
            torch.where(row, other.w, self.w),
            torch.where(row, other.b, self.b),
            torch.where(row, other.kind, self.kind),
            torch.where(row, other.used, self.used),
        )

    def without(self, gone: Tensor) -> "AtomModels":
        """The same without the atoms where `gone` (P, A) is true."""
        return replace(self, used=self.used * (~gone), w=self.w * (~gone))


@dataclass(frozen=True, eq=False)
class FormFactors:
    """Form factors f(s) of the elements of a batch, for every reflection.

    `table` is (P, E, M), electrons; `symbols` names its rows.
    """

    table: Tensor
    symbols: tuple[str, ...]

    @classmethod
    def of(cls, symbols: Sequence[str], data: RefinementData) -> "FormFactors":
        s2 = data.s2.cpu().numpy().astype(np.float64)
        rows = [form_factor(symbol, s2.ravel()).reshape(s2.shape) for symbol in symbols]
        table = torch.from_numpy(np.stack(rows, axis=1).astype(np.float32))
        return cls(table.to(data.s2.device), tuple(symbols))

    def take(self, cases: Tensor) -> "FormFactors":
        return FormFactors(self.table[cases], self.symbols)

    def each(self, atoms: AtomModels, data: RefinementData) -> Tensor:
        """(P, A, M) f exp(−B s²) of every atom, zero for a free place."""
        if len(self.symbols) == 1:
            f = self.table.expand(-1, atoms.kind.shape[1], -1)
        else:
            f = torch.gather(
                self.table, 1, atoms.kind[:, :, None].expand(-1, -1, self.table.shape[2])
            )
        return f * torch.exp(-atoms.b[:, :, None] * data.s2[:, None]) * atoms.used[:, :, None]


@dataclass(frozen=True, eq=False)
class Waves:
    """Terms of F and its derivatives: (P, A, M) f T cos φ and f T sin φ."""

    cos: Tensor
    sin: Tensor


def waves(atoms: AtomModels, factors: FormFactors, data: RefinementData) -> Waves:
    """The contribution of every atom of weight one."""
    turns = torch.bmm(atoms.xyz, data.q)
    # Whole turns are subtracted first, to keep single precision accurate.
    angle = (turns - turns.round()) * (2 * math.pi)
    f = factors.each(atoms, data)
    return Waves(f * angle.cos(), f * angle.sin())


def total(waves: Waves, w: Tensor) -> Tensor:
    """(P, M) complex F."""
    real = torch.bmm(w[:, None], waves.cos)[:, 0]
    imaginary = torch.bmm(w[:, None], waves.sin)[:, 0]
    return torch.complex(real, imaginary)


def structure_factors(atoms: AtomModels, factors: FormFactors, data: RefinementData) -> Tensor:
    """(P, M) complex F, in the unit of the data."""
    return total(waves(atoms, factors, data), atoms.w)


def r1(f: Tensor, data: RefinementData) -> Tensor:
    """(P,) Σ| |Fc| − |Fo| | / Σ|Fo|, without scaling F."""
    there = data.there
    misfit = ((f.abs() - data.fo).abs() * there).sum(1)
    return misfit / (data.fo * there).sum(1)
