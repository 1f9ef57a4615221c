import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.sites.permissible_origins import inverted_origins, permissible_origins

# International Tables for Crystallography A, tables 3.5.2.3 to 3.5.2.5: additional generators
# by translation, without the polar ones.
NUMBERS = [
    ("P 1", 1), ("P -1", 8), ("P 1 21 1", 4), ("C 1 2 1", 2), ("P 1 21/c 1", 8),
    ("P 21 21 21", 8), ("C 2 2 21", 4), ("I 2 2 2", 4), ("F 2 2 2", 4), ("P 41", 2),
    ("P 43 21 2", 4), ("I 41", 1), ("P 31", 3), ("P 31 2 1", 2), ("P 31 1 2", 6), ("R 3:H", 1),
    ("P 61 2 2", 2), ("P 61", 1), ("P 21 3", 2), ("I 21 3", 1), ("F 4 3 2", 2), ("P 43 3 2", 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_the_number_of_origins_is_that_of_the_tables(name: str, number: int) -> None:
    assert len(permissible_origins(gemmi.SpaceGroup(name))) == number


@pytest.mark.parametrize("name", ["P 1 21 1", "P 21 21 21", "P 43 21 2", "F 2 2 2", "P 31 1 2"])
def test_a_shift_to_another_origin_changes_no_amplitude(name: str) -> None:
    group = gemmi.SpaceGroup(name)
    rng = np.random.default_rng(3)
    hkl = rng.integers(-6, 7, (60, 3))
    atoms = rng.random((4, 3))

    def amplitudes(shift: np.ndarray, sign: float = 1.0) -> np.ndarray:
        total = np.zeros(len(hkl), dtype=complex)
        for x in sign * atoms + shift:
            for op in group.operations():
                total += np.exp(2j * np.pi * (hkl @ np.array(op.apply_to_xyz(x.tolist()))))
        return np.abs(total)

    before = amplitudes(np.zeros(3))
    for shift in permissible_origins(group):
        assert amplitudes(shift) == pytest.approx(before, abs=1e-8)
    assert np.abs(amplitudes(np.array([0.31, 0.17, 0.23])) - before).max() > 0.1
    for shift in inverted_origins(group):
        assert amplitudes(shift, -1.0) == pytest.approx(before, abs=1e-8)


def test_the_22_groups_of_which_the_inversion_makes_another_have_no_inverted_origin() -> None:
    found = [n for n in range(1, 231) if len(inverted_origins(reference(n))) == 0]
    assert found == [
        76, 78, 91, 92, 95, 96, 144, 145, 151, 152, 153, 154, 169, 170, 171, 172, 178, 179, 180,
        181, 212, 213,
    ]  # fmt: skip


def reference(number: int) -> gemmi.SpaceGroup:
    group = gemmi.find_spacegroup_by_number(number)
    assert group is not None
    return group
