"""Reflections of every kind users have, against the amplitudes they were made from."""

import gzip
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.reflections import list_columns, read_amplitudes, read_reflections

CELL = gemmi.UnitCell(8.5, 9.5, 12.5, 90, 103, 90)
GROUP = gemmi.SpaceGroup("P 1 21/c 1")
HKL = np.array(gemmi.make_miller_array(CELL, GROUP, 1.2), dtype=np.int32)
F = np.random.default_rng(3).uniform(20, 90, len(HKL)).round(2)
SIGMA = 0.02 * F


def same(got: Amplitudes, tolerance: float = 0.01) -> bool:
    """Whether these are the amplitudes that all files of this module were made from."""
    ours = dict(zip(map(tuple, HKL.tolist()), F, strict=True))
    theirs = dict(zip(map(tuple, got.hkl.tolist()), got.f, strict=True))
    return ours.keys() == theirs.keys() and all(
        abs(theirs[h] - f) < tolerance * f for h, f in ours.items()
    )


def mtz(
    path: Path,
    columns: list[tuple[str, str, np.ndarray]],
    hkl: np.ndarray = HKL,
    cell: gemmi.UnitCell = CELL,
) -> Path:
    file = gemmi.Mtz(with_base=True)
    file.spacegroup = GROUP
    file.set_cell_for_all(cell)
    file.add_dataset("native")
    file.set_cell_for_all(cell)
    for label, kind, _ in columns:
        file.add_column(label, kind)
    file.set_data(np.column_stack([hkl, *(c[2] for c in columns)]).astype(np.float32))
    file.write_to_file(str(path))
    return path


