"""Reflections of unusual kinds: cases that are known to be misread, and others like them."""

from collections.abc import Callable
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.reflections import list_columns, read_reflections
from tests.io.reflection_files import CELL, CELL_CORE, HKL, INS, SIGMA, F, cif_loop, same, write_mtz


@pytest.mark.parametrize(
    ("case", "n", "told"),
    [
        ("K02-B03/h21b_hklm_free.hkl", 945, "3,788 satellite reflections"),
        ("K02-B05/s14_modulated.fcf", 1375, "2,790 satellite reflections"),
        ("K02-B06/h36_4idx_zero.hkl", 945, ""),
        ("K05-B11/s01_two_wl.cif", 1375, "only wavelength_id=1 is used"),
        ("K05-B13/s12_scalegroups.cif", 1375, "put on the scale of the largest"),
        ("K06-B14/h41_starsd40.hkl", 937, "11 reflections of h41_starsd40.hkl did not fit"),
        ("K06-B16/x04_cut.HKL", 914, "it is cut short"),
        ("K07-B17/h07_3i4_2f10.hkl", 945, ""),
        ("K07-B18/x.phs", 1375, ""),
        ("K07-B19/z10_partials.mtz", 1375, "1,400 partial measurements were added up"),
        ("K13-B49/h12_hklf5_noinstr_cif.hkl", 779, "is a twin (HKLF 5)"),
        ("K13-B50/h11_hklf5_all.hkl", 945, "1,894 of the 1,894 reflections"),
        ("K13-B52/h42_hklf5_zero.hkl", 945, "one domain and no overlap"),
        ("K13-B53/h38_twin.hkl", 945, "TWIN instruction"),
        ("K18-B70/h05_comma.hkl", 945, ""),
        ("K19-B80/e02_iucr.cif", 945, "_iucr_refine_reflections_details"),
        ("K21-B86/z05_hkl_not_first.mtz", 1375, ""),
        ("K21-B87/z02d_fc.mtz", 1375, "1,375 calculated amplitudes"),
    ],
)
def test_reads_the_right_reflections_and_tells_what_is_left_out(
    cases: Path, case: str, n: int, told: str
):
    crystal = open_any(cases / case)
    assert len(crystal.amplitudes) == n
    assert told in " ".join((crystal.provenance, *crystal.notes))


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("K18-B72/s02_unmerged.sca", "is an unmerged Scalepack file"),
        ("K19-B79/c16_notbegin.cif", "does not begin with data_"),
        ("K19-B82/fcf_twin.fcf", "reflections of a twin"),
    ],
)
def test_refuses_a_good_file_of_another_kind_by_its_name(cases: Path, case: str, said: str):
    with pytest.raises(UserError, match=said):
        open_any(cases / case)


@pytest.mark.parametrize("case", ["K18-B74/r11_titleq.res", "K18-B75/r09_notitl.ins"])
def test_reads_instructions_with_an_unusual_head(cases: Path, case: str):
    crystal = open_any(cases / case)
    assert crystal.spacegroup.xhm() == "P 1 21 1"


@pytest.mark.parametrize(
    "head",
    [
        "TITL x = y =\nCELL 0.71073 8.5 9.5 12.5 90 103 90\n",
        "REM of a program =\nCELL 0.71073 8.5 9.5 12.5 90 103 90 ! comment\n",
        "cell 0.71073 8.5 9.5 12.5 90 103 90!comment\n",
        "\n\nCELL 0.71073 8.5 9.5 =\n 12.5 90 103 90\nTITL\n",
    ],
)
def test_cell_and_title_of_instructions_in_any_form(tmp_path: Path, head: str):
    path = tmp_path / "a.ins"
    path.write_text(head + "LATT 1\nSYMM -x, 1/2+y, 1/2-z\nSFAC C\nUNIT 4\nC1 1 .1 .2 .3 11 .03\n")
    crystal = open_any(path)
    assert crystal.cell.parameters == pytest.approx(CELL.parameters)
    assert crystal.spacegroup.xhm() == "P 1 21/c 1"


