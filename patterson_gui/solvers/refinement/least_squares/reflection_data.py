"""Reflections as a refinement needs them: images of the indices, phases, scattering factors."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.displacements import U_COLUMNS, U_ROWS
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.reciprocal.scattering_factors import dispersion, scattering_factor

TwinLaw = tuple[tuple[int, int, int], ...]


@dataclass(eq=False)
class ReflectionData:
    """Measured intensities of one space group, and tables for calculated ones, on a device.

    Made once and used for many models. With a twin law the tables hold the n measured indices
    and after them the n indices of the second domain.

    Attributes
    ----------
    value, sigma : (n,) float64, measured intensity and its standard uncertainty.
    images : (o, 3, m) float64 indices h R of the operations used; m = n, or 2 n with a twin law.
    turns : (o, m) float64 h·t in turns.
    u_terms : (o, 6, m) −2π² h_i h_j a*_i a*_j of the images, off-diagonal ones twice.
    s2 : (m,) (sin θ/λ)², Å⁻².
    origin_turns : (m,) phase that is common to all atoms of a centrosymmetric group, in turns.
    multiplicity : copies of an atom on a general position for each operation used.
    n_operations : all operations of the group, centring included.
    friedel_merged : whether an intensity is the mean of h and −h.
    extinction_terms : (n,) 0.001 λ³ / sin 2θ, Å³; None where the wavelength is not known.
    """

    merged: MergedIntensities
    value: Tensor
    sigma: Tensor
    images: Tensor
    turns: Tensor
    u_terms: Tensor
    s2: Tensor
    origin_turns: Tensor
    multiplicity: int
    n_operations: int
    centrosymmetric: bool
    friedel_merged: bool
    twin_law: TwinLaw | None
    extinction_terms: Tensor | None
    device: torch.device
    dtype: torch.dtype
    _factors: dict[str, tuple[Tensor, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.value)

    @property
    def cell(self) -> gemmi.UnitCell:
        """Cell of the data."""
        return self.merged.cell

    @property
    def spacegroup(self) -> gemmi.SpaceGroup:
        """Space group of the data."""
        return self.merged.spacegroup

    def factors(self, elements: Sequence[str], part: slice) -> Tensor:
        """(n_atoms, m) real scattering factors f + f′ of the reflections `part`."""
        names, which = self._distinct(elements)
        return torch.stack([self._factors[name][0][part] for name in names])[which]

    def dispersion(self, elements: Sequence[str]) -> Tensor:
        """(n_atoms,) f″."""
        names, which = self._distinct(elements)
        f2 = torch.tensor([self._factors[name][1] for name in names], dtype=self.dtype)
        return f2.to(self.device)[which]

    def _distinct(self, elements: Sequence[str]) -> tuple[list[str], Tensor]:
        """The different elements, whose factors are known after this, and which each atom has."""
        names = sorted(set(elements))
        for name in names:
            if name not in self._factors:
                self._factors[name] = self._factor(name)
        place = {name: i for i, name in enumerate(names)}
        return names, torch.tensor([place[element] for element in elements], device=self.device)

    def _factor(self, element: str) -> tuple[Tensor, float]:
        radiation = self.merged.radiation
        f = scattering_factor(element, radiation, self.s2.cpu().double().numpy())
        f_prime, f_double_prime = 0.0, 0.0
        if radiation == "xray":
            f_prime, f_double_prime = dispersion(element, self.merged.wavelength)
        return torch.tensor(f + f_prime).to(self.device, self.dtype), f_double_prime


def prepare(
    merged: MergedIntensities,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    twin_law: TwinLaw | None = None,
) -> ReflectionData:
    """Tables for refinements against `merged`.

    Calculated factors are as exact as `dtype`; float32 suffices for a refinement, because phases
    are reduced to one turn in float64.
    """
    device = torch.device(device)
    spacegroup, cell = merged.spacegroup, merged.cell
    hkl = np.asarray(merged.hkl, dtype=np.float64)
    if twin_law is not None:
        hkl = np.concatenate([hkl, hkl @ np.asarray(twin_law, dtype=np.float64).T])
    operations = spacegroup.operations()
    rotations, translations, inversion = _operations_used(operations)
    images = np.einsum("mi,oij->ojm", hkl, rotations)
    turns = translations @ hkl.T
    origin = np.zeros(len(hkl))
    if inversion is not None:
        # F exp(−πi h·t) is a sum of cosines, where x' = −x + t is the inversion.
        origin = 0.5 * (hkl @ inversion)
        turns = turns - origin
    star = np.array([cell.reciprocal().a, cell.reciprocal().b, cell.reciprocal().c])
    scaled = images * star[:, None]
    doubled = np.array([1, 1, 1, 2, 2, 2])[:, None]
    u_terms = -2 * np.pi**2 * doubled * scaled[:, U_ROWS] * scaled[:, U_COLUMNS]
    s2 = cell.calculate_1_d2_array(np.rint(hkl).astype(np.int32)) / 4.0

    def on_device(values: NDArray[np.float64]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64, device=device)

    return ReflectionData(
        merged=merged,
        value=on_device(merged.value),
        sigma=on_device(merged.sigma),
        images=on_device(images),
        turns=on_device(turns),
        u_terms=on_device(u_terms).to(dtype),
        s2=on_device(s2).to(dtype),
        origin_turns=on_device(origin),
        multiplicity=len(operations.cen_ops) * (1 if inversion is None else 2),
        n_operations=len(operations.cen_ops) * len(operations.sym_ops),
        centrosymmetric=inversion is not None,
        friedel_merged=merged.friedel_merged,
        twin_law=twin_law,
        extinction_terms=_extinction_terms(merged, device),
        device=device,
        dtype=dtype,
    )


def _operations_used(
    operations: gemmi.GroupOps,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]:
    """Rotations (o, 3, 3), translations (o, 3) and the translation of the inversion.

    Of a centrosymmetric group only the proper rotations: the others are their products with
    the inversion.
    """
    rotations = np.array([op.rot for op in operations.sym_ops], dtype=np.float64) / gemmi.Op.DEN
    translations = np.array([op.tran for op in operations.sym_ops], dtype=np.float64)
    translations /= gemmi.Op.DEN
    inverting = np.flatnonzero((rotations == -np.eye(3)).all(axis=(1, 2)))
    if len(inverting) == 0:
        return rotations, translations, None
    proper = np.linalg.det(rotations) > 0
    return rotations[proper], translations[proper], translations[inverting[0]]


def _extinction_terms(merged: MergedIntensities, device: torch.device) -> Tensor | None:
    wavelength = merged.wavelength
    if wavelength is None or merged.radiation == "electron":
        return None
    sin_theta = np.clip(wavelength / (2.0 * merged.d), 1e-6, 1.0)
    sin_2theta = 2.0 * sin_theta * np.sqrt(np.maximum(1.0 - sin_theta**2, 1e-6))
    return torch.tensor(0.001 * wavelength**3 / sin_2theta, device=device)