# ---------------------------------------------------------------- MTZ
def test_amplitudes_are_read_as_they_are(tmp_path: Path):
    path = mtz(tmp_path / "ein Kristall ü.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    got = read_amplitudes(path)
    assert same(got, 1e-6)
    assert got.sigma == pytest.approx(SIGMA, rel=1e-5)
    assert got.label == "FP, SIGFP of ein Kristall ü.mtz"
    assert not got.absolute


def test_columns_are_listed_likeliest_first_and_phases_and_map_coefficients_never(tmp_path: Path):
    path = mtz(
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
    a = mtz(tmp_path / "a.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA), ("PHI", "P", 0 * F)])
    b = mtz(tmp_path / "b.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA), ("PHI", "P", shuffled)])
    assert np.array_equal(read_amplitudes(a).f, read_amplitudes(b).f)


def test_anomalous_pairs_are_averaged(tmp_path: Path):
    difference = np.where(np.arange(len(F)) % 2, 0.5, -0.5)
    path = mtz(
        tmp_path / "a.mtz",
        [
            ("I(-)", "K", (F - difference) ** 2), ("SIGI(-)", "M", SIGMA),
            ("I(+)", "K", (F + difference) ** 2), ("SIGI(+)", "M", SIGMA),
        ],
    )  # fmt: skip
    (choice,) = list_columns(path)
    assert (choice.label, choice.minus) == ("I(+)", "I(-)")
    assert same(read_amplitudes(path, choice))


def test_calculated_amplitudes_without_sigma_serve_where_nothing_else_is(tmp_path: Path):
    path = mtz(tmp_path / "a.mtz", [("FC", "F", F), ("PHIC", "P", F)])
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
    path = mtz(
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


def test_weak_and_negative_intensities_give_small_positive_amplitudes(tmp_path: Path):
    intensity = F**2
    intensity[:20] = -5.0
    path = mtz(tmp_path / "a.mtz", [("I", "J", intensity), ("SIGI", "Q", 0 * F + 10)])
    read = read_reflections(path)
    assert (read.amplitudes.f > 0).all()
    assert read.amplitudes.f.min() < 5
    assert any("French" in note for note in read.notes)


def test_without_sigma_the_rule_for_negatives_is_told(tmp_path: Path):
    intensity = F**2
    intensity[:20] = -5.0
    path = mtz(tmp_path / "a.mtz", [("I", "J", intensity)])
    read = read_reflections(path)
    assert read.amplitudes.f.min() == 0
    assert any("negative ones taken as zero" in note for note in read.notes)


def test_unmeasured_absent_and_negative_values_are_left_out(tmp_path: Path):
    f, sigma = F.copy(), SIGMA.copy()
    f[0], sigma[0] = np.nan, np.nan
    f[1], sigma[1] = 0, 0
    f[2] = -3
    hkl = np.concatenate([HKL, [[0, 0, 0], [0, 1, 0], [0, 0, 1]]])
    path = mtz(
        tmp_path / "a.mtz",
        [("F", "F", np.append(f, [9, 9, 9])), ("SIGF", "Q", np.append(sigma, [1, 1, 1]))],
        hkl,
    )
    read = read_reflections(path)
    assert len(read.amplitudes) == len(F) - 3
    assert any("1 negative amplitudes" in note for note in read.notes)
    assert any("2 measurements that P 1 21/c 1 forbids" in note for note in read.notes)


@pytest.mark.parametrize("keep", [10, 21, 100, 2000, -2000, -170, -700])
def test_a_truncated_mtz_is_told(tmp_path: Path, keep: int):
    path = mtz(tmp_path / "a.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"truncated|damaged|cannot be opened"):
        read_amplitudes(path)


def test_a_packed_mtz_is_read(tmp_path: Path):
    path = mtz(tmp_path / "a.mtz", [("FP", "F", F), ("SIGFP", "Q", SIGMA)])
    packed = tmp_path / "b.mtz.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert same(read_amplitudes(packed), 1e-6)


def test_mtz_without_data_or_cell_are_told(tmp_path: Path):
    with pytest.raises(UserError, match="neither amplitudes nor intensities"):
        list_columns(mtz(tmp_path / "a.mtz", [("FreeR_flag", "I", 0 * F)]))
    path = mtz(tmp_path / "b.mtz", [("F", "F", 0 * F), ("SIGF", "Q", SIGMA)])
    with pytest.raises(UserError, match="no measured value"):
        read_amplitudes(path)
    nowhere = gemmi.UnitCell(0, 0, 0, 0, 0, 0)
    path = mtz(tmp_path / "c.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA)], cell=nowhere)
    with pytest.raises(UserError, match="unit cell"):
        read_amplitudes(path)


# ---------------------------------------------------------------- CIF
CELL_MM = """data_r1abcsf
_cell.length_a 8.5
_cell.length_b 9.5
_cell.length_c 12.5
_cell.angle_alpha 90
_cell.angle_beta 103.00
_cell.angle_gamma 90
_symmetry.space_group_name_H-M 'P 1 21/c 1'
"""
CELL_CORE = """data_x
_cell_length_a 8.500(2)
_cell_length_b 9.500(2)
_cell_length_c 12.500(3)
_cell_angle_beta 103.00(1)
loop_
_symmetry_equiv_pos_as_xyz
x,y,z -x,1/2+y,1/2-z -x,-y,-z x,1/2-y,1/2+z
"""


def loop(category: str, items: dict[str, np.ndarray], joint: str = ".") -> str:
    columns = dict(zip(("index_h", "index_k", "index_l"), HKL.T, strict=True)) | items
    tags = "\n".join(f"{category}{joint}{item}" for item in columns)
    rows = "\n".join(" ".join(map(str, row)) for row in zip(*columns.values(), strict=True))
    return f"loop_\n{tags}\n{rows}\n"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (CELL_MM + loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA}), "F_meas_au"),
        (CELL_MM + loop("_refln", {"F_meas": F, "F_meas_sigma": SIGMA}), "F_meas"),
        (
            CELL_MM + loop("_refln", {"intensity_meas": F**2, "intensity_sigma": F * SIGMA}),
            "intensity_meas",
        ),
        (
            CELL_MM
            + loop(
                "_refln",
                {
                    "pdbx_F_plus": F + 0.1, "pdbx_F_plus_sigma": SIGMA,
                    "pdbx_F_minus": F - 0.1, "pdbx_F_minus_sigma": SIGMA,
                },
            ),
            "pdbx_F_plus",
        ),
        (
            CELL_MM
            + loop(
                "_refln",
                {
                    "pdbx_I_plus": F**2, "pdbx_I_plus_sigma": F * SIGMA,
                    "pdbx_I_minus": F**2, "pdbx_I_minus_sigma": F * SIGMA,
                },
            ),
            "pdbx_I_plus",
        ),
        (
            CELL_MM + loop("_diffrn_refln", {"intensity_net": F**2, "intensity_sigma": F * SIGMA}),
            "intensity_net",
        ),
        (
            CELL_MM
            + loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": np.full(len(F), "?")}),
            "F_meas_au",
        ),
        (
            CELL_CORE
            + loop("_refln", {"F_squared_meas": F**2, "F_squared_sigma": F * SIGMA}, "_"),
            "F_squared_meas",
        ),
        (CELL_CORE + loop("_refln", {"F_meas": F, "F_sigma": SIGMA}, "_"), "F_meas"),
        (CELL_CORE + loop("_refln", {"F_calc": F, "phase_calc": F}, "_"), "F_calc"),
    ],
)  # fmt: skip
def test_every_dialect_of_cif_gives_the_same_amplitudes(tmp_path: Path, text: str, label: str):
    path = tmp_path / "r1abcsf.ent"
    path.write_text(text)
    choices = list_columns(path)
    assert [c.label for c in choices] == [label]
    read = read_reflections(path)
    assert same(read.amplitudes)
    assert read.amplitudes.spacegroup.xhm() == "P 1 21/c 1"


def test_flagged_reflections_are_not_used(tmp_path: Path):
    status = np.full(len(F), "o")
    status[:3], status[3:6] = "x", "f"
    text = CELL_MM + loop("_refln", {"status": status, "F_meas_au": F, "F_meas_sigma_au": SIGMA})
    path = tmp_path / "a.cif"
    path.write_text(text)
    assert len(read_amplitudes(path)) == len(F) - 3


def test_further_blocks_use_the_cell_of_the_first(tmp_path: Path):
    loops = loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA})
    path = tmp_path / "a.cif"
    path.write_text(CELL_MM + "data_r1abcAsf\n" + loops)
    (choice,) = list_columns(path)
    assert choice.dataset == "r1abcAsf"
    assert same(read_amplitudes(path, choice))


def test_latin_text_and_a_byte_order_mark_are_no_obstacle(tmp_path: Path):
    text = CELL_MM + "_audit.name 'Jos\xe9'\n" + loop("_refln", {"F_meas_au": F})
    path = tmp_path / "a.cif"
    for content in (
        text.encode("latin-1"),
        b"\xef\xbb\xbf" + text.encode(),
        gzip.compress(text.encode()),
    ):
        path.write_bytes(content.replace(b"\n", b"\r\n") if content[:2] != b"\x1f\x8b" else content)
        assert same(read_amplitudes(path))


def test_a_cif_cut_short_names_the_line(tmp_path: Path):
    text = CELL_MM + loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA})
    path = tmp_path / "a.cif"
    path.write_text(text.rstrip().rsplit(" ", 1)[0])
    with pytest.raises(UserError, match=r"a.cif is not a valid CIF \(line \d+"):
        read_amplitudes(path)