# ---------------------------------------------------------------- CIF
def test_counts_texts_in_place_of_numbers_and_reflections_marked_as_unused(tmp_path: Path):
    value, sigma = F.astype(str).astype(object), SIGMA.round(4).astype(str).astype(object)
    status = np.full(len(F), "o", dtype=object)
    value[3], sigma[5], status[[7, 8]], value[9] = "********", "n/a", "x", "?"
    items = {"F_meas_au": value, "F_meas_sigma_au": sigma, "status": status}
    path = tmp_path / "a.cif"
    path.write_text(CELL_CORE.replace("P1", "") + cif_loop("_refln", items, "_"))
    read = read_reflections(path)
    assert len(read.amplitudes) == len(F) - 5
    assert "2 rows with a text in place of a number are left out." in read.notes
    assert any(note.startswith("2 reflections that the file marks") for note in read.notes)
    assert list_columns(path)[0].n == len(F) - 5


def test_says_that_a_list_in_the_file_cannot_be_read(tmp_path: Path):
    """The model is opened, and not without a word."""
    rows = "".join(f"{h:4d}   1   1  100.00    1.00\n" for h in range(1, 30))
    bad = rows.replace("  12   1   1", "  12   x   1")
    atoms = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    path = tmp_path / "a.cif"
    path.write_text(CELL_CORE + atoms + f"C1 .1 .2 .3\n_shelx_hkl_file\n;\n{bad};\n")
    crystal = open_any(path)
    assert "calculated to" in crystal.provenance
    assert any("_shelx_hkl_file in a.cif has a line among" in note for note in crystal.notes)
    path.write_text(CELL_CORE + f"_shelx_hkl_file\n;\n{bad};\n")
    with pytest.raises(UserError, match="has a line among"):
        open_any(path)


@pytest.mark.parametrize("joint", ["_", "."])
def test_names_the_reflections_of_a_twin(tmp_path: Path, joint: str):
    path = tmp_path / "a.fcf"
    path.write_text(CELL_CORE + cif_loop("_twin_refln", {"F_squared_meas": F}, joint))
    with pytest.raises(UserError, match="HKLF 5"):
        open_any(path)


@pytest.mark.parametrize(
    ("item", "radiation"),
    [
        ("_diffrn_radiation_probe neutron", "neutron"),
        ("_exptl.method 'NEUTRON DIFFRACTION'", "neutron"),
        ("_exptl.method 'ELECTRON CRYSTALLOGRAPHY'", "electron"),
        ("_diffrn_radiation.pdbx_scattering_type electron", "electron"),
    ],
)
def test_tells_that_reflections_are_not_of_x_rays(tmp_path: Path, item: str, radiation: str):
    items = {"F_meas": F, "F_sigma": SIGMA}
    path = tmp_path / "a.cif"
    path.write_text(CELL_CORE + f"{item}\n" + cif_loop("_refln", items, "_"))
    assert any(f"{radiation}s" in note for note in read_reflections(path).notes)
    assert read_intensities(path).intensities.radiation == radiation


def test_tells_that_the_file_states_domains_of_a_twin(tmp_path: Path):
    items = {"F_squared_meas": F**2, "F_squared_sigma": F}
    path = tmp_path / "a.cif"
    domains = "loop_\n_twin_individual_id\n1\n2\n"
    path.write_text(CELL_CORE + domains + cif_loop("_refln", items, "_"))
    for read in (read_reflections, read_intensities):
        assert any("a twin of 2 domains" in note for note in read(path).notes)


# ---------------------------------------------------------------- MTZ
@pytest.mark.parametrize("label", ["FC", "FC_ALL", "F-model", "FCALC", "F_calc"])
def test_calculated_amplitudes_of_mtz_are_not_called_measured(tmp_path: Path, label: str):
    path = write_mtz(tmp_path / "a.mtz", [(label, "F", F)])
    assert read_reflections(path).is_calculated
    assert "calculated amplitudes" in open_any(path).provenance
    both = write_mtz(tmp_path / "b.mtz", [(label, "F", 2 * F), ("FP", "F", F)])
    assert list_columns(both)[0].label == "FP"
    assert not read_reflections(both).is_calculated


