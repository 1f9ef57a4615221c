"""Opening whatever a user has: it opens sensibly, or one sentence says why not."""

import gzip
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.crystal.models.whole_cell import NoUnitCell
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.reflections import list_columns
from patterson_gui.io.reflections.write_phases import write_amplitudes
from patterson_gui.io.resources import example_path, resources_folder


def by_index(data: Amplitudes) -> dict[tuple[int, ...], float]:
    return dict(zip(map(tuple, data.hkl.tolist()), data.f.tolist(), strict=True))


def test_a_model_gives_calculated_amplitudes_truth_and_composition(tmp_path: Path, pdb_text: str):
    path = tmp_path / "ala gly ü.pdb"
    path.write_text(pdb_text)
    crystal = open_any(path)
    assert crystal.source == path
    assert crystal.name == "ala gly ü"
    assert crystal.amplitudes.absolute
    assert crystal.composition.counts == {"C": 10, "N": 4, "O": 4}
    assert crystal.truth.kind is MapKind.TRUE
    assert crystal.model is not None


def test_a_model_without_cell_asks_for_a_box_and_gets_one(tmp_path: Path, pdb_text: str):
    path = tmp_path / "a.pdb"
    path.write_text("\n".join(pdb_text.splitlines()[1:]))
    with pytest.raises(NoUnitCell, match="no unit cell"):
        open_any(path)
    crystal = open_any(path, box_if_no_cell=True)
    assert crystal.spacegroup.xhm() == "P 1"
    assert "put into a P1 box" in crystal.notes[0]
    assert len(crystal.amplitudes) > 100


def test_uses_the_first_of_several_models_and_notes_it(tmp_path: Path, pdb_text: str):
    atoms = "\n".join(line for line in pdb_text.splitlines() if line.startswith("ATOM"))
    text = pdb_text.splitlines()[0] + "".join(
        f"\nMODEL     {n:4d}\n{atoms}\nENDMDL" for n in (1, 2, 3)
    )
    path = tmp_path / "nmr.pdb"
    path.write_text(text)
    crystal = open_any(path)
    assert crystal.composition.n_atoms == 18
    assert any("first of 3 models" in note for note in crystal.notes)


def test_leaves_out_atoms_that_cannot_scatter_and_notes_it(tmp_path: Path, pdb_text: str):
    path = tmp_path / "a.pdb"
    path.write_text(pdb_text.replace("  N   ", "  X   ").replace("          N\n", "          X\n"))
    crystal = open_any(path)
    assert crystal.composition.counts == {"C": 10, "O": 4}
    assert any("of no known element" in note for note in crystal.notes)
    path.write_text(pdb_text.replace("  1.00 20.00", "  0.00 20.00"))
    assert any("occupancies are zero" in note for note in open_any(path).notes)


def test_measured_amplitudes_find_the_model_of_the_same_crystal(tmp_path: Path, pdb_text: str):
    (tmp_path / "1abc.pdb").write_text(pdb_text)
    calculated = open_any(tmp_path / "1abc.pdb")
    write_amplitudes(tmp_path / "1abc-sf.mtz", calculated.amplitudes)
    crystal = open_any(tmp_path / "1abc-sf.mtz")
    assert crystal.model is not None
    assert crystal.composition == calculated.composition
    assert crystal.truth.d_min == pytest.approx(crystal.amplitudes.d_min)
    assert any("1abc.pdb, in the same folder, has the same cell" in note for note in crystal.notes)
    assert not crystal.amplitudes.absolute


def test_a_model_of_another_crystal_beside_is_not_taken(tmp_path: Path, pdb_text: str):
    (tmp_path / "a.pdb").write_text(pdb_text)
    write_amplitudes(tmp_path / "a.mtz", open_any(tmp_path / "a.pdb").amplitudes)
    for text in (
        pdb_text.replace("   20.000   21.000", "   20.000   25.000"),
        pdb_text.replace("P 1 21 1", "P 1 2 1 "),
        "rubbish",
    ):
        (tmp_path / "a.pdb").write_text(text)
        assert open_any(tmp_path / "a.mtz").model is None


