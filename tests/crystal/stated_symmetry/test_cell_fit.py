"""How well a cell fits the symmetry of a space group."""

import gemmi
import pytest

from patterson_gui.crystal.stated_symmetry.cell_fit import IMPOSSIBLE, ROUNDED, cell_misfit


@pytest.mark.parametrize(
    ("name", "cell", "misfit"),
    [
        ("P 1", (7, 8, 9, 81, 97, 112), 0.0),
        ("P 1 21 1", (7, 8, 9, 90, 112, 90), 0.0),
        ("P 1 1 21", (7, 8, 9, 90, 90, 112), 0.0),
        ("R 3:H", (10, 10, 25, 90, 90, 120), 0.0),
        ("R 3:R", (10, 10, 10, 55, 55, 55), 0.0),
        # b² − a² over a²: 2 % for 1 %; 2 cos γ for a mirror that inverts one axis.
        ("P 4", (10, 10.1, 12, 90, 90, 90), 0.0201),
        ("P 2 2 2", (7, 8, 9, 90, 90, 91), 2 * 0.0174524),
    ],
)
def test_measures_the_change_of_the_metric(name: str, cell: tuple[float, ...], misfit: float):
    found = cell_misfit(gemmi.UnitCell(*cell), gemmi.SpaceGroup(name).operations())
    assert found == pytest.approx(misfit, abs=1e-6)


def test_agrees_with_gemmi_on_every_setting():
    cells = [
        gemmi.UnitCell(7, 8, 9, 90, 90, 112),
        gemmi.UnitCell(10, 10, 25, 90, 90, 120),
        gemmi.UnitCell(10, 10, 10, 55, 55, 55),
        gemmi.UnitCell(10, 10, 12, 90, 90, 90),
    ]
    for group in gemmi.spacegroup_table():
        for cell in cells:
            fits = cell_misfit(cell, group.operations()) <= ROUNDED
            assert fits == cell.is_compatible_with_spacegroup(group), group.xhm()
    assert ROUNDED < IMPOSSIBLE
