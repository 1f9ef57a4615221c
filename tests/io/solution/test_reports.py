"""Reports of a solution, and the folder of all its files."""

import json
import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.statistics import statistics
from patterson_gui.crystal.models.bonds import find_bonds
from patterson_gui.crystal.solution import Solution
from patterson_gui.errors import UserError
from patterson_gui.io.reflections.shelx.hkl import parse_hkl
from patterson_gui.io.solution.report.figures import figures_of
from patterson_gui.io.solution.report.html_page import report_html
from patterson_gui.io.solution.report.molecule_picture import cell_svg, molecule_svg
from patterson_gui.io.solution.report.plots import (
    nice_top,
    observed_against_calculated_svg,
    shells_svg,
)
from patterson_gui.io.solution.report.text import report_text
from patterson_gui.io.solution.report.words import data_table
from patterson_gui.io.solution.write import Presented, refuse_foreign_files, write_solution
from tests.io.solved_crystals import SCALE, SETTINGS, made_solution, model_of_cif, some_model

KEYS = {
    "verdict", "space_group", "space_groups", "formula", "r1", "wr2", "goof", "n_atoms", "starts",
    "seconds_phases", "seconds",
}  # fmt: skip
FILES = {
    "made.res", "made.hkl", "made.cif", "made.fcf", "made_list6.fcf", "made.mtz", "made.pdb",
    "made_density.ccp4", "made_difference.ccp4", "report.html", "report.json", "report.txt",
}  # fmt: skip


def with_statistics(solution: Solution) -> Solution:
    return replace(solution, data=statistics(solution.intensities))


def without_structure(solution: Solution) -> Solution:
    return replace(
        solution, verdict="not solved", structure=None, reason="No two starts agree.",
        advice="Give more starts.",
    )  # fmt: skip


class Parsed(HTMLParser):
    """Tags that were opened and not closed, and all text."""

    EMPTY = frozenset(("meta", "br", "img", "stop", "line", "rect", "circle", "ellipse"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for key, value in attrs if key in ("href", "src")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_figures_hold_everything_that_a_reader_of_the_json_needs() -> None:
    figures = figures_of(made_solution("P 1 21/n 1"), "made")
    assert set(figures) >= KEYS
    assert figures["space_group"] == "P 1 21/n 1"
    assert (figures["n_atoms"], figures["n_hydrogen"]) == (4, 1)
    assert figures["r1"] == 0.0321
    assert figures["starts"] == len(figures["tries"]) == 2
    assert figures["space_groups"][0]["name"] == "P 1 21/n 1"
    assert figures["atoms"][0]["effective_z"] == 6.2
    assert figures["data"]["r_int"] is None
    json.dumps(figures, allow_nan=False)


def test_the_table_of_the_data_has_no_figure_that_is_not_defined() -> None:
    """Data that end at 2.3 Å have no completeness between 1.2 and 1.0 Å."""
    data = {"radiation": "xray", "completeness": 0.98, "completeness_1_2_to_1_0": math.nan}
    table = data_table({"data": data})
    assert "98.0 %" in str(table)
    assert "1.2 to 1.0" not in str(table)
    assert "nan" not in str(table)


def test_figures_without_a_structure_have_the_same_names() -> None:
    solution = without_structure(made_solution("P 1 21/n 1"))
    figures = figures_of(solution, "made")
    assert set(figures) >= KEYS
    assert figures["n_atoms"] == 0
    assert figures["r1"] is None
    json.dumps(figures, allow_nan=False)


@pytest.mark.parametrize("solved", [True, False])
def test_the_html_report_is_whole_and_fetches_nothing(solved: bool, tmp_path: Path) -> None:
    solution = with_statistics(made_solution("P 1 21/n 1"))
    write_solution(tmp_path, solution if solved else without_structure(solution), "made")
    page = Parsed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    # Links lead to the files beside it, nothing is loaded from elsewhere.
    assert set(page.links) <= FILES | {"made_p1.ccp4"}
    text = " ".join(page.words)
    for word in ("Space groups", "Tries", "Laue classes", "Systematic absences"):
        assert word in text
    assert ("Ellipsoids" in text) == ("effective" in text.lower()) == solved
    assert ("Give more starts." in text) == (not solved)


def test_text_from_files_is_escaped_in_the_html_report() -> None:
    evil = "<script>alert(1)</script>&\"'"
    solution = replace(
        made_solution("P 1"), reason=evil, advice=evil, notes=(evil,),
        candidates=(replace(made_solution("P 1").candidates[0], reason=evil),),
    )  # fmt: skip
    page = report_html(figures_of(solution, evil))
    assert "<script>" not in page
    assert Parsed(page).words.count(evil) >= 4


def test_the_text_report_names_verdict_groups_and_atoms() -> None:
    text = report_text(figures_of(with_statistics(made_solution("C 1 2/c 1")), "made"))
    assert text.startswith("made: solved\n")
    assert "* C 1 2/c 1" in text
    assert "\n  S1 " in text
    assert max(map(len, text.splitlines())) < 180


def test_every_file_is_written_and_can_be_written_again(tmp_path: Path) -> None:
    solution = with_statistics(made_solution("P 1 21/n 1"))
    figures = write_solution(tmp_path, solution, "made")
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == figures
    refuse_foreign_files(tmp_path, "made")
    assert write_solution(tmp_path, solution, "made") == figures


def test_an_unsolved_crystal_gets_reports_and_the_density_of_its_phases(tmp_path: Path) -> None:
    write_solution(tmp_path, without_structure(with_statistics(made_solution("P 1"))), "made")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"made.hkl", "made_p1.ccp4", "report.html", "report.json", "report.txt"}


def test_files_of_an_earlier_solution_do_not_stay_beside_a_failure(tmp_path: Path) -> None:
    solution = made_solution("P 1")
    write_solution(tmp_path, solution, "made")
    (tmp_path / "made.log").write_text("mine")
    write_solution(tmp_path, without_structure(solution), "made")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "made.hkl", "made_p1.ccp4", "made.log", "report.html", "report.json", "report.txt",
    }  # fmt: skip


