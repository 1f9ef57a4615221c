"""Maps and models of files that are drawn over an open crystal."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.opening.layers import MapColumnsWantedError, read_layers
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns

CELL = gemmi.UnitCell(12, 15, 18, 90, 101, 90)
GROUP = gemmi.SpaceGroup("P 1 21 1")
FWT, DELFWT = MapColumns("FWT", "PHWT"), MapColumns("DELFWT", "PHDELWT")


def crystal(cell: gemmi.UnitCell = CELL, group: gemmi.SpaceGroup = GROUP) -> Crystal:
    return Crystal("mine", cell, group)


def write_mtz(path: Path, columns: str, group: gemmi.SpaceGroup = GROUP) -> gemmi.Mtz:
    """An MTZ with random values in the columns "label:type …"."""
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup, mtz.cell = group, CELL
    mtz.add_dataset("mine")
    for column in columns.split():
        mtz.add_column(*column.split(":"))
    hkl = gemmi.make_miller_array(CELL, group, 2.5)
    hkl = hkl[~group.operations().centric_flag_array(hkl)]  # any phase is possible for the others
    rng = np.random.default_rng(1)
    data = np.column_stack(
        [hkl, *(rng.uniform(-180, 180, len(hkl)) for _ in columns.split())]
    ).astype(np.float32)
    for place, column in enumerate(columns.split(), start=3):
        if column.endswith(":F"):
            data[:, place] = np.abs(data[:, place])
    mtz.set_data(data)
    mtz.write_to_file(str(path))
    return mtz


def test_a_map_of_coefficients_is_that_of_gemmi(tmp_path: Path) -> None:
    mtz = write_mtz(tmp_path / "a.mtz", "FP:F SIGFP:Q FWT:F PHWT:P")
    (layer,) = read_layers(tmp_path / "a.mtz", crystal()).layers
    assert isinstance(layer.content, DensityMap)
    assert layer.content.kind is MapKind.DENSITY
    size = layer.content.shape
    theirs = np.array(mtz.transform_f_phi_to_map("FWT", "PHWT", exact_size=size))
    assert layer.content.grid == pytest.approx(theirs, abs=1e-4 * float(theirs.std()))


def test_map_coefficients_of_mmcif_are_those_of_an_mtz(tmp_path: Path) -> None:
    mtz = write_mtz(tmp_path / "a.mtz", "FWT:F PHWT:P")
    rows = "\n".join(" ".join(f"{x:.4f}" if i > 2 else f"{x:.0f}" for i, x in enumerate(row))
                     for row in mtz.array)  # fmt: skip
    cell = "\n".join(
        f"_cell.{name} {value}"
        for name, value in zip(
            ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"),
            CELL.parameters,
            strict=True,
        )
    )
    names = ("index_h", "index_k", "index_l", "pdbx_FWT", "pdbx_PHWT")
    loop = "\n".join(f"_refln.{name}" for name in names)
    (tmp_path / "a.cif").write_text(
        f"data_x\n{cell}\n_symmetry.space_group_name_H-M 'P 1 21 1'\nloop_\n{loop}\n{rows}\n"
        "0 0 3 ? ?\n"
    )
    (one,) = read_layers(tmp_path / "a.mtz", crystal()).layers
    (other,) = read_layers(tmp_path / "a.cif", crystal()).layers
    assert isinstance(one.content, DensityMap)
    assert isinstance(other.content, DensityMap)
    assert other.columns == MapColumns("pdbx_FWT", "pdbx_PHWT")
    assert other.content.grid == pytest.approx(one.content.grid, abs=1e-3 * one.content.rmsd)


def test_several_maps_of_a_file_are_asked_for_densities_first(tmp_path: Path) -> None:
    write_mtz(tmp_path / "a.mtz", "DELFWT:F PHDELWT:P FC:F PHIC:P FWT:F PHWT:P FP:F SIGFP:Q")
    with pytest.raises(MapColumnsWantedError) as wanted:
        read_layers(tmp_path / "a.mtz", crystal())
    assert wanted.value.choices == (FWT, DELFWT, MapColumns("FC", "PHIC"))
    read = read_layers(tmp_path / "a.mtz", crystal(), (FWT, DELFWT))
    kinds = [each.content.kind for each in read.layers if isinstance(each.content, DensityMap)]
    assert kinds == [MapKind.DENSITY, MapKind.DIFFERENCE]


def test_reads_a_map_in_the_cell_of_the_crystal_or_in_p1(tmp_path: Path) -> None:
    for name, group in (("same", GROUP), ("plain", p1())):
        (layer,) = read_layers(a_map(tmp_path / f"{name}.ccp4", CELL, group), crystal()).layers
        assert layer.name == name
        assert isinstance(layer.content, DensityMap)
    assert read_layers(tmp_path / "same.ccp4", crystal()).notes == ()


def test_a_small_difference_of_cells_is_told(tmp_path: Path) -> None:
    close = gemmi.UnitCell(12.06, 15, 18, 90, 101, 90)
    (note,) = read_layers(a_map(tmp_path / "a.ccp4", close, GROUP), crystal()).notes
    assert "0.5 %" in note
    assert "drawn in its own cell" in note


@pytest.mark.parametrize(
    ("cell", "group", "words"),
    [
        (gemmi.UnitCell(12, 15, 19, 90, 101, 90), "P 1 21 1", "cell of a.ccp4"),
        (CELL, "P 1 2 1", "is in P 1 2 1, the open crystal in P 1 21 1"),
    ],
)
def test_a_map_of_another_crystal_is_refused(
    tmp_path: Path, cell: gemmi.UnitCell, group: str, words: str
) -> None:
    path = a_map(tmp_path / "a.ccp4", cell, gemmi.SpaceGroup(group))
    with pytest.raises(UserError, match=words):
        read_layers(path, crystal())


def test_files_without_map_and_model_are_refused(tmp_path: Path) -> None:
    write_mtz(tmp_path / "a.mtz", "FP:F SIGFP:Q")
    (tmp_path / "a.txt").write_text("nothing\n")
    (tmp_path / "a.hkl").write_text("   1   0   0   10.00    1.00\n   0   1   0   12.00    1.00\n")
    for name, words in (
        ("a.mtz", "no map coefficients"), ("a.txt", "cannot be opened"),
        ("a.hkl", "neither a map nor a model"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=words):
            read_layers(tmp_path / name, crystal())


def test_a_model_without_a_cell_gets_that_of_the_crystal(tmp_path: Path) -> None:
    model = gemmi.Structure()
    model.add_model(gemmi.Model(1))
    chain = model[0].add_chain("A")
    residue = gemmi.Residue()
    residue.name, residue.seqid = "GLY", gemmi.SeqId("1")
    atom = gemmi.Atom()
    atom.name, atom.element, atom.pos = "CA", gemmi.Element("C"), gemmi.Position(1, 2, 3)
    residue.add_atom(atom)
    chain.add_residue(residue)
    model.write_pdb(str(tmp_path / "a.pdb"), gemmi.PdbWriteOptions(cryst1_record=False))
    read = read_layers(tmp_path / "a.pdb", crystal())
    content = read.layers[0].content
    assert content.cell.parameters == pytest.approx(CELL.parameters)
    assert any("has no cell" in note for note in read.notes)


def a_map(path: Path, cell: gemmi.UnitCell, group: gemmi.SpaceGroup) -> Path:
    x, y = (np.cos(2 * np.pi * np.arange(n) / n) for n in (12, 16))
    grid = (x[:, None, None] + y[None, :, None] ** 2 + np.zeros(18)).astype(np.float32)
    write_map(path, DensityMap(grid, cell, group, MapKind.DENSITY))
    return path
