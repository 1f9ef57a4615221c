"""Choose the truth that a prediction is compared with, and check its cell."""

from dataclasses import replace

import gemmi

from patterson_gui.crystal.cells import same_cell
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.errors import UserError


def truth_of(crystal: Crystal) -> Crystal | None:
    """The crystal with a truth for comparison; None if it has none.

    The truth is its model, otherwise its true map, otherwise the map that was opened.
    """
    crystal = replace(crystal, truth=crystal.truth or crystal.opened_map)
    return None if crystal.model is None and crystal.truth is None else crystal


def refuse_other_cell(model: gemmi.Structure, crystal: Crystal) -> None:
    """Raise `UserError` if the cell of a model differs from that of `crystal`."""
    if not same_cell(crystal.cell, model.cell):
        cell = " ".join(f"{x:.1f}" for x in model.cell.parameters)
        raise UserError(
            f"The model's cell ({cell}) is not that of the open data, so it cannot be their "
            "truth; open the model of the same crystal."
        )
