"""Solving the open data without a window: progress, cancel, corrections, undo, saving."""

import json
from pathlib import Path

import gemmi
import pytest

from patterson_gui.app.open_requests import GivenExperiment, OpenRequest
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.solving.choices import SolveChoices
from patterson_gui.app.solving.drawn_model import Extent
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.errors import UserError
from patterson_gui.io.viewers.scene import Viewer
from tests.app.fake_solver import MODEL, write_example
from tests.app.fakes import FakeViewers, fake_services
from tests.app.solving.conftest import SolveDriver
from tests.app.workbench_driver import WorkbenchDriver


def test_solving_is_the_primary_action_for_data_without_a_model(unsolved: SolveDriver) -> None:
    assert unsolved.solving.is_primary
    assert unsolved.solving.blocked() is None
    assert unsolved.solving.data is not None
    assert unsolved.solving.data["n_unique"] > 100


def test_the_bundled_fragment_cannot_be_solved(driver: WorkbenchDriver) -> None:
    driver.workbench.open_example()
    driver.wait_until_idle()
    assert not driver.workbench.solving.is_primary
    assert "no measured intensities" in (driver.workbench.solving.blocked() or "")


def test_a_solution_fills_the_document(solved: SolveDriver) -> None:
    solving, document = solved.solving, solved.document
    assert solving.solution is not None
    assert solving.solution.verdict == "solved"
    assert [start.number for start in solving.starts] == [1, 2]
    assert solving.candidates[0].name == "P 1 21/c 1"
    assert document.solved is not None
    assert document.solved.difference is not None
    assert document.solved.drawn is not None
    assert document.solved.drawn[0].count_atom_sites() == len(MODEL)


def test_progress_keeps_what_earlier_reports_said(unsolved: SolveDriver) -> None:
    unsolved.solver.go.clear()
    unsolved.solving.start()
    unsolved.mailbox.pump(lambda: unsolved.document.solved is not None)
    progress = unsolved.solving.progress
    assert progress is not None
    assert progress.step == "Refinement"
    assert progress.starts is not None
    assert progress.candidates is not None
    assert unsolved.solving.state is SolveState.RUNNING
    unsolved.solver.go.set()
    unsolved.wait_until_idle()
    assert unsolved.solving.progress is None


def test_chosen_patterson_peaks_reach_the_solver(unsolved: SolveDriver) -> None:
    unsolved.solving.start(((0.1, 0.2, 0.3),))
    unsolved.wait_until_idle()
    assert unsolved.solver.calls[-1][1].superpose == ((0.1, 0.2, 0.3),)
    unsolved.solve()
    assert unsolved.solver.calls[-1][1].superpose == "auto"


def test_a_stopped_solution_keeps_what_was_found(unsolved: SolveDriver) -> None:
    unsolved.solver.go.clear()
    unsolved.solving.start()
    unsolved.mailbox.pump(lambda: unsolved.document.solved is not None)
    unsolved.solving.cancel()
    assert unsolved.solving.state is SolveState.STOPPING
    unsolved.wait_until_idle()
    assert unsolved.solving.state is SolveState.IDLE
    assert unsolved.solving.solution is None
    assert len(unsolved.solving.starts) == 2
    assert not unsolved.errors()
    unsolved.solver.go.set()
    unsolved.solving.model.delete_atoms([4])
    unsolved.solving.refine()
    unsolved.wait_until_idle()
    assert len(unsolved.solver.refined_models[-1]) == len(MODEL) - 1
    assert unsolved.solving.save_blocked() is not None
    assert unsolved.solving.model.state is not None
    assert unsolved.solving.model.state.judgement is None


def test_opening_another_file_ends_the_solution(unsolved: SolveDriver, tmp_path: Path) -> None:
    unsolved.solver.go.clear()
    unsolved.solving.start()
    unsolved.mailbox.pump(lambda: unsolved.document.solved is not None)
    unsolved.workbench.open(OpenRequest(write_example(tmp_path, "another")))
    unsolved.wait_until_idle()
    assert unsolved.document.crystal is not None
    assert unsolved.document.crystal.name == "another"
    assert unsolved.document.solved is None
    assert unsolved.solving.starts == ()
    assert unsolved.solving.state is SolveState.IDLE


