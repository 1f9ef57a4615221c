"""`info`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.io.opening.test_friedel_pairs import amplitude_pairs

Call = Callable[..., Any]


def test_info_names_versions_and_devices(call: Call) -> None:
    answer = call("info")
    assert "torch" in answer.out
    assert "cpu" in answer.out
    assert "OpenGL:" in answer.out


def test_info_of_a_file_names_its_data_sets_and_tests(call: Call, tmp_path: Path) -> None:
    answer = call("info", amplitude_pairs(tmp_path))
    assert answer.code == 0
    for words in (
        "Space group: P 1 21 1",
        "With Friedel mates: F(+)",
        "L test",
        "Twin laws: none",
        "nothing points at a pseudo-translation or a twin",
    ):
        assert words in answer.out


def test_info_says_that_a_crystal_is_a_twin(call: Call, shared_data: Path) -> None:
    answer = call("info", shared_data / "solve" / "gsas2b" / "gsas2b.hkl.gz")
    assert "the crystal is a twin" in answer.out


def test_info_of_a_model_has_no_tests_of_measured_data(call: Call, model: Path) -> None:
    answer = call("info", model)
    assert "Crystal" in answer.out
    assert "L test" not in answer.out


def test_info_refuses_a_column_without_a_file(call: Call) -> None:
    answer = call("info", "--column", "FP")
    assert answer.code != 0
    assert "give the file as well" in answer.err
