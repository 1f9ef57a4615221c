"""Statistics of crystal, data and maps, as rows of name and value.

All of it may take a moment for a large crystal: it is computed in a job.
"""

import math
from collections.abc import Sequence

import numpy as np

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.differences.statistics import NOISE
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.measured.pathologies import Pathologies, pathologies
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.opening.differences import ReadDifferences

Rows = tuple[tuple[str, str], ...]


def all_rows(
    crystal: Crystal,
    differences: ReadDifferences | None,
    maps: Sequence[tuple[str, DensityMap]],
) -> list[tuple[str, Rows]]:
    """Everything that is known, in groups with titles. `maps` have the names of their views."""
    amplitudes = crystal.amplitudes
    groups = [("Crystal", crystal_rows(crystal))]
    if amplitudes is not None:
        groups.append(("Data", data_rows(amplitudes)))
    if differences is not None:
        groups.append(("Differences", difference_rows(differences)))
        groups.append(("Differences by resolution", shell_rows(differences)))
    if amplitudes is not None and amplitudes.sigma is not None:
        tests = pathology_rows(pathologies(amplitudes))
        groups.append(("Pseudo-translation and twinning", tests))
    groups += [(f"{name} map", map_rows(density)) for name, density in maps]
    return groups


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


def difference_rows(found: ReadDifferences) -> Rows:
    """Size of differences, where their signal ends, and notes."""
    statistics = found.statistics
    anomalous = statistics.kind == "anomalous"
    name = "⟨|ΔF|⟩/⟨F⟩" if anomalous else "R_iso"
    rows = [
        ("Kind", statistics.kind),
        ("Data", found.differences.label),
        ("Bijvoet pairs" if anomalous else "Differences", f"{statistics.n:,}"),
        (name, f"{100 * statistics.ratio:.1f} %"),
        ("⟨|ΔF|/σ⟩", f"{statistics.over_sigma:.2f} ({NOISE:.2f} of errors alone)"),
        ("Signal", statistics.sentences()[1]),
    ]
    return (*rows, *(("Note", note) for note in found.notes))


def shell_rows(found: ReadDifferences) -> Rows:
    """Size of differences in shells of resolution."""
    rows = []
    for shell in found.statistics.shells:
        limits = f"{shell.d_max:.2f} – {shell.d_min:.2f} Å"
        value = f"{100 * shell.ratio:.1f} %, ⟨|ΔF|/σ⟩ {shell.over_sigma:.2f}"
        if math.isfinite(shell.correlation):
            value += f", half sets {shell.correlation:.2f}"
        rows.append((limits, value))
    return tuple(rows)


def pathology_rows(found: Pathologies) -> Rows:
    """The largest off-origin Patterson peak, the L test and twin laws, and what is suspicious."""
    rows = []
    if found.peak is not None:
        u, v, w = found.peak.at
        where = "10 – 5 Å" if found.coarse else "all data"
        rows.append(
            (
                f"Largest Patterson peak, {where}",
                f"{100 * found.peak.height:.0f} % of the origin at {u:.3f} {v:.3f} {w:.3f}",
            )
        )
    pairs = found.pairs
    if math.isfinite(pairs.mean_abs_l):
        expected = "0.64" if pairs.centric else "0.50"
        rows.append(("L test, ⟨|L|⟩", f"{pairs.mean_abs_l:.2f} ({expected} without twinning)"))
    laws = [f"{law.triplet}: R {law.r:.2f}" for law in found.laws if math.isfinite(law.r)]
    rows.append(("Twin laws", ", ".join(laws) if laws else "none that the lattice allows"))
    suspicions = list(found.notes())
    rows += [("Suspicious", note) for note in suspicions]
    if not suspicions:
        rows.append(("Result", "nothing points at a pseudo-translation or a twin"))
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
