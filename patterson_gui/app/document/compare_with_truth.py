"""Compares a finished prediction with the true structure, which nothing else may use."""

from dataclasses import dataclass

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
    difference_from_truth,
)
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import HEAVY_ATOMS, Prediction


@dataclass(frozen=True, eq=False)
class TruthComparison:
    """How a prediction compares with the truth.

    Attributes
    ----------
    comparison : the figures of the density in both frames.
    aligned : the predicted map moved onto the truth.
    difference : the aligned prediction minus the truth.
    aligned_model : the built atoms moved with it; None where none were built.
    atoms_fixed, atoms : built atoms compared with the true ones, in the fixed frame and aligned;
        None where none were built or no true model is known.
    """

    comparison: Comparison
    aligned: DensityMap
    aligned_model: gemmi.Structure | None = None
    atoms_fixed: AtomAgreement | None = None
    atoms: AtomAgreement | None = None
    difference: DensityMap | None = None


def compare_with_truth(prediction: Prediction, crystal: Crystal) -> TruthComparison:
    """Compare density and atoms; takes 1–2 s for large cells."""
    comparison = compare_prediction(prediction, crystal)
    aligned = aligned_density(prediction, comparison)
    _ = aligned.rmsd  # cached here, in the job, so that the window does not compute it
    difference = difference_from_truth(prediction, aligned, crystal)
    _ = difference.rmsd
    model, true = prediction.model, crystal.model
    if model is None:
        return TruthComparison(comparison, aligned, difference=difference)
    moved = aligned_model(model, comparison)
    if true is None or prediction.settings.method == HEAVY_ATOMS:  # no atoms of the model itself
        return TruthComparison(comparison, aligned, moved, difference=difference)
    return TruthComparison(
        comparison,
        aligned,
        moved,
        compare_atoms(prediction, true, None),
        compare_atoms(prediction, true, comparison),
        difference,
    )