@pytest.mark.parametrize("ending", [".pdb", ".ent", ".cif", ".mmcif"])
def test_finds_a_model_of_every_ending(tmp_path: Path, pdb_text: str, ending: str):
    structure = gemmi.read_pdb_string(pdb_text)
    mmcif = structure.make_mmcif_document().as_string()
    model = tmp_path / f"a{ending}"
    model.write_text(mmcif if "cif" in ending else pdb_text)
    write_amplitudes(tmp_path / "a.mtz", open_any(model).amplitudes)
    assert open_any(tmp_path / "a.mtz").model is not None


@pytest.mark.parametrize("ending", [".res", ".ins"])
def test_finds_the_composition_in_instructions_of_the_same_cell(tmp_path: Path, ending: str):
    """The model of the same name comes first in the search, and is no model of this crystal."""
    cell = gemmi.UnitCell(8, 9, 10, 90, 90, 90)
    hkl = np.array(gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), 2.0), np.int32)
    data = Amplitudes(hkl, np.ones(len(hkl), np.float32), cell, gemmi.SpaceGroup("P 1"))
    write_amplitudes(tmp_path / "a.mtz", data)
    (tmp_path / "a.pdb").write_text("rubbish")
    text = "TITL s\nCELL 0.7 {} 9 10 90 90 90\nLATT -1\nSFAC C O\nUNIT 20 4\nEND\n"
    instructions = tmp_path / f"a{ending}"
    instructions.write_text(text.format(8))
    assert open_any(tmp_path / "a.mtz").composition.counts == {"C": 20, "O": 4}
    instructions.write_text(text.format(9))
    assert open_any(tmp_path / "a.mtz").composition is None


def test_ignores_a_model_whose_space_group_is_unknown(tmp_path: Path, pdb_text: str):
    (tmp_path / "a.pdb").write_text(pdb_text)
    write_amplitudes(tmp_path / "a.mtz", open_any(tmp_path / "a.pdb").amplitudes)
    (tmp_path / "a.pdb").write_text(pdb_text.replace("P 1 21 1 ", "X 9 9 9  "))
    assert open_any(tmp_path / "a.mtz").model is None


def test_the_chosen_column_is_used(tmp_path: Path, pdb_text: str):
    (tmp_path / "a.pdb").write_text(pdb_text)
    data = open_any(tmp_path / "a.pdb").amplitudes
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup, cell = data.spacegroup, data.cell
    mtz.set_cell_for_all(cell)
    mtz.add_dataset("x")
    for label, kind in (("F1", "F"), ("S1", "Q"), ("F2", "F"), ("S2", "Q")):
        mtz.add_column(label, kind)
    columns = [data.hkl, data.f, data.f, 2 * data.f, data.f]
    mtz.set_data(np.column_stack(columns).astype(np.float32))
    mtz.write_to_file(str(tmp_path / "b.mtz"))
    first, second = list_columns(tmp_path / "b.mtz")
    ratio = (
        open_any(tmp_path / "b.mtz", column=second).amplitudes.f
        / open_any(tmp_path / "b.mtz", column=first).amplitudes.f
    )
    assert ratio == pytest.approx(2)


def test_a_map_gives_the_amplitudes_of_its_density(tmp_path: Path, fragment: Crystal):
    write_map(tmp_path / "a.ccp4", fragment.truth)
    crystal = open_any(tmp_path / "a.ccp4")
    assert crystal.opened_map.kind is MapKind.DENSITY
    ours, theirs = by_index(fragment.amplitudes), by_index(crystal.amplitudes)
    assert theirs.keys() >= ours.keys()
    assert max(abs(theirs[h] - f) for h, f in ours.items()) < 1e-3
    assert crystal.amplitudes.d_min == pytest.approx(2.0, abs=0.05)
    assert any("calculated from the map" in note for note in crystal.notes)


def test_a_patterson_map_of_ours_gives_its_amplitudes_back(tmp_path: Path, fragment: Crystal):
    write_map(tmp_path / "P.ccp4", patterson(fragment.amplitudes))
    crystal = open_any(tmp_path / "P.ccp4")
    assert crystal.opened_map is None
    got = crystal.amplitudes
    assert len(got) == len(fragment.amplitudes)
    strongest = np.sort(fragment.amplitudes.f)[-50:]
    assert np.sort(got.f)[-50:] == pytest.approx(strongest, rel=1e-3)