def test_a_cif_without_cell_takes_that_of_the_model_beside_it(tmp_path: Path, pdb_text: str):
    path = tmp_path / "1abc-sf.cif"
    path.write_text("data_x\n" + loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA}))
    with pytest.raises(UserError, match=r"no unit cell.*put 1abc-sf.pdb"):
        read_amplitudes(path)
    (tmp_path / "1ABC.pdb").write_text(pdb_text)
    read = read_reflections(path)
    assert read.companion == tmp_path / "1ABC.pdb"
    assert read.amplitudes.cell.a == 20


# ---------------------------------------------------------------- SHELX
INS = """TITL test
CELL 0.71073 8.5 9.5 12.5 90 103 90
ZERR 4 0 0 0 0 0 0
LATT 1
SYMM -x, 1/2+y, 1/2-z
SFAC C H O
UNIT 40 48 8
HKLF 4
END
"""


def hkl_text(batch: str = "   1", end: str = "   0   0   0    0.00    0.00   0\n") -> str:
    lines = (
        f"{h[0]:4d}{h[1]:4d}{h[2]:4d}{f * f:8.2f}{2 * f * s:8.2f}{batch}\n"
        for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True)
    )
    return "".join(lines) + end


@pytest.mark.parametrize(
    "text",
    [
        hkl_text(),
        hkl_text(end=""),
        hkl_text(batch=""),
        hkl_text(end="\n_exptl_absorpt_process_details 'some program'\n;\ntext\n;\n"),
        hkl_text() + "TITL written by a program\nREM 1 2 3 4 5\n  -1  -1  -1 9999.00    1.00   1\n",
        hkl_text().replace("\n", "\r\n"),
        "\n".join(" ".join(line.split()) for line in hkl_text().splitlines()),
        "\n".join("  ".join(line.split()).rjust(60) for line in hkl_text().splitlines()),
    ],
)
def test_every_layout_of_a_shelx_file_gives_the_same_amplitudes(tmp_path: Path, text: str):
    path = tmp_path / "a b.hkl"
    path.write_bytes(text.encode())
    (tmp_path / "a b.ins").write_text(INS)
    read = read_reflections(path)
    assert same(read.amplitudes)
    assert read.companion == tmp_path / "a b.ins"
    assert list_columns(path)[0].kind == "intensity"


