"""MTZ files: which columns count, and that their values come back."""

import gzip
import struct
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.merging import merge
from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import read_intensities
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


@pytest.mark.parametrize("with_sigma", ["+", "-"])
def test_a_friedel_pair_has_sigma_only_where_both_mates_have_it(tmp_path: Path, with_sigma: str):
    columns = []
    for sign, value in (("+", F + 0.5), ("-", F - 0.5)):
        columns.append((f"F({sign})", "G", value))
        if sign == with_sigma:
            columns.append((f"SIGF({sign})", "L", SIGMA))
    path = write_mtz(tmp_path / "a.mtz", columns)
    (choice,) = list_columns(path)
    assert (choice.label, choice.minus) == ("F(+)", "F(-)")
    got = read_amplitudes(path, choice)
    assert got.sigma is None
    assert same(got, 1e-5)


def test_pairs_each_mate_with_the_one_of_its_own_quantity_and_data_set(tmp_path: Path):
    """The columns are mixed: the nearest column of the right type is always the wrong mate."""
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = GROUP
    numbers = [mtz.add_dataset(name).id for name in ("peak", "remote")]
    mtz.set_cell_for_all(CELL)
    values = [HKL]
    for signs in ("+-", "-+"):
        for quantity in "FG":
            for factor, (number, sign) in enumerate(zip(numbers, signs, strict=True), start=1):
                mtz.add_column(f"{quantity}({sign})", "G", dataset_id=number)
                values.append(factor * (1 + (quantity == "G")) * F)
    mtz.set_data(np.column_stack(values).astype(np.float32))
    path = tmp_path / "mad.mtz"
    mtz.write_to_file(str(path))
    choices = list_columns(path)
    assert sorted((c.dataset, c.label, c.minus) for c in choices) == [
        ("peak", "F(+)", "F(-)"), ("peak", "G(+)", "G(-)"),
        ("remote", "F(+)", "F(-)"), ("remote", "G(+)", "G(-)"),
    ]  # fmt: skip
    for choice in choices:
        factor = (2 if choice.dataset == "remote" else 1) * (2 if choice.label == "G(+)" else 1)
        assert read_amplitudes(path, choice).f == pytest.approx(factor * F, rel=1e-5)


@pytest.mark.parametrize(
    "label", ["FWT", "2FOFCWT", "FOFC", "DELFWT", "DELF", "FDM", "FEM", "FCFC", "fwt", "F_WT_A"]
)
def test_offers_no_map_coefficients(tmp_path: Path, label: str):
    path = write_mtz(tmp_path / "a.mtz", [(label, "F", 2 * F), ("FC", "F", F)])
    assert [choice.label for choice in list_columns(path)] == ["FC"]


def test_offers_columns_with_sigma_whatever_their_name(tmp_path: Path):
    """F_WT is also the name of amplitudes of a wild type."""
    path = write_mtz(tmp_path / "a.mtz", [("F_WT", "F", F), ("SIGF_WT", "Q", SIGMA)])
    (choice,) = list_columns(path)
    assert (choice.label, choice.sigma) == ("F_WT", "SIGF_WT")


def test_finds_sigma_by_its_name_and_otherwise_in_the_next_column(tmp_path: Path):
    path = write_mtz(
        tmp_path / "a.mtz",
        [
            ("F", "F", F), ("I", "J", F**2), ("SIGF", "Q", SIGMA), ("SIG_I", "Q", 2 * F * SIGMA),
            ("FPH", "F", F), ("SD", "Q", 3 * SIGMA),
        ],
    )  # fmt: skip
    assert {choice.label: choice.sigma for choice in list_columns(path)} == {
        "F": "SIGF", "I": "SIG_I", "FPH": "SD",
    }  # fmt: skip


