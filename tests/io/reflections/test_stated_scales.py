"""Lists of reflections in scale groups whose factors the file states."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.opening.reflections import read_reflections

INDICES = [(h, k, m) for h in range(1, 5) for k in range(1, 4) for m in range(1, 4)]
FACTORS = {"1": 2.0, "2": 5.0, "3": 0.5}


def true_intensity(hkl: tuple[int, int, int]) -> float:
    return 50.0 + 7.0 * hkl[0] ** 2 + 3.0 * hkl[1] + hkl[2]


def write_list(path: Path, power: float, *, factors: bool = True, mates: bool = True) -> Path:
    """Three groups that hold the same reflections; or, without mates, each others."""
    lines = []
    for row, hkl in enumerate(INDICES):
        for place, (code, factor) in enumerate(FACTORS.items()):
            if mates or row % 3 == place:
                sign = -1 if place == 1 else 1  # Friedel mates in one of the groups
                index = " ".join(str(sign * i) for i in hkl)
                scale = factor**power
                lines.append(f"{index} {scale * true_intensity(hkl):.4f} {scale:.4f} {code}")
    loop = "loop_\n_reflns_scale_group_code\n_reflns_scale_meas_intensity\n"
    loop += "".join(f"{code} {factor}\n" for code, factor in FACTORS.items())
    path.write_text(
        "data_a\n_cell_length_a 7\n_cell_length_b 8\n_cell_length_c 9\n"
        "_cell_angle_alpha 91\n_cell_angle_beta 95\n_cell_angle_gamma 98\n"
        "_symmetry_space_group_name_H-M 'P 1'\n_diffrn_radiation_wavelength 0.025\n"
        + (loop if factors else "")
        + "loop_\n_refln_index_h\n_refln_index_k\n_refln_index_l\n_refln_intensity_meas\n"
        "_refln_intensity_sigma\n_refln_scale_group_code\n" + "\n".join(lines) + "\n"
    )
    return path


@pytest.mark.parametrize("power", [1.0, 2.0, 0.0])
def test_puts_all_groups_on_the_scale_that_their_common_reflections_show(
    tmp_path: Path, power: float
):
    data = read_intensities(write_list(tmp_path / "a.cif", power)).intensities
    assert len(data) == 3 * len(INDICES)
    expected = np.array([true_intensity(tuple(np.abs(h))) for h in data.hkl.tolist()])
    ratio = data.value / expected
    assert ratio == pytest.approx(ratio[0], rel=1e-3)
    assert data.sigma / ratio == pytest.approx(1.0, rel=1e-3)


def test_tells_how_the_groups_were_scaled(tmp_path: Path):
    notes = read_reflections(write_list(tmp_path / "a.cif", 2.0)).notes
    assert any("by the factors that it states" in note for note in notes)


def test_without_stated_factors_reflections_in_common_give_the_scale(tmp_path: Path):
    data = read_intensities(write_list(tmp_path / "a.cif", 1.0, factors=False)).intensities
    expected = np.array([true_intensity(tuple(np.abs(h))) for h in data.hkl.tolist()])
    assert data.value / expected == pytest.approx(data.value[0] / expected[0], rel=1e-3)


def test_factors_are_not_used_where_no_reflections_show_what_they_mean(tmp_path: Path):
    notes = read_reflections(write_list(tmp_path / "a.cif", 1.0, mates=False)).notes
    assert not any("by the factors that it states" in note for note in notes)
