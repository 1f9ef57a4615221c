"""All data sets of a folder are solved in the background."""

from pathlib import Path

from tests.app.fake_solver import write_example
from tests.app.solving.conftest import SolveDriver


def test_every_data_set_gets_a_row(unsolved: SolveDriver, tmp_path: Path) -> None:
    write_example(tmp_path, "another")
    solving = unsolved.workbench.folder_solving
    solving.start(tmp_path, tmp_path / "out")
    unsolved.wait_until_idle()
    assert [row["name"] for row in solving.rows] == ["another", "made_up"]
    assert unsolved.notices[-1].text == "2 crystals: 2 solved."
    assert not solving.running


def test_what_was_finished_stays_after_a_stop(unsolved: SolveDriver, tmp_path: Path) -> None:
    write_example(tmp_path, "another")
    unsolved.solver.go.clear()
    solving = unsolved.workbench.folder_solving
    solving.start(tmp_path, tmp_path / "out")
    unsolved.mailbox.pump(lambda: len(solving.rows) == 1)
    assert (solving.done, solving.total) == (1, 2)
    solving.start(tmp_path, tmp_path / "other")
    assert "stop it first" in unsolved.errors()[0]
    solving.cancel()
    unsolved.wait_until_idle()
    assert [row["name"] for row in solving.rows] == ["another"]
