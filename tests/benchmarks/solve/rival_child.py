"""Solve one problem by charge flipping of smtbx; runs in an environment that has cctbx.

usage: rival_child.py PROBLEM.npz RESULT.json SEED

Charge flipping runs on quasi-normalised amplitudes with the phase shift of weak reflections, the
best of its variants, in the space group that the file states. As installed, the third attempt
fails, because the number of iterations becomes a float: here it stays whole. The outcome depends
on the starting phases, so there are three runs, of which the one with the sharpest symmetry counts,
and their mean time.

Atoms are the highest peaks of the map in that group, typed by their rank against the contents.
"""

import json
import sys
import time

import numpy as np
from cctbx import crystal, maptbx, miller, sgtbx, uctbx
from cctbx.array_family import flex
from smtbx.ab_initio import charge_flipping

RUNS = 3
VOLUME_PER_ATOM = 18.0  # Å³, where the contents are unknown
MORE_PEAKS = 1.2  # peaks that are kept, for each expected atom


class Solving(charge_flipping.solving_iterator):
    """The solver of smtbx with a whole number of iterations."""

    @property
    def max_solving_iterations(self):
        """Iterations of one attempt."""
        return self.__dict__.get("iterations", 500)

    @max_solving_iterations.setter
    def max_solving_iterations(self, value):
        self.__dict__["iterations"] = int(value)


def main(problem: str, result: str, seed: int) -> None:
    """Solve, and write what was found as JSON."""
    with np.load(problem) as arrays:
        about = json.loads(str(arrays["about"]))
        hkl, value, sigma = arrays["hkl"], arrays["value"], arrays["sigma"]
    group = sgtbx.space_group()
    for triplet in about["operations"]:
        group.expand_smx(triplet)
    symmetry = crystal.symmetry(unit_cell=uctbx.unit_cell(about["cell"]), space_group=group)
    indices = flex.miller_index([tuple(int(i) for i in index) for index in hkl])
    measured = miller.set(symmetry, indices, anomalous_flag=False).array(
        data=flex.double(value), sigmas=flex.double(sigma)
    )
    measured.set_observation_type_xray_intensity()
    runs = []
    for run in range(RUNS):
        flex.set_random_seed(RUNS * seed + run)
        begin = time.process_time()
        runs.append(run_once(measured))
        runs[-1]["seconds"] = time.process_time() - begin
    best = max(runs, key=lambda run: run["agreement"])
    found = {
        "solved": best["f_calc"] is not None,
        "agreement": best["agreement"],
        "seconds_phases": sum(run["seconds"] for run in runs) / RUNS,
        "atoms": [] if best["f_calc"] is None else peaks(best["f_calc"], about, symmetry),
    }
    with open(result, "w", encoding="utf-8") as file:
        json.dump(found, file)


def run_once(measured) -> dict:
    """Merge, and find phases from random ones: the structure factors in the space group."""
    merged = measured.eliminate_sys_absent().map_to_asu().merge_equivalents().array()
    amplitude = flex.sqrt(merged.data().set_selected(merged.data() < 0, 0.0))
    f_obs = merged.customized_copy(data=amplitude, sigmas=None)
    f_obs.set_observation_type_xray_amplitude()
    try:
        solving = solve(f_obs, charge_flipping.amplitude_quasi_normalisations)
    except AssertionError:  # a shell of weak reflections cannot be normalised: amplitudes remain
        solving = solve(f_obs, None)
    if not solving.f_calc_solutions:
        return {"f_calc": None, "agreement": 0.0}
    f_calc, _, agreement = max(solving.f_calc_solutions, key=lambda found: found[2])
    return {"f_calc": f_calc, "agreement": float(agreement)}


def solve(f_obs, normalisations_for):
    """The solver after its last iteration."""
    solving = Solving(
        charge_flipping.weak_reflection_improved_iterator(delta=None),
        f_obs,
        normalisations_for=normalisations_for,
    )
    for _ in solving:
        if solving.state is solving.finished:
            break
    return solving


def peaks(f_calc, about, symmetry) -> list:
    """[element, x, y, z] of the highest peaks of the map, as many as atoms are expected."""
    order = symmetry.space_group().order_z()
    heavy = about["heavy"] or [["C", symmetry.unit_cell().volume() / VOLUME_PER_ATOM]]
    expected = sum(number for _, number in heavy)
    if symmetry.unit_cell().volume() > 3 * VOLUME_PER_ATOM * expected:  # they say nothing
        expected = symmetry.unit_cell().volume() / VOLUME_PER_ATOM
    density = f_calc.fft_map(
        resolution_factor=1 / 3, symmetry_flags=maptbx.use_space_group_symmetry
    )
    search = maptbx.peak_search_parameters(
        interpolate=True,
        min_distance_sym_equiv=0.5,
        min_cross_distance=0.9,
        general_positions_only=False,
        max_clusters=int(MORE_PEAKS * expected) + 10,
    )
    sites = list(density.peak_search(search, verify_symmetry=False).all().sites())
    ladder = [symbol for symbol, number in heavy for _ in range(round(number))]
    rows, placed = [], 0
    for site in sites:
        if placed >= MORE_PEAKS * expected:
            break
        special = crystal.special_position_settings(symmetry, min_distance_sym_equiv=0.5)
        position = special.site_symmetry(site)
        element = ladder[min(placed, len(ladder) - 1)]
        rows.append([element, *(float(x) for x in position.exact_site())])
        placed += order // position.n_matrices()
    return rows


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
