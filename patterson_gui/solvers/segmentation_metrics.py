"""Agreement of the atoms that a network found in densities with the true atoms, for JSON.

Everything is compared in the frame aligned to the truth.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from patterson_gui.crystal.comparison.atom_agreement import AtomAgreement
from patterson_gui.io.report.figures import rounded


def segmented_figures(cases: Sequence[AtomAgreement]) -> dict[str, Any]:
    """Agreement over the atoms of all cases together.

    `recall` and `precision` count pairs within 0.5 Å; elements and distances are of these pairs.
    """
    n_true = sum(a.n_true for a in cases)
    n_found = sum(a.n_built for a in cases)
    distances = np.array([d for a in cases for d in a.distances])
    pairs = len(distances)
    right = sum((a.element_accuracy or 0.0) * len(a.distances) for a in cases)
    return {
        "n_true": n_true,
        "n_found": n_found,
        "recall": rounded(pairs / n_true) if n_true else None,
        "precision": rounded(pairs / n_found) if n_found else None,
        "element_right_fraction": rounded(right / pairs) if pairs else None,
        "position_median_A": rounded(float(np.median(distances))) if pairs else None,
        "rmsd": rounded(float(np.sqrt((distances**2).mean()))) if pairs else None,
    }
