"""`solve`: what reaches the solver, and what comes back."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.api.solving import solve as solving
from patterson_gui.crystal.reciprocal.reflections import merge
from patterson_gui.crystal.solution import Solution, SolveProgress
from patterson_gui.io.formats.shelx_instructions import parse_instructions
from patterson_gui.io.reflections.shelx.hkl import parse_hkl
from tests.io.solved_crystals import gemmi_f, made_solution, small_structure_of


class StandIn:
    """Takes the place of the solver and keeps what it was given."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.calls: list[tuple[Any, ...]] = []

    def __call__(
        self,
        intensities: Any,
        contents: Any,
        settings: Any,
        report: Callable[[SolveProgress], None],
        cancelled: Callable[[], bool],
    ) -> Solution:
        self.calls.append((intensities, contents, settings))
        report(SolveProgress("Phases", 0.5, starts=self.solution.starts))
        return replace(self.solution, intensities=intensities, contents=contents, settings=settings)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn(made_solution("P 1 21/n 1"))
    monkeypatch.setattr(solving, "solve_structure", stand_in)
    return stand_in


def test_data_and_contents_come_from_the_files(stand_in: StandIn) -> None:
    pg.solve(pg.measured_example_path(), progress=False)
    ((intensities, contents, settings),) = stand_in.calls
    assert intensities.spacegroup.xhm() == "P 1 21 1"
    assert set(contents.elements) == {"C", "H", "O"}
    assert settings.space_group == "auto"
    assert (settings.hydrogens, settings.anisotropic, settings.seed) == (True, True, 0)


def test_arguments_replace_what_the_files_say(stand_in: StandIn) -> None:
    pg.solve(
        pg.measured_example_path(), formula="C6 H12 O6", z=4, wavelength=0.5,
        cell=(8, 9, 11, 90, 103, 90), radiation="neutron", space_group="P 1 21 1", laue="2/m",
        superpose=[(0.1, 0.2, 0.3), (0.5, 0, -0.1)],
        starts=3, time=5.0, seed=7, hydrogens=False, anisotropic=False, progress=False,
    )  # fmt: skip
    ((intensities, contents, settings),) = stand_in.calls
    assert intensities.cell.parameters == (8, 9, 11, 90, 103, 90)
    assert (intensities.wavelength, intensities.radiation) == (0.5, "neutron")
    assert contents.counts == {"C": 24, "H": 48, "O": 24}
    assert (settings.space_group, settings.laue, settings.seed) == ("P 1 21 1", "2/m", 7)
    assert settings.superpose == ((0.1, 0.2, 0.3), (0.5, 0.0, -0.1))
    assert (settings.starts, settings.time) == (3, 5.0)
    assert (settings.hydrogens, settings.anisotropic) == (False, False)


@pytest.mark.parametrize("elements", ["C H O", ["C", "H", "O"]])
def test_elements_may_be_given_without_their_numbers(stand_in: StandIn, elements: object) -> None:
    pg.solve(pg.measured_example_path(), elements=elements, progress=False)  # type: ignore[arg-type]
    contents = stand_in.calls[0][1]
    assert contents.elements == ("C", "H", "O")
    assert contents.counts is None


def test_an_opened_crystal_is_solved_from_its_file(stand_in: StandIn) -> None:
    crystal = pg.open(pg.measured_example_path())
    solved = pg.solve(crystal, progress=False)  # type: ignore[arg-type]
    pg.solve(pg.measured_example_path(), progress=False)
    assert solved.name == "sucrose"
    one, other = (call[0] for call in stand_in.calls)
    assert np.array_equal(one.value, other.value)


