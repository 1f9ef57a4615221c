import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.crystal.sections.peak_sections import with_harker_sections


@pytest.fixture(scope="module")
def patterson(example):
    return pg.patterson(example)


def test_a_section_of_a_crystal_is_that_of_its_patterson_map(example, patterson):
    cut = pg.section(example, "w=0.5")
    np.testing.assert_array_equal(cut.values, pg.section(patterson, "w=0.5").values)
    assert cut.bounds == cut.bounds.__class__((-0.5, 0.5), (-0.5, 0.5))
    frac = cut.plane.frac(cut.s[3], cut.t[8])
    assert cut.values[3, 8] == pytest.approx(patterson.value_at(frac)[0], abs=0.2 * patterson.rmsd)
    assert repr(cut).startswith("<Section u, v, ½: ")


def test_cuts_the_density_of_a_model(example):
    density = pg.section(example, "v=0.25", map_of="density")
    assert density.density.units == "e/Å³"
    assert density.bounds.right == (0, 1)


def test_contours_are_given_by_level(patterson):
    cut = pg.section(patterson, "w=0")
    lines = cut.contours()
    assert next(iter(lines)) == pytest.approx(patterson.mean + 1.4 * patterson.rmsd, rel=0.5)
    assert all(len(line[0]) == 2 for found in lines.values() for line in found)


def test_marks_peaks_and_saves(example, tmp_path):
    cut = pg.section(example, "w=0.5", slab=1.0)
    assert {mark.number for mark in cut.peaks(2)} == {
        mark.number for mark in cut.peaks()[: len(cut.peaks(2))]
    }
    cut.save(tmp_path / "s.svg", scale=5, peaks=3, name="example")
    text = (tmp_path / "s.svg").read_text(encoding="utf-8")
    assert "example · Patterson map · u, v, ½" in text


@pytest.mark.parametrize("spelled", ["P21/c", "P 1 21/c 1", "P2(1)/c"])
def test_harker_sections_of_a_symbol(spelled):
    table = pg.harker_sections(spelled)
    assert [section.label for section in table] == ["u, ½, w", "0, v, ½"]
    assert "  1  plane  u, ½, w  2x, ½, 2z+½ by −x, y+½, ½−z" in repr(table)
    assert "<td>0, v, ½</td>" in table._repr_html_()


def test_the_cell_chooses_the_setting_of_a_symbol():
    cell = gemmi.UnitCell(8, 9, 10, 90, 90, 100)
    assert [section.label for section in pg.harker_sections("P 21", cell=cell)] == ["u, v, ½"]


def test_p1_has_no_harker_sections(example):
    table = pg.harker_sections(example)
    assert table == ()
    assert repr(table) == "P 1 has no Harker sections"


def test_a_harker_section_is_cut_by_itself(patterson, tmp_path):
    _, line = pg.harker_sections("P 21/c")
    cut = pg.section(patterson, line)
    assert cut.plane.label == "u, v, ½"
    assert cut.drawing().title.endswith("Harker line 0, v, ½ in u, v, ½")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"at": "w=5"}, "lies outside"),
        ({"at": 5}, "at must be text"),
        ({"at": "w=0", "bounds": "all"}, "bounds must be one of auto, centred, cell, three"),
        ({"at": "w=0", "map_of": "map"}, "map_of must be one of"),
        ({"at": "w=0", "slab": "thick"}, "slab must be a number"),
        ({"at": "w=0", "projection": "sum"}, "projection must be one of"),
        ({"at": "w=0", "interpolation": "none"}, "interpolation must be one of"),
        ({"at": "w=0", "spacing": -1}, "spacing must be larger than 0"),
    ],
)
def test_refuses_wrong_arguments(patterson, arguments, words):
    with pytest.raises(pg.UserError, match=words):
        pg.section(patterson, **arguments)


def test_amplitudes_have_no_density(example):
    with pytest.raises(pg.UserError, match="cut their Patterson map"):
        pg.section(example.amplitudes, "w=0", map_of="density")


@pytest.mark.parametrize("wrong", ["P 99", 7])
def test_refuses_what_is_no_space_group(wrong):
    with pytest.raises(pg.UserError):
        pg.harker_sections(wrong)


def test_the_known_heavy_atom_of_toxd_shows_itself_in_the_harker_sections(shared_data):
    """Site of the derivative MM11, from difference maps with phases of the model."""
    found = pg.differences(
        shared_data / "heavy" / "toxd" / "toxd.mtz", "isomorphous", derivative="FMM11"
    )
    x = np.array([0.178, 0.292, 0.100])
    density = pg.patterson(found)
    for number in (1, 2):  # u, ½, w and u, v, ½
        section = pg.harker_sections(found.spacegroup)[number]
        cut = pg.section(density, section)
        (vector,) = section.vectors
        u = x - (np.array(vector.rotation) @ x + [float(t) for t in vector.translation])
        ((s, t),), (distance,) = cut.plane.project(u[None], density.cell)
        spacing = cut.plane.spacing(density.cell)
        assert distance / spacing == pytest.approx(round(distance / spacing), abs=1e-6)
        best = cut.peaks(1)
        away = [
            np.linalg.norm(cut.on_paper([[(m.s - s + 0.5) % 1 - 0.5, (m.t - t + 0.5) % 1 - 0.5]]))
            for m in best
        ]
        assert min(away) < 1.0  # Å


def test_the_highest_harker_peaks_of_toxd_give_its_heavy_atom_site(shared_data):
    """By hand: the highest peak of u, ½, w and of u, v, ½ of the derivative MM11."""
    found = pg.differences(
        shared_data / "heavy" / "toxd" / "toxd.mtz", "isomorphous", derivative="FMM11"
    )
    density = pg.patterson(found, sharpen="E", remove_origin=True, d_min=3.0)
    peaks = with_harker_sections(density.peaks(60, 2.0), density, found.spacegroup)
    chosen = [
        max((p for p in peaks if label in p.harker), key=lambda p: p.rmsd).frac
        for label in ("u, ½, w", "u, v, ½")
    ]
    site, *_ = pg.harker_sites(chosen, found.spacegroup, cell=density.cell)
    assert site.determined
    axes = np.array(density.cell.orth.mat.tolist()).T
    places = [
        np.array(op.apply_to_xyz((sign * site.frac + shift).tolist()))
        for op in found.spacegroup.operations()
        for sign in (1, -1)  # the hand is open, and all eight origins of P 21 21 21 are equal
        for shift in np.ndindex(2, 2, 2)
        for shift in [np.array(shift) / 2]
    ]
    away = np.array(places) - [0.178, 0.292, 0.100]
    away -= np.rint(away)
    assert np.linalg.norm(away @ axes, axis=1).min() < 0.3


def test_sites_need_a_cell():
    with pytest.raises(pg.UserError, match="need a unit cell"):
        pg.harker_sites([0.1, 0.5, 0.2], "P 21")