def test_satellites_of_mtz_are_left_out(tmp_path: Path):
    hkl = np.concatenate([HKL, HKL])
    m = np.repeat([0.0, 1.0], len(HKL))
    columns = [("M", "H", m), ("F", "F", np.concatenate([F, 3 * F])), ("S", "Q", np.tile(SIGMA, 2))]
    read = read_reflections(write_mtz(tmp_path / "a.mtz", columns, hkl))
    assert same(read.amplitudes)
    assert f"{len(HKL)} satellite" in read.notes[0].replace(",", "")


@pytest.mark.parametrize("kind", ["H", "R"])
def test_indices_of_mtz_are_found_wherever_they_stand(tmp_path: Path, kind: str):
    columns = [(name, kind, HKL[:, i]) for i, name in enumerate("HKL")]
    columns += [("F", "F", F), ("SIGF", "Q", SIGMA)]
    path = write_mtz(tmp_path / "a.mtz", columns)
    mtz = gemmi.read_mtz_file(str(path))
    for i, name in enumerate(("A", "B", "C")):
        mtz.columns[i].label, mtz.columns[i].type = name, "R"
        mtz.columns[i].array[:] = 7
    mtz.write_to_file(str(path))
    assert same(read_reflections(path).amplitudes)


def test_one_of_several_wavelengths_of_an_unmerged_mtz_is_used(tmp_path: Path):
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = gemmi.SpaceGroup("P 1 21/c 1")
    mtz.set_cell_for_all(CELL)
    for name, wavelength in (("peak", 0.9793), ("remote", 0.9184)):
        mtz.add_dataset(name).wavelength = wavelength
    mtz.set_cell_for_all(CELL)
    for label, kind in (("M/ISYM", "Y"), ("BATCH", "B"), ("I", "J"), ("SIGI", "Q")):
        mtz.add_column(label, kind)
    n = len(HKL)
    rows = [
        np.column_stack([HKL, np.ones(n), np.full(n, b), k * F**2, F]) for b, k in ((1, 1), (2, 9))
    ]
    mtz.set_data(np.concatenate([rows[0], rows[1][: n // 2]]).astype(np.float32))
    for number in (1, 2):
        batch = gemmi.Mtz.Batch()
        batch.number, batch.dataset_id = number, number
        mtz.batches.append(batch)
    path = tmp_path / "a.mtz"
    mtz.write_to_file(str(path))
    read = read_intensities(path)
    assert len(read.intensities.value) == n
    assert read.intensities.value == pytest.approx(F**2, rel=1e-5)
    assert read.intensities.wavelength == pytest.approx(0.9793)
    assert any("2 data sets of different" in note for note in read.notes)
    smaller = list_columns(path)[1]
    assert smaller.n == n // 2
    assert read_intensities(path, smaller).intensities.value == pytest.approx(
        9 * F[: n // 2] ** 2, rel=1e-5
    )


def test_partials_are_known_by_the_type_of_their_column(tmp_path: Path):
    table = np.array([[1, 2, 3, 257, 5, 30.0], [1, 2, 3, 257, 6, 70.0], [1, 2, 4, 1, 7, 50.0]])
    columns = [("M_ISYM", "Y"), ("FRAME", "B"), ("I", "J")]
    listed = [(label, kind, table[:, 3 + i]) for i, (label, kind) in enumerate(columns)]
    read = read_intensities(write_mtz(tmp_path / "a.mtz", listed, table[:, :3]))
    assert sorted(read.intensities.value.tolist()) == [50.0, 100.0]
    assert any("FRACTIONCALC" in note for note in read.notes)


def test_a_name_beside_reflections_is_the_same_in_every_path(tmp_path: Path):
    """A twin instruction and the radiation are told for maps and for a solution."""
    rows = "".join(
        "{:4d}{:4d}{:4d}".format(*h) + f"{f * f:8.2f}{f:8.2f}\n"
        for h, f in zip(HKL, F, strict=True)
    )
    (tmp_path / "a.hkl").write_text(rows)
    (tmp_path / "a.ins").write_text(INS.replace("HKLF", "TWIN\nNEUT\nHKLF"))
    for notes in (
        read_reflections(tmp_path / "a.hkl").notes,
        read_intensities(tmp_path / "a.hkl").notes,
    ):
        assert any("TWIN" in note for note in notes)
        assert any("neutrons (NEUT in a.ins)" in note for note in notes)


def hkl_beside_ins(folder: Path, lines: list[str], ins: str = INS) -> Path:
    (folder / "a.ins").write_text(ins)
    (folder / "a.hkl").write_text("\n".join(lines) + "\n")
    return folder / "a.hkl"


def hkl_lines(value: np.ndarray, batch: np.ndarray) -> list[str]:
    rows = zip(HKL.tolist(), value, 2 * F * SIGMA, batch, strict=True)
    return ["{:4d}{:4d}{:4d}".format(*h) + f"{v:8.2f}{s:8.2f}{b:4d}" for h, v, s, b in rows]


def test_satellites_are_known_by_a_column_named_m_of_an_mtz(tmp_path: Path):
    order = np.tile([0, 1, -1], len(HKL))
    value = np.repeat(F**2, 3) * np.where(order == 0, 1.0, 0.05)
    columns = [("M", "I", order), ("I", "J", value), ("SIGI", "Q", np.ones(len(value)))]
    read = read_reflections(write_mtz(tmp_path / "a.mtz", columns, np.repeat(HKL, 3, axis=0)))
    assert any("satellite reflections" in note for note in read.notes)
    assert len(read_intensities(tmp_path / "a.mtz").intensities.value) == len(HKL)


@pytest.mark.parametrize("instructions", ["BASF 0.1\nHKLF 4", "HKLF 4"])
def test_batches_on_different_scales_are_put_on_one(tmp_path: Path, instructions: str):
    """By reflections in common; with BASF also by mean intensities."""
    batch = np.where(np.arange(len(HKL)) % 2, 2, 1)
    lines = hkl_lines(F**2 * np.where(batch == 2, 4, 1), batch)
    if "BASF" not in instructions:
        lines += hkl_lines(F**2 * 4, np.full(len(HKL), 2))
    path = hkl_beside_ins(tmp_path, lines, INS.replace("HKLF 4", instructions))
    read = read_reflections(path)
    assert any("on different scales" in note for note in read.notes)
    order = np.lexsort(read.amplitudes.hkl.T)
    ratio = read.amplitudes.f[order] / F[np.lexsort(HKL.T)]
    assert ratio.max() / ratio.min() < 1.15


def test_runs_on_one_scale_are_not_changed(tmp_path: Path):
    batch = np.where(np.arange(len(HKL)) % 2, 2, 1)
    read = read_reflections(hkl_beside_ins(tmp_path, hkl_lines(F**2, batch)))
    assert same(read.amplitudes)
    assert not any("scale" in note for note in read.notes)


def test_tells_that_reflections_follow_the_end_of_the_list(tmp_path: Path):
    lines = hkl_lines(F**2, np.ones(len(HKL), dtype=int))
    end = "   0   0   0    0.00    0.00   0"
    read = read_reflections(hkl_beside_ins(tmp_path, [*lines[:50], end, *lines[50:]]))
    assert any(
        f"{len(HKL) - 50} reflections of a.hkl follow the line 0 0 0" in n for n in read.notes
    )
    assert not any(
        "follow" in n for n in read_reflections(hkl_beside_ins(tmp_path, [*lines, end])).notes
    )


@pytest.mark.parametrize("third", [1.0, 400.0])
def test_refuses_lists_of_three_values(tmp_path: Path, third: float):
    """Fo², Fc² and σ, in whatever order: taken in columns, Fc² would stand for σ."""
    lines = [
        "{:5d}{:5d}{:5d}".format(*h) + f"{f * f:10.2f}{f * f * 1.04:10.2f}{third:10.2f}"
        for h, f in zip(HKL.tolist(), F, strict=True)
    ]
    with pytest.raises(UserError, match="holds h k l and three values"):
        read_reflections(hkl_beside_ins(tmp_path, lines))


@pytest.mark.parametrize("head", ["# h k l F sigF", "! h k l Fobs sigma", "h,k,l,F,sigF"])
def test_a_line_of_names_tells_that_values_are_amplitudes(tmp_path: Path, head: str):
    lines = ["{} {} {} ".format(*h) + f"{f:.2f} 1.0" for h, f in zip(HKL.tolist(), F, strict=True)]
    assert same(read_reflections(hkl_beside_ins(tmp_path, [head, *lines])).amplitudes)


XSCALE = """!FORMAT=XDS_ASCII    MERGE=FALSE    FRIEDEL'S_LAW=TRUE
!SPACE_GROUP_NUMBER=   14
!UNIT_CELL_CONSTANTS=     8.500     9.500    12.500  90.000 103.000  90.000
! ISET=   1 INPUT_FILE=peak/XDS_ASCII.HKL
! ISET=   1      X-RAY_WAVELENGTH (ANGSTROM)=  0.97930
! ISET=   2 INPUT_FILE=remote/XDS_ASCII.HKL
! ISET=   2      X-RAY_WAVELENGTH (ANGSTROM)=  0.91840
!ITEM_H=1
!ITEM_K=2
!ITEM_L=3
!ITEM_IOBS=4
!ITEM_SIGMA(IOBS)=5
!ITEM_ISET=6
!END_OF_HEADER
"""


def test_wavelengths_of_xscale_are_kept_apart(tmp_path: Path):
    rows = [
        "{:6d}{:6d}{:6d}".format(*h) + f" {number * v:11.4E} {v / 20:11.4E} {number}"
        for number, n in ((1, len(HKL)), (2, 100))
        for h, v in zip(HKL[:n].tolist(), F[:n] ** 2, strict=True)
    ]
    path = tmp_path / "a.HKL"
    path.write_text(XSCALE + "\n".join(rows) + "\n!END_OF_DATA\n")
    read = read_intensities(path)
    assert read.intensities.value == pytest.approx(F**2, rel=1e-3)
    assert read.intensities.wavelength == pytest.approx(0.9793)
    assert any("only 0.9793 Å is used" in note for note in read.notes)
    second = list_columns(path)[1]
    assert (second.dataset, second.n) == ("0.9184 Å", 100)
    assert read_intensities(path, second).intensities.wavelength == pytest.approx(0.9184)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" NREFlection= 2\n INDE 1 0 0 FOBS= 12.1 SIGMA= 1.0 TEST= 0\n", "CNS or X-PLOR"),
        ("a\nb\n  2  0.0 0.0 0.0\n 2 0.1 0.0 0.0\n 2 0.0 0.1 0.0\n", "Gaussian cube"),
    ],
)
def test_names_files_of_other_programs_that_are_not_read(tmp_path: Path, text: str, said: str):
    (tmp_path / "a.dat").write_text(text)
    with pytest.raises(UserError, match=said):
        open_any(tmp_path / "a.dat")


def test_negative_sigmas_alone_mean_that_nothing_was_measured(tmp_path: Path):
    columns = [("F", "F", F), ("SIGF", "Q", -np.ones(len(F)))]
    path = write_mtz(tmp_path / "a.mtz", columns)
    for read in (read_reflections, read_intensities):
        with pytest.raises(UserError, match="holds no measured value"):
            read(path)


def test_names_a_powder_pattern(tmp_path: Path):
    (tmp_path / "a.cif").write_text(CELL_CORE + "loop_\n_pd_meas_counts_total\n12\n15\n")
    with pytest.raises(UserError, match="holds a powder pattern"):
        open_any(tmp_path / "a.cif")


def test_tells_that_a_list_of_a_cif_ends_without_a_line_end(tmp_path: Path):
    text = CELL_CORE + cif_loop("_refln", {"F_meas": F, "F_sigma": SIGMA}, "_")
    path = tmp_path / "a.fcf"
    path.write_text(text.rstrip("\n"))
    assert any("may be cut short" in note for note in read_reflections(path).notes)
    path.write_text(text)
    assert not any("cut short" in note for note in read_reflections(path).notes)


@pytest.mark.parametrize("read", [read_intensities, read_reflections, open_any])
def test_a_column_given_by_its_label_is_no_damage_of_the_file(tmp_path: Path, read: Callable):
    path = write_mtz(tmp_path / "a.mtz", [("F", "F", F)])
    chosen = {"choice" if read is read_reflections else "column": "F"}
    with pytest.raises(UserError, match="not by 'F': choose one, or use"):
        read(path, **chosen)
