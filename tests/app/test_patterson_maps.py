"""Patterson maps of differences in the workbench, without a window."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.app.document.patterson_source import NATIVE, PattersonSource, SourceChoices
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.patterson_maps import differences_of, source_choices
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.io import resources
from patterson_gui.io.opening.reflections import list_columns
from tests.app.workbench_driver import WorkbenchDriver
from tests.io.opening.test_friedel_pairs import MINUS, PLUS, SIGMA, mtz

NATIVE_F = PLUS * np.random.default_rng(8).uniform(0.8, 1.2, len(PLUS))


def derivative_file(folder: Path) -> Path:
    """A native, and a derivative with Friedel mates apart."""
    return mtz(
        folder / "a.mtz",
        [
            ("FNAT", "F", NATIVE_F), ("SIGFNAT", "Q", SIGMA),
            ("FHG(+)", "G", PLUS), ("SIGFHG(+)", "L", SIGMA),
            ("FHG(-)", "G", MINUS), ("SIGFHG(-)", "L", SIGMA),
        ],
    )  # fmt: skip


def open_file(driver: WorkbenchDriver, path: Path) -> None:
    driver.workbench.open(OpenRequest(path, list_columns(path)[0]))
    driver.wait_until_idle()


def test_finds_out_what_a_file_offers(tmp_path: Path, protein: Path) -> None:
    choices = source_choices(derivative_file(tmp_path))
    assert choices == SourceChoices(("FNAT", "FHG(+)"), ("FHG(+)",), "FNAT")
    assert choices.first_isomorphous() == PattersonSource("isomorphous", "FHG(+)", "FNAT")
    assert source_choices(protein) == SourceChoices()


def test_instructions_offer_the_reflections_beside_them() -> None:
    instructions = resources.measured_example_path().with_suffix(".ins")
    assert source_choices(instructions) == SourceChoices(("I",), ("I",))
    read = differences_of(instructions, PattersonSource("anomalous", "I"))
    assert read.differences.label == "I of sucrose.hkl"


@pytest.mark.parametrize(
    ("choices", "first"),
    [
        (SourceChoices(("FA", "FB")), PattersonSource("isomorphous", "FB", "FA")),
        (SourceChoices(("FA",)), PattersonSource("isomorphous", "FA")),
        (SourceChoices(("FA", "FB", "FC")), PattersonSource("isomorphous", "FA")),
        (SourceChoices(("FNAT",), native="FNAT"), PattersonSource("isomorphous", "FNAT")),
    ],
)
def test_offers_a_native_only_where_it_is_clear(
    choices: SourceChoices, first: PattersonSource
) -> None:
    assert choices.first_isomorphous() == first


@pytest.mark.parametrize("kind", ["anomalous", "isomorphous"])
def test_shows_the_map_of_differences_and_their_statistics(
    driver: WorkbenchDriver, tmp_path: Path, kind: str
) -> None:
    open_file(driver, derivative_file(tmp_path))
    document = driver.document
    native = document.patterson
    assert document.source_choices.sets == ("FNAT", "FHG(+)")
    source = PattersonSource(kind, "FHG(+)", "FNAT" if kind == "isomorphous" else "")
    driver.workbench.patterson_maps.choose(source)
    driver.wait_until_idle()
    assert driver.errors() == []
    assert document.patterson_source == source
    assert document.patterson is not None
    assert document.patterson.name == f"{kind.capitalize()} difference Patterson"
    assert document.peaks[0].is_origin
    groups = dict(document.statistics)
    assert dict(groups["Differences"])["Kind"] == kind
    assert len(groups["Differences by resolution"]) > 3
    assert "L test, ⟨|L|⟩" in dict(groups["Pseudo-translation and twinning"])
    driver.workbench.patterson_maps.choose(NATIVE)
    driver.wait_until_idle()
    assert native is not None
    np.testing.assert_array_equal(document.patterson.grid, native.grid)
    assert "Differences" not in dict(document.statistics)


def test_a_choice_can_be_undone_and_done_again(driver: WorkbenchDriver, tmp_path: Path) -> None:
    open_file(driver, derivative_file(tmp_path))
    source = PattersonSource("anomalous", "FHG(+)")
    driver.workbench.patterson_maps.choose(source)
    driver.wait_until_idle()
    assert driver.workbench.history.undo_name == "Anomalous Patterson map"
    driver.workbench.history.undo()
    driver.wait_until_idle()
    assert driver.document.patterson_source == NATIVE
    driver.workbench.history.redo()
    driver.wait_until_idle()
    assert driver.document.patterson_source == source
    assert driver.document.differences is not None


def test_the_last_choice_counts(driver: WorkbenchDriver, tmp_path: Path) -> None:
    open_file(driver, derivative_file(tmp_path))
    choose = driver.workbench.patterson_maps.choose
    choose(PattersonSource("anomalous", "FHG(+)"))
    choose(PattersonSource("isomorphous", "FHG(+)", "FNAT"))
    choose(NATIVE)
    driver.wait_until_idle()
    assert driver.document.patterson_source == NATIVE
    assert driver.document.patterson is not None
    assert driver.document.patterson.name == "Patterson"
    choose(PattersonSource("anomalous", "FHG(+)"))
    choose(PattersonSource("isomorphous", "FHG(+)", "FNAT"))
    driver.wait_until_idle()
    assert driver.document.patterson_source.kind == "isomorphous"


def test_what_cannot_be_shown_leaves_the_map_as_it_is(
    driver: WorkbenchDriver, tmp_path: Path
) -> None:
    open_file(driver, derivative_file(tmp_path))
    before, told = driver.document.patterson, []
    driver.document.patterson_source_changed.connect(lambda: told.append(1))
    driver.workbench.patterson_maps.choose(PattersonSource("anomalous", "FNAT"))
    driver.wait_until_idle()
    (error,) = driver.errors()
    assert "no anomalous differences" in error
    assert driver.document.patterson is before
    assert driver.document.patterson_source == NATIVE
    assert told  # so that the panel shows what the map is


def test_the_native_of_another_file_is_used_where_it_is_clear_which_one(
    driver: WorkbenchDriver, tmp_path: Path
) -> None:
    open_file(driver, derivative_file(tmp_path))
    other = mtz(tmp_path / "native.mtz", [("FP", "F", NATIVE_F), ("SIGFP", "Q", SIGMA)])
    wanted = PattersonSource("isomorphous", "FHG(+)")
    driver.workbench.patterson_maps.look_at_native(other, wanted)
    driver.wait_until_idle()
    assert driver.document.patterson_source == PattersonSource("isomorphous", "FHG(+)", "FP", other)
    assert driver.document.source_choices.other_sets == ("FP",)


def test_asks_which_data_set_of_another_file_is_the_native(
    driver: WorkbenchDriver, tmp_path: Path
) -> None:
    open_file(driver, derivative_file(tmp_path))
    columns = [
        (label, kind, NATIVE_F if kind == "F" else SIGMA)
        for name in ("FA", "FB")
        for label, kind in ((name, "F"), (f"SIG{name}", "Q"))
    ]
    other = mtz(tmp_path / "two.mtz", columns)
    asked: list[PattersonSource] = []
    driver.document.patterson_source_wanted.connect(asked.append)
    wanted = PattersonSource("isomorphous", "FHG(+)")
    driver.workbench.patterson_maps.look_at_native(other, wanted)
    driver.wait_until_idle()
    assert asked == [PattersonSource("isomorphous", "FHG(+)", "", other)]
    assert driver.document.patterson_source == NATIVE


def test_says_why_another_file_cannot_be_the_native(
    driver: WorkbenchDriver, tmp_path: Path, protein: Path
) -> None:
    open_file(driver, derivative_file(tmp_path))
    driver.workbench.patterson_maps.look_at_native(protein, PattersonSource("isomorphous", "FNAT"))
    driver.wait_until_idle()
    (error,) = driver.errors()
    assert "holds no reflections" in error


def test_differences_need_a_file(driver: WorkbenchDriver, fragment: Crystal) -> None:
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    driver.workbench.patterson_maps.choose(PattersonSource("anomalous", "F"))
    driver.wait_until_idle()
    (error,) = driver.errors()
    assert "read from a file" in error


def test_opening_another_crystal_shows_its_native_map(
    driver: WorkbenchDriver, tmp_path: Path, fragment: Crystal
) -> None:
    open_file(driver, derivative_file(tmp_path))
    driver.workbench.patterson_maps.choose(PattersonSource("anomalous", "FHG(+)"))
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert driver.document.patterson_source == NATIVE
    assert driver.document.differences is None
    assert driver.document.source_choices == SourceChoices()