def test_a_failure_is_told_and_the_earlier_solution_stays(solved: SolveDriver) -> None:
    solved.solver.failure = UserError("The cell fits no atoms.")
    solved.solve()
    assert solved.errors() == ["The cell fits no atoms."]
    assert solved.solving.solution is not None
    assert solved.document.solved is not None


def test_without_a_structure_the_best_try_is_shown(unsolved: SolveDriver) -> None:
    unsolved.solver.found = False
    unsolved.solve()
    assert unsolved.solving.drawing.shown_try == 1
    assert unsolved.document.solved is not None
    assert unsolved.document.solved.title == "Try 1"
    assert unsolved.document.solved.difference is None


def test_a_try_can_be_looked_at_and_the_model_again(solved: SolveDriver) -> None:
    solved.solving.show_try(2)
    solved.wait_until_idle()
    assert solved.document.solved is not None
    assert solved.document.solved.title == "Try 2"
    solved.solving.show_try(None)
    solved.wait_until_idle()
    assert solved.document.solved.drawn is not None


def test_corrections_can_be_undone_and_are_refined(solved: SolveDriver) -> None:
    solving = solved.solving
    solving.model.set_element([1], "N")
    solving.model.delete_atoms([4])
    solved.wait_until_idle()
    state = solving.model.state
    assert state is not None
    assert state.edited
    assert solving.save_blocked() is not None
    assert state.model.elements == ("O", "N", "C", "N", "H")
    solved.workbench.undo()
    assert solving.model.state is not None
    assert "Cl" in solving.model.state.model.elements
    solved.workbench.redo()
    solving.refine()
    solved.wait_until_idle()
    assert solved.solver.refined_models[-1].elements == ("O", "N", "C", "N", "H")
    assert solving.model.state is not None
    assert not solving.model.state.edited
    assert solving.model.state.structure.figures.r1 == 0.035
    assert solving.model.state.judgement is not None
    assert solving.model.state.judgement.reason == "R1 is 0.035, as judged again."
    saved = solving.solution_to_save()
    assert saved is not None
    assert saved.verdict == "probably"
    assert saved.reason == "R1 is 0.035, as judged again."
    solved.workbench.undo()
    assert solving.model.state.edited
    assert solving.model.state.judgement is not None
    assert solving.model.state.judgement.verdict == "solved"


def test_what_is_no_element_is_refused(solved: SolveDriver) -> None:
    solved.solving.model.set_element([1], "Qq")
    assert "not an element" in solved.errors()[0]
    assert solved.workbench.history.undo_name is None


def test_another_space_group_is_refined_once_and_kept(solved: SolveDriver) -> None:
    solving = solved.solving
    solving.refine_in("P 1 c 1")
    solved.wait_until_idle()
    assert solving.model.state is not None
    assert solving.model.state.group == "P 1 c 1"
    assert solving.candidates[1].r1 == 0.05
    solving.refine_in("P 1 21/c 1")
    solving.refine_in("P 1 c 1")
    solved.wait_until_idle()
    assert solved.solver.groups == ["P 1 c 1"]
    saved = solving.solution_to_save()
    assert saved is not None
    assert list(saved.others) == ["P 1 21/c 1"]
    solved.workbench.undo()
    assert solving.model.state.group == "P 1 21/c 1"


def test_more_of_the_crystal_is_drawn_on_demand(solved: SolveDriver) -> None:
    counts = {}
    for extent in Extent:
        solved.solving.drawing.set_extent(extent)
        solved.wait_until_idle()
        assert solved.document.solved is not None
        assert solved.document.solved.drawn is not None
        counts[extent] = solved.document.solved.drawn[0].count_atom_sites()
    assert counts[Extent.UNIT] == counts[Extent.MOLECULES] == 6
    assert counts[Extent.CELL] == 24
    assert counts[Extent.PACKING] > 100
    solved.solving.drawing.set_extent(Extent.UNIT)
    solved.solving.drawing.set_hydrogens(False)
    solved.wait_until_idle()
    assert solved.document.solved.drawn[0].count_atom_sites() == 5


