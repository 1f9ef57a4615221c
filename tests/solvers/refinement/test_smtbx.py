"""The same model, data and weights refined by smtbx give the same figures and uncertainties."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.crystal.reciprocal.scattering_factors import dispersion
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from tests.benchmarks.solve.processes import RIVAL_PYTHON
from tests.solvers.refinement.test_measured import read_start

_OPTIONS = RefinementOptions(
    weights=Weights(0.08, 0.3), extinction=False, invert=False, twin_laws=(), cycles=30
)
_CYCLES = 12


@pytest.mark.skipif(not RIVAL_PYTHON.exists(), reason="`make rivals` installs smtbx")
@pytest.mark.parametrize("name", ["smallmol/2012000", "solve/urea_xh"])  # polar P2₁; special sites
def test_agrees_with_smtbx(shared_data: Path, name: str) -> None:
    path = shared_data / name
    if path.is_dir():
        data, truth = next(path.glob("*.hkl*")), path / f"{path.name}_truth.cif"
    else:
        data, truth = path.with_suffix(".hkl"), path.with_suffix(".cif")
    merged, start = read_start(data, truth)
    result = refine(merged, start, _OPTIONS)
    model, figures = result.model, result.figures
    request = {
        "cell": merged.cell.parameters,
        "hall": merged.spacegroup.hall,
        "hkl": merged.hkl.tolist(),
        "value": merged.value.tolist(),
        "sigma": merged.sigma.tolist(),
        "anomalous": not merged.friedel_merged,
        "weights": [figures.weight_a, figures.weight_b],
        "cycles": _CYCLES,
        "atoms": [
            [label, element, frac.tolist(), u.tolist(), dispersion(element, merged.wavelength)]
            for label, element, frac, u in zip(
                model.labels, model.elements, model.frac, model.u_aniso, strict=True
            )
        ],
    }
    done = subprocess.run(
        [RIVAL_PYTHON, Path(__file__).with_name("smtbx_child.py")],
        input=json.dumps(request), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    assert figures.r1 == pytest.approx(theirs["r1"], abs=1e-5)
    assert figures.wr2 == pytest.approx(theirs["wr2"], abs=1e-5)
    assert figures.goof == pytest.approx(theirs["goof"], rel=1e-3)
    assert figures.scale == pytest.approx(theirs["scale"], rel=1e-5)
    assert model.sigma_frac is not None
    assert model.sigma_u_aniso is not None
    _assert_same(model.labels, "xyz", model.frac, model.sigma_frac, theirs)
    names = ("u11", "u22", "u33", "u12", "u13", "u23")
    _assert_same(model.labels, names, model.u_aniso, model.sigma_u_aniso, theirs)


def _assert_same(
    labels: tuple[str, ...],
    names: tuple[str, ...] | str,
    values: np.ndarray,
    sigma: np.ndarray,
    theirs: dict,
) -> None:
    """Parameters within 0.01 esd, and the esds within 2 %."""
    other = np.array([[theirs["values"][f"{label}.{name}"] for name in names] for label in labels])
    esd = np.array(
        [[theirs["esds"].get(f"{label}.{name}", 0) for name in names] for label in labels]
    )
    free = sigma > 1e-12
    assert (np.abs(values - other)[free] < 0.01 * sigma[free]).all()
    assert sigma[free] == pytest.approx(esd[free], rel=0.02)
