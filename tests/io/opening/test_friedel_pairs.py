"""F(+) and F(−) of one crystal come back from every format that keeps them apart."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.differences.anomalous import anomalous_differences
from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs
from patterson_gui.errors import UserError
from patterson_gui.io.opening.friedel_pairs import (
    data_set_named,
    data_sets,
    distinct_sets,
    holds_mates,
    read_friedel_pairs,
)
from patterson_gui.io.opening.reflections import list_columns, read_amplitudes

CELL = gemmi.UnitCell(12.5, 14.5, 17.5, 90, 103, 90)
GROUP = gemmi.SpaceGroup("P 1 21 1")
HKL = np.array(gemmi.make_miller_array(CELL, GROUP, 1.6), dtype=np.int32)
CENTRIC = np.asarray(GROUP.operations().centric_flag_array(HKL), dtype=bool)
_RANDOM = np.random.default_rng(3)
PLUS = _RANDOM.uniform(40, 90, len(HKL)).round(2)
MINUS = np.where(CENTRIC, PLUS, PLUS + _RANDOM.normal(0, 2, len(HKL)).round(2))
SIGMA = np.full(len(HKL), 0.5)

CELL_ITEMS = """data_x
_cell.length_a 12.5
_cell.length_b 14.5
_cell.length_c 17.5
_cell.angle_alpha 90
_cell.angle_beta 103
_cell.angle_gamma 90
_symmetry.space_group_name_H-M 'P 1 21 1'
"""
INS = """TITL test
CELL 0.9795 12.5 14.5 17.5 90 103 90
ZERR 2 0 0 0 0 0 0
LATT -1
SYMM -x, 1/2+y, -z
SFAC C H SE
UNIT 40 48 2
HKLF 4
END
"""


def mtz(path: Path, columns: list[tuple[str, str, np.ndarray]], hkl: np.ndarray = HKL) -> Path:
    file = gemmi.Mtz(with_base=True)
    file.spacegroup = GROUP
    file.set_cell_for_all(CELL)
    file.add_dataset("peak")
    file.set_cell_for_all(CELL)
    file.datasets[1].wavelength = 0.9795
    for label, kind, _ in columns:
        file.add_column(label, kind)
    file.set_data(np.column_stack([hkl, *(c[2] for c in columns)]).astype(np.float32))
    file.write_to_file(str(path))
    return path


def cif(path: Path, items: dict[str, np.ndarray]) -> Path:
    columns = dict(zip(("index_h", "index_k", "index_l"), HKL.T, strict=True)) | items
    tags = "\n".join(f"_refln.{item}" for item in columns)
    rows = "\n".join(" ".join(map(str, row)) for row in zip(*columns.values(), strict=True))
    path.write_text(f"{CELL_ITEMS}loop_\n{tags}\n{rows}\n")
    return path


def amplitude_pairs(folder: Path) -> Path:
    return mtz(
        folder / "a.mtz",
        [
            ("F(+)", "G", PLUS), ("SIGF(+)", "L", SIGMA),
            ("F(-)", "G", MINUS), ("SIGF(-)", "L", SIGMA),
        ],
    )  # fmt: skip


def intensity_pairs(folder: Path) -> Path:
    return mtz(
        folder / "a.mtz",
        [
            ("I(+)", "K", PLUS**2), ("SIGI(+)", "M", SIGMA),
            ("I(-)", "K", MINUS**2), ("SIGI(-)", "M", SIGMA),
        ],
    )  # fmt: skip


def means_and_differences(folder: Path) -> Path:
    """A list in which every other reflection stands under the index of its Friedel mate."""
    inverse = np.arange(len(HKL)) % 2 == 1
    difference = np.where(inverse, MINUS - PLUS, PLUS - MINUS)
    return mtz(
        folder / "a.mtz",
        [
            ("FP", "F", (PLUS + MINUS) / 2), ("SIGFP", "Q", SIGMA),
            ("DANO", "D", difference), ("SIGDANO", "Q", SIGMA),
        ],
        np.where(inverse[:, None], -HKL, HKL),
    )  # fmt: skip


def unmerged_mtz(folder: Path) -> Path:
    hkl = np.concatenate([HKL, -HKL])
    value = np.concatenate([PLUS**2, MINUS**2])
    twice = np.concatenate([hkl, hkl * [-1, 1, -1]])  # both are equivalent by the axis
    every = np.concatenate([value, value])
    flags = [("M/ISYM", "Y", np.ones(len(twice))), ("BATCH", "B", np.ones(len(twice)))]
    values = [("I", "J", every), ("SIGI", "Q", 0 * every + 0.5)]
    return mtz(folder / "a.mtz", [*flags, *values], twice)


def pairs_in_cif(folder: Path) -> Path:
    return cif(
        folder / "a.cif",
        {
            "pdbx_F_plus": PLUS, "pdbx_F_plus_sigma": SIGMA,
            "pdbx_F_minus": MINUS, "pdbx_F_minus_sigma": SIGMA,
        },
    )  # fmt: skip


def differences_in_cif(folder: Path) -> Path:
    return cif(
        folder / "a.cif",
        {
            "F_meas_au": ((PLUS + MINUS) / 2).round(4), "F_meas_sigma_au": SIGMA,
            "pdbx_anom_difference": (PLUS - MINUS).round(4), "pdbx_anom_difference_sigma": SIGMA,
        },
    )  # fmt: skip


def shelx(folder: Path) -> Path:
    (folder / "a.ins").write_text(INS)
    rows = [
        "".join(f"{i:4d}" for i in hkl) + f"{f * f:8.1f}{0.5:8.2f}\n"
        for index, values in ((HKL, PLUS), (-HKL, MINUS))
        for hkl, f in zip(index.tolist(), values, strict=True)
    ]
    (folder / "a.hkl").write_text("".join(rows) + "   0   0   0    0.00    0.00\n")
    return folder / "a.hkl"


def xds(folder: Path) -> Path:
    names = ("H", "K", "L", "IOBS", "SIGMA(IOBS)")
    head = (
        "!FORMAT=XDS_ASCII    MERGE=FALSE    FRIEDEL'S_LAW=FALSE\n!SPACE_GROUP_NUMBER=    4\n"
        "!UNIT_CELL_CONSTANTS= 12.5 14.5 17.5 90.000 103.00 90.000\n"
        "!X-RAY_WAVELENGTH= 0.97950\n"
        + "".join(f"!ITEM_{name}={n}\n" for n, name in enumerate(names, start=1))
        + "!END_OF_HEADER\n"
    )
    rows = [
        " ".join(map(str, hkl)) + f" {f * f:.3f} 0.5\n"
        for index, values in ((HKL, PLUS), (-HKL, MINUS))
        for hkl, f in zip(index.tolist(), values, strict=True)
    ]
    (folder / "XDS_ASCII.HKL").write_text(head + "".join(rows) + "!END_OF_DATA\n")
    return folder / "XDS_ASCII.HKL"


def scalepack(folder: Path) -> Path:
    head = "    1\n -987\n    12.500    14.500    17.500    90.000   103.000    90.000 p21\n"
    rows = []
    for hkl, f, g, c in zip(HKL.tolist(), PLUS, MINUS, CENTRIC, strict=True):
        minus = "" if c else f"{g * g:8.1f}{0.5:8.1f}"
        rows.append("".join(f"{i:4d}" for i in hkl) + f"{f * f:8.1f}{0.5:8.1f}{minus}\n")
    (folder / "a.sca").write_text(head + "".join(rows))
    return folder / "a.sca"


FORMATS = [
    amplitude_pairs, intensity_pairs, means_and_differences, unmerged_mtz, pairs_in_cif,
    differences_in_cif, shelx, xds, scalepack,
]  # fmt: skip


def differences_by_index(found: FriedelPairs) -> dict[tuple[int, ...], float]:
    return {tuple(h): float(v) for h, v in zip(found.hkl.tolist(), found.difference, strict=True)}


@pytest.mark.parametrize("make", FORMATS, ids=lambda make: make.__name__)
def test_reads_friedel_pairs_of_every_format(tmp_path: Path, make):
    found = read_friedel_pairs(make(tmp_path))
    got = differences_by_index(found)
    assert found.n_pairs == np.count_nonzero(~CENTRIC)
    for h, plus, minus, centric in zip(HKL.tolist(), PLUS, MINUS, CENTRIC, strict=True):
        if centric:
            assert np.isnan(got[tuple(h)])
        else:
            assert got[tuple(h)] == pytest.approx(plus - minus, abs=0.02)
    assert len(anomalous_differences(found)) == found.n_pairs


@pytest.mark.parametrize("make", FORMATS, ids=lambda make: make.__name__)
def test_tells_which_files_hold_friedel_mates(tmp_path: Path, make):
    path = make(tmp_path)
    assert holds_mates(path, data_sets(path)[0])


def test_merged_data_hold_no_friedel_mates(tmp_path: Path):
    path = mtz(tmp_path / "a.mtz", [("FP", "F", PLUS), ("SIGFP", "Q", SIGMA)])
    assert not holds_mates(path, data_sets(path)[0])


def test_the_wavelength_comes_along(tmp_path: Path):
    assert read_friedel_pairs(amplitude_pairs(tmp_path)).wavelength == pytest.approx(0.9795)
    assert read_friedel_pairs(xds(tmp_path)).wavelength == pytest.approx(0.9795)


def test_a_difference_column_changes_no_amplitude(tmp_path: Path):
    path = means_and_differences(tmp_path)
    (choice,) = list_columns(path)
    assert (choice.label, choice.difference, choice.difference_sigma) == (
        "FP", "DANO", "SIGDANO",
    )  # fmt: skip
    read = read_amplitudes(path)
    mean = dict(zip(map(tuple, HKL.tolist()), (PLUS + MINUS) / 2, strict=True))
    assert len(read) == len(HKL)
    for h, f in zip(read.hkl.tolist(), read.f, strict=True):
        assert f == pytest.approx(mean[tuple(h)], rel=1e-5)


def test_each_difference_belongs_to_the_amplitudes_whose_label_ends_alike(tmp_path: Path):
    values = [(PLUS + MINUS) / 2, SIGMA, PLUS - MINUS, SIGMA]
    columns = [
        (f"{stem}_{name}", kind, v)
        for name in ("peak", "remote")
        for stem, kind, v in zip(
            ("F", "SIGF", "DANO", "SIGDANO"), ("F", "Q", "D", "Q"), values, strict=True
        )
    ]
    path = mtz(tmp_path / "mad.mtz", [*columns, ("F_nat", "F", PLUS), ("SIGF_nat", "Q", SIGMA)])
    found = {choice.label: choice.difference for choice in list_columns(path)}
    assert found == {"F_peak": "DANO_peak", "F_remote": "DANO_remote", "F_nat": None}


def test_sets_are_named_by_label_and_by_their_data_set(tmp_path: Path):
    path = amplitude_pairs(tmp_path)
    (only,) = sets = data_sets(path)
    assert (only.name, only.keeps_mates) == ("F(+)", True)
    for name in ("F(+)", "F(-)", "F", "peak", "peak/F(+)"):
        assert data_set_named(sets, name, "a.mtz") is only
    with pytest.raises(UserError, match=r"a.mtz has no data set 'FNAT': it has F\(\+\)"):
        data_set_named(sets, "FNAT", "a.mtz")


def test_refuses_values_without_sigma(tmp_path: Path):
    path = mtz(tmp_path / "a.mtz", [("FP", "F", PLUS)])
    with pytest.raises(UserError, match="no measured values with σ"):
        data_sets(path)


def test_reads_the_derivatives_of_a_real_file(shared_data: Path):
    """toxd has the differences of its gold derivative beside the mean; rnase25 has pairs."""
    toxd = shared_data / "heavy" / "toxd" / "toxd.mtz"
    sets = data_sets(toxd)
    assert [each.name for each in sets] == ["FTOXD3", "FAU20", "FMM11", "FI100"]
    gold = data_set_named(sets, "DERIV_AU", toxd.name)
    assert gold.choice.difference == "ANAU20"
    found = read_friedel_pairs(toxd, gold)
    column = gemmi.read_mtz_file(str(toxd)).column_with_label("ANAU20").array
    given = column[np.isfinite(column) & (column != 0)]
    assert found.n_pairs == pytest.approx(len(given), abs=30)
    np.testing.assert_allclose(
        np.sort(np.abs(found.difference[np.isfinite(found.difference)]))[-500:],
        np.sort(np.abs(given))[-500:],
        rtol=1e-5,
    )
    rnase = shared_data / "heavy" / "rnase25" / "rnase25_Nat_Derivs.mtz"
    sets = data_sets(rnase)
    assert [each.name for each in sets if each.keeps_mates] == ["FHG(+)", "FI(+)", "FPTNCD25(+)"]
    iodine = read_friedel_pairs(rnase, data_set_named(sets, "FI(+)", rnase.name))
    assert iodine.n_pairs == 5659


def test_columns_of_one_measurement_count_as_one(tmp_path: Path):
    """As truncate writes them, and with natives and derivatives in one data set."""
    mean = (PLUS + MINUS) / 2
    every = [
        ("F", "F", mean), ("SIGF", "Q", SIGMA), ("DANO", "D", PLUS - MINUS),
        ("SIGDANO", "Q", SIGMA), ("F(+)", "G", PLUS), ("SIGF(+)", "L", SIGMA),
        ("F(-)", "G", MINUS), ("SIGF(-)", "L", SIGMA), ("IMEAN", "J", mean**2),
        ("SIGIMEAN", "Q", SIGMA), ("I(+)", "K", PLUS**2), ("SIGI(+)", "M", SIGMA),
        ("I(-)", "K", MINUS**2), ("SIGI(-)", "M", SIGMA),
    ]  # fmt: skip
    sets = data_sets(mtz(tmp_path / "truncate.mtz", every))
    assert [each.name for each in sets] == ["F", "IMEAN", "F(+)", "I(+)"]
    assert [each.name for each in distinct_sets(sets)] == ["F(+)"]
    natives = [("FNAT", "F", mean), ("SIGFNAT", "Q", SIGMA), *every[4:8], *every[:2]]
    sets = data_sets(mtz(tmp_path / "natives.mtz", natives))
    assert {each.name for each in distinct_sets(sets)} == {"FNAT", "F(+)"}
