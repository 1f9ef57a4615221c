"""The checks of a decoded crystal, as the Explorer shows them."""

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from patterson_gui.app.explorer.check_atoms import AtomsCheck, check_atoms
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import gaussian_density, unit_cell_sample
from patterson_gui.crystal.materials.latent import Decoded
from patterson_gui.gui.explorer.validity_box import ValidityBox, lines_of
from tests.app.fake_crystals import SALT, rock_salt

pytestmark = pytest.mark.gui


def check(material: Material, explained: float = 0.995) -> AtomsCheck:
    sample = unit_cell_sample(SALT)
    density = gaussian_density(sample.positions, sample.numbers)
    return check_atoms(Decoded(density, sample, material, explained), None)


def test_a_plausible_crystal_passes_all_checks() -> None:
    lines = lines_of(SALT, check(SALT))
    assert [verdict for verdict, *_ in lines] == ["good"] * 4


def test_names_overlapping_atoms_and_their_distance() -> None:
    crowded = rock_salt(11, 17, 2.4)
    verdict, text, _ = lines_of(crowded, check(crowded))[1]
    assert verdict == "error"
    assert text == "Atoms overlap: Na–Cl 1.20 Å apart"


@pytest.mark.parametrize(
    ("explained", "verdict"), [(0.99, "good"), (0.93, "warning"), (0.4, "error")]
)
def test_judges_the_share_of_the_density_that_atoms_explain(explained: float, verdict: str) -> None:
    assert lines_of(SALT, check(SALT, explained))[0][0] == verdict


def test_unbalanced_charges_give_a_warning_and_unknown_ones_no_verdict() -> None:
    unbalanced = replace(SALT, numbers=np.array([11] * 7 + [17]))
    assert lines_of(unbalanced, check(unbalanced))[2][0] == "warning"
    helium = SALT.with_element(0, 2)
    assert lines_of(helium, check(helium))[2][0] == "undecided"


def test_rejects_a_cell_that_is_too_flat() -> None:
    flat = replace(SALT, lattice=np.diag([5.0, 5.0, 0.2]))
    assert "too flat" in lines_of(flat, check(flat))[1][1]


def test_says_that_no_atoms_were_found(qtbot: QtBot) -> None:
    box = ValidityBox()
    qtbot.addWidget(box)
    nothing = Material(np.zeros((0, 3)), np.zeros(0, np.int64), 5 * np.eye(3))
    box.show_check(nothing, check(nothing, 0.0))
    assert box.formula.text() == "No atoms were found"
    assert box.verdicts == ["error"]


def test_shortens_a_long_formula_and_shows_it_whole_in_the_tooltip(qtbot: QtBot) -> None:
    box = ValidityBox()
    qtbot.addWidget(box)
    many = Material(
        np.random.default_rng(1).uniform(0, 9, (30, 3)), np.arange(1, 31), 9 * np.eye(3)
    )
    box.show_check(many, check(many))
    assert "…" in box.formula.text()
    assert box.formula.toolTip() == many.formula