def test_reads_a_column_of_another_data_set_where_the_chosen_one_has_none(tmp_path: Path):
    path = write_mtz(tmp_path / "a.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    (choice,) = list_columns(path)
    assert same(read_amplitudes(path, replace(choice, dataset="of another file")))
    with pytest.raises(UserError, match="no column FX: choose among H, K, L, FP, SIGFP"):
        read_amplitudes(path, replace(choice, label="FX"))


def test_uses_the_cell_of_the_data_set_and_otherwise_that_of_the_file(tmp_path: Path):
    path = write_mtz(tmp_path / "a.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA)])
    mtz = gemmi.read_mtz_file(str(path))
    mtz.datasets[1].cell = gemmi.UnitCell(8.6, 9.6, 12.6, 90, 103, 90)
    mtz.write_to_file(str(path))
    assert read_amplitudes(path).cell.a == pytest.approx(8.6)
    mtz.datasets[1].cell = gemmi.UnitCell(0, 0, 0, 0, 0, 0)
    mtz.write_to_file(str(path))
    assert read_amplitudes(path).cell.a == pytest.approx(8.5)


def test_leaves_out_values_that_the_header_defines_as_missing(tmp_path: Path):
    f = F.copy()
    f[:4] = -999.0
    path = write_mtz(tmp_path / "a.mtz", [("F", "F", f), ("SIGF", "Q", SIGMA)])
    content = path.read_bytes()
    assert content.count(b"VALM NAN".ljust(80)) == 1
    path.write_bytes(content.replace(b"VALM NAN".ljust(80), b"VALM -999".ljust(80)))
    read = read_reflections(path)
    assert len(read.amplitudes) == len(F) - 4
    assert not any("negative" in note for note in read.notes)


def test_reads_an_mtz_of_either_byte_order_and_of_any_length(tmp_path: Path):
    """The place of the header is the second word, or, where that is −1, the fourth and fifth."""
    path = write_mtz(tmp_path / "a.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA)])
    content = path.read_bytes()
    (word,) = struct.unpack("<i", content[4:8])
    start = 4 * (word - 1)
    long = content[:4] + struct.pack("<i", -1) + content[8:12] + struct.pack("<q", word)
    path.write_bytes(long + content[20:])
    assert same(read_amplitudes(path), 1e-6)
    swapped = np.frombuffer(content[80:start], "<f4").astype(">f4").tobytes()
    head = content[:4] + struct.pack(">i", word) + b"\x11\x11\x00\x00" + content[12:80]
    path.write_bytes(head + swapped + content[start:])
    assert same(read_amplitudes(path), 1e-6)


@pytest.mark.parametrize("word", [-7, 0, 1, 19, 10**6])
def test_reports_an_mtz_whose_header_cannot_be_where_it_says(tmp_path: Path, word: int):
    path = write_mtz(tmp_path / "a.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA)])
    content = path.read_bytes()
    path.write_bytes(content[:4] + struct.pack("<i", word) + content[8:])
    with pytest.raises(UserError, match="truncated MTZ file"):
        read_amplitudes(path)


@pytest.mark.parametrize("counts", [b"", b"5", b"5 many 0", b"many 5 0"])
def test_reports_an_mtz_whose_header_gives_no_number_of_reflections(tmp_path: Path, counts: bytes):
    path = write_mtz(tmp_path / "a.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA)])
    content = path.read_bytes()
    start = content.index(b"NCOL")
    record = (b"NCOL " + counts).ljust(80)
    path.write_bytes(content[:start] + record + content[start + 80 :])
    with pytest.raises(UserError, match="truncated MTZ file"):
        read_amplitudes(path)


def test_keeps_friedel_mates_of_an_unmerged_file_apart(tmp_path: Path):
    """Unmerged files hold indices of the asymmetric unit, and the operation beside them."""
    file = gemmi.Mtz(with_base=True)
    file.spacegroup = gemmi.SpaceGroup("P 1 21 1")
    file.set_cell_for_all(CELL)
    file.add_dataset("native")
    for label, kind in (("M/ISYM", "Y"), ("BATCH", "B"), ("I", "J"), ("SIGI", "Q")):
        file.add_column(label, kind)
    measured = [[1, 2, 3], [-1, 2, -3], [-1, -2, -3], [1, -2, 3]]
    asu = gemmi.ReciprocalAsu(file.spacegroup)
    operations = file.spacegroup.operations()
    moved = [asu.to_asu(h, operations) for h in measured]
    rows = [
        [*h, isym, 1, value, 1.0]
        for (h, isym), value in zip(moved, (100, 101, 50, 51), strict=True)
    ]
    file.set_data(np.array(rows, dtype=np.float32))
    file.batches.append(gemmi.Mtz.Batch())
    path = tmp_path / "a.mtz"
    file.write_to_file(str(path))
    read = read_intensities(path)
    assert read.intensities.hkl.tolist() == measured
    merged = merge(read.intensities, read.intensities.spacegroup, friedel=False)
    assert sorted(merged.value) == [50.5, 100.5]


def test_finds_the_indices_wherever_they_stand(tmp_path: Path):
    file = gemmi.Mtz(with_base=False)
    file.spacegroup = GROUP
    file.set_cell_for_all(CELL)
    file.add_dataset("native")
    for label, kind in (("FP", "F"), ("SIGFP", "Q"), ("H", "H"), ("K", "H"), ("L", "H")):
        file.add_column(label, kind)
    file.set_data(np.column_stack([F, SIGMA, HKL]).astype(np.float32))
    path = tmp_path / "a.mtz"
    file.write_to_file(str(path))
    assert same(read_amplitudes(path), 1e-6)


def test_an_unknown_group_stays_open_for_intensities(tmp_path: Path):
    path = write_mtz(tmp_path / "a.mtz", [("I", "J", F**2), ("SIGI", "Q", SIGMA)])
    content = path.read_bytes().replace(b"'P 1 21/c 1'", b"'no name   '").replace(b"SYMM", b"REMK")
    path.write_bytes(content.replace(b" 14 ", b"  0 "))
    with pytest.raises(UserError, match="“no name”, which is not known"):
        read_amplitudes(path)
    assert not read_intensities(path).intensities.stated


@pytest.mark.parametrize("with_fraction", [True, False])
def test_adds_the_parts_of_partial_reflections(tmp_path: Path, with_fraction: bool):
    partial, whole = 257, 1
    rows = [
        # h k l M/ISYM BATCH I SIGI FRACTIONCALC
        [1, 2, 3, partial, 5, 30.0, 3.0, 0.3],
        [1, 2, 3, partial, 6, 70.0, 4.0, 0.7],
        [1, 2, 3, partial, 20, 101.0, 5.0, 0.99],
        [1, 2, 4, whole, 7, 50.0, 2.0, 1.0],
        [1, 2, 5, partial, 7, 10.0, 2.0, 0.2],
    ]
    columns = [("M/ISYM", "Y"), ("BATCH", "B"), ("I", "J"), ("SIGI", "Q"), ("FRACTIONCALC", "R")]
    table = np.array(rows)
    kept = columns if with_fraction else columns[:-1]
    path = write_mtz(
        tmp_path / "a.mtz",
        [(label, kind, table[:, 3 + i]) for i, (label, kind) in enumerate(kept)],
        table[:, :3],
    )
    read = read_intensities(path)
    found = {
        (tuple(h), value, sigma)
        for h, value, sigma in zip(
            read.intensities.hkl.tolist(),
            read.intensities.value.tolist(),
            read.intensities.sigma.tolist(),
            strict=True,
        )
    }
    expected = {((1, 2, 4), 50.0, 2.0), ((1, 2, 3), 100.0, 5.0), ((1, 2, 3), 101.0, 5.0)}
    assert found == (expected if with_fraction else expected | {((1, 2, 5), 10.0, 2.0)})
    assert any("added up" in note for note in read.notes)
    assert any("parts are missing" in note for note in read.notes) == with_fraction
