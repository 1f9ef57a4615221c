"""Statistics of a report, on simulated crystals."""

import json
from collections.abc import Iterator
from dataclasses import replace

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.crystal.measured.absence_classes import absence_classes, possible_classes
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.laue_classes import laue_classes
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.measured.pseudo_translation import largest_patterson_peak
from patterson_gui.crystal.measured.statistics import statistics
from patterson_gui.crystal.reciprocal.equivalents import expand, unique_reflections
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, direct
from patterson_gui.io.text.plain_json import without_nan
from tests.crystal.measured.simulated import crystal

CELL = gemmi.UnitCell(7, 9, 11, 90, 100, 90)


def with_absences() -> Intensities:
    """A crystal in P 21/c with the reflections measured that the group forbids."""
    data, _ = crystal("P 1 21/c 1", CELL, 0.85)
    p1 = gemmi.SpaceGroup("P 1 2/m 1")
    hkl = unique_reflections(CELL, p1, 0.85)
    atoms = np.random.default_rng(3).uniform(0.02, 0.98, (20, 3))
    scatterers = Scatterers(("C",) * 20, atoms, np.full(20, 3.0), np.ones(20))
    value = np.abs(direct(scatterers, CELL, data.spacegroup, hkl)) ** 2
    noise = np.random.default_rng(0).normal(0.0, 1.0, len(hkl))
    sigma = 0.02 * value + 0.5
    return replace(data, hkl=hkl, value=value + sigma * noise, sigma=sigma)


def test_absent_reflections_of_each_element_are_weak() -> None:
    rows = {row.name: row for row in absence_classes(with_absences())}
    glide, screw = rows["c glide, h0l: l odd"], rows["21 along b, 0k0: k odd"]
    assert glide.n > 20
    assert abs(glide.i_over_sigma) < 0.6
    assert abs(glide.share) < 0.05
    assert screw.n >= 4
    assert abs(screw.i_over_sigma) < 1.2
    assert rows["a glide, h0l: h odd"].i_over_sigma > 5
    assert rows["centring C"].i_over_sigma > 5
    assert rows["centring C"].share == pytest.approx(1.0, abs=0.3)


def test_forbidden_reflections_are_absent_or_present_or_not_decided() -> None:
    data = with_absences()
    rows = {row.name: row.finding for row in absence_classes(data)}
    assert rows["c glide, h0l: l odd"] == rows["21 along b, 0k0: k odd"] == "absent"
    assert rows["a glide, h0l: h odd"] == rows["centring C"] == "present"
    few = data.select(np.flatnonzero(~((data.hkl[:, 0] == 0) & (data.hkl[:, 2] == 0))))
    rows = {row.name: row.finding for row in absence_classes(few)}
    assert rows["21 along b, 0k0: k odd"] == "not decided"
    # The same intensities, but with σ too large to tell whether they are zero.
    coarse = replace(data, sigma=10 * data.value.mean() * np.ones(len(data)))
    rows = {row.name: row.finding for row in absence_classes(coarse)}
    assert rows["a glide, h0l: h odd"] == "not decided"


@pytest.mark.parametrize(
    ("parameters", "centring"),
    [
        ((7, 9, 11, 80, 95, 103), "P"),
        ((7, 9, 11, 90, 100, 90), "P"),
        ((7, 9, 11, 90, 90, 90), "P"),
        ((7, 9, 11, 90, 90, 90), "F"),
        ((7, 7, 11, 90, 90, 90), "P"),
        ((7, 7, 11, 90, 90, 90), "I"),
        ((8, 8, 8, 90, 90, 90), "P"),
    ],
)
def test_the_classes_that_some_group_of_the_lattice_forbids_are_listed(
    parameters: tuple[float, ...], centring: str
) -> None:
    cell = gemmi.UnitCell(*parameters)
    first = gemmi.SpaceGroup({"P": "P 1", "I": "I 1", "F": "F 1"}[centring])
    hkl = np.array(list(np.ndindex(11, 11, 11)), dtype=np.int32) - 5
    hkl = hkl[hkl.any(axis=1) & ~first.operations().systematic_absences(hkl)]
    ones = np.ones(len(hkl))
    data = Intensities(hkl, 10 * ones, ones, cell, first)
    groups = [
        group for group in gemmi.spacegroup_table()
        if group.centring_type() == centring and cell.is_compatible_with_spacegroup(group)
    ]  # fmt: skip
    broken = [pair for group in groups for pair in _fixed_and_absent(hkl, group)]
    classes = [row for row in absence_classes(data) if row.kind != "centring"]
    expected = set()
    for row in classes:
        zone = _inside(hkl, row.name)
        forbidden = zone & _breaks(hkl, row.name.split(": ")[-1])
        if forbidden.any() and any(
            absent[forbidden].all() and not fixed[~zone].any() for fixed, absent in broken
        ):
            expected.add(row.name)
    rotations = laue_classes(cell, centring)[-1].rotations
    listed = possible_classes(absence_classes(data), rotations)
    assert {row.name for row in listed if row.kind != "centring"} == expected