def test_peaks_of_electron_data_have_no_unit_of_electrons() -> None:
    figures = figures_of(with_statistics(made_solution("P 1")), "made")
    assert "0.31 e/Å³ at" in report_text(figures)
    figures["data"]["radiation"] = "electron"
    assert "0.31 at" in report_text(figures)


@pytest.mark.parametrize("unit", [1.0, 1e-4, 1e5])
def test_the_scale_in_the_res_is_that_of_the_reflections_beside_it(
    unit: float, tmp_path: Path
) -> None:
    made = made_solution("P 1 21/n 1")
    structure, data = made.structure, made.intensities
    assert structure is not None
    solution = replace(
        made,
        intensities=replace(data, value=unit * data.value, sigma=unit * data.sigma),
        structure=replace(structure, figures=replace(structure.figures, scale=SCALE * unit)),
    )
    write_solution(tmp_path, solution, "made")
    read = parse_hkl((tmp_path / "made.hkl").read_text(), None, "made.hkl")
    text = (tmp_path / "made.res").read_text()
    (free,) = [line.split() for line in text.splitlines() if line.startswith("FVAR")]
    fc2 = np.abs(structure.f_calc) ** 2
    assert read.value.sum() / fc2.sum() == pytest.approx(float(free[1]) ** 2, rel=1e-3)


def test_structures_in_other_groups_are_saved_beside(tmp_path: Path) -> None:
    solution = made_solution("P 1 21/n 1")
    other = made_solution("P -1").structure
    assert other is not None
    write_solution(tmp_path, replace(solution, others={"P -1": other}), "made")
    assert (tmp_path / "made_in_P-1.res").read_text().startswith("TITL made in P-1")


def test_files_of_others_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "made.hkl").write_text("   1   0   0    1.00    0.10\n")
    with pytest.raises(UserError, match=r"made\.hkl, which this program did not write"):
        refuse_foreign_files(tmp_path, "made")
    refuse_foreign_files(tmp_path, "another")
    refuse_foreign_files(tmp_path / "missing", "made")


def test_a_res_that_was_refined_on_is_not_written_over(tmp_path: Path) -> None:
    write_solution(tmp_path, made_solution("P 1"), "made")
    with (tmp_path / "made.res").open("a") as file:
        file.write("REM refined by hand\n")
    with pytest.raises(UserError, match=r"made\.res, which was changed since"):
        refuse_foreign_files(tmp_path, "made")


