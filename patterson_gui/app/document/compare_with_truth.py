"""A finished prediction held against the truth. The truth enters here and goes no further."""

from dataclasses import dataclass, replace

import gemmi

from patterson_gui.crystal.comparison.atom_agreement import (
    AtomAgreement,
    aligned_model,
    compare_atoms,
)
from patterson_gui.crystal.comparison.prediction_metrics import (
    Comparison,
    aligned_density,
    compare_prediction,
)
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import Prediction


@dataclass(frozen=True, eq=False)
class Judged:
    """How a prediction compares with the truth.

    Attributes
    ----------
    comparison : the figures of the density in both frames.
    aligned : the predicted map moved onto the truth.
    aligned_model : the built atoms moved with it; None where none were built.
    atoms_fixed, atoms : the built atoms against the true ones, as they stand and moved; None
        where none were built or no true model is known.
    """

    comparison: Comparison
    aligned: DensityMap
    aligned_model: gemmi.Structure | None = None
    atoms_fixed: AtomAgreement | None = None
    atoms: AtomAgreement | None = None


def truth_of(crystal: Crystal) -> Crystal | None:
    """The crystal with what a prediction can be held against: its model, else a true map,
    else the map that was opened; None where there is nothing."""
    crystal = replace(crystal, truth=crystal.truth or crystal.opened_map)
    return None if crystal.model is None and crystal.truth is None else crystal


def judge(prediction: Prediction, crystal: Crystal) -> Judged:
    """Compare density and atoms; takes a second or two for large cells."""
    comparison = compare_prediction(prediction, crystal)
    aligned = aligned_density(prediction, comparison)
    _ = aligned.rmsd  # computed here and kept, so that the window need not
    model, true = prediction.model, crystal.model
    if model is None:
        return Judged(comparison, aligned)
    moved = aligned_model(model, comparison)
    if true is None:
        return Judged(comparison, aligned, moved)
    return Judged(
        comparison,
        aligned,
        moved,
        compare_atoms(prediction, true, None),
        compare_atoms(prediction, true, comparison),
    )
