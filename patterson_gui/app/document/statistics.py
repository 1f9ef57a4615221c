"""Statistics of crystal, data and maps, as rows of name and value.

All of it may take a moment for a large crystal: it is computed in a job.
"""

import math

import numpy as np

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.reciprocal.reflections import Amplitudes

Rows = tuple[tuple[str, str], ...]


def crystal_rows(crystal: Crystal) -> Rows:
    """Name, cell, space group and contents of a crystal."""
    cell = crystal.cell
    lengths = " × ".join(f"{x:.2f}" for x in (cell.a, cell.b, cell.c))
    angles = " ".join(f"{x:.1f}" for x in (cell.alpha, cell.beta, cell.gamma))
    rows = [
        ("Name", crystal.name),
        ("Cell", f"{lengths} Å, {angles}°"),
        ("Volume", f"{cell.volume:,.0f} Å³".replace(",", " ")),
        ("Space group", crystal.spacegroup.xhm()),
    ]
    if crystal.composition is not None:
        n = crystal.composition.n_atoms
        rows.append(("Atoms in the cell", f"{n} ({crystal.composition})"))
    if crystal.source is not None:
        rows.append(("File", str(crystal.source)))
    if crystal.provenance:
        rows.append(("Provenance", crystal.provenance))
    return tuple(rows)


def data_rows(data: Amplitudes) -> Rows:
    """Number, resolution, completeness and strength of the reflections."""
    rows = [
        ("Amplitudes", data.label or "unnamed"),
        ("Reflections", f"{len(data)} unique"),
        ("Resolution", f"{float(data.d.max()):.2f} – {data.d_min:.2f} Å"),
        ("Completeness", f"{100 * data.completeness:.1f} %"),
        ("Mean |F|", f"{float(data.f.mean()):.4g}" + (" e" if data.absolute else "")),
        ("Centric", f"{100 * float(np.mean(data.centric)):.0f} %"),
    ]
    if data.sigma is not None and len(data):
        known = data.sigma > 0
        if known.any():
            ratio = float((data.f[known] / data.sigma[known]).mean())
            rows.append(("Mean |F|/σ", f"{ratio:.1f}"))
    rows.append(("Scale", "absolute" if data.absolute else "arbitrary"))
    return tuple(rows)


def map_rows(density: DensityMap) -> Rows:
    """Grid, range and rmsd of a map."""
    lengths = (density.cell.a, density.cell.b, density.cell.c)
    spacing = max(a / n for a, n in zip(lengths, density.shape, strict=True))
    low, high = float(density.grid.min()), float(density.grid.max())
    units = density.units
    rows = [
        ("Symmetry", density.spacegroup.xhm()),
        ("Grid", " × ".join(map(str, density.shape)) + f" (≤ {spacing:.2f} Å)"),
        ("Lowest, highest", f"{low:.3g}, {high:.3g} {units}"),
        ("Rmsd", f"{density.rmsd:.3g} {units}"),
        ("Skewness", f"{skewness(density):.2f}"),
    ]
    if density.d_min is not None:
        rows.insert(1, ("Resolution limit", f"{density.d_min:.2f} Å"))
    return tuple(rows)


def skewness(density: DensityMap) -> float:
    """Third central moment over the cube of the rmsd; large for sharp peaks."""
    values = density.grid.astype(np.float64)
    values = values - values.mean()
    spread = math.sqrt(float((values**2).mean()))
    return float((values**3).mean()) / spread**3 if spread > 0 else 0.0
