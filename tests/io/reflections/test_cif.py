"""Reflections in every dialect of CIF, against the amplitudes they were written from."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.opening.reflections import list_columns, read_amplitudes, read_reflections
from tests.io.reflection_files import CELL_CORE, HKL, INS, SIGMA, F, cif_loop, hkl_text, same

CELL_MM = """data_r1abcsf
_cell.length_a 8.5
_cell.length_b 9.5
_cell.length_c 12.5
_cell.angle_alpha 90
_cell.angle_beta 103.00
_cell.angle_gamma 90
_symmetry.space_group_name_H-M 'P 1 21/c 1'
"""


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (CELL_MM + cif_loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA}), "F_meas_au"),
        (CELL_MM + cif_loop("_refln", {"F_meas": F, "F_meas_sigma": SIGMA}), "F_meas"),
        (
            CELL_MM + cif_loop("_refln", {"intensity_meas": F**2, "intensity_sigma": F * SIGMA}),
            "intensity_meas",
        ),
        (
            CELL_MM
            + cif_loop(
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
            + cif_loop(
                "_refln",
                {
                    "pdbx_I_plus": F**2, "pdbx_I_plus_sigma": F * SIGMA,
                    "pdbx_I_minus": F**2, "pdbx_I_minus_sigma": F * SIGMA,
                },
            ),
            "pdbx_I_plus",
        ),
        (
            CELL_MM
            + cif_loop("_diffrn_refln", {"intensity_net": F**2, "intensity_sigma": F * SIGMA}),
            "intensity_net",
        ),
        (
            CELL_MM
            + cif_loop("_diffrn_refln", {"intensity_net": F**2, "intensity_net_su": F * SIGMA}),
            "intensity_net",
        ),
        (
            CELL_MM
            + cif_loop("_refln", {"F_squared_meas": F**2, "F_squared_meas_su": F * SIGMA}),
            "F_squared_meas",
        ),
        (
            CELL_MM
            + cif_loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": np.full(len(F), "?")}),
            "F_meas_au",
        ),
        (
            CELL_CORE
            + cif_loop("_refln", {"F_squared_meas": F**2, "F_squared_sigma": F * SIGMA}, "_"),
            "F_squared_meas",
        ),
        (CELL_CORE + cif_loop("_refln", {"F_meas": F, "F_sigma": SIGMA}, "_"), "F_meas"),
        (CELL_CORE + cif_loop("_refln", {"F_calc": F, "phase_calc": F}, "_"), "F_calc"),
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
    text = CELL_MM + cif_loop(
        "_refln", {"status": status, "F_meas_au": F, "F_meas_sigma_au": SIGMA}
    )
    path = tmp_path / "a.cif"
    path.write_text(text)
    assert len(read_amplitudes(path)) == len(F) - 3


def test_further_blocks_use_the_cell_of_the_first(tmp_path: Path):
    loops = cif_loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA})
    path = tmp_path / "a.cif"
    path.write_text(CELL_MM + "data_r1abcAsf\n" + loops)
    (choice,) = list_columns(path)
    assert choice.dataset == "r1abcAsf"
    assert same(read_amplitudes(path, choice))


def test_reads_latin_1_byte_order_marks_and_packed_files(tmp_path: Path):
    text = CELL_MM + "_audit.name 'Jos\xe9'\n" + cif_loop("_refln", {"F_meas_au": F})
    path = tmp_path / "a.cif"
    for content in (
        text.encode("latin-1"),
        b"\xef\xbb\xbf" + text.encode(),
        gzip.compress(text.encode()),
    ):
        path.write_bytes(content.replace(b"\n", b"\r\n") if content[:2] != b"\x1f\x8b" else content)
        assert same(read_amplitudes(path))


def test_names_the_line_where_a_cif_is_cut_short(tmp_path: Path):
    text = CELL_MM + cif_loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA})
    path = tmp_path / "a.cif"
    path.write_text(text.rstrip().rsplit(" ", 1)[0])
    with pytest.raises(UserError, match=r"a.cif is not a valid CIF \(line \d+"):
        read_amplitudes(path)


def test_reflections_embedded_in_a_cif_are_found(tmp_path: Path):
    path = tmp_path / "final.cif"
    text = f"{CELL_CORE}_shelx_res_file\n;\n{INS};\n_shelx_hkl_file\n;\n{hkl_text()};\n"
    path.write_text(text)
    assert [c.label for c in list_columns(path)] == ["_shelx_hkl_file"]
    assert same(read_amplitudes(path))
    fcf = CELL_CORE + cif_loop("_refln", {"F_squared_meas": F**2, "F_squared_sigma": SIGMA}, "_")
    path.write_text(f"data_y\n_shelx_fcf_file\n;\n{fcf};\n")
    assert same(read_amplitudes(path))


@pytest.mark.parametrize("empty", ["pdbx_F_plus_sigma", "pdbx_F_minus_sigma"])
def test_reads_friedel_pairs_without_sigma(tmp_path: Path, empty: str):
    """Without σ, both mates weigh alike, and nothing is invented for the missing σ."""
    items = {
        "pdbx_F_plus": F + 0.5, "pdbx_F_plus_sigma": SIGMA,
        "pdbx_F_minus": F - 0.5, "pdbx_F_minus_sigma": 9 * SIGMA,
    }  # fmt: skip
    path = tmp_path / "a.cif"
    for changed in (items | {empty: np.full(len(F), "?")}, {k: items[k] for k in list(items)[::2]}):
        path.write_text(CELL_MM + cif_loop("_refln", changed))
        (choice,) = list_columns(path)
        assert (choice.label, choice.sigma) == ("pdbx_F_plus", None)
        assert (choice.minus, choice.minus_sigma) == ("pdbx_F_minus", None)
        got = read_amplitudes(path, choice)
        assert got.sigma is None
        assert same(got, 1e-5)


def test_prefers_measured_columns_with_sigma(tmp_path: Path):
    loop = cif_loop(
        "_refln",
        {
            "F_calc_au": 2 * F, "intensity_meas": F**2, "intensity_sigma": F * SIGMA,
            "F_meas_au": F, "F_meas_sigma_au": SIGMA, "pdbx_F_plus": F, "pdbx_F_minus": F,
        },
    )  # fmt: skip
    path = tmp_path / "a.cif"
    path.write_text(CELL_MM + loop)
    assert [c.label for c in list_columns(path)] == ["F_meas_au", "intensity_meas"]


def test_rows_with_impossible_indices_are_left_out(tmp_path: Path):
    loop = cif_loop("_refln", {"F_meas_au": F, "F_meas_sigma_au": SIGMA})
    path = tmp_path / "a.cif"
    path.write_text(CELL_MM + loop + "? 1 1 50.0 1.0\n1 1e9 1 50.0 1.0\n")
    assert same(read_amplitudes(path))


@pytest.mark.parametrize("item", ["status", "observed_status", "include_status"])
def test_uses_no_reflection_that_any_dictionary_flags(tmp_path: Path, item: str):
    flags = np.full(len(F), "o")
    flags[:2], flags[2:5] = "x", "-"
    path = tmp_path / "a.cif"
    path.write_text(CELL_MM + cif_loop("_refln", {item: flags, "F_meas_au": F}))
    (choice,) = list_columns(path)
    assert choice.n == len(F) - 5
    with pytest.raises(UserError, match="no reflections called FP: choose another column"):
        read_amplitudes(path, replace(choice, label="FP"))


# Columns of the mmCIF and core dictionaries: category, value, σ, kind, value and σ of the mate.
DICTIONARIES = [
    ("_refln", "F_meas_au", "F_meas_sigma_au", "amplitude", None, None),
    ("_refln", "F_meas", "F_meas_sigma", "amplitude", None, None),
    ("_refln", "F_meas", "F_sigma", "amplitude", None, None),
    ("_refln", "intensity_meas", "intensity_sigma", "intensity", None, None),
    ("_refln", "F_squared_meas", "F_squared_sigma", "intensity", None, None),
    ("_refln", "pdbx_F_plus", "pdbx_F_plus_sigma", "amplitude", "pdbx_F_minus",
     "pdbx_F_minus_sigma"),
    ("_refln", "pdbx_I_plus", "pdbx_I_plus_sigma", "intensity", "pdbx_I_minus",
     "pdbx_I_minus_sigma"),
    ("_refln", "F_calc_au", None, "amplitude", None, None),
    ("_refln", "F_calc", None, "amplitude", None, None),
    ("_refln", "F_squared_calc", None, "intensity", None, None),
    ("_diffrn_refln", "intensity_net", "intensity_sigma", "intensity", None, None),
    ("_diffrn_refln", "intensity_net", "intensity_u", "intensity", None, None),
]  # fmt: skip


@pytest.mark.parametrize("names", DICTIONARIES, ids=lambda names: "-".join(filter(None, names)))
@pytest.mark.parametrize("has_sigma", [True, False])
def test_finds_the_columns_of_the_dictionaries(
    tmp_path: Path, names: tuple[str, str, str | None, str, str | None, str | None], has_sigma: bool
):
    category, value, sigma, kind, minus, minus_sigma = names
    if not has_sigma:
        sigma = minus_sigma = None
    values, spread = (F, SIGMA) if kind == "amplitude" else (F**2, 2 * F * SIGMA)
    items = {value: values, minus: values, sigma: spread, minus_sigma: spread}
    path = tmp_path / "a.cif"
    path.write_text(CELL_MM + cif_loop(category, {k: v for k, v in items.items() if k}))
    (choice,) = list_columns(path)
    assert (choice.label, choice.sigma, choice.kind) == (value, sigma, kind)
    assert (choice.minus, choice.minus_sigma) == (minus, minus_sigma)
    assert choice.n == len(F) * (2 if minus else 1)
    got = read_amplitudes(path, choice)
    assert same(got)
    assert (got.sigma is None) == (sigma is None)


def test_reads_the_chosen_one_of_several_columns(tmp_path: Path):
    """The block also holds the reflections as SHELX text, with other values."""
    path = tmp_path / "a.cif"
    loop = cif_loop("_refln", {"F_squared_meas": 4 * F**2, "F_squared_sigma": F * SIGMA}, "_")
    path.write_text(
        f"{CELL_CORE}{loop}_shelx_res_file\n;\n{INS};\n_shelx_hkl_file\n;\n{hkl_text()};\n"
    )
    squared, embedded = list_columns(path)
    assert (squared.label, embedded.label) == ("F_squared_meas", "_shelx_hkl_file")
    assert (embedded.kind, embedded.sigma) == ("intensity", "σ")
    assert same(read_amplitudes(path, embedded))
    twice = read_amplitudes(path, squared)
    assert same(replace(twice, f=twice.f / 2))


def test_reads_embedded_reflections_by_the_instructions_embedded_with_them(tmp_path: Path):
    lines = (
        f"{h[0]:4d}{h[1]:4d}{h[2]:4d}{f:8.2f}{s:8.2f}\n"
        for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True)
    )
    amplitudes = "".join(lines) + "   0   0   0    0.00    0.00\n"
    path = tmp_path / "a.cif"
    instructions = INS.replace("HKLF 4", "HKLF 3")
    path.write_text(
        f"{CELL_CORE}_shelx_res_file\n;\n{instructions};\n_shelx_hkl_file\n;\n{amplitudes};\n"
    )
    (choice,) = list_columns(path)
    assert choice.kind == "amplitude"
    assert same(read_amplitudes(path))


@pytest.mark.parametrize("item", ["_shelx_fcf_file", "_iucr_refine_fcf_details"])
def test_prefers_reflections_of_the_file_to_those_of_an_embedded_cif(tmp_path: Path, item: str):
    inner = CELL_CORE + cif_loop("_refln", {"F_squared_meas": F**2}, "_")
    embedded = f"{item}\n;\n{inner};\n"
    path = tmp_path / "a.cif"
    path.write_text(f"data_y\n{embedded}")
    assert [choice.label for choice in list_columns(path)] == ["F_squared_meas"]
    path.write_text(CELL_MM + cif_loop("_refln", {"F_meas_au": F}) + embedded)
    assert [choice.label for choice in list_columns(path)] == ["F_meas_au"]
    net = cif_loop("_diffrn_refln", {"intensity_net": F**2})
    path.write_text(CELL_MM + net + embedded)
    assert [choice.label for choice in list_columns(path)] == ["intensity_net"]


def test_a_list_without_an_index_column_holds_no_reflections(tmp_path: Path):
    path = tmp_path / "a.cif"
    path.write_text(CELL_MM + cif_loop("_refln", {"F_meas_au": F}).replace("index_l", "other"))
    with pytest.raises(UserError, match="neither amplitudes nor intensities"):
        list_columns(path)


def test_takes_only_what_is_missing_from_the_model_beside_it(tmp_path: Path, pdb_text: str):
    """The CIF has a = 8.5 Å and P 1 21/c 1, the model a = 20 Å and P 1 21 1."""
    loop = cif_loop("_refln", {"F_meas_au": F})
    cell, _, group = CELL_MM.strip().rpartition("\n")
    path = tmp_path / "1abc-sf.cif"
    for text, missing, expected in (
        (f"{cell}\n{loop}", "space group", (8.5, "P 1 21 1")),
        (f"data_x\n{group}\n{loop}", "unit cell", (20.0, "P 1 21/c 1")),
    ):
        path.write_text(text)
        model = tmp_path / "1abc.pdb"
        model.unlink(missing_ok=True)
        with pytest.raises(UserError, match=f"gives no known {missing}, "):
            read_amplitudes(path)
        model.write_text(pdb_text)
        read = read_reflections(path)
        assert (read.amplitudes.cell.a, read.amplitudes.spacegroup.xhm()) == expected
        assert f"The {missing} comes from 1abc.pdb." in read.notes
    path.write_text(f"data_x\n{loop}")
    assert "Unit cell and space group come from 1abc.pdb." in read_reflections(path).notes


def loop_text(item: str, codes: list[str]) -> str:
    """A list of three reflections with one more column before the indices."""
    rows = "".join(f"{code} {i} 2 3 {100 * i} 1\n" for i, code in enumerate(codes, start=1))
    return (
        "data_a\n_cell.length_a 7\n_cell.length_b 8\n_cell.length_c 9\n"
        "_symmetry.space_group_name_H-M 'P 1'\nloop_\n"
        f"_refln.{item}\n_refln.index_h\n_refln.index_k\n_refln.index_l\n"
        f"_refln.intensity_meas\n_refln.intensity_sigma\n{rows}"
    )


@pytest.mark.parametrize("item", ["wavelength_id", "crystal_id"])
def test_uses_the_largest_of_several_sets_in_one_list(tmp_path: Path, item: str):
    path = tmp_path / "a.cif"
    path.write_text(loop_text(item, ["1", "2", "2"]))
    read = read_reflections(path)
    assert read.amplitudes.hkl[:, 0].tolist() == [2, 3]
    assert any("2 sets of data" in note for note in read.notes)
    first, second = list_columns(path)
    assert (first.n, second.n) == (2, 1)
    assert read_reflections(path, second).amplitudes.hkl[:, 0].tolist() == [1]


def test_takes_the_wavelength_of_the_chosen_set(tmp_path: Path):
    path = tmp_path / "a.cif"
    wavelengths = "_diffrn_radiation_wavelength."
    path.write_text(
        loop_text("wavelength_id", ["1", "2", "2"])
        + f"loop_\n{wavelengths}id\n{wavelengths}wavelength\n1 0.9790\n2 0.9184\n"
    )
    first, second = list_columns(path)
    assert read_intensities(path, first).intensities.wavelength == pytest.approx(0.9184)
    assert read_intensities(path, second).intensities.wavelength == pytest.approx(0.9790)


def test_leaves_satellites_of_a_modulated_crystal_out(tmp_path: Path):
    path = tmp_path / "a.cif"
    path.write_text(loop_text("index_m_1", ["0", "-1", "0"]))
    read = read_reflections(path)
    assert read.amplitudes.hkl[:, 0].tolist() == [1, 3]
    assert any("1 satellite" in note for note in read.notes)


def test_reads_reflections_in_the_items_of_the_iucr(tmp_path: Path):
    path = tmp_path / "a.cif"
    path.write_text(
        "data_a\n_cell_length_a 7\n_cell_length_b 8\n_cell_length_c 9\n"
        "_space_group_name_H-M_alt 'P 1'\n"
        "_iucr_refine_instructions_details\n;\nTITL\nTWIN -1 0 0 0 -1 0 0 0 1\nHKLF 4\n;\n"
        "_iucr_refine_reflections_details\n;\n   1   2   3  100.00    1.00\n"
        "   1   2   4  200.00    1.00\n;\n"
    )
    read = read_reflections(path)
    assert len(read.amplitudes) == 2
    assert any("twinned crystal" in note for note in read.notes)


def test_compares_the_volume_of_a_block_with_its_own_cell_alone(tmp_path: Path):
    path = tmp_path / "a.cif"
    first = loop_text("crystal_id", ["1", "1", "1"]).replace(
        "_cell.length_a 7\n", "_cell.length_a 7\n_cell.volume 504\n"
    )
    other = "data_b\n_cell.length_a 20\n_cell.length_b 20\n_cell.length_c 20\n_cell.volume 8000\n"
    path.write_text(first + other)
    assert not any("volume" in note for note in read_reflections(path).notes)
    path.write_text(first.replace("504", "700") + other)
    assert any("states 700 Å³" in note for note in read_reflections(path).notes)
