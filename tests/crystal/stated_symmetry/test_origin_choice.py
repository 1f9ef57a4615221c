"""The choice of origin that the atoms of a structure allow."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.stated_symmetry.origin_choice import StatedAtoms, settings_of_atoms

SPINEL = (("Mg", (0.125, 0.125, 0.125)), ("Al", (0.5, 0.5, 0.5)), ("O", (0.2624, 0.2624, 0.2624)))


def choices(name: str) -> list[gemmi.SpaceGroup]:
    return [gemmi.SpaceGroup(f"{name}:1"), gemmi.SpaceGroup(f"{name}:2")]


def unit(*atoms: tuple[str, tuple[float, ...]], formula: dict[str, float] | None = None):
    frac = np.array([position for _, position in atoms])
    return StatedAtoms(tuple(e for e, _ in atoms), frac, np.ones(len(atoms)), formula)


@pytest.mark.parametrize(("position", "choice"), [(0.125, "2"), (0.0, "1")])
def test_the_atoms_of_diamond_keep_apart_in_one_choice(position: float, choice: str):
    cell = gemmi.UnitCell(3.567, 3.567, 3.567, 90, 90, 90)
    found, reason = settings_of_atoms(choices("F d -3 m"), cell, unit(("C", (position,) * 3)))
    assert [group.ext for group in found] == [choice]
    assert "too near" in reason


def test_the_formula_of_a_spinel_decides():
    """In choice 1 the same coordinates would be Mg2AlO4."""
    cell = gemmi.UnitCell(8.0806, 8.0806, 8.0806, 90, 90, 90)
    formula = {"Mg": 1.0, "Al": 2.0, "O": 4.0}
    found, reason = settings_of_atoms(choices("F d -3 m"), cell, unit(*SPINEL, formula=formula))
    assert [group.ext for group in found] == ["2"]
    assert "formula" in reason


def test_atoms_that_fit_both_choices_decide_nothing():
    cell = gemmi.UnitCell(9, 9, 9, 90, 90, 90)
    found, _ = settings_of_atoms(choices("F d -3 m"), cell, unit(("Fe", (0.0, 0.0, 0.0))))
    assert len(found) == 2
    found, _ = settings_of_atoms(choices("F d -3 m"), cell, unit(("H", (0.125, 0.125, 0.125))))
    assert len(found) == 2