def test_files_show_molecules_in_one_piece_with_the_same_structure_factors() -> None:
    from tests.io.solved_crystals import gemmi_f, small_structure

    solution = made_solution("P 1 21/n 1")
    structure = solution.structure
    assert structure is not None
    steps = np.array([[0, 0, 0], [2, 0, 0], [0, -1, 0], [0, 0, 3], [0, 0, 0]])
    model = replace(structure.model, frac=structure.model.frac + steps)
    shown = Presented.of(replace(solution, structure=replace(structure, model=model)))
    assert shown.structure is not None
    merged = structure.merged
    f = gemmi_f(small_structure(shown.structure.model, merged.cell, merged.spacegroup), merged.hkl)
    assert np.abs(f - structure.f_calc).max() < 1e-6 * np.abs(f).max()


@pytest.mark.parametrize("name", ["P 1", "C 1 2/c 1", "R -3:H", "P -4 21 m"])
def test_pictures_are_valid_svg(name: str) -> None:
    model = some_model(name)
    cell, group = gemmi.UnitCell(*SETTINGS[name][0]), gemmi.SpaceGroup(name)
    bonds = find_bonds(model, cell, group)
    for svg in (molecule_svg(model, cell, bonds), cell_svg(model, cell, bonds)):
        root = ElementTree.fromstring(svg)
        width, height = (float(root.attrib[key]) for key in ("width", "height"))
        ellipses = root.findall("{http://www.w3.org/2000/svg}ellipse")
        assert ellipses
        for ellipse in ellipses:
            assert 0 <= float(ellipse.attrib["cx"]) <= width
            assert 0 <= float(ellipse.attrib["cy"]) <= height


def test_an_ellipsoid_along_the_view_is_drawn_with_its_cross_section() -> None:
    # U in a cube: 0.01 along a, 0.04 along b, 0.09 along c.
    u = np.array([[0.01, 0.04, 0.09, 0, 0, 0]] * 2)
    cell, group = gemmi.UnitCell(10, 10, 10, 90, 90, 90), gemmi.SpaceGroup("P 1")
    model = some_model("P 1").select(np.array([0, 1]))
    model = replace(
        model, frac=np.array([[0.1, 0.1, 0.1], [0.1, 0.25, 0.1]]), u_aniso=u,
        part=np.zeros(2, dtype=np.int64), parent=np.full(2, -1),
    )  # fmt: skip
    root = ElementTree.fromstring(molecule_svg(model, cell, find_bonds(model, cell, group)))
    ellipse = root.findall("{http://www.w3.org/2000/svg}ellipse")[-1]
    long, short = (float(ellipse.attrib[key]) for key in ("rx", "ry"))
    # The bond along b lies in the picture; across it is a (0.2 to 0.1) or c (0.3 to 0.2).
    assert min(abs(long / short - 2.0), abs(long / short - 1.5)) < 0.1


def test_a_measured_crystal_has_a_picture_with_all_its_atoms(shared_data) -> None:
    model, cell, group = model_of_cif(shared_data / "solve" / "ylid2" / "ylid2_truth.cif")
    svg = molecule_svg(model, cell, find_bonds(model, cell, group))
    root = ElementTree.fromstring(svg)
    assert len(root.findall("{http://www.w3.org/2000/svg}ellipse")) == 2 * len(model)
    labels = [text.text for text in root.findall("{http://www.w3.org/2000/svg}text")]
    assert sorted(labels) == sorted(
        label for label, element in zip(model.labels, model.elements, strict=True) if element != "H"
    )


def test_plots_have_a_mark_for_each_value() -> None:
    shells = [{"d_min": 1.0 + i, "completeness": 0.1 * i} for i in range(5)]
    assert shells_svg(shells, "completeness", "Completeness", "%").count("<rect") == 5
    assert shells_svg([], "completeness", "Completeness", "%") == ""
    f = np.linspace(1, 90, 5000)
    points = observed_against_calculated_svg(f, f).count("<circle")
    assert 1000 < points < 3000


@pytest.mark.parametrize(("value", "top"), [(0.7, 1), (1.0, 1), (13, 20), (99, 100), (201, 500)])
def test_axes_end_at_round_numbers(value: float, top: float) -> None:
    assert math.isclose(nice_top(value), top)
