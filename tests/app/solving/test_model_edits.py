"""Corrections of a model: elements, atoms that are removed or added."""

import gemmi
import numpy as np
import pytest

from patterson_gui.app.solving.model_edits import (
    nearest_image,
    with_atom,
    with_element,
    without,
)
from patterson_gui.errors import UserError
from tests.app.fake_solver import CELL, GROUP, MODEL


def test_a_changed_atom_gets_a_free_label_and_loses_its_riding_hydrogen() -> None:
    model = with_element(MODEL, [3], "o")
    assert model.labels == ("O1", "C1", "C2", "O2", "Cl1")
    assert model.elements == ("O", "C", "C", "O", "Cl")


def test_an_atom_that_has_the_element_already_stays_as_it_is() -> None:
    assert with_element(MODEL, [3], "N").labels == MODEL.labels


def test_deleting_an_atom_deletes_its_hydrogen() -> None:
    assert without(MODEL, [3]).elements == ("O", "C", "C", "Cl")
    assert without(MODEL, []) is MODEL


def test_a_new_atom_stands_before_the_hydrogen_which_still_rides() -> None:
    model = with_atom(MODEL, "O", (0.1, 0.5, 0.9), CELL, GROUP)
    assert model.elements == ("O", "C", "C", "N", "Cl", "O", "H")
    assert model.labels[5] == "O2"
    assert model.parent.tolist() == [-1, -1, -1, -1, -1, -1, 3]
    assert np.isnan(model.u_aniso).all()


def test_a_new_atom_is_placed_at_the_image_nearest_to_the_others() -> None:
    near = MODEL.frac[4] + (0.12, 0.02, 0.0)
    moved = GROUP.operations().sym_ops[1].apply_to_xyz(near.tolist())
    image = np.array(moved) + np.array([2, -1, 3])
    place, distance, atom = nearest_image(tuple(image), MODEL.frac, CELL, GROUP)
    assert place == pytest.approx(near)
    assert atom == 4
    shift = CELL.orthogonalize(gemmi.Fractional(*(near - MODEL.frac[4])))
    assert distance == pytest.approx(shift.length(), abs=1e-3)


def test_an_atom_on_another_one_is_refused() -> None:
    with pytest.raises(UserError, match="Cl1 is only"):
        with_atom(MODEL, "O", (0.81, 0.10, 0.60), CELL, GROUP)
