"""MTZ files: which columns count, and that their values come back."""

import gzip
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import list_columns, read_amplitudes, read_reflections
from tests.io.reflection_files import CELL, GROUP, HKL, SIGMA, F, same, write_mtz


def test_amplitudes_are_read_as_they_are(tmp_path: Path):
    path = write_mtz(tmp_path / "ein Kristall ü.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    got = read_amplitudes(path)
    assert same(got, 1e-6)
    assert got.sigma == pytest.approx(SIGMA, rel=1e-5)
    assert got.label == "FP, SIGFP of ein Kristall ü.mtz"
    assert not got.absolute


def test_lists_measured_columns_first_and_no_phases_or_map_coefficients(tmp_path: Path):
    path = write_mtz(
        tmp_path / "refined.mtz",
        [
            ("IMEAN", "J", F**2), ("SIGIMEAN", "Q", 2 * F * SIGMA),
            ("F(+)", "G", F), ("SIGF(+)", "L", SIGMA), ("F(-)", "G", F), ("SIGF(-)", "L", SIGMA),
            ("FC", "F", F), ("PHIC", "P", F), ("FWT", "F", F), ("PHWT", "P", F),
            ("FP", "F", F), ("SIGFP", "Q", SIGMA), ("EMPTY", "F", np.full_like(F, np.nan)),
        ],
    )  # fmt: skip
    choices = list_columns(path)
    assert [(c.label, c.kind, c.sigma, c.minus) for c in choices] == [
        ("FP", "amplitude", "SIGFP", None),
        ("IMEAN", "intensity", "SIGIMEAN", None),
        ("F(+)", "amplitude", "SIGF(+)", "F(-)"),
    ]
    assert choices[0].n == len(F)
    assert "native" in choices[0].dataset
    for choice in choices:
        assert same(read_amplitudes(path, choice))


def test_phases_in_the_file_change_nothing(tmp_path: Path):
    shuffled = np.random.default_rng(0).uniform(0, 360, len(F))
    a = write_mtz(tmp_path / "a.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA), ("PHI", "P", 0 * F)])
    b = write_mtz(tmp_path / "b.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA), ("PHI", "P", shuffled)])
    assert np.array_equal(read_amplitudes(a).f, read_amplitudes(b).f)


def test_anomalous_pairs_are_averaged(tmp_path: Path):
    difference = np.where(np.arange(len(F)) % 2, 0.5, -0.5)
    path = write_mtz(
        tmp_path / "a.mtz",
        [
            ("I(-)", "K", (F - difference) ** 2), ("SIGI(-)", "M", SIGMA),
            ("I(+)", "K", (F + difference) ** 2), ("SIGI(+)", "M", SIGMA),
        ],
    )  # fmt: skip
    (choice,) = list_columns(path)
    assert (choice.label, choice.minus) == ("I(+)", "I(-)")
    assert same(read_amplitudes(path, choice))


def test_uses_calculated_amplitudes_where_there_are_no_measured_ones(tmp_path: Path):
    path = write_mtz(tmp_path / "a.mtz", [("FC", "F", F), ("PHIC", "P", F)])
    got = read_amplitudes(path)
    assert got.sigma is None
    assert same(got, 1e-6)


def test_unmerged_intensities_are_merged(tmp_path: Path):
    every, values = [], []
    for op in GROUP.operations().sym_ops:
        images = np.array([op.apply_to_hkl(h) for h in HKL.tolist()])
        every += [images, -images]
        values += [F**2 * 1.02, F**2 * 0.98]
    hkl, value = np.concatenate(every), np.concatenate(values)
    path = write_mtz(
        tmp_path / "unmerged.mtz",
        [
            ("M/ISYM", "Y", np.ones(len(hkl))), ("BATCH", "B", np.ones(len(hkl))),
            ("IPR", "J", 3 * value), ("SIGIPR", "Q", value),
            ("I", "J", value), ("SIGI", "Q", 0.01 * value),
        ],
        hkl,
    )  # fmt: skip
    read = read_reflections(path)
    assert same(read.amplitudes)
    assert any("unmerged" in note for note in read.notes)
    assert any("merged to" in note for note in read.notes)


@pytest.mark.parametrize("keep", [10, 21, 100, 2000, -2000, -170, -700])
def test_reports_a_truncated_mtz(tmp_path: Path, keep: int):
    path = write_mtz(tmp_path / "a.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"truncated|damaged|cannot be opened"):
        read_amplitudes(path)


def test_a_packed_mtz_is_read(tmp_path: Path):
    path = write_mtz(tmp_path / "a.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    packed = tmp_path / "b.mtz.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert same(read_amplitudes(packed), 1e-6)


def test_reports_an_mtz_without_data_or_cell(tmp_path: Path):
    with pytest.raises(UserError, match="neither amplitudes nor intensities"):
        list_columns(write_mtz(tmp_path / "a.mtz", [("FreeR_flag", "I", 0 * F)]))
    path = write_mtz(tmp_path / "b.mtz", [("F", "F", 0 * F), ("SIGF", "Q", SIGMA)])
    with pytest.raises(UserError, match="no measured value"):
        read_amplitudes(path)
    nowhere = gemmi.UnitCell(0, 0, 0, 0, 0, 0)
    path = write_mtz(tmp_path / "c.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA)], cell=nowhere)
    with pytest.raises(UserError, match="unit cell"):
        read_amplitudes(path)


def test_pairs_friedel_mates_of_one_quantity_and_one_data_set(tmp_path: Path):
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = GROUP
    values = [HKL]
    for number, name in enumerate(("peak", "remote"), start=1):
        mtz.add_dataset(name)
        for label, kind in (("F(+)", "G"), ("I(-)", "K"), ("F(-)", "G"), ("I(+)", "K")):
            mtz.add_column(label, kind)
            mtz.add_column(f"SIG{label}", "L" if kind == "G" else "M")
            values += [number * F, SIGMA]
    mtz.set_cell_for_all(CELL)
    mtz.set_data(np.column_stack(values).astype(np.float32))
    path = tmp_path / "mad.mtz"
    mtz.write_to_file(str(path))
    choices = list_columns(path)
    assert sorted((c.dataset, c.label, c.minus, c.minus_sigma) for c in choices) == [
        ("peak", "F(+)", "F(-)", "SIGF(-)"),
        ("peak", "I(+)", "I(-)", "SIGI(-)"),
        ("remote", "F(+)", "F(-)", "SIGF(-)"),
        ("remote", "I(+)", "I(-)", "SIGI(-)"),
    ]
    assert all(choice.n == 2 * len(F) for choice in choices)
    remote = next(c for c in choices if (c.dataset, c.kind) == ("remote", "amplitude"))
    assert read_amplitudes(path, remote).f == pytest.approx(2 * F, rel=1e-5)


def test_reports_an_mtz_whose_header_counts_more_reflections_than_it_holds(tmp_path: Path):
    path = write_mtz(tmp_path / "a.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    content = path.read_bytes()
    start = content.index(b"NCOL")
    columns, rows = content[start : start + 80].split()[1:3]
    more = b"NCOL %8d %12d %8d" % (int(columns), int(rows) + 1, 0)
    path.write_bytes(content[:start] + more.ljust(80) + content[start + 80 :])
    with pytest.raises(UserError, match="truncated MTZ file"):
        read_amplitudes(path)
