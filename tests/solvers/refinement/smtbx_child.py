"""Refine a model with smtbx; run by the Python of `make rivals`, not by that of the tests.

Reads one JSON object from standard input and prints one: figures, parameters and their standard
uncertainties. Everything anisotropic, the weights of SHELXL, no extinction.
"""

import json
import sys

import smtbx.utils
from cctbx import adptbx, crystal, miller, xray
from cctbx.array_family import flex
from scitbx.lstbx import normal_eqns_solving
from smtbx.refinement import constraints, least_squares
from smtbx.refinement.restraints import origin_fixing_restraints

_NAMES = ("x", "y", "z", "u11", "u22", "u33", "u12", "u13", "u23")


def main() -> None:
    given = json.load(sys.stdin)
    symmetry = crystal.symmetry(
        unit_cell=given["cell"], space_group_symbol="Hall: " + given["hall"]
    )
    structure = xray.structure(crystal_symmetry=symmetry)
    cell = structure.unit_cell()
    for label, element, site, u, (f_prime, f_double_prime) in given["atoms"]:
        scatterer = xray.scatterer(
            label=label, site=site, u=0.03, scattering_type=element, fp=f_prime, fdp=f_double_prime
        )
        scatterer.flags.set_use_u_aniso_only()
        scatterer.u_star = adptbx.u_cif_as_u_star(cell, u)
        scatterer.flags.set_use_fp_fdp(True)
        structure.add_scatterer(scatterer)
    structure.scattering_type_registry(table="it1992")
    for scatterer in structure.scatterers():
        scatterer.flags.set_grads(False)
        scatterer.flags.set_grad_site(True)
        scatterer.flags.set_grad_u_aniso(True)
    indices = flex.miller_index([tuple(h) for h in given["hkl"]])
    measured = miller.array(
        miller.set(symmetry, indices, anomalous_flag=given["anomalous"]),
        flex.double(given["value"]),
        flex.double(given["sigma"]),
    ).set_observation_type_xray_intensity()
    parameters = constraints.reparametrisation(
        structure, [], smtbx.utils.connectivity_table(structure), temperature=20
    )
    a, b = given["weights"]
    problem = least_squares.crystallographic_ls(
        measured.as_xray_observations(),
        parameters,
        origin_fixing_restraints_type=origin_fixing_restraints.atomic_number_weighting,
        weighting_scheme=least_squares.mainstream_shelx_weighting(a=a, b=b),
    )
    normal_eqns_solving.naive_iterations(
        problem, n_max_iterations=given["cycles"], gradient_threshold=1e-12, step_threshold=1e-9
    )
    problem.build_up()
    r1, _ = problem.r1_factor(cutoff_factor=2)
    matrix = problem.covariance_matrix_and_annotations()
    variances = matrix.matrix.matrix_packed_u_diagonal()
    esds = {name: variances[i] ** 0.5 for i, name in enumerate(matrix.annotations)}
    # Those of U belong to U* = U a*_i a*_j.
    stars = dict(zip(_NAMES[3:], adptbx.u_cif_as_u_star(cell, [1.0] * 6), strict=True))
    esds = {name: esd / stars.get(name.split(".")[-1], 1.0) for name, esd in esds.items()}
    values = {}
    for scatterer in structure.scatterers():
        u = adptbx.u_star_as_u_cif(cell, scatterer.u_star)
        for name, value in zip(_NAMES, (*scatterer.site, *u), strict=True):
            values[f"{scatterer.label}.{name}"] = value
    figures = {
        "r1": r1,
        "wr2": problem.wR2(),
        "goof": problem.goof(),
        "scale": problem.scale_factor(),
        "values": values,
        "esds": esds,
    }
    print(json.dumps(figures))


main()