def test_a_damaged_line_among_the_reflections_is_told(tmp_path: Path):
    path = tmp_path / "a.hkl"
    (tmp_path / "a.ins").write_text(INS)
    lines = hkl_text().splitlines()
    lines[20] = "   1   x   1"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match=r"line 21: “1   x   1”"):
        read_amplitudes(path)


def test_neighbours_that_touch_are_told_apart(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(" -10 -12  10-1234.56 1234.56   1\n   1   1   110000.0099999.99   1\n")
    (tmp_path / "a.ins").write_text(INS)
    got = read_amplitudes(path)
    assert len(got) == 2


def test_hklf_3_holds_amplitudes_and_hklf_4_scale_and_matrix_count(tmp_path: Path):
    path, instructions = tmp_path / "a.hkl", tmp_path / "a.res"
    path.write_text(hkl_text())
    instructions.write_text(INS.replace("HKLF 4", "HKLF 3"))
    assert list_columns(path)[0].kind == "amplitude"
    assert read_amplitudes(path).f == pytest.approx(F**2, rel=0.01)
    instructions.write_text(INS.replace("HKLF 4", "HKLF 4 0.25 -1 0 0 0 -1 0 0 0 1"))
    got = read_amplitudes(path)
    assert got.f.max() == pytest.approx(F.max() / 2, rel=0.01)
    instructions.write_text(INS.replace("HKLF 4", "HKLF 1"))
    with pytest.raises(UserError, match="HKLF 1"):
        read_amplitudes(path)


def test_of_a_twin_only_what_is_not_overlapped_is_used(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(
        "   1   1   1  100.00    1.00   1\n"
        "   1   1   2  100.00    1.00  -2\n"
        "   1   1   3  100.00    1.00   1\n"
        "   1   1   4  100.00    1.00   2\n"
    )
    for instruction in ("HKLF 5", ""):
        (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", instruction))
        read = read_reflections(path)
        assert [tuple(h) for h in np.abs(read.amplitudes.hkl)] == [(1, 1, 1)]
    (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", "HKLF 5"))
    assert any("twin" in note for note in read_reflections(path).notes)


def test_a_shelx_file_without_cell_says_what_to_put_beside_it(tmp_path: Path):
    path = tmp_path / "struct.hkl"
    path.write_text(hkl_text())
    with pytest.raises(UserError, match=r"put struct\.ins, struct\.res or struct\.cif"):
        read_amplitudes(path)
    (tmp_path / "struct.ins").write_text("nonsense")
    with pytest.raises(UserError, match="no unit cell"):
        read_amplitudes(path)


def test_the_cell_may_stand_in_a_cif_or_in_the_file_itself(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(hkl_text())
    (tmp_path / "A.CIF").write_text(CELL_CORE)
    assert same(read_amplitudes(path))
    (tmp_path / "A.CIF").unlink()
    path.write_text(hkl_text() + INS)
    assert same(read_amplitudes(path))
    path.write_text(hkl_text() + CELL_CORE.partition("\n")[2])
    assert same(read_amplitudes(path))


def test_reflections_embedded_in_a_cif_are_found(tmp_path: Path):
    path = tmp_path / "final.cif"
    text = f"{CELL_CORE}_shelx_res_file\n;\n{INS};\n_shelx_hkl_file\n;\n{hkl_text()};\n"
    path.write_text(text)
    assert [c.label for c in list_columns(path)] == ["_shelx_hkl_file"]
    assert same(read_amplitudes(path))
    fcf = CELL_CORE + loop("_refln", {"F_squared_meas": F**2, "F_squared_sigma": SIGMA}, "_")
    path.write_text(f"data_y\n_shelx_fcf_file\n;\n{fcf};\n")
    assert same(read_amplitudes(path))


# ---------------------------------------------------------------- processing programs
def test_scalepack_is_read_with_and_without_friedel_mates(tmp_path: Path):
    head = (
        f"    1\n -987\n{8.5:10.3f}{9.5:10.3f}{12.5:10.3f}{90:10.3f}{103:10.3f}{90:10.3f} p21/c\n"
    )
    for pair in (False, True):
        lines = []
        for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True):
            one = f"{f * f:8.1f}{2 * f * s:8.1f}"
            lines.append(f"{h[0]:4d}{h[1]:4d}{h[2]:4d}{one}{one if pair else ''}\n")
        path = tmp_path / "a.sca"
        path.write_text(head + "".join(lines))
        assert same(read_amplitudes(path))


@pytest.mark.parametrize("merged", [False, True])
def test_xds_files_leave_out_what_was_rejected(tmp_path: Path, merged: bool):
    names = ("H", "K", "L", "IOBS", "SIGMA(IOBS)", "XD", "YD", "ZD")[: 5 if merged else 8]
    items = "".join(f"!ITEM_{name}={n}\n" for n, name in enumerate(names, start=1))
    head = (
        f"!FORMAT=XDS_ASCII    MERGE={str(merged).upper()}    FRIEDEL'S_LAW=TRUE\n"
        "!SPACE_GROUP_NUMBER=   14\n!UNIT_CELL_CONSTANTS= 8.5 9.5 12.5 90.000 103.00 90.000\n"
        f"!NUMBER_OF_ITEMS_IN_EACH_DATA_RECORD={len(names)}\n{items}!END_OF_HEADER\n"
    )
    more = "" if merged else " 1 1 1"
    rows = [
        f" {h[0]} {h[1]} {h[2]} {f * f:.3f} {2 * f * s:.3f}{more}\n"
        for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True)
    ]
    rows.append(f" 1 1 1 99999 -3.0{more}\n")
    path = tmp_path / "XDS_ASCII.HKL"
    path.write_text(head + "".join(rows) + "!END_OF_DATA\n")
    assert same(read_amplitudes(path))
    path.write_text(head)
    with pytest.raises(UserError, match="HKL lacks"):
        read_amplitudes(path)


def test_models_and_maps_are_no_reflections(tmp_path: Path, pdb_text: str):
    path = tmp_path / "a.mtz"
    path.write_text(pdb_text)
    with pytest.raises(UserError, match="holds no reflections"):
        list_columns(path)


# ---------------------------------------------------------------- real files
@pytest.mark.parametrize(
    ("name", "n", "group", "labels"),
    [
        ("xray/1aba-sf.mtz", 16153, "P 21 21 21", ["FP"]),
        ("xray/5e5z.mtz", 403, "P 1 21 1", ["FP", "I"]),
        ("xray/1dur-sf.cif", 3256, "P 21 21 21", ["F_meas_au"]),
        ("xray/1yjp-sf.cif", 495, "P 1 21 1", ["F_meas_au"]),
        ("xray/6mw0-sf.cif.gz", 4832, "P 21 21 21", ["F_meas_au", "intensity_meas"]),
        ("edge/4aap-sf-subset.cif", 29, "P 32 2 1", ["F_meas_au"]),
        ("edge/INTEGRATE-tiny.HKL", 126, "P 1 2 1", ["I"]),
        ("smallmol/2012000.hkl", 2481, "P 1 21 1", ["F_squared_meas"]),
        ("smallmol/2016452.hkl", 1045, "P 1 21/c 1", ["F_squared_meas"]),
        ("smallmol/2200000.hkl", 1269, "P 1 21 1", ["F_squared_meas"]),
        ("smallmol/NaCl.hkl", 111, "F m -3 m", ["I"]),
        ("smallmol/NaCl.cif", 111, "F m -3 m", ["intensity_net"]),
        ("smallmol/biotin_talos.hkl", 955, "P 21 21 21", ["I"]),
        ("smallmol/biotin_talos.cif", 955, "P 21 21 21", ["_shelx_hkl_file"]),
    ],
)
def test_real_files_give_their_reflections(
    shared_data: Path, name: str, n: int, group: str, labels: list[str]
):
    path = shared_data / name
    assert [c.label for c in list_columns(path)] == labels
    got = read_amplitudes(path)
    assert (len(got), got.spacegroup.xhm()) == (n, group)
    assert np.isfinite(got.f).all()


def test_amplitudes_and_intensities_of_one_crystal_agree(shared_data: Path):
    for name in ("xray/5e5z.mtz", "xray/6mw0-sf.cif.gz"):
        path = shared_data / name
        f, i = (read_amplitudes(path, choice) for choice in list_columns(path))
        assert np.array_equal(f.hkl, i.hkl)
        assert np.corrcoef(f.f, i.f)[0, 1] > 0.999