def test_a_large_map_gives_no_more_reflections_than_can_be_used(tmp_path: Path):
    rng = np.random.default_rng(0)
    grid = rng.normal(size=(200, 200, 200)).astype(np.float32)
    cell = gemmi.UnitCell(200, 200, 200, 90, 90, 90)
    write_map(tmp_path / "a.map", DensityMap(grid, cell, gemmi.SpaceGroup("P 1"), MapKind.DENSITY))
    crystal = open_any(tmp_path / "a.map")
    assert len(crystal.amplitudes) < 1_700_000
    assert any("to save time" in note for note in crystal.notes)


def test_a_bundle_opens_as_its_crystal(tmp_path: Path, fragment: Crystal):
    path = tmp_path / "renamed.dat"
    write_bundle(path, fragment)
    crystal = open_any(path)
    assert crystal.source == path
    assert crystal.is_fragment


def test_shelx_instructions_without_atoms_open_the_reflections_beside(tmp_path: Path):
    ins = tmp_path / "s.ins"
    ins.write_text("TITL s\nCELL 0.7 8 9 10 90 90 90\nLATT -1\nSFAC C O\nUNIT 20 4\nHKLF 4\nEND\n")
    with pytest.raises(
        UserError, match=r"holds no atoms, and its folder has no reflections \(s\.hkl\)"
    ):
        open_any(ins)
    hkl = "".join(f"{h:4d}   1   1{100 + h:8.2f}    1.00   1\n" for h in range(1, 8))
    (tmp_path / "s.hkl").write_text(hkl)
    crystal = open_any(ins)
    assert len(crystal.amplitudes) == 7
    assert crystal.composition.counts == {"C": 20, "O": 4}


def test_a_cif_with_both_gives_measured_amplitudes_and_the_model(tmp_path: Path):
    path = tmp_path / "both.cif"
    rows = "\n".join(f"{h} {k} 1 {100 + h} 1" for h in range(5) for k in range(5))
    path.write_text(
        "data_x\n_cell_length_a 8\n_cell_length_b 9\n_cell_length_c 10\n"
        "_symmetry_space_group_name_H-M 'P 1'\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
        "_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_U_iso_or_equiv\n"
        "C1 0.1 0.2 0.3 0.02\nO1 0.4 0.2 0.3 0.02\nDUM1 0 0 0 .\nH1 ? ? ? ?\n"
        "loop_\n_refln_index_h\n_refln_index_k\n_refln_index_l\n_refln_F_squared_meas\n"
        f"_refln_F_squared_sigma\n{rows}\n"
    )
    crystal = open_any(path)
    assert len(crystal.amplitudes) == 25
    assert crystal.composition.counts == {"C": 1, "O": 1}
    assert crystal.truth is not None
    # Of several blocks the model and the formula are those with the data's cell.
    text = path.read_text()
    other = text.partition("loop_\n_refln")[0].replace("data_x", "data_y")
    other = other.replace("_cell_length_a 8", "_cell_length_a 12\n_cell_formula_units_Z 4")
    other = other.replace("O1 0.4", "N1 0.4") + "_chemical_formula_sum 'C9 H9'\n"
    path.write_text(other + text)
    assert open_any(path).composition.counts == {"C": 1, "O": 1}
    path.write_text(other + text.partition("loop_\n_atom")[0] + text[text.index("loop_\n_refln") :])
    assert open_any(path).model is open_any(path).composition is None