def _fixed_and_absent(
    hkl: NDArray[np.int32], group: gemmi.SpaceGroup
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """For each operation, the reflections it leaves as they are, and those it forbids."""
    for op in group.operations():
        rotation, den = np.array(op.rot), gemmi.Op.DEN
        fixed = (hkl @ rotation == den * hkl).all(axis=1)
        if fixed.any() and not fixed.all():
            yield fixed, fixed & (hkl @ np.array(op.tran) % den != 0)


def _inside(hkl: NDArray[np.int32], name: str) -> NDArray[np.bool_]:
    """Whether reflections belong to the zone or row that the name of a class gives."""
    h, k, l = hkl.T  # noqa: E741
    return {
        "0kl": h == 0, "h0l": k == 0, "hk0": l == 0, "hhl": h == k, "hkk": k == l, "hkh": h == l,
        "h-hl": h == -k, "h00": (k == 0) & (l == 0), "0k0": (h == 0) & (l == 0),
        "00l": (h == 0) & (k == 0),
    }[name.split(", ")[1].split(":", maxsplit=1)[0]]  # fmt: skip


def _breaks(hkl: NDArray[np.int32], rule: str) -> NDArray[np.bool_]:
    """Whether reflections are forbidden by a rule such as 'h + k odd' or '2h + l not 4n'."""
    left, divisor = (rule[:-4], 2) if rule.endswith("odd") else (rule[:-7], int(rule[-2]))
    total = np.zeros(len(hkl), dtype=int)
    for term in left.split(" + "):
        factor = int(term[0]) if term[0].isdigit() else 1
        total += factor * hkl[:, "hkl".index(term[-1])]
    return np.asarray(total % divisor != 0)


def test_completeness_is_the_share_of_reflections_that_are_there() -> None:
    data, _ = crystal("P 1 21/c 1", CELL, 0.85)
    kept = np.random.default_rng(1).random(len(data)) < 0.6
    kept[np.argmin(data.d)] = True
    found = statistics(data.select(kept))
    assert found["completeness"] == pytest.approx(kept.mean(), abs=0.005)
    assert found["completeness_1_2_to_1_0"] == pytest.approx(0.6, abs=0.08)
    assert sum(shell["n"] for shell in found["shells"]) == found["n_unique"] == kept.sum()
    assert sum(shell["possible"] for shell in found["shells"]) == len(data)


def test_zones_tell_the_centric_ones() -> None:
    data, _ = crystal("P 1 21 1", CELL, 0.7, ("C",) * 60)
    found = statistics(data)["e2_minus_1"]
    assert found["h0l"] == pytest.approx(0.968, abs=0.12)
    assert found["rest"] == pytest.approx(0.736, abs=0.05)


def test_counts_of_measurements() -> None:
    data, _ = crystal("P 1 21/c 1", CELL, 1.0)
    hkl, source, _ = expand(data.hkl, data.spacegroup)
    every = replace(data, hkl=hkl, value=data.value[source], sigma=data.sigma[source])
    found = statistics(every)
    assert (found["n_read"], found["n_unique"]) == (len(hkl), len(data))
    assert found["r_int"] == pytest.approx(0.0, abs=1e-6)
    assert {row["name"] for row in found["laue_classes"]} == {"-1", "2/m (b)"}


def test_a_translation_of_half_a_cell_is_the_largest_peak() -> None:
    frac = np.random.default_rng(5).uniform(0.0, 1.0, (10, 3))
    frac = np.concatenate([frac, frac + np.array([0.0, 0.5, 0.0]) + 0.002])
    data, _ = crystal("P 1", gemmi.UnitCell(8, 12, 9, 85, 95, 100), 0.9, frac=frac)
    peak = largest_patterson_peak(merge(data, data.spacegroup, True))
    assert peak is not None
    assert peak.height > 0.8
    assert peak.at == pytest.approx((0.0, 0.5, 0.0), abs=0.03)


def test_centring_is_no_pseudo_translation() -> None:
    data, _ = crystal("C 1 2 1", gemmi.UnitCell(14, 9, 11, 90, 100, 90), 1.0)
    peak = largest_patterson_peak(merge(data, data.spacegroup, True))
    assert peak is not None
    assert peak.height < 0.6


def test_a_pseudo_translation_is_told() -> None:
    frac = np.random.default_rng(5).uniform(0.0, 1.0, (10, 3))
    frac = np.concatenate([frac, frac + np.array([0.0, 0.5, 0.0]) + 0.002])
    data, _ = crystal("P 1", gemmi.UnitCell(8, 12, 9, 85, 95, 100), 0.9, frac=frac)
    (note,) = statistics(data)["notes"]
    assert "(0.00, 0.50, 0.00)" in note


def test_statistics_become_json_of_numbers_and_texts() -> None:
    data, _ = crystal("P 1 21/c 1", CELL, 1.0)
    assert json.loads(json.dumps(without_nan(statistics(data))))["space_group"] == "P 1 21/c 1"


def test_noise_beyond_the_limit_of_the_crystal_is_told() -> None:
    data, _ = crystal("P 1 21/c 1", CELL, 0.85)
    noise = np.random.default_rng(6).normal(0.0, 1.0, len(data))
    value = np.where(data.d < 1.1, noise * data.sigma, data.value)
    found = statistics(replace(data, value=value))
    assert found["d_signal"] == pytest.approx(1.1, abs=0.02)
    assert "Beyond 1.09 Å" in found["notes"][0]
    assert statistics(data)["d_signal"] == pytest.approx(0.85, abs=0.01)
