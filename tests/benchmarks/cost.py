"""Time of the retrieval loop relative to its FFTs alone, on the same batch."""

import time
from collections.abc import Callable
from pathlib import Path

import gemmi
import numpy as np
import torch
from table import Row

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.crystal.maps.peaks import find_peaks
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.solvers.device import keep_freed_memory
from patterson_gui.solvers.retrieval.constraints import CompactSupport
from patterson_gui.solvers.retrieval.grids import AXES, grid_batch
from patterson_gui.solvers.retrieval.plan import search_shape
from patterson_gui.solvers.retrieval.projections import Schedule, r_factors, random_densities, run

_ITERATIONS = 60
_ROUNDS = 9


def measure_cost() -> list[Row]:
    """Loop ÷ bare FFTs for what one thread iterates together: three dipeptides with all
    their starts, or some starts of one 15-residue fragment."""
    torch.set_num_threads(1)
    keep_freed_memory()  # for both sides of the ratio
    print("the loop against its FFTs …", flush=True)
    small = _ratio((12, 12, 12), n_crystals=3, n_starts=8, n_atoms=15)
    large = _ratio((20, 22, 24), n_crystals=1, n_starts=4, n_atoms=115)
    return [
        Row("an iteration over its two FFTs, same batch, same run, one thread:", None),
        Row("3 dipeptides × 8 starts, 12 Å, 1.5 Å", small, "×", at_most=1.5, digits=2),
        Row("15 residues × 4 starts, 20 × 22 × 24 Å", large, "×", at_most=1.5, digits=2),
        *_peak_search(),
    ]


def _peak_search() -> list[Row]:
    """The search for peaks in the Patterson map of a protein ÷ the calculation of the map."""
    model = Path(__file__).resolve().parents[3] / "shared" / "data" / "xray" / "1aba.pdb"
    if not model.is_file():
        return [Row("peak search: the protein model (../shared/data) is not here", None)]
    structure = gemmi.read_structure(str(model))
    group = structure.find_spacegroup()
    data = structure_factors(structure, structure.cell, group, 1.5).amplitudes()
    times: list[tuple[float, float]] = []
    for _ in range(3):
        start = time.perf_counter()
        density = patterson(data)
        middle = time.perf_counter()
        find_peaks(density, 1000, 1.0)
        times.append((middle - start, time.perf_counter() - middle))
    map_s, peaks_s = np.median(times, axis=0)
    return [Row("peak search, 1aba to 1.5 Å, over its map", peaks_s / map_s, "×", digits=1)]


def _ratio(
    edges: tuple[float, float, float], n_crystals: int, n_starts: int, n_atoms: int
) -> float:
    """Median over alternating rounds of (loop time) / (time of the same number of FFTs)."""
    cell = gemmi.UnitCell(*edges, 90, 90, 90)
    hkl = unique_reflections(cell, p1(), 1.5)
    f = np.random.default_rng(0).rayleigh(10.0, len(hkl)).astype(np.float32)
    data = Amplitudes(hkl, f, cell, p1())
    shape = search_shape(data)
    with torch.inference_mode():
        batch = grid_batch([data] * n_crystals, shape, torch.device("cpu"))
        seeds = [[8 * i + j for j in range(n_starts)] for i in range(n_crystals)]
        start = random_densities(batch, seeds)
        spectrum = torch.fft.rfftn(start, dim=AXES)
        voxels = torch.full((n_crystals,), n_atoms * 10.0 / cell.volume * batch.n_voxels)

        def loop() -> None:
            constraint = CompactSupport(batch, voxels)

            def watch(iteration: int, y: torch.Tensor) -> bool:
                r_factors(constraint.project(y.clone()), batch)
                return False

            run(start.clone(), batch, constraint, Schedule(_ITERATIONS, 0), watch)

        def bare() -> None:
            for _ in range(_ITERATIONS):
                torch.fft.rfftn(start, dim=AXES)
                torch.fft.irfftn(spectrum, s=shape, dim=AXES)

        loop()
        bare()
        return float(np.median([_seconds(loop) / _seconds(bare) for _ in range(_ROUNDS)]))


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
