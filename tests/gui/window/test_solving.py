"""The main window: solving measured data, with the model, the evidence and corrections."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.cell import CellDialog
from patterson_gui.gui.dialogs.solve_settings import SolveSettingsDialog
from tests.app.fake_solver import write_example
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture
def unsolved(driver: MainWindowDriver, tmp_path: Path) -> MainWindowDriver:
    driver.window.opening.open_path(write_example(tmp_path))
    driver.wait(lambda: driver.document.crystal is not None)
    driver.wait_until_idle()
    return driver


@pytest.fixture
def solved(unsolved: MainWindowDriver) -> MainWindowDriver:
    unsolved.click(unsolved.window.solve_button)
    unsolved.wait(lambda: unsolved.workbench.solving.solution is not None)
    unsolved.wait_until_idle()
    return unsolved


def test_solve_structure_is_the_primary_button_for_measured_data(
    unsolved: MainWindowDriver,
) -> None:
    window = unsolved.window
    assert window.solve_button.isVisible()
    assert not window.predict_button.isVisible()
    assert window.solution.isVisible()
    assert "Not solved yet" in window.solution.text()
    unsolved.open_example()
    assert window.predict_button.isVisible()
    assert not window.solve_button.isVisible()
    assert window.result.isVisible()


def test_a_solution_fills_panel_and_views(solved: MainWindowDriver) -> None:
    window, panel = solved.window, solved.window.solution
    text = panel.text()
    assert "Solved" in text
    assert "0.040" in text
    assert "P 1 21/c 1" in text
    assert panel.groups.rowCount() == 2
    assert panel.tries.rowCount() == 2
    assert [row.label for row in panel.atoms.rows][:6] == ["O1", "C1", "C2", "N1", "Cl1", "H1"]
    density, difference = (window.views.view(k) for k in (MapKind.PREDICTED, MapKind.DIFFERENCE))
    assert density.density is not None
    assert density.density.kind is MapKind.DENSITY
    assert difference.density is not None
    assert difference.density.kind is MapKind.DIFFERENCE
    assert difference.contours.contour is not None
    assert difference.contours.contour.below is not None
    assert density.model is difference.model is not None
    assert not window.views.view(MapKind.PATTERSON).isVisible()


def test_the_density_is_hidden_without_its_model(solved: MainWindowDriver) -> None:
    view = solved.window.views.view(MapKind.PREDICTED)
    solved.window.layers.rows[LayerKey.DENSITY].shown.click()
    solved.wait_until_idle()
    assert view.density is None
    assert view.model is not None
    assert view.isVisible()


def test_solving_can_be_stopped(unsolved: MainWindowDriver) -> None:
    unsolved.solver.go.clear()
    button = unsolved.window.solve_button
    unsolved.click(button)
    unsolved.wait(lambda: unsolved.document.solved is not None)
    assert button.text().startswith("Stop")
    assert "solving" in unsolved.window.windowTitle()
    unsolved.click(button)
    unsolved.wait(lambda: unsolved.workbench.solving.state is SolveState.IDLE)
    unsolved.wait_until_idle()
    assert button.text() == "Solve structure"
    assert "Stopped" in unsolved.window.solution.text()
    assert unsolved.window.solution.tries.rowCount() == 2


def test_opening_another_file_while_solving_asks_first(
    unsolved: MainWindowDriver, tmp_path: Path
) -> None:
    unsolved.solver.go.clear()
    unsolved.click(unsolved.window.solve_button)
    unsolved.wait(lambda: unsolved.document.solved is not None)
    unsolved.window.opening.open_path(write_example(tmp_path, "another"))
    unsolved.answer("Stop it and open another.hkl")
    unsolved.wait_until_idle()
    assert unsolved.document.crystal is not None
    assert unsolved.document.crystal.name == "another"
    assert "Not solved yet" in unsolved.window.solution.text()


def test_a_typed_element_is_a_correction_that_can_be_undone(solved: MainWindowDriver) -> None:
    panel = solved.window.solution
    item = panel.atoms.table.item(1, 1)
    assert item is not None
    item.setText("n")
    solved.wait_until_idle()
    assert [row.element for row in panel.atoms.rows][:2] == ["O", "N"]
    assert "Press Refine" in panel.atoms.text()
    assert panel.verdict.text() == "Changed model"
    assert "before your corrections" in panel.reason.text()
    assert panel.r1.value.property("dim")
    assert not panel.save.isEnabled()
    solved.press("undo")
    solved.wait_until_idle()
    assert [row.element for row in panel.atoms.rows][:2] == ["O", "C"]
    assert panel.verdict.text() == "Solved"
    assert not panel.r1.value.property("dim")
    solved.press("redo")
    solved.click(panel.refine)
    solved.wait_until_idle()
    assert "0.035" in panel.text()
    assert panel.verdict.text() == "Probably solved"
    assert panel.reason.text() == "R1 is 0.035, as judged again."
    assert panel.save.isEnabled()


def test_a_wrong_element_is_refused_and_the_table_stays(solved: MainWindowDriver) -> None:
    panel = solved.window.solution
    item = panel.atoms.table.item(1, 1)
    assert item is not None
    item.setText("Zz")
    assert "not an element" in solved.toasts()[-1]
    solved.wait_until_idle()
    assert panel.atoms.table.item(1, 1).text() == "C"  # type: ignore[union-attr]


def test_an_atom_clicked_in_a_view_is_chosen_and_deleted(solved: MainWindowDriver) -> None:
    panel = solved.window.solution
    solved.document.set_cursor((0.80, 0.10, 0.60))
    assert [row.label for row in panel.atoms._chosen()] == ["Cl1"]
    solved.click(panel.atoms.delete)
    solved.wait_until_idle()
    assert "Cl1" not in [row.label for row in panel.atoms.rows]


def test_another_space_group_is_chosen_in_the_table(solved: MainWindowDriver) -> None:
    panel = solved.window.solution
    panel.show_tab(panel.groups)
    panel.groups.selectRow(1)
    solved.click(panel.refine_in)
    solved.wait_until_idle()
    assert "P 1 c 1" in panel.text()
    assert solved.solver.groups == ["P 1 c 1"]


def test_a_try_is_looked_at(solved: MainWindowDriver) -> None:
    panel = solved.window.solution
    panel.tries.cellClicked.emit(1, 0)
    solved.wait_until_idle()
    view = solved.window.views.view(MapKind.PREDICTED)
    assert view.header.title.text() == "Try 2"
    assert view.model is None
    panel.try_clicked.emit(-1)
    solved.wait_until_idle()
    assert view.model is not None


def test_the_settings_are_checked_before_they_are_taken(unsolved: MainWindowDriver) -> None:
    unsolved.press("solve_settings")
    dialog = unsolved.dialog(SolveSettingsDialog)
    dialog.contents.setCurrentIndex(dialog.contents.findData("formula"))
    dialog.formula.setText("C2 Xx")
    dialog.accept()
    assert "not understood" in dialog.error.text()
    dialog.formula.setText("C2 H N O Cl")
    dialog.hydrogens.setChecked(False)
    dialog.solve.click()
    unsolved.wait(lambda: unsolved.workbench.solving.solution is not None)
    unsolved.wait_until_idle()
    contents, settings = unsolved.solver.calls[-1]
    assert contents is not None
    assert contents.source.startswith("the formula")
    assert not settings.hydrogens


def test_a_bare_list_asks_for_its_cell(driver: MainWindowDriver, tmp_path: Path) -> None:
    driver.window.opening.open_path(write_example(tmp_path, "bare", instructions=False))
    dialog = driver.dialog(CellDialog)
    for box, value in zip((*dialog.lengths, dialog.angles[1]), (7, 8, 9, 100), strict=True):
        box.setValue(value)
    dialog.wavelength.setEditText("0,7 m")
    dialog.accept()
    assert "wavelength" in dialog.error.text()
    dialog.wavelength.setEditText("0,71073")
    dialog.elements.setText("C H N O Cl")
    dialog.accept()
    driver.wait(lambda: driver.document.crystal is not None)
    driver.wait_until_idle()
    measured = driver.workbench.solving.measured
    assert measured is not None
    assert measured.intensities.wavelength == pytest.approx(0.71073)
    assert driver.window.solve_button.isEnabled()


@pytest.mark.parametrize("answer", ["Cancel", "Discard", "Save…"])
def test_asks_before_an_unsaved_structure_goes(
    solved: MainWindowDriver, tmp_path: Path, answer: str
) -> None:
    solved.press("example")
    solved.answer(answer)
    if answer == "Save…":
        dialog = solved.dialog(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / "kept"))
        dialog.close()
    solved.wait_until_idle()
    assert (solved.workbench.solving.solution is not None) == (answer == "Cancel")
    assert (tmp_path / "kept" / "report.json").is_file() == (answer == "Save…")


def test_a_saved_structure_goes_without_a_question_until_it_is_changed(
    solved: MainWindowDriver, tmp_path: Path
) -> None:
    solved.window.saver.save_solution(tmp_path / "kept")
    solved.wait_until_idle()
    solved.workbench.solving.model.delete_atoms([5])
    solved.wait_until_idle()
    solved.press("example")
    solved.answer("Cancel")
    solved.press("undo")
    solved.wait_until_idle()
    solved.press("example")
    solved.wait_until_idle()
    assert solved.workbench.solving.solution is None


def test_the_solution_is_saved_into_a_new_folder(solved: MainWindowDriver, tmp_path: Path) -> None:
    solved.click(solved.window.solution.save)
    dialog = solved.dialog(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "made_up-solution"))
    dialog.close()
    solved.wait_until_idle()
    assert (tmp_path / "made_up-solution" / "made_up.res").exists()


def test_closing_while_solving_asks_first(unsolved: MainWindowDriver) -> None:
    unsolved.solver.go.clear()
    unsolved.click(unsolved.window.solve_button)
    unsolved.wait(lambda: unsolved.document.solved is not None)
    unsolved.window.close()
    assert unsolved.window.isVisible()
    unsolved.answer("Stop it and close")


def test_a_prediction_takes_the_views_and_the_solution_can_be_shown_again(
    solved: MainWindowDriver,
) -> None:
    window, view = solved.window, solved.window.views.view(MapKind.PREDICTED)
    solved.predictor.go.clear()
    solved.press("predict")
    solved.wait(lambda: solved.workbench.predicting.progress is not None)
    assert window.result.isVisible()
    assert view.header.title.text() == "Predicted"
    assert not window.window_actions["solve"].isEnabled()
    solved.predictor.go.set()
    solved.wait(lambda: solved.document.prediction is not None)
    solved.wait_until_idle()
    assert view.density is not None
    assert view.density.kind is MapKind.PREDICTED
    solved.press("show_solution")
    solved.wait_until_idle()
    assert window.solution.isVisible()
    assert view.header.title.text() == "Density"
    assert view.model is not None