def test_the_solution_is_saved_in_a_folder(solved: SolveDriver, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    solved.saver.save_solution(folder)
    solved.wait_until_idle()
    assert solved.errors() == []
    report = json.loads((folder / "report.json").read_text())
    assert report["space_group"] == "P 1 21/c 1"
    assert (folder / "made_up.res").exists()


def test_the_folder_of_the_measured_data_is_refused(solved: SolveDriver) -> None:
    before = solved.path.read_bytes()
    solved.saver.save_solution(solved.path.parent)
    solved.wait_until_idle()
    assert "choose another folder" in solved.errors()[0]
    assert solved.path.read_bytes() == before


def test_a_prediction_takes_the_place_of_the_solution(solved: SolveDriver) -> None:
    solved.workbench.predicting.start()
    assert solved.document.solved is None
    solved.wait_until_idle()
    solved.solving.show_again()
    solved.wait_until_idle()
    assert solved.document.solved is not None


def test_choices_reach_the_solver(unsolved: SolveDriver) -> None:
    unsolved.solving.choices = SolveChoices(
        contents="formula", formula="C2 H N O Cl", z=4, space_group="p21/c", hydrogens=False
    )
    unsolved.solve()
    contents, settings = unsolved.solver.calls[-1]
    assert contents is not None
    assert contents.counts == {"C": 8, "H": 4, "N": 4, "O": 4, "Cl": 4}
    assert settings.space_group == "p21/c"
    assert not settings.hydrogens


@pytest.mark.parametrize(
    "choices",
    [
        SolveChoices(contents="formula", formula="C2 Xx3"),
        SolveChoices(contents="elements", elements="C H 7"),
        SolveChoices(space_group="P 7"),
    ],
)
def test_a_wrong_choice_is_told_before_anything_runs(
    unsolved: SolveDriver, choices: SolveChoices
) -> None:
    unsolved.solving.choices = choices
    assert unsolved.solving.start() is None
    assert len(unsolved.errors()) == 1
    assert not unsolved.solver.calls


def test_a_bare_list_asks_for_its_cell(unsolved: SolveDriver, tmp_path: Path) -> None:
    path = write_example(tmp_path, "bare", instructions=False)
    asked: list[OpenRequest] = []
    unsolved.workbench.cell_wanted.connect(lambda request, why: asked.append(request))
    unsolved.workbench.open(OpenRequest(path))
    unsolved.wait_until_idle()
    assert [request.path for request in asked] == [path]
    given = GivenExperiment((7.0, 8.0, 9.0, 90.0, 100.0, 90.0), 0.71073, "C H N O Cl")
    unsolved.workbench.open(OpenRequest(path, given=given))
    unsolved.wait_until_idle()
    measured = unsolved.solving.measured
    assert unsolved.errors() == []
    assert measured is not None
    assert measured.intensities.wavelength == 0.71073
    assert measured.contents is not None
    assert measured.contents.elements == ("C", "H", "N", "O", "Cl")
    assert unsolved.document.patterson is not None


def test_model_and_maps_of_the_solution_are_sent(solved: SolveDriver, tmp_path: Path) -> None:
    programs = FakeViewers()
    solved.workbench.services = fake_services(viewers=programs, solver=solved.solver)
    viewers = Viewers(solved.workbench, tmp_path / "sent")
    viewers.send(Viewer.COOT)
    solved.wait_until_idle()
    items = {item.key: item for item in programs.sent[0]}
    assert {"density", "difference", "model"} <= set(items)
    assert items["difference"].below is not None
    model = gemmi.read_structure(str(items["model"].path))
    assert model.find_spacegroup().number == 14
    assert model[0].count_atom_sites() == len(MODEL)