def test_a_crystal_without_a_file_is_solved_from_its_amplitudes(stand_in: StandIn) -> None:
    example = pg.example()
    solved = pg.solve(replace(example, source=None), progress=False)
    intensities = stand_in.calls[0][0]
    assert example.amplitudes is not None
    assert intensities.value == pytest.approx(example.amplitudes.f.astype(float) ** 2)
    assert any("squares" in note for note in solved.notes)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"formula": "C6", "elements": "C"}, "not both"),
        ({"z": 4}, "give the formula"),
        ({"formula": "Xx3"}, "not understood"),
        ({"elements": "C3"}, "not an element"),
        ({"space_group": "P 99"}, "not known"),
        ({"laue": "5/m"}, "laue must be one of"),
        ({"radiation": "light"}, "radiation must be one of"),
        ({"superpose": "peaks"}, "'auto', 'none' or vectors"),
        ({"superpose": [(0.1, 0.2)]}, "'auto', 'none' or vectors"),
        ({"superpose": []}, "'auto', 'none' or vectors"),
        ({"superpose": [(1, 0, 0)]}, "lattice point"),
        ({"starts": 0}, "at least 1"),
        ({"time": -1}, "larger than 0"),
        ({"cell": (1, 2, 3)}, "six numbers"),
        ({"wavelength": 0}, "larger than 0"),
        ({"hydrogens": "yes"}, "True or False"),
        ({"device": "tpu"}, "device must be one of"),
    ],
)
def test_wrong_arguments_are_refused_before_solving(
    stand_in: StandIn, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(pg.UserError, match=sentence):
        pg.solve(pg.measured_example_path(), progress=False, **arguments)
    assert stand_in.calls == []


def test_progress_reaches_a_function(stand_in: StandIn) -> None:
    steps: list[str] = []
    pg.solve(pg.measured_example_path(), progress=lambda now: steps.append(now.step))
    assert steps == ["Phases"]


def test_the_result_has_model_maps_and_figures(stand_in: StandIn, tmp_path: Path) -> None:
    solved = pg.solve(pg.measured_example_path(), progress=False)
    structure = stand_in.solution.structure
    assert structure is not None
    assert solved.verdict == "solved"
    assert solved.model is not None
    assert len(solved.model) == len(structure.model)
    assert solved.spacegroup is not None
    assert solved.spacegroup.xhm() == "P 1 21/n 1"
    assert solved.atoms is not None
    assert solved.atoms[0].count_atom_sites() == len(structure.model)
    assert solved.density.units == "e/Å³"
    assert solved.difference is not None
    assert solved.difference.shape == solved.density.shape
    assert solved.figures["r1"] == 0.0321
    text = repr(solved)
    assert text.startswith("<SolvedStructure 'sucrose': solved.")
    assert "P 1 21/n 1" in text
    html = solved._repr_html_()
    assert html.startswith("<div>")
    assert html.endswith("</svg></div>")


def test_saves_every_file_and_protects_files_of_others(stand_in: StandIn, tmp_path: Path) -> None:
    solved = pg.solve(pg.measured_example_path(), progress=False)
    folder = solved.save(tmp_path / "out")
    assert {"sucrose.res", "sucrose.cif", "report.html"} <= {p.name for p in folder.iterdir()}
    solved.save(folder)
    (folder / "sucrose.res").write_text("mine")
    with pytest.raises(pg.UserError, match="changed since"):
        solved.save(folder)


def test_an_unsolved_crystal_has_a_density_but_no_model(stand_in: StandIn) -> None:
    stand_in.solution = replace(
        stand_in.solution, verdict="not solved", structure=None, reason="No two starts agree."
    )
    solved = pg.solve(pg.measured_example_path(), progress=False)
    assert solved.model is solved.atoms is solved.spacegroup is solved.difference is None
    assert not solved.density.absolute
    assert "not solved" in repr(solved)
    assert "No two starts agree." in solved._repr_html_()


def test_gemmi_calculates_the_same_r1_from_the_files_of_a_solved_crystal(tmp_path: Path) -> None:
    """.res and .hkl of the measured example, with factors and symmetry of gemmi."""
    solved = pg.solve(pg.measured_example_path(), progress=False)
    folder = solved.save(tmp_path)
    text = (folder / "sucrose.res").read_text(encoding="ascii")
    read = parse_instructions(text, "sucrose.res")
    measured = parse_hkl((folder / "sucrose.hkl").read_text(encoding="ascii"), None, "sucrose.hkl")
    hkl, value, sigma = merge(
        measured.hkl, measured.value, measured.sigma, read.cell, read.spacegroup
    )
    assert sigma is not None
    (free,) = [line.split() for line in text.splitlines() if line.startswith("FVAR")]
    scale = float(free[1]) ** 2
    observed = value > 2 * sigma
    fc = np.abs(gemmi_f(small_structure_of(read), hkl[observed]))
    fo = np.sqrt(value[observed] / scale)
    assert np.abs(fo - fc).sum() / fo.sum() == pytest.approx(solved.figures["r1"], abs=0.003)