def test_ignores_a_few_standard_reflections(tmp_path: Path):
    path = tmp_path / "a.cif"
    path.write_text(
        "data_x\n_cell_length_a 8\n_cell_length_b 9\n_cell_length_c 10\n"
        "_symmetry_space_group_name_H-M 'P 1'\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
        "_atom_site_fract_y\n_atom_site_fract_z\nC1 0.1 0.2 0.3\nO1 0.4 0.2 0.3\nloop_\n"
        "_diffrn_refln_index_h\n_diffrn_refln_index_k\n_diffrn_refln_index_l\n"
        "_diffrn_refln_intensity_net\n_diffrn_refln_intensity_u\n1 2 3 100 1\n2 2 3 90 1\n"
    )
    crystal = open_any(path)
    assert len(crystal.amplitudes) > 100
    assert any("2 reflections are too few" in note for note in crystal.notes)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "is empty"),
        (b"\x1f\x8brubbish", "damaged"),
        (gzip.compress(b""), "of an unknown kind"),
        (gzip.compress(b"plain words"), "of an unknown kind"),
        (bytes(range(256)) * 10, "binary content is of an unknown kind"),
        (b"MTZ short", "truncated"),
        (b"PK\x03\x04broken", "damaged zip"),
        (b"PK\x05\x06" + b"\0" * 18, "is a zip archive, not a prediction bundle"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "HDF5"),
        (b"data_x\n_a 1\n", "neither atoms nor reflections"),
        (b"   1   2   3  100.00    1.00\n", "gives no unit cell, and neither does"),
        (b"ATOM      1  X   UNX A   1       1.458   0.000   0.000  1.00 20.00           X\n",
         "no atom of a known element"),
        ("überall nichts".encode("utf-16"), "of an unknown kind"),
    ],
)  # fmt: skip
def test_reports_every_error_in_one_sentence(tmp_path: Path, content: bytes, word: str):
    path = tmp_path / "Datei ü.xyz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=word) as error:
        open_any(path)
    assert "Datei ü.xyz" in str(error.value)
    assert "\n" not in str(error.value)


def test_reports_folders_and_missing_files(tmp_path: Path):
    with pytest.raises(UserError, match="is a folder"):
        open_any(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        open_any(tmp_path / "none")


def test_opens_every_real_file_or_reports_one_sentence(shared_data: Path):
    refused = {
        "5moo_header.pdb", "header.pdb", "eol-test.cif", "misc.cif", "disordered.pdb",
        "insertion-code.pdb", "odd-start.pdb", "short-atom.pdb",
    }  # fmt: skip
    folders = ("edge", "maps", "smallmol", "xray")
    for path in sorted(p for f in folders for p in (shared_data / f).iterdir() if p.is_file()):
        if path.name in refused:
            with pytest.raises(UserError) as error:
                open_any(path)
            assert "\n" not in str(error.value)
            continue
        crystal = open_any(path)
        assert len(crystal.amplitudes) > 10
        assert np.isfinite(crystal.amplitudes.f).all()
        assert crystal.provenance


def test_real_data_and_their_models_belong_together(shared_data: Path):
    for name, least in (
        ("xray/1aba-sf.mtz", 0.9), ("xray/5e5z.mtz", 0.9), ("xray/1yjp-sf.cif", 0.9),
        ("xray/6mw0-sf.cif.gz", 0.9), ("xray/1dur-sf.cif", 0.85), ("smallmol/2012000.hkl", 0.98),
        ("smallmol/2016452.hkl", 0.98), ("smallmol/2200000.hkl", 0.98),
        ("smallmol/biotin_talos.hkl", 0.8), ("smallmol/NaCl.hkl", 0.9),
    ):  # fmt: skip
        crystal = open_any(shared_data / name)
        data = crystal.amplitudes
        f = structure_factors(crystal.model, data.cell, data.spacegroup, data.d_min)
        calculated = by_index(f.amplitudes())
        pairs = np.array([(fo, calculated[h]) for h, fo in by_index(data).items()])
        assert np.corrcoef(pairs.T)[0, 1] > least, name


def test_the_example_opens_and_is_what_its_readme_says():
    contents = read_bundle(example_path())
    crystal = contents.crystal
    assert crystal.is_fragment
    assert crystal.composition.n_atoms == 21
    assert contents.patterson.shape == (24, 24, 24)
    recomputed = patterson(crystal.amplitudes)
    assert contents.patterson.rmsd == pytest.approx(recomputed.rmsd, rel=0.02)
    readme = (resources_folder() / "examples" / "README.md").read_text(encoding="utf-8")
    assert "1YJP" in readme
    assert "CC0" in readme
