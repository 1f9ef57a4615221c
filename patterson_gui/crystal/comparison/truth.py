"""Which truth a prediction can be compared with."""

from dataclasses import replace

import gemmi

from patterson_gui.crystal.cells import same_cell
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.errors import UserError


def truth_of(crystal: Crystal) -> Crystal | None:
    """The crystal with what a prediction can be compared with: its model, else a true map,
    else the map that was opened; None where there is nothing."""
    crystal = replace(crystal, truth=crystal.truth or crystal.opened_map)
    return None if crystal.model is None and crystal.truth is None else crystal


def refuse_other_cell(model: gemmi.Structure, crystal: Crystal) -> None:
    """Raise `UserError` where a model cannot be the truth of `crystal`: its cell is another."""
    if not same_cell(crystal.cell, model.cell):
        cell = " ".join(f"{x:.1f}" for x in model.cell.parameters)
        raise UserError(
            f"The model's cell ({cell}) is not that of the open data, so it cannot be their "
            "truth; open the model of the same crystal."
        )
