"""The validation example that a training writes after each epoch, read as maps."""

import math
from dataclasses import dataclass
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.io.training.run_folder import read_preview


@dataclass(frozen=True, eq=False)
class ValidationExample:
    """One example of the validation split, as the network in training predicts it.

    Attributes
    ----------
    epoch : after which it was predicted; 0: before the first.
    r : Pearson correlation of predicted and true density, whole cell, fixed frame.
    """

    name: str
    epoch: int
    r: float
    patterson: DensityMap
    predicted: DensityMap
    true: DensityMap


def read_validation_example(path: Path) -> ValidationExample:
    """Read the file that a training has written.

    Raises
    ------
    UserError : it cannot be read.
    """
    preview = read_preview(path)
    cell = gemmi.UnitCell(*(float(value) for value in preview.cell))

    def density(grid: np.ndarray, kind: MapKind) -> DensityMap:
        made = DensityMap(grid, cell, p1(), kind, preview.d_min, preview.name)
        _ = made.rmsd  # cached here, in the job, so that the window does not compute it
        return made

    r = np.corrcoef(preview.predicted.ravel(), preview.true.ravel())[0, 1]
    return ValidationExample(
        preview.name,
        preview.epoch,
        float(r) if math.isfinite(r) else 0.0,
        density(preview.patterson, MapKind.PATTERSON),
        density(preview.predicted, MapKind.PREDICTED),
        density(preview.true, MapKind.TRUE),
    )
