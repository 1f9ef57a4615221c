"""What a program is given to solve: intensities and contents, in one file, without the answer."""

import json
from dataclasses import dataclass
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities


@dataclass(frozen=True, eq=False)
class Problem:
    """Intensities with the group that a file states for them, and what the cell holds.

    Attributes
    ----------
    contents : with counts where these are known; None where nothing is known.
    """

    intensities: Intensities
    contents: Contents | None


def write_problem(problem: Problem, path: Path) -> None:
    """Write a problem as .npz, which `read_problem` and the rival's process read."""
    data, contents = problem.intensities, problem.contents
    about = {
        "cell": list(data.cell.parameters),
        "spacegroup": data.spacegroup.xhm(),
        "operations": [op.triplet() for op in data.spacegroup.operations()],
        "stated": data.stated,
        "wavelength": data.wavelength,
        "radiation": data.radiation,
        "label": data.label,
        "elements": list(contents.elements) if contents else None,
        "counts": dict(contents.counts) if contents and contents.counts else None,
        "heavy": _heaviest_first(contents),
    }
    np.savez(path, hkl=data.hkl, value=data.value, sigma=data.sigma, about=json.dumps(about))


def read_problem(path: Path) -> Problem:
    """Read what `write_problem` wrote."""
    with np.load(path) as arrays:
        about = json.loads(str(arrays["about"]))
        intensities = Intensities(
            arrays["hkl"],
            arrays["value"],
            arrays["sigma"],
            gemmi.UnitCell(*about["cell"]),
            gemmi.SpaceGroup(about["spacegroup"]),
            about["wavelength"],
            about["radiation"],
            about["label"],
            stated=about["stated"],
        )
    elements = about["elements"]
    contents = None if elements is None else Contents(tuple(elements), about["counts"])
    return Problem(intensities, contents)


def _heaviest_first(contents: Contents | None) -> list[tuple[str, float]]:
    """(element, atoms in the cell) without hydrogen, for the rival's process."""
    counts = (contents.counts if contents else None) or {}
    heavy = [(symbol, number) for symbol, number in counts.items() if symbol not in ("H", "D")]
    return sorted(heavy, key=lambda pair: -gemmi.Element(pair[0]).atomic_number)
