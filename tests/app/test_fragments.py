"""Fragments that are cut from the open structure, without a window."""

from pathlib import Path

import pytest

from patterson_gui.app.fragments import FieldError, FragmentRequest, fragment_choices
from patterson_gui.app.jobs.jobs import Failure
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.io.opening.models import read_model
from tests.app.workbench_driver import WorkbenchDriver


def test_fragment_choices_start_with_two_bonded_residues(protein: Path) -> None:
    crystal = crystal_from_model(read_model(protein))
    choices = fragment_choices(crystal)
    residues = [r.seqid for run in choices.runs for r in run.residues]
    assert residues.index(choices.last) == residues.index(choices.first) + 1


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (FragmentRequest("A", "10", "999"), "residues"),
        (FragmentRequest("A", "12", "10"), "residues"),
        (FragmentRequest("A", "10", "40"), "cell"),
    ],
)
def test_an_impossible_fragment_names_the_wrong_field(
    driver: WorkbenchDriver, protein: Path, request_: FragmentRequest, field: str
) -> None:
    crystal = crystal_from_model(read_model(protein))
    failures: list[Failure] = []
    driver.workbench.fragments.preview(crystal, request_, lambda _: None, failures.append)
    driver.wait_until_idle()
    (failure,) = failures
    assert isinstance(failure.error, FieldError)
    assert failure.error.field == field
    assert failure.details is None


def test_returns_from_a_fragment_to_the_whole_model(driver: WorkbenchDriver, protein: Path) -> None:
    driver.workbench.open(OpenRequest(protein))
    driver.wait_until_idle()
    source = driver.workbench.fragments.source
    assert source is not None
    made: list[Crystal] = []
    driver.workbench.fragments.preview(
        source, FragmentRequest("A", "10", "11"), made.append, lambda failure: None
    )
    driver.wait_until_idle()
    driver.workbench.use_fragment(made[0], source)
    driver.wait_until_idle()
    assert driver.document.crystal is made[0]
    assert driver.workbench.fragments.source is source
    driver.workbench.back_to_parent()
    driver.wait_until_idle()
    assert driver.document.crystal is source
